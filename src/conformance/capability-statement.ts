/**
 * Derives the CapabilityStatement from what is registered and served, so that it cannot promise
 * more than the server does. R4 capabilitystatement.html.
 */
import type { JsonObject } from '../fhir/resource.ts'
import { corePackage } from './core-definitions.ts'
import type { Registry, SearchParameter } from './registry.ts'

/** What the routes serve, as plain data. */
export interface ServedInteractions {
  /** Of each resource type: `read`, `vread`, `create`, `search-type`. */
  readonly interactions: readonly string[]
  /**
   * Types that have fewer interactions, with those that they have. They know no conditions but that
   * of a create, include nothing, and are not included.
   */
  readonly limitedTypes?: Readonly<Record<string, readonly string[]>>
  /** By type: what a client must know that no other element says. */
  readonly documentation?: Readonly<Record<string, string>>
  /** `transaction`, `batch`, `search-system`, `history-system`. */
  readonly systemInteractions: readonly string[]
  readonly operations?: readonly ServedOperation[]
  /** `application/fhir+json`, in order of preference. */
  readonly formats: readonly string[]
  readonly patchFormats?: readonly string[]
  /** The served types; absent: all that the registry knows. */
  readonly resourceTypes?: readonly string[]
  readonly versioning: 'no-version' | 'versioned' | 'versioned-update'
  readonly updateCreate?: boolean
  readonly conditionalCreate?: boolean
  readonly conditionalRead?: 'not-supported' | 'modified-since' | 'not-match' | 'full-support'
  readonly conditionalUpdate?: boolean
  readonly conditionalDelete?: 'not-supported' | 'single' | 'multiple'
  readonly referencePolicy?: readonly string[]
  /** What `_include` and `_revinclude` take for a type; absent: every reference parameter. */
  includes?(type: string): readonly string[]
  revIncludes?(type: string): readonly string[]
  /** CapabilityStatement.rest.security as it is to be shown. */
  readonly security?: JsonObject
}

export interface ServedOperation {
  /** Without the `$`. */
  readonly name: string
  readonly definition: string
  /** `system`, `all` resource types, or the types named. */
  readonly scope: 'system' | 'all' | readonly string[]
}

export interface CapabilityStatementInput {
  readonly registry: Registry
  readonly routes: ServedInteractions
  readonly baseUrl: string
  /** Of the software. */
  readonly version: string
  /** When the statement last changed: a dateTime. */
  readonly date: string
}

/** Costs some milliseconds: keep the result while `registry.epoch` stays the same. */
export function createCapabilityStatement(input: CapabilityStatementInput): JsonObject {
  const { routes, baseUrl, version, date } = input
  return {
    resourceType: 'CapabilityStatement',
    url: `${baseUrl}/metadata`,
    version,
    name: 'Passerelle',
    title: 'Capacités du serveur FHIR Passerelle',
    status: 'active',
    date,
    kind: 'instance',
    description:
      'Serveur FHIR R4 pour l’échange et le partage de données de santé en France, ' +
      'conforme aux volets du cadre d’interopérabilité CI-SIS.',
    software: { name: 'Passerelle', version },
    implementation: { description: 'Serveur FHIR Passerelle', url: baseUrl },
    fhirVersion: corePackage.version,
    format: [...routes.formats],
    ...whenAny('patchFormat', routes.patchFormats ?? []),
    rest: [createRest(input)],
  }
}

function createRest({ registry, routes }: CapabilityStatementInput): JsonObject {
  const types = routes.resourceTypes ?? registry.resourceTypes
  const context = { registry, routes, profiles: profilesByType(registry) }
  const unlimited = types.filter((type) => !routes.limitedTypes?.[type])
  const revIncludes = routes.revIncludes ? undefined : referrersByType(registry, unlimited)
  return {
    mode: 'server',
    ...(routes.security ? { security: routes.security } : {}),
    resource: types.map((type) =>
      createResource(context, type, routes.revIncludes?.(type) ?? revIncludes?.get(type) ?? []),
    ),
    ...whenAny('interaction', toCodes(routes.systemInteractions)),
    ...whenAny(
      'searchParam',
      [...registry.searchParameters('Resource').values()].map(toSearchParam),
    ),
    ...whenAny('operation', operationsOf(routes, 'system')),
  }
}

interface ResourceContext {
  readonly registry: Registry
  readonly routes: ServedInteractions
  readonly profiles: ReadonlyMap<string, readonly string[]>
}

