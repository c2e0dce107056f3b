/** Gives a definition without snapshot one, generated in the context of its package. */
import { isObject, type JsonObject, type Resource } from '../fhir/resource.ts'
import type { DefinitionIndex, IndexedDefinition } from './definition-index.ts'
import type { PackageReference } from './registry.ts'
import { generateSnapshot, type SnapshotSource } from './snapshot.ts'

export interface ProfileCompleter {
  /** The resource with its snapshot; as it is where the base is not loaded. */
  complete(resource: Resource, context: PackageReference): Resource
}

export interface CompleterParts {
  readonly index: DefinitionIndex
  readonly types: ReadonlyMap<string, IndexedDefinition>
  /** Takes a sentence for each part of a profile that could not be applied. */
  readonly onProblem: (problem: string) => void
}

export function needsSnapshot({ resourceType, snapshot }: Resource): boolean {
  return resourceType === 'StructureDefinition' && !isObject(snapshot)
}

export function createProfileCompleter(parts: CompleterParts): ProfileCompleter {
  const { index, types, onProblem } = parts
  const inProgress = new Set<string>()

  function sourceFor(context: PackageReference): SnapshotSource {
    return {
      snapshotOf: (canonical) =>
        elementsOf(index.resolve('StructureDefinition', canonical, context)?.resource),
      typeSnapshot: (type) => elementsOf(types.get(type)?.resource),
    }
  }

  return {
    complete(resource, context) {
      const name = `${String(resource.url)}|${String(resource.version)}`
      // Profiles that refer to each other: the inner one sees the outer as not loaded.
      if (inProgress.has(name)) return resource
      inProgress.add(name)
      try {
        const snapshot = generateSnapshot(resource, sourceFor(context))
        const base = String(resource.baseDefinition)
        const problems = snapshot?.problems ?? [`its base ${base} is not loaded`]
        for (const problem of problems) onProblem(`${name}: ${problem}`)
        return snapshot ? { ...resource, snapshot: { element: [...snapshot.elements] } } : resource
      } finally {
        inProgress.delete(name)
      }
    },
  }
}

function elementsOf(resource: JsonObject | undefined): JsonObject[] | undefined {
  if (!resource || !isObject(resource.snapshot)) return undefined
  const { element } = resource.snapshot
  return Array.isArray(element) ? element.filter(isObject) : undefined
}
