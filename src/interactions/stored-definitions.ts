/**
 * Conformance resources stored through the API: definitions join the registry, in force at the next
 * request; Questionnaires and Measures are at hand for what answers them. Design §4 'Definitions'.
 */
import type { DefinitionKind, Registry } from '../conformance/registry.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { parseJson } from '../json/parse.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { Draft } from './draft.ts'

/** SearchParameter is missing on purpose: one takes force only with a re-index. */
const registryKinds: readonly DefinitionKind[] = [
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'NamingSystem',
]
const canonicalTypes: readonly string[] = ['Questionnaire', 'Measure', 'Library']

export interface StoredDefinitions {
  /** Reads what is stored, once at start. */
  load(store: ResourceStore): Promise<void>
  /** Follows a commit. */
  follow(drafts: readonly Draft[]): void
  /** A stored Questionnaire, Measure or Library by `url` or `url|version`. */
  find(type: string, canonical: string): Resource | undefined
}

export function createStoredDefinitions(registry: Registry): StoredDefinitions {
  const resources = new Map<string, Resource>()
  const put = (type: string, id: string, resource: Resource | undefined) => {
    if (isRegistryKind(type)) {
      if (resource) registry.put({ ...resource, id })
      else registry.remove(type, id)
    } else if (resource) resources.set(`${type}/${id}`, resource)
    else resources.delete(`${type}/${id}`)
  }
  return {
    load: async (store) => {
      for (const type of [...registryKinds, ...canonicalTypes]) {
        for await (const { id, resource } of storedResources(store, type)) put(type, id, resource)
      }
    },
    follow: (drafts) => {
      for (const { type, id, resource } of drafts) {
        if (isRegistryKind(type) || canonicalTypes.includes(type)) put(type, id, resource)
      }
    },
    find: (type, canonical) => findByCanonical(resources, type, canonical),
  }
}

function isRegistryKind(type: string): type is DefinitionKind {
  return (registryKinds as readonly string[]).includes(type)
}

async function* storedResources(
  store: ResourceStore,
  type: string,
): AsyncGenerator<{ id: string; resource: Resource }> {
  let at: Awaited<ReturnType<ResourceStore['search']>>['next']
  do {
    const page = await store.search({
      types: [type],
      where: { kind: 'all' },
      sort: [],
      count: 100,
      includes: [],
      includesMax: 0,
      total: 'none',
      timeoutMs: 60_000,
      ...(at === undefined ? {} : { position: { direction: 'after' as const, at } }),
    })
    for (const { id, body } of page.matches) yield { id, resource: parseJson(body).resource }
    at = page.next
  } while (at !== undefined)
}

function findByCanonical(
  resources: ReadonlyMap<string, Resource>,
  type: string,
  canonical: string,
): Resource | undefined {
  const [url, version] = canonical.split('|', 2)
  for (const resource of resources.values()) {
    if (resource.resourceType !== type || resource.url !== url) continue
    if (version === undefined || resource.version === version) return resource
  }
  return undefined
}

/** What a stored definition is told that is not in force. */
export function definitionWarnings({ type, resource }: Draft): readonly Issue[] {
  if (type !== 'SearchParameter' || !resource) return []
  return [
    {
      severity: 'warning',
      code: 'not-supported',
      expression: ['SearchParameter'],
      diagnostics:
        'The SearchParameter is stored but not in force: searches by it are refused until resources can be re-indexed',
    },
  ]
}