function createResource(
  { registry, routes, profiles }: ResourceContext,
  type: string,
  revIncludes: readonly string[],
): JsonObject {
  // Searches refuse special parameters (`near`), so they are not promised.
  const parameters = [...registry.searchParameters(type).values()].filter(
    (parameter) => parameter.type !== 'special',
  )
  const documentation = routes.documentation?.[type]
  const limited = routes.limitedTypes?.[type]
  const interactions = limited ?? routes.interactions
  const canSearch = interactions.includes('search-type')
  const includes = routes.includes?.(type) ?? includesOf(type, parameters)
  return {
    type,
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    ...whenAny('supportedProfile', profiles.get(type) ?? []),
    ...(documentation === undefined ? {} : { documentation }),
    interaction: toCodes(interactions),
    versioning: routes.versioning,
    readHistory: interactions.includes('vread'),
    ...conditionsOf(limited ? { ...routes, ...unconditional } : routes),
    ...whenAny('referencePolicy', routes.referencePolicy ?? []),
    ...whenAny('searchInclude', canSearch && !limited ? includes : []),
    ...whenAny('searchRevInclude', canSearch && !limited ? revIncludes : []),
    ...whenAny('searchParam', canSearch ? parameters.map(toSearchParam) : []),
    ...whenAny('operation', operationsOf(routes, type)),
  }
}

const unconditional: Partial<ServedInteractions> = {
  updateCreate: false,
  conditionalUpdate: false,
  conditionalDelete: 'not-supported',
}

function conditionsOf(routes: ServedInteractions): JsonObject {
  const { updateCreate, conditionalCreate, conditionalRead } = routes
  const { conditionalUpdate, conditionalDelete } = routes
  return {
    updateCreate: updateCreate ?? false,
    conditionalCreate: conditionalCreate ?? false,
    conditionalRead: conditionalRead ?? 'not-supported',
    conditionalUpdate: conditionalUpdate ?? false,
    conditionalDelete: conditionalDelete ?? 'not-supported',
  }
}

function toCodes(codes: readonly string[]): JsonObject[] {
  return [...new Set(codes)].map((code) => ({ code }))
}

function toSearchParam({ code, urls, type }: SearchParameter): JsonObject {
  const documentation = type === 'quantity' ? { documentation: unitsAreCompared } : {}
  return { name: code, ...(urls[0] ? { definition: urls[0] } : {}), type, ...documentation }
}

/** R4 search.html#quantity leaves conversion open, so that a client has to be told. */
const unitsAreCompared =
  'Les unités sont comparées telles quelles, sans conversion : chercher des mg ne trouve pas des g.'

function operationsOf({ operations = [] }: ServedInteractions, target: string): JsonObject[] {
  const isMeant = ({ scope }: ServedOperation) =>
    typeof scope === 'string'
      ? scope === (target === 'system' ? 'system' : 'all')
      : scope.includes(target)
  return operations.filter(isMeant).map(({ name, definition }) => ({ name, definition }))
}

/** The loaded profiles of each type, without those that come with R4 itself. */
function profilesByType(registry: Registry): Map<string, string[]> {
  const profiles = new Map<string, Set<string>>()
  for (const definition of registry.list('StructureDefinition')) {
    const { profiledType: type, url } = definition
    if (type === undefined || definition.package.name === corePackage.name) continue
    profiles.set(type, (profiles.get(type) ?? new Set()).add(url))
  }
  return new Map([...profiles].map(([type, urls]) => [type, [...urls].toSorted()]))
}

function includesOf(type: string, parameters: readonly SearchParameter[]): string[] {
  return parameters
    .filter(({ type: kind, isCanonical }) => kind === 'reference' && !isCanonical)
    .map(({ code }) => `${type}:${code}`)
}

/** By type: the reference parameters of all types that may point to it. */
function referrersByType(
  registry: Registry,
  types: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const referrers = new Map<string, string[]>(types.map((type) => [type, []]))
  for (const type of types)
    for (const { code, type: kind, targets, isCanonical } of registry
      .searchParameters(type)
      .values())
      if (kind === 'reference' && !isCanonical)
        for (const target of targets.length > 0 ? targets : types)
          referrers.get(target)?.push(`${type}:${code}`)
  return referrers
}

/** JSON has no empty arrays in FHIR: R4 json.html. */
function whenAny(key: string, values: readonly (string | JsonObject)[]): JsonObject {
  return values.length > 0 ? { [key]: [...values] } : {}
}
