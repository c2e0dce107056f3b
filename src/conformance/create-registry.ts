/** The registry of definitions: R4 core, packages, and resources stored through the API. */
import { isObject, type JsonObject, type Resource } from '../fhir/resource.ts'
import { createProfileCompleter, needsSnapshot, type ProfileCompleter } from './complete-profile.ts'
import { describe, type DefinitionArchive } from './definition-archive.ts'
import {
  createDefinitionIndex,
  toDefinition,
  type DefinitionIndex,
  type IndexedDefinition,
  type Origin,
} from './definition-index.ts'
import type {
  DefinitionKind,
  PackageReference,
  Registry,
  SearchParameter,
  StructureDefinition,
  TypeModel,
} from './registry.ts'
import { buildSearchParameters } from './search-parameters.ts'
import { buildTypeModels } from './type-model.ts'

export interface RegistryOptions {
  readonly core: DefinitionArchive
  /** Official packages; they come before our own of the same canonical. */
  readonly packages?: readonly DefinitionArchive[]
  /** What `profiles/` and `terminologies/` state. */
  readonly ownPackages?: readonly DefinitionArchive[]
  /** Package name, or canonical, to the version taken where no context decides. */
  readonly defaultVersions?: Readonly<Record<string, string>>
  /** Takes a sentence for each part of a profile that has no place in what it constrains. */
  readonly onProblem?: (problem: string) => void
}

/** The package that resources stored through the API belong to. */
export const storedPackage: PackageReference = { name: 'stored', version: '0' }

const KINDS: ReadonlySet<string> = new Set<DefinitionKind>([
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'SearchParameter',
  'ConceptMap',
  'OperationDefinition',
  'CompartmentDefinition',
  'NamingSystem',
])

export function createRegistry(options: RegistryOptions): Registry {
  const { core, packages = [], ownPackages = [], defaultVersions = {} } = options
  const index = createDefinitionIndex(defaultVersions)
  const types = new Map<string, IndexedDefinition>()
  const { onProblem = () => {} } = options
  const completer = createProfileCompleter({ index, types, onProblem })
  const profiles = createProfileLoading(completer)
  for (const [type, definition] of addArchive(index, core, 'package', profiles))
    types.set(type, definition)
  for (const archive of packages) addArchive(index, archive, 'package', profiles)
  for (const archive of ownPackages) addArchive(index, archive, 'own', profiles)

  const typeModels = createTypeModels(types, index, core.package)
  const searchParameters = createSearchParameters(index, typeModels)
  const resourceTypes = [...types.values()]
    .filter(({ role }) => role === 'resource')
    .map(({ url }) => lastSegment(url))
    .toSorted()
  const resourceTypeSet = new Set(resourceTypes)
  const stored = createStoredDefinitions(index, profiles, (kind) => {
    if (kind === 'SearchParameter') searchParameters.clear()
    if (kind === 'StructureDefinition') profiles.forget()
  })
  let compartment: ReadonlyMap<string, readonly string[]> | undefined

  return {
    resourceTypes,
    isResourceType: (type) => resourceTypeSet.has(type),
    resolve: index.resolve,
    list: index.list,
    typeDefinition: (type) => types.get(type)?.resource as StructureDefinition | undefined,
    typeModel: typeModels.get,
    searchParameters: searchParameters.get,
    patientCompartment(type) {
      compartment ??= readPatientCompartment(index, core.package)
      return compartment.get(type) ?? []
    },
    get epoch() {
      return stored.epoch
    },
    put: stored.put,
    remove: stored.remove,
  }
}

/** Loads definitions with their snapshots; one that was generated lasts until a profile changes. */
function createProfileLoading(completer: ProfileCompleter) {
  let epoch = 0
  return {
    forget: () => epoch++,
    loading(read: () => Resource, context: PackageReference) {
      let generatedAt: number | undefined
      return {
        load(): Resource {
          const resource = read()
          generatedAt = needsSnapshot(resource) ? epoch : undefined
          return generatedAt === undefined ? resource : completer.complete(resource, context)
        },
        isFresh: () => generatedAt === undefined || generatedAt === epoch,
      }
    },
  }
}

type ProfileLoading = ReturnType<typeof createProfileLoading>

/** Returns the definitions of types (not profiles) by type name. */
function addArchive(
  index: DefinitionIndex,
  archive: DefinitionArchive,
  origin: Origin,
  profiles: ProfileLoading,
): Map<string, IndexedDefinition> {
  const types = new Map<string, IndexedDefinition>()
  index.addPackage(archive.package, archive.dependencies)
  for (const entry of archive.entries) {
    const loading = profiles.loading(() => archive.read(entry), archive.package)
    const definition = toDefinition({ entry, package: archive.package, origin, ...loading })
    index.add(definition)
    const { role, type } = entry
    if (type && (role === 'resource' || role === 'datatype' || role === 'abstract'))
      types.set(type, definition)
  }
  return types
}

function createTypeModels(
  types: ReadonlyMap<string, IndexedDefinition>,
  index: DefinitionIndex,
  corePackage: PackageReference,
) {
  const models = new Map<string, TypeModel>()
  const built = new Set<string>()
  const codeSystemOf = (canonical: string) => soleSystem(index, canonical, corePackage)
  return {
    has: (type: string) => types.has(type),
    get(type: string): TypeModel | undefined {
      const known = models.get(type)
      if (known) return known
      const root = type.split('.', 1)[0]!
      const definition = types.get(root)
      if (!definition || built.has(root)) return undefined
      built.add(root)
      const structure = definition.resource as StructureDefinition
      for (const [name, model] of buildTypeModels(structure, codeSystemOf)) models.set(name, model)
      return models.get(type)
    },
  }
}

