/**
 * Replaces links in elements of type uri, url, oid and uuid, and in the narrative. What is a
 * canonical, or a text that merely looks like a link (Identifier.value), stays. R4 http.html#trules.
 */
import type { Registry } from '../conformance/registry.ts'
import { isObject, type JsonObject, type JsonValue, type Resource } from '../fhir/resource.ts'

/** Gives the new text, or undefined to leave a link as it is. */
export type FindLink = (text: string) => string | undefined

const linkTypes = new Set(['uri', 'url', 'oid', 'uuid'])

/** A copy in which what does not change is shared with the original. */
export function replaceLinks(resource: Resource, registry: Registry, find: FindLink): Resource {
  return replaceIn(resource, resource.resourceType, { registry, find }) as Resource
}

interface Replacement {
  readonly registry: Registry
  readonly find: FindLink
}

function replaceIn(object: JsonObject, type: string, replacement: Replacement): JsonObject {
  const model = replacement.registry.typeModel(type)
  if (!model) return object
  let copy: JsonObject | undefined
  for (const key of Object.keys(object)) {
    const elementType = model.elements.get(key)?.type
    if (elementType === undefined) continue
    const value = object[key]!
    const changed = Array.isArray(value)
      ? replaceInList(value, elementType, replacement)
      : replaceValue(value, elementType, replacement)
    if (changed !== value) (copy ??= { ...object })[key] = changed
  }
  return copy ?? object
}

function replaceInList(
  list: readonly JsonValue[],
  type: string,
  replacement: Replacement,
): JsonValue {
  let copy: JsonValue[] | undefined
  for (const [index, item] of list.entries()) {
    const changed = replaceValue(item, type, replacement)
    if (changed !== item) (copy ??= [...list])[index] = changed
  }
  return copy ?? (list as JsonValue[])
}

function replaceValue(value: JsonValue, type: string, replacement: Replacement): JsonValue {
  if (isObject(value)) {
    const inner = typeof value.resourceType === 'string' ? value.resourceType : type
    return replaceIn(value, inner, replacement)
  }
  if (typeof value !== 'string') return value
  if (linkTypes.has(type)) return replacement.find(value) ?? value
  return type === 'xhtml' ? replaceInNarrative(value, replacement.find) : value
}

function replaceInNarrative(xhtml: string, find: FindLink): string {
  return xhtml.replaceAll(
    /(<(?:a|img)\b[^>]*?\s(?:href|src)\s*=\s*)("[^"<>]*"|'[^'<>]*')/g,
    (whole, start: string, quoted: string) => {
      const link = find(quoted.slice(1, -1))
      return link === undefined ? whole : `${start}${quoted[0]}${link}${quoted[0]}`
    },
  )
}
