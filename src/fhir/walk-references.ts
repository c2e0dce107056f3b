/** Finds the places of a resource that point elsewhere. R4 references.html, http.html#trules. */
import { isObject, type JsonObject, type JsonValue } from './resource.ts'

export interface ReferencePlace {
  readonly holder: JsonObject
  /** `reference` of a Reference; `url` of an Attachment or any other uri. */
  readonly key: string
  readonly text: string
  readonly isReference: boolean
  /** FHIRPath of the element. */
  readonly path: string
}

/** Calls `visit` for every Reference.reference and every text under a key `url` or `uri`. */
export function walkReferences(root: JsonObject, visit: (place: ReferencePlace) => void): void {
  const name = typeof root.resourceType === 'string' ? root.resourceType : '$'
  walk(root, name, visit, 0)
}

const DEPTH_MAX = 200

function walk(
  value: JsonObject,
  path: string,
  visit: (place: ReferencePlace) => void,
  depth: number,
): void {
  if (depth > DEPTH_MAX) return
  for (const key in value) {
    const child = value[key]!
    if (typeof child === 'string') {
      const isReference = key === 'reference'
      if (isReference || key === 'url' || key === 'uri') {
        visit({ holder: value, key, text: child, isReference, path: `${path}.${key}` })
      }
    } else if (Array.isArray(child)) {
      walkList(child, `${path}.${key}`, visit, depth + 1)
    } else if (isObject(child)) walk(child, `${path}.${key}`, visit, depth + 1)
  }
}

function walkList(
  list: readonly JsonValue[],
  path: string,
  visit: (place: ReferencePlace) => void,
  depth: number,
): void {
  for (let index = 0; index < list.length; index++) {
    const item = list[index]
    if (isObject(item)) walk(item, `${path}[${index}]`, visit, depth)
  }
}

/**
 * A copy of a value in which `replace` has had its say on every text under `reference`, `url` and
 * `uri`; what does not change is shared with the original.
 */
export function replaceReferences<T extends JsonValue>(
  value: T,
  replace: (text: string, isReference: boolean, path: string) => string,
  path = '$',
  depth = 0,
): T {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    let copy: JsonValue[] | undefined
    value.forEach((item, index) => {
      if (typeof item !== 'object') return
      const changed = replaceReferences(item, replace, `${path}[${index}]`, depth + 1)
      if (changed !== item) (copy ??= [...value])[index] = changed
    })
    return (copy ?? value) as T
  }
  let copy: JsonObject | undefined
  const object = value as JsonObject
  for (const key in object) {
    const child = object[key]!
    let changed: JsonValue = child
    if (typeof child === 'string') {
      if (key === 'reference' || key === 'url' || key === 'uri')
        changed = replace(child, key === 'reference', `${path}.${key}`)
    } else if (typeof child === 'object' && child !== null)
      changed = replaceReferences(child, replace, `${path}.${key}`, depth + 1)
    if (changed !== child) (copy ??= { ...object })[key] = changed
  }
  return (copy ?? value) as T
}
