/** Validation seen from outside: a resource in, issues out. R4 validation.html. */
import type { PackageReference } from '../conformance/registry.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import type { Resource } from '../fhir/resource.ts'

export interface ValidationOptions {
  /** Canonicals to check besides the base type and the known ones of `meta.profile`. */
  readonly profiles?: readonly string[]
  /**
   * Finds what a reference text points to, for slicing and invariants that resolve; undefined when
   * unknown. Only inside what is validated (contained, Bundle) unless the caller gives more.
   */
  readonly resolve?: (reference: string) => Resource | undefined
  /**
   * Finds a Questionnaire or Measure by canonical, so that a response or report is checked against
   * it; undefined when unknown, which is then said in a warning.
   */
  readonly canonicalResource?: (type: string, canonical: string) => Resource | undefined
  readonly timeZone?: string
  /** The package whose pins and dependencies decide which version of a profile is meant. */
  readonly package?: PackageReference
  /** Check the base type (and `profiles`) only, whatever meta.profile names. */
  readonly ignoresMetaProfile?: boolean
}

export interface Validator {
  /** All issues in document order; never throws for a bad resource. */
  validate(resource: Resource, options?: ValidationOptions): readonly Issue[]
}
