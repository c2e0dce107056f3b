/** The expressions and resources that the differential tests run over. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { loadPackages } from '../../src/conformance/package-loader.ts'
import type { Registry } from '../../src/conformance/registry.ts'
import { isObject, isResource } from '../../src/fhir/resource.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { plainTypeName } from '../../src/fhirpath/type-model.ts'

const cacheDir = '.cache'
const packageDir = '../shared/fhir-packages'
const resourceDirs = ['../shared/examples/fr', '../shared/conformance/validator/data']

export const hasExamples = resourceDirs.some((folder) => existsSync(folder))

/** R4, with the French packages where they are at hand. */
export async function loadRegistry(): Promise<Registry> {
  const core = loadCoreDefinitions({ cacheDir })
  if (!existsSync(packageDir)) return createRegistry({ core })
  const paths = readdirSync(packageDir)
    .filter((name) => /^(?:ans\.fhir|hl7\.fhir\.fr|ihe)\S+\.tgz$/.test(name))
    .map((name) => join(packageDir, name))
  const { archives } = await loadPackages(paths, { cacheDir })
  return createRegistry({ core, packages: archives })
}

/** Every resource in the example folders, those inside Bundles too. */
export function loadResources(): readonly Resource[] {
  const found: Resource[] = []
  for (const folder of resourceDirs.filter((path) => existsSync(path))) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.json')) addResources(parse(join(folder, file)), found)
    }
  }
  return found
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // some validator cases are broken on purpose
  }
}

function addResources(value: unknown, found: Resource[]): void {
  if (!isResource(value)) return
  found.push(value)
  for (const entry of Array.isArray(value.entry) ? value.entry : []) {
    if (isObject(entry)) addResources(entry.resource, found)
  }
}

/** Invariants by the path of the element that they are on. */
export function invariantsByPath(registry: Registry): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { resource } of registry.list('StructureDefinition')) {
    const { snapshot } = resource
    const elements = isObject(snapshot) && Array.isArray(snapshot.element) ? snapshot.element : []
    for (const element of elements.filter(isObject)) {
      const constraints = Array.isArray(element.constraint) ? element.constraint : []
      for (const { expression } of constraints.filter(isObject)) {
        if (typeof expression !== 'string') continue
        const path = String(element.path)
        found.set(path, (found.get(path) ?? new Set()).add(expression))
      }
    }
  }
  return found
}

export interface PlacedElement {
  readonly data: JsonObject
  /** The name of its type model. */
  readonly type: string
  /** The paths whose invariants hold for it. */
  readonly paths: readonly string[]
}

/** All complex elements of a resource, itself first. */
export function* elementsOf(
  registry: Registry,
  data: JsonObject,
  type: string,
  paths: readonly string[] = [type],
): Generator<PlacedElement> {
  yield { data, type, paths }
  for (const [name, element] of registry.typeModel(type)?.elements ?? []) {
    const value = data[name]
    for (const item of Array.isArray(value) ? value : [value]) {
      if (!isObject(item)) continue
      const isOpen = element.type === 'Resource'
      const inner = isOpen ? String(item.resourceType) : plainTypeName(element.type)
      const last = element.isChoice ? `${element.pathName}[x]` : name
      yield* elementsOf(registry, item, inner, [inner, `${type}.${last}`])
    }
  }
}
