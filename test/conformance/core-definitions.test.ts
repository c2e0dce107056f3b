/** Compares what is compiled with the official package, where that is at hand. */
import { existsSync } from 'node:fs'
import t from 'tap'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { publishedFolder, readPublished } from './published-packages.ts'
import { isObject, type JsonObject, type Resource } from '../../src/fhir/resource.ts'

const official = `${publishedFolder}/hl7.fhir.r4.core-4.0.1.tgz`
const skip = existsSync(official) ? false : `the official package is not at ${official}`

/** What must be equal of an element; everything else is documentation. */
function essence(element: JsonObject): JsonObject {
  const binding = isObject(element.binding) ? element.binding : {}
  const types = Array.isArray(element.type) ? element.type.filter(isObject) : []
  const constraints = Array.isArray(element.constraint) ? element.constraint.filter(isObject) : []
  const fixed = Object.entries(element).filter(([key]) => /^(fixed|pattern)/.test(key))
  return {
    ...Object.fromEntries(fixed),
    id: element.id ?? null,
    path: element.path ?? null,
    min: element.min ?? null,
    max: element.max ?? null,
    slicing: isObject(element.slicing) ? (element.slicing.discriminator ?? null) : null,
    types: types.map(({ code, profile, targetProfile }) =>
      JSON.stringify([code, profile, targetProfile]),
    ),
    binding: [String(binding.strength), String(binding.valueSet)],
    constraints: constraints.map(({ key, severity, expression }) =>
      JSON.stringify([key, severity, expression]),
    ),
  }
}

function snapshotOf(resource: Resource): JsonObject[] {
  const { snapshot } = resource
  return isObject(snapshot) && Array.isArray(snapshot.element)
    ? snapshot.element.filter(isObject).map(essence)
    : []
}

t.test('equals the official package', { skip }, async (t) => {
  const expected = readPublished(official)
  const core = loadCoreDefinitions({ cacheDir: '.cache' })
  const loaded = new Set(core.entries.map(({ kind, url }) => `${kind} ${url}`))
  const kinds = new Set(core.entries.map(({ kind }) => kind as string))
  const wanted = [...expected].filter(([, { resourceType }]) => kinds.has(resourceType))
  t.same([...loaded].toSorted(), wanted.map(([key]) => key).toSorted(), 'the same canonicals')
  for (const entry of core.entries) {
    const key = `${entry.kind} ${entry.url}`
    const ours = core.read(entry)
    const theirs = expected.get(key)!
    if (entry.kind === 'StructureDefinition') compare(t, key, snapshotOf(ours), snapshotOf(theirs))
    if (entry.kind === 'ValueSet') compare(t, key, ours.compose, theirs.compose)
    if (entry.kind === 'SearchParameter') compare(t, key, ours.expression, theirs.expression)
  }
})

function compare(
  t: Pick<typeof import('tap').default, 'same'>,
  key: string,
  ours: unknown,
  theirs: unknown,
): void {
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) t.same(ours, theirs, key)
}