type TypeModels = ReturnType<typeof createTypeModels>

/** The system of a value set that draws on one only. */
function soleSystem(
  index: DefinitionIndex,
  canonical: string,
  context: PackageReference,
  depth = 0,
): string | undefined {
  const valueSet = index.resolve('ValueSet', canonical, context)?.resource
  if (!valueSet || !isObject(valueSet.compose) || depth > 5) return undefined
  const { include } = valueSet.compose
  const systems = new Set<string | undefined>()
  for (const part of Array.isArray(include) ? include.filter(isObject) : []) {
    if (typeof part.system === 'string') systems.add(part.system)
    else
      for (const imported of Array.isArray(part.valueSet) ? part.valueSet : [])
        systems.add(soleSystem(index, String(imported), context, depth + 1))
  }
  return systems.size === 1 ? [...systems][0] : undefined
}

function createSearchParameters(index: DefinitionIndex, typeModels: TypeModels) {
  const byType = new Map<string, ReadonlyMap<string, SearchParameter>>()
  let byBase: Map<string, JsonObject[]> | undefined
  const isTypeName = (name: string) => typeModels.has(name)
  const typeOf = (canonical: string) => {
    const { type } = index.resolve('SearchParameter', canonical)?.resource ?? {}
    return typeof type === 'string' ? type : undefined
  }

  function build(type: string): ReadonlyMap<string, SearchParameter> {
    byBase ??= groupByBase(index)
    const bases: string[] = []
    for (let base: string | undefined = type; base; base = typeModels.get(base)?.base)
      bases.push(base)
    const definitions = new Set(bases.flatMap((base) => byBase?.get(base) ?? []))
    const typeModel = typeModels.get
    return buildSearchParameters({ type, bases, isTypeName, typeOf, typeModel }, definitions)
  }

  return {
    get(type: string): ReadonlyMap<string, SearchParameter> {
      let parameters = byType.get(type)
      if (!parameters) byType.set(type, (parameters = isTypeName(type) ? build(type) : new Map()))
      return parameters
    },
    clear(): void {
      byType.clear()
      byBase = undefined
    },
  }
}

/** One version of each canonical, core first; a draft or retired one is not in force. */
function groupByBase(index: DefinitionIndex): Map<string, JsonObject[]> {
  const groups = new Map<string, JsonObject[]>()
  for (const { url, origin } of uniqueCanonicals(index.list('SearchParameter'))) {
    const resource = index.resolve('SearchParameter', url)?.resource
    if (!resource || !Array.isArray(resource.base)) continue
    if (origin === 'stored' && resource.status !== 'active') continue
    for (const base of resource.base) {
      const group = groups.get(String(base))
      if (group) group.push(resource)
      else groups.set(String(base), [resource])
    }
  }
  return groups
}

function uniqueCanonicals(definitions: Iterable<IndexedDefinition>): Iterable<IndexedDefinition> {
  const unique = new Map<string, IndexedDefinition>()
  for (const definition of definitions)
    if (!unique.has(definition.url) || definition.origin === 'stored')
      unique.set(definition.url, definition)
  return unique.values()
}

/** R4 compartmentdefinition-patient.html. */
function readPatientCompartment(
  index: DefinitionIndex,
  context: PackageReference,
): ReadonlyMap<string, readonly string[]> {
  const url = 'http://hl7.org/fhir/CompartmentDefinition/patient'
  const definition = index.resolve('CompartmentDefinition', `${url}|${context.version}`)?.resource
  const rows = Array.isArray(definition?.resource) ? definition.resource.filter(isObject) : []
  return new Map(
    rows.map(({ code, param }) => [String(code), Array.isArray(param) ? param.map(String) : []]),
  )
}

function createStoredDefinitions(
  index: DefinitionIndex,
  profiles: ProfileLoading,
  onChange: (kind: DefinitionKind) => void,
) {
  const stored = new Map<string, IndexedDefinition>()
  let epoch = 0

  function remove(kind: DefinitionKind, id: string): void {
    const definition = stored.get(`${kind}/${id}`)
    if (!definition) return
    stored.delete(`${kind}/${id}`)
    index.delete(definition)
    epoch++
    onChange(kind)
  }

  function put(resource: Resource): void {
    const { resourceType: kind, id, url } = resource
    if (!isDefinitionKind(kind) || typeof id !== 'string') return
    remove(kind, id)
    if (typeof url !== 'string') return
    const entry = describe(resource, url)
    const loading = profiles.loading(() => resource, storedPackage)
    const definition = toDefinition({ entry, package: storedPackage, origin: 'stored', ...loading })
    stored.set(`${kind}/${id}`, definition)
    index.add(definition)
    epoch++
    onChange(kind)
  }

  return {
    put,
    remove,
    get epoch() {
      return epoch
    },
  }
}

function isDefinitionKind(kind: string): kind is DefinitionKind {
  return KINDS.has(kind)
}

function lastSegment(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}
