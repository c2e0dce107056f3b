/** What compiling a profile needs to know. */
import type { PackageReference, Registry } from '../conformance/registry.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import type { Terminology } from '../terminology/terminology.ts'
import type { ElementDefinition } from './element-definition.ts'
import type { CompileInvariant } from './invariants.ts'
import type { ProfileLookup, ProfileName } from './profile-check.ts'
import type { ProfileNode } from './profile-tree.ts'
import type { Run } from './run.ts'

export interface ProfileSources {
  readonly registry: Registry
  readonly terminology: Terminology
  readonly compileInvariant: CompileInvariant
  readonly profile: ProfileLookup
  /** The element of an R4 type's snapshot: `HumanName.family`. */
  readonly baseElement: (path: string) => ElementDefinition | undefined
  /** Checks a value against a profile in place; a resource in its own scope. */
  readonly checkProfile: (value: JsonObject, name: ProfileName, run: Run) => void
  /** Whether it conforms, without keeping issues; remembered for each resource of a run. */
  readonly conforms: (value: JsonValue, name: ProfileName, run: Run) => boolean
  /** The first error of a value that does not conform. */
  readonly whyNot: (value: JsonObject, name: ProfileName, run: Run) => string
  readonly isSubtype: (type: string, base: string) => boolean
}

export interface ProfileContext {
  readonly sources: ProfileSources
  readonly canonical: string
  readonly package: PackageReference
  readonly root: ProfileNode
}

/** As relaxations name an element: `<profile url>#<element id>`, as in `Patient.identifier:INS-NIA.use`. */
export function sourceOf({ id }: ElementDefinition, { canonical }: ProfileContext): string {
  return `${canonical.replace(/\|.*$/, '')}#${id}`
}
