/** Generates every published snapshot anew from its differential, and compares. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { loadPackages } from '../../src/conformance/package-loader.ts'
import type { PackageReference } from '../../src/conformance/registry.ts'
import { generateSnapshot, type SnapshotSource } from '../../src/conformance/snapshot.ts'
import { isObject, type JsonObject, type JsonValue } from '../../src/fhir/resource.ts'
import { knownDifferences } from './known-snapshot-differences.ts'
import { publishedFolder, readPublished } from './published-packages.ts'

const skip = existsSync(publishedFolder) ? false : `no published packages at ${publishedFolder}`

const objects = (value: JsonValue | undefined) =>
  Array.isArray(value) ? value.filter(isObject) : []
const texts = (value: JsonValue | undefined) => (Array.isArray(value) ? value.map(String) : [])
const elementsOf = (resource: JsonObject | undefined) =>
  isObject(resource?.snapshot) ? objects(resource.snapshot.element) : undefined

/** Publishers pin what their build had; a pin says nothing about the generator. */
const unpinned = (canonical: string) => canonical.replace(/\|.*/, '')

function inOrder(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value === 'string') return unpinned(value)
  if (!isObject(value)) return value
  const keys = Object.keys(value).toSorted()
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key]!)]))
}

/** What is compared of an element, as one text for each aspect. */
function essence(element: JsonObject, source: SnapshotSource): Record<string, string> {
  const types = objects(element.type).map(({ code, profile, targetProfile }) =>
    JSON.stringify([
      code,
      texts(profile).map(unpinned).toSorted(),
      texts(targetProfile).map(unpinned).toSorted(),
    ]),
  )
  const { min, max, slicing } = element
  const binding = isObject(element.binding) ? element.binding : {}
  const fixed = Object.entries(element).filter(([key]) => /^(fixed|pattern)/.test(key))
  return {
    cardinality: `${String(min)}..${String(max)}`,
    type: types.toSorted().join(),
    fixed: JSON.stringify(inOrder(Object.fromEntries(fixed))),
    binding: binding.strength ? `${binding.strength} ${unpinned(String(binding.valueSet))}` : '',
    slicing: isObject(slicing) ? slicingText(slicing) : '',
    constraint: ownConstraints(element, source).toSorted().join(),
  }
}

function slicingText({ discriminator, rules, ordered }: JsonObject): string {
  const parts = objects(discriminator).map(({ type, path }) => `${String(type)}:${String(path)}`)
  return [...parts.toSorted(), rules, ordered === true].join()
}

/** Older publishers copy the constraints of a profile on the type; the profile states them. */
function ownConstraints(element: JsonObject, source: SnapshotSource): string[] {
  const [profile] = objects(element.type).flatMap((type) => texts(type.profile))
  const root = profile === undefined ? undefined : source.snapshotOf(profile)?.[0]
  const copied = new Set(objects(root?.constraint).map(({ key }) => key))
  return objects(element.constraint)
    .filter(({ key }) => key === 'ele-1' || !copied.has(key!))
    .map(({ key }) => String(key))
}

/** Whether the element is hidden in one that the list leaves closed, or that may not be there. */
function isBelowClosed(id: string, list: ReadonlyMap<string, JsonObject>): boolean {
  for (let cut = id.lastIndexOf('.'); cut > 0; cut = id.lastIndexOf('.', cut - 1)) {
    const parent = list.get(id.slice(0, cut))
    if (!parent) continue
    const prefix = id.slice(0, cut + 1)
    return parent.max === '0' || ![...list.keys()].some((other) => other.startsWith(prefix))
  }
  return false
}

function differences(
  ours: readonly JsonObject[],
  theirs: readonly JsonObject[],
  source: SnapshotSource,
): string[] {
  const [left, right] = [ours, theirs].map(
    (list) => new Map(list.map((element) => [String(element.id), element])),
  ) as [Map<string, JsonObject>, Map<string, JsonObject>]
  const found: string[] = []
  for (const id of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(id), right.get(id)]
    if (!a || !b) {
      if (!isBelowClosed(id, a ? right : left))
        found.push(`${id}: only in ${a ? 'ours' : 'theirs'}`)
      continue
    }
    const [p, q] = [essence(a, source), essence(b, source)]
    for (const aspect of Object.keys(p))
      if (p[aspect] !== q[aspect]) found.push(`${id}: ${aspect} ${p[aspect]} / ${q[aspect]}`)
  }
  return found
}

t.test('agrees with the published snapshots', { skip }, async (t) => {
  const cacheDir = '.cache'
  const core = loadCoreDefinitions({ cacheDir })
  const { archives } = await loadPackages([publishedFolder], { cacheDir })
  const registry = createRegistry({ core, packages: archives })
  const sourceFor = (context: PackageReference): SnapshotSource => ({
    snapshotOf: (url) =>
      elementsOf(registry.resolve('StructureDefinition', url, context)?.resource),
    typeSnapshot: (type) => elementsOf(registry.typeDefinition(type)),
  })
  const known = new Set(Object.values(knownDifferences).flat())
  let [all, equal] = [0, 0]
  for (const { package: reference } of [core, ...archives]) {
    const name = `${reference.name}-${reference.version}`
    const source = sourceFor(reference)
    let [total, agreed, baseless] = [0, 0, 0]
    for (const resource of readPublished(join(publishedFolder, `${name}.tgz`)).values()) {
      if (resource.resourceType !== 'StructureDefinition') continue
      if (resource.derivation !== 'constraint') continue
      const snapshot = generateSnapshot(resource, source)
      if (!snapshot) {
        baseless++
        continue
      }
      total++
      const found = differences(snapshot.elements, elementsOf(resource) ?? [], source)
      const key = `${name}: ${String(resource.id)}`
      if (found.length === 0) agreed++
      if (found.length === 0 && known.has(key)) t.fail(`${key} agrees now: take it off the list`)
      if (found.length > 0 && !known.has(key)) t.fail(`${key}\n${found.slice(0, 10).join('\n')}`)
      const misplaced = snapshot.problems.filter((problem) => problem.endsWith('in the base'))
      if (misplaced.length > 0) t.fail(`${key}: ${misplaced.join()}`)
    }
    all += total
    equal += agreed
    const note = baseless > 0 ? `, ${baseless} without their base` : ''
    if (total > 0) t.comment(`${name}: ${agreed} of ${total}${note}`)
  }
  t.comment(`${equal} of ${all} snapshots agree: ${((100 * equal) / all).toFixed(1)} %`)
  t.ok(equal / all > 0.94)
})
