/**
 * Compares a profile that we state with the official one of the same canonical, element by element,
 * on completed snapshots. Texts, mappings and versions of canonicals are not compared.
 */
import { isObject, type JsonObject } from '../../src/fhir/resource.ts'
import { generateSnapshot, type SnapshotSource } from '../../src/conformance/snapshot.ts'
import type { Registry } from '../../src/conformance/registry.ts'

export interface Difference {
  readonly profile: string
  /** The element's id. */
  readonly element: string
  readonly aspect: string
  readonly ours: string
  readonly theirs: string
}

type Elements = ReadonlyMap<string, JsonObject>

/** Completes profiles of one registry, each once. */
export function createCompleter(registry: Registry) {
  const known = new Map<string, readonly JsonObject[] | undefined>()
  const source: SnapshotSource = { snapshotOf, typeSnapshot }

  function typeSnapshot(type: string): readonly JsonObject[] | undefined {
    return elementsOf(registry.typeDefinition(type), 'snapshot')
  }

  function snapshotOf(canonical: string): readonly JsonObject[] | undefined {
    const url = withoutVersion(canonical)
    if (known.has(url)) return known.get(url)
    known.set(url, undefined)
    const definition = registry.resolve('StructureDefinition', url)?.resource
    const elements =
      elementsOf(definition, 'snapshot') ??
      (definition && generateSnapshot(definition, source)?.elements)
    known.set(url, elements)
    return elements
  }

  /** The completed profile, with these elements opened where nothing had opened them yet. */
  function completeWith(url: string, mentioned: readonly JsonObject[]): Elements {
    const differential = { element: [...mentioned] }
    const snapshot = generateSnapshot({ url, baseDefinition: url, differential }, source)
    if (!snapshot) throw new Error(`${url} cannot be completed`)
    return byId(snapshot.elements)
  }

  /** Keys of an element's rules, less those of its type or profile, which a snapshot may repeat. */
  function ruleKeys(element: JsonObject): string {
    const keys = new Set(keysOf(element))
    for (const { code, profile } of listOf(element.type)) {
      const definitions = [
        typeSnapshot(String(code)),
        ...(Array.isArray(profile) ? profile : []).map((url) => snapshotOf(String(url))),
      ]
      for (const elements of definitions) {
        for (const key of keysOf(elements?.[0])) keys.delete(key)
      }
    }
    return [...keys].toSorted().join(' ')
  }

  return { snapshotOf, completeWith, ruleKeys }
}

export type Completer = ReturnType<typeof createCompleter>

/** The differences of one profile; elements that only one side lists are opened on the other. */
export function compareProfile(url: string, ours: Completer, theirs: Completer): Difference[] {
  const [own, official] = [ours, theirs].map((side) => byId(side.snapshotOf(url) ?? [])) as [
    Elements,
    Elements,
  ]
  const [ownCompleted, officialCompleted] = [
    ours.completeWith(url, absentFrom(own, official)),
    theirs.completeWith(url, absentFrom(official, own)),
  ]
  const profile = url.slice(url.lastIndexOf('/') + 1)
  return [...new Set([...own.keys(), ...official.keys()])].flatMap((element) => {
    const found = compareElement(
      [ownCompleted.get(element), ours],
      [officialCompleted.get(element), theirs],
    )
    return found.map((each) => ({ profile, element, ...each }))
  })
}

/** Mentions of the elements that only the other side lists: they say nothing, and open types. */
function absentFrom(side: Elements, other: Elements): JsonObject[] {
  return [...other.values()]
    .filter(({ id }) => !side.has(String(id)))
    .map(
      ({ id, path, sliceName }) =>
        ({ id, path, ...(sliceName ? { sliceName } : {}) }) as JsonObject,
    )
}

type Found = Pick<Difference, 'aspect' | 'ours' | 'theirs'>

function compareElement(
  [own, ours]: readonly [JsonObject | undefined, Completer],
  [official, theirs]: readonly [JsonObject | undefined, Completer],
): Found[] {
  if (!own || !official) {
    const presence = (element?: JsonObject) => (element ? 'there' : 'absent')
    return [{ aspect: 'presence', ours: presence(own), theirs: presence(official) }]
  }
  const found = Object.entries(aspects).map(([aspect, read]) => ({
    aspect,
    ours: read(own),
    theirs: read(official),
  }))
  found.push({
    aspect: 'constraints',
    ours: ours.ruleKeys(own),
    theirs: theirs.ruleKeys(official),
  })
  return found.filter((each) => each.ours !== each.theirs)
}

const aspects: Readonly<Record<string, (element: JsonObject) => string>> = {
  min: ({ min }) => String(min),
  max: ({ max }) => String(max),
  mustSupport: ({ mustSupport }) => String(mustSupport === true),
  types: ({ type }) =>
    listOf(type)
      .map(({ code, profile, targetProfile, aggregation }) =>
        [code, names(profile), names(targetProfile), names(aggregation)].join(' ').trim(),
      )
      .toSorted()
      .join('; '),
  value: (element) =>
    Object.entries(element)
      .filter(([key]) => /^(fixed|pattern)/.test(key))
      .map(([key, value]) => `${key} ${JSON.stringify(sortKeys(value))}`)
      .join('; '),
  binding: ({ binding }) =>
    isObject(binding) ? `${binding.strength} ${withoutVersion(String(binding.valueSet))}` : '',
  slicing: ({ slicing }) =>
    isObject(slicing)
      ? `${listOf(slicing.discriminator)
          .map(({ type, path }) => `${type}:${path}`)
          .join(' ')} ${slicing.rules}`
      : '',
}

function keysOf(element: JsonObject | undefined): string[] {
  return listOf(element?.constraint).map(({ key }) => String(key))
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function names(value: unknown): string {
  return Array.isArray(value)
    ? value
        .map((name) => withoutVersion(String(name)))
        .toSorted()
        .join(',')
    : ''
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  )
}

function byId(elements: readonly JsonObject[]): Elements {
  return new Map(elements.map((element) => [String(element.id), element]))
}

function elementsOf(
  definition: JsonObject | undefined,
  part: 'snapshot' | 'differential',
): JsonObject[] | undefined {
  const holder = definition?.[part]
  return isObject(holder) && Array.isArray(holder.element)
    ? holder.element.filter(isObject)
    : undefined
}

export function withoutVersion(canonical: string): string {
  return canonical.replace(/\|.*$/, '')
}

/** What a value set, code system or search parameter says, in a form that can be compared. */
export function gistOf(resource: JsonObject): JsonObject {
  const { resourceType, compose, concept, code, type, base, expression, target } = resource
  if (resourceType === 'CodeSystem') return { concepts: codesOf(concept, true) }
  if (resourceType === 'SearchParameter') {
    return { code, type, base, expression, target: target ?? [] } as JsonObject
  }
  const { include, exclude } = isObject(compose) ? compose : {}
  return { include: includesOf(include), exclude: includesOf(exclude) }
}

function includesOf(value: unknown): string[] {
  const includes = listOf(value).map(({ system, concept, valueSet }) =>
    [system ?? '', codesOf(concept, false).join(','), names(valueSet)].join(' ').trim(),
  )
  return [...new Set(includes)].toSorted()
}

function codesOf(concept: unknown, withDisplay: boolean): string[] {
  return listOf(concept)
    .map(({ code, display }) => (withDisplay ? `${code}=${display}` : String(code)))
    .toSorted()
}
