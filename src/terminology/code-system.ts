/** A CodeSystem resource as a table of concepts. R4 codesystem.html. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'

export interface Concept {
  readonly code: string
  readonly display?: string
  /** The display and every designation. */
  readonly displays: readonly string[]
  readonly parents: readonly string[]
  readonly properties: ReadonlyMap<string, readonly JsonValue[]>
}

export interface CodeSystemTable {
  readonly url: string
  readonly version: string | undefined
  /** `complete`, `fragment`, `example`, `not-present` or `supplement`. */
  readonly content: string
  readonly isCaseSensitive: boolean
  readonly language: string | undefined
  /** The canonical of the value set that is the whole system, when it is stated. */
  readonly valueSet: string | undefined
  /** By code; in lower case where the system is not case-sensitive. */
  readonly concepts: ReadonlyMap<string, Concept>
  readonly find: (code: string) => Concept | undefined
  /** The code and all its ancestors. */
  readonly selfAndAncestors: (code: string) => ReadonlySet<string>
}

export function compileCodeSystem(resource: JsonObject): CodeSystemTable {
  const isCaseSensitive = resource.caseSensitive !== false
  const keyOf = (code: string) => (isCaseSensitive ? code : code.toLowerCase())
  const concepts = new Map<string, Concept>()
  addConcepts(resource.concept, undefined, concepts, keyOf)
  const find = (code: string) => concepts.get(keyOf(code))
  const text = (value: JsonValue | undefined) => (typeof value === 'string' ? value : undefined)
  return {
    url: text(resource.url) ?? '',
    version: text(resource.version),
    // A supplement is one whatever it calls its content.
    content:
      resource.supplements === undefined ? (text(resource.content) ?? 'complete') : 'supplement',
    isCaseSensitive,
    language: text(resource.language),
    valueSet: text(resource.valueSet),
    concepts,
    find,
    selfAndAncestors: (code) => ancestorsOf(code, find),
  }
}

interface OpenConcept extends Concept {
  parents: string[]
  displays: string[]
  properties: Map<string, JsonValue[]>
}

function addConcepts(
  list: JsonValue | undefined,
  parent: string | undefined,
  into: Map<string, Concept>,
  keyOf: (code: string) => string,
): void {
  if (!Array.isArray(list)) return
  // A work list instead of recursion: a hostile CodeSystem may nest deeply.
  const waiting: { list: JsonValue[]; parent: string | undefined }[] = [{ list, parent }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const item of next.list) {
      if (!isObject(item) || typeof item.code !== 'string') continue
      const concept = readConcept(item, item.code)
      if (next.parent !== undefined) concept.parents.push(next.parent)
      for (const value of concept.properties.get('parent') ?? []) {
        if (typeof value === 'string') concept.parents.push(value)
      }
      into.set(keyOf(item.code), concept)
      if (Array.isArray(item.concept)) waiting.push({ list: item.concept, parent: item.code })
    }
  }
}

function readConcept(item: JsonObject, code: string): OpenConcept {
  const displays: string[] = []
  if (typeof item.display === 'string') displays.push(item.display)
  if (Array.isArray(item.designation)) {
    for (const designation of item.designation) {
      if (isObject(designation) && typeof designation.value === 'string')
        displays.push(designation.value)
    }
  }
  return {
    code,
    ...(typeof item.display === 'string' ? { display: item.display } : {}),
    displays,
    parents: [],
    properties: readProperties(item.property),
  }
}

function readProperties(list: JsonValue | undefined): Map<string, JsonValue[]> {
  const properties = new Map<string, JsonValue[]>()
  if (!Array.isArray(list)) return properties
  for (const property of list) {
    if (!isObject(property) || typeof property.code !== 'string') continue
    const valueKey = Object.keys(property).find((key) => key.startsWith('value'))
    const value = valueKey === undefined ? undefined : property[valueKey]
    if (value === undefined) continue
    const values = properties.get(property.code)
    if (values) values.push(value)
    else properties.set(property.code, [value])
  }
  return properties
}

function ancestorsOf(
  code: string,
  find: (code: string) => Concept | undefined,
): ReadonlySet<string> {
  const seen = new Set<string>([code])
  const waiting = [code]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const parent of find(next)?.parents ?? []) {
      if (seen.has(parent)) continue
      seen.add(parent)
      waiting.push(parent)
    }
  }
  return seen
}
