/** What checking against a profile is made of; shared by the compilers. */
import type { PackageReference } from '../conformance/registry.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import type { ProfileNode } from './profile-tree.ts'
import type { Run } from './run.ts'

/** One repetition of an element, with its JSON `_name` half and the type its name says. */
export interface Item {
  readonly value: JsonValue | undefined
  readonly sibling: JsonObject | undefined
  readonly type: string
}

export type ItemCheck = (item: Item, run: Run) => void

/** Checks an object (of the profile's type) at the run's path for what the profile adds. */
export type ProfileCheck = (value: JsonObject, run: Run) => void

export interface Profile {
  readonly url: string
  readonly canonical: string
  /** The type it constrains: `Patient`, `Identifier`, `Extension`. */
  readonly type: string
  readonly package: PackageReference
  readonly check: ProfileCheck
  /** The snapshot; empty profile: undefined. */
  readonly tree: () => ProfileNode | undefined
}

export type ProfileLookup = (canonical: string, from?: PackageReference) => Profile | undefined

/** A profile as a definition, or a resource, names it. */
export interface ProfileName {
  readonly canonical: string
  /** The package that names it. */
  readonly from?: PackageReference | undefined
}
