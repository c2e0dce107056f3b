/** Resources shown in part: `_summary` and `_elements`. R4 search.html#summary, #elements. */
import type { Registry } from '../conformance/registry.ts'
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { parseExact, stringifyResource } from '../json/decimals.ts'
import type { SummaryMode } from './parse-control.ts'

export interface SummarizeOptions {
  readonly registry: Registry
  readonly summary?: SummaryMode
  readonly elements?: readonly string[]
  /** `_elements` names elements of the types searched: what is included stays whole. */
  readonly mode: 'match' | 'include'
}

/** What a snapshot says of an element, by its path without `[x]`. */
interface ElementFlags {
  readonly isSummary: boolean
  /** Mandatory, or changing the meaning of the rest: kept in every summary. */
  readonly isVital: boolean
}

const subsetted: JsonObject = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
}

const alwaysKept: ReadonlySet<string> = new Set(['resourceType', 'id', 'meta'])

/** The resource in part and tagged so; the same bytes when nothing is to be left out. */
export function summarize(body: Buffer, options: SummarizeOptions): Buffer {
  const { registry, summary, elements, mode } = options
  const isWhole = elements ? mode === 'include' : summary === undefined || summary === 'false'
  if (isWhole) return body
  const resource = parseExact(body.toString())
  if (!isObject(resource)) throw new Error('a stored body is no JSON object')
  const shown = elements
    ? keepElements(registry, resource, (name) => elements.includes(name))
    : summary === 'data'
      ? omit(resource, (key) => key === 'text' || key === '_text')
      : summary === 'text'
        ? keepElements(registry, resource, (name) => name === 'text')
        : keepSummary(registry, String(resource.resourceType), resource)
  return Buffer.from(stringifyResource(tagged(shown)))
}

/** A copy without some members. A spread, for it keeps how decimals were written. */
function omit(object: JsonObject, isOmitted: (key: string) => boolean): JsonObject {
  const copy = { ...object }
  for (const key of Object.keys(copy)) {
    if (isOmitted(key)) delete copy[key]
  }
  return copy
}

/** Elements of the root by their FHIRPath name, and those that are vital. */
function keepElements(
  registry: Registry,
  resource: JsonObject,
  isAsked: (name: string) => boolean,
): JsonObject {
  const type = String(resource.resourceType)
  const model = registry.typeModel(type)
  return omit(resource, (key) => {
    if (alwaysKept.has(key)) return false
    const name = model?.elements.get(key.replace(/^_/, ''))?.pathName
    if (name === undefined) return true
    return !isAsked(name) && !flagsOf(registry, type).get(`${type}.${name}`)?.isVital
  })
}

/** What the base definitions mark as summary, at every level. */
function keepSummary(registry: Registry, type: string, object: JsonObject): JsonObject {
  const model = registry.typeModel(type)
  if (!model) return object
  const flags = flagsOf(registry, type.split('.')[0]!)
  const isKept = (name: string) => {
    const flag = flags.get(`${type}.${name}`)
    return flag !== undefined && (flag.isSummary || flag.isVital)
  }
  const kept = omit(object, (key) => {
    if (alwaysKept.has(key)) return false
    const name = model.elements.get(key.replace(/^_/, ''))?.pathName
    return name === undefined || !isKept(name)
  })
  for (const [key, value] of Object.entries(kept)) {
    const elementType = model.elements.get(key)?.type
    if (elementType !== undefined && key !== 'meta')
      kept[key] = keepInValue(registry, elementType, value)
  }
  return omit(kept, (key) => isObject(kept[key]) && Object.keys(kept[key]).length === 0)
}

function keepInValue(registry: Registry, type: string, value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    // Arrays of primitives stay as they are: they hold the texts of their decimals.
    return value.some(isObject) ? value.map((item) => keepInValue(registry, type, item)) : value
  }
  if (!isObject(value)) return value
  if (typeof value.resourceType === 'string')
    return keepSummary(registry, value.resourceType, value)
  return keepSummary(registry, type, value)
}

function tagged(resource: JsonObject): JsonObject {
  const { resourceType, id, meta, ...rest } = resource
  const known = isObject(meta) ? meta : {}
  const tags = Array.isArray(known.tag) ? known.tag : []
  return {
    ...(resourceType === undefined ? {} : { resourceType }),
    ...(id === undefined ? {} : { id }),
    meta: { ...known, tag: [...tags, subsetted] },
    ...rest,
  }
}

const cache = new WeakMap<Registry, Map<string, ReadonlyMap<string, ElementFlags>>>()

function flagsOf(registry: Registry, type: string): ReadonlyMap<string, ElementFlags> {
  let byType = cache.get(registry)
  if (!byType) cache.set(registry, (byType = new Map()))
  let flags = byType.get(type)
  if (!flags) byType.set(type, (flags = readFlags(registry, type)))
  return flags
}

function readFlags(registry: Registry, type: string): ReadonlyMap<string, ElementFlags> {
  const flags = new Map<string, ElementFlags>()
  const snapshot = registry.typeDefinition(type)?.snapshot
  const elements = isObject(snapshot) && Array.isArray(snapshot.element) ? snapshot.element : []
  for (const element of elements.filter(isObject)) {
    flags.set(String(element.path).replace(/\[x\]$/, ''), {
      isSummary: element.isSummary === true,
      isVital: Number(element.min ?? 0) > 0 || element.isModifier === true,
    })
  }
  return flags
}
