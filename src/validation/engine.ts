/** What checks may ask of everything that is compiled from one state of the registry. */
import type { PackageReference, Registry } from '../conformance/registry.ts'
import type { JsonValue } from '../fhir/resource.ts'
import type { Terminology } from '../terminology/terminology.ts'
import type { ExtensionDefinition } from './extensions.ts'
import type { Profile, ProfileName } from './profile-check.ts'
import type { Run } from './run.ts'
import type { ShapeLookup } from './shape-compiler.ts'

export interface Engine {
  readonly registry: Registry
  readonly terminology: Terminology
  readonly shape: ShapeLookup
  readonly profile: (canonical: string, from?: PackageReference) => Profile | undefined
  readonly extension: (url: string, from?: PackageReference) => ExtensionDefinition | undefined
  readonly conforms: (value: JsonValue, name: ProfileName, run: Run) => boolean
}

export function isSubtype(type: string, base: string, registry: Registry): boolean {
  if (type === base || base === 'Resource') return true
  let current = registry.typeModel(type)?.base
  for (let depth = 0; current !== undefined && depth < 10; depth++) {
    if (current === base) return true
    current = registry.typeModel(current)?.base
  }
  return base === 'DomainResource' && registry.isResourceType(type)
}
