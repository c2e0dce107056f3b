/** Validation seen from outside: a resource in, issues out. R4 validation.html. */
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
  readonly timeZone?: string
}

export interface Validator {
  /** All issues in document order; never throws for a bad resource. */
  validate(resource: Resource, options?: ValidationOptions): readonly Issue[]
}

/** The code set behind a binding. Undefined: the value set or its code system is not at hand. */
export interface Terminology {
  memberOf(
    valueSet: string,
    coding: { readonly system?: string; readonly code?: string; readonly version?: string },
  ): boolean | undefined
  /** The code's display texts in the system at hand; undefined: system or code unknown. */
  displays(system: string, code: string): readonly string[] | undefined
}
