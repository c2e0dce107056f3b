/** Resources as plain JSON. R4 json.html, resource.html. */

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue
}

/** A resource of any type: an object whose `resourceType` is a text. */
export interface Resource extends JsonObject {
  resourceType: string
}

export interface TypedId {
  readonly type: string
  readonly id: string
}

const ID = /^[A-Za-z0-9\-.]{1,64}$/

/** R4 datatypes.html#id. */
export function isId(text: string): boolean {
  return ID.test(text)
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isResource(value: unknown): value is Resource {
  return isObject(value) && typeof value.resourceType === 'string'
}
