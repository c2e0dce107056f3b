/**
 * What the server knows of FHIR: definitions by canonical URL and version, from R4 core, from
 * packages and from resources stored through the API. This file is the interface.
 */
import type { JsonObject, Resource } from '../fhir/resource.ts'

/** Where a canonical is resolved from: a package, whose pins and dependencies decide. */
export interface PackageReference {
  readonly name: string
  readonly version: string
}

export interface Registry {
  /** The concrete R4 resource types, in alphabetical order. */
  readonly resourceTypes: readonly string[]
  isResourceType(type: string): boolean
  /**
   * A definition by `url` or `url|version`. Without a version: the context package's pin, its
   * dependencies, the configured default, then the highest release. Undefined when not loaded.
   * A version that is not loaded: undefined without a context; with one, as without a version,
   * because guides pin versions of dependencies that few servers have.
   */
  resolve(
    kind: DefinitionKind,
    canonical: string,
    context?: PackageReference,
  ): Definition | undefined
  /** Every loaded definition of a kind (all versions). */
  list(kind: DefinitionKind): Iterable<Definition>
  /** The StructureDefinition of an R4 type (`Patient`, `HumanName`, `string`), with snapshot. */
  typeDefinition(type: string): StructureDefinition | undefined
  /** The elements of an R4 type, for walkers: built once per type from its snapshot. */
  typeModel(type: string): TypeModel | undefined
  /** The search parameters of a type, its own and those of Resource and DomainResource. */
  searchParameters(type: string): ReadonlyMap<string, SearchParameter>
  /** Codes of the reference parameters that put a type in the Patient compartment; none: not in it. */
  patientCompartment(type: string): readonly string[]
  /** Counts up at each change of what is loaded; caches built from the registry compare it. */
  readonly epoch: number
  /** Adds or replaces one conformance resource (stored through the API), in force at once. */
  put(resource: Resource): void
  /** Takes back what `put` added. */
  remove(kind: DefinitionKind, id: string): void
}

export type DefinitionKind =
  | 'StructureDefinition'
  | 'ValueSet'
  | 'CodeSystem'
  | 'SearchParameter'
  | 'ConceptMap'
  | 'OperationDefinition'
  | 'CompartmentDefinition'
  | 'NamingSystem'

export interface Definition {
  readonly kind: DefinitionKind
  readonly url: string
  readonly version?: string
  readonly id?: string
  readonly package: PackageReference
  /** Of a profile (a StructureDefinition that constrains): the type that it constrains. */
  readonly profiledType?: string
  /** The JSON, parsed at first use and kept. Never changed by anyone. */
  readonly resource: JsonObject
}

/** The parts of a StructureDefinition that the server reads. */
export interface StructureDefinition extends JsonObject {
  resourceType: 'StructureDefinition'
  url: string
  name: string
  kind: 'primitive-type' | 'complex-type' | 'resource' | 'logical'
  abstract: boolean
  type: string
}

export interface TypeModel {
  readonly type: string
  readonly kind: 'primitive-type' | 'complex-type' | 'resource'
  readonly base?: string
  /** By name in JSON: `name`, `valueString`, `deceasedBoolean`. */
  readonly elements: ReadonlyMap<string, ElementModel>
  /** By FHIRPath name: `name`, `value` (for value[x]), `deceased`. */
  readonly paths: ReadonlyMap<string, readonly ElementModel[]>
}

export interface ElementModel {
  /** Name in JSON. */
  readonly name: string
  /** Name in FHIRPath: without the type suffix of a choice. */
  readonly pathName: string
  /** `string`, `HumanName`, `Reference`, `Resource`; of a backbone: `Patient.contact`. */
  readonly type: string
  readonly isArray: boolean
  readonly isChoice: boolean
  /** The one code system of a required binding that has only one, for elements of type code. */
  readonly codeSystem?: string
}

export interface SearchParameter {
  /** `identifier`; unique within a type. */
  readonly code: string
  readonly type:
    | 'token'
    | 'reference'
    | 'date'
    | 'string'
    | 'uri'
    | 'number'
    | 'quantity'
    | 'composite'
    | 'special'
  /** The canonicals of the definitions behind it; several when loaded packages share a code. */
  readonly urls: readonly string[]
  /** The FHIRPath, joined with ` | ` where several definitions share the code. */
  readonly expression: string
  /** The resource types that a reference may point to; empty: any. */
  readonly targets: readonly string[]
  /** A reference by canonical URL, which chains, `_has` and includes do not follow. */
  readonly isCanonical?: boolean
  /** A token of ContactPoints, URIs or booleans, where `system|code` has no meaning. */
  readonly hasNoSystem?: boolean
  /** A token of plain strings, which R4 compares without regard to case. */
  readonly ignoresCase?: boolean
  /** Of a composite: each component's parameter type and FHIRPath relative to `expression`. */
  readonly components: readonly {
    readonly type: SearchParameter['type']
    readonly expression: string
  }[]
}
