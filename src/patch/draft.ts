/**
 * A resource while it is being patched: what changes is copied once, the rest is shared with the
 * original, which is never touched.
 */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { TooCostly } from '../errors.ts'
import { decimalText, keepDecimalText, noteDecimalText } from '../json/decimals.ts'
import { wrongPatch } from './patch-fault.ts'

/** A step into a container: a member's name, or an item's index. */
export type Token = string | number
export type Container = JsonObject | JsonValue[]

/** Deeper than every resource; beyond it a patch is an attack on whoever walks the result. */
export const depthMax = 200
/** Copies may double a document each time; this many copied characters are enough for anyone. */
export const copiedCharactersMax = 20_000_000

export interface Draft {
  readonly root: JsonValue
  setRoot(value: JsonValue): void
  /** The container at a place, ready to be changed. The place must exist. */
  own(path: readonly Token[]): Container
  /** An independent copy of a value, to be put at a second place. */
  copyOf(value: JsonValue): JsonValue
  /** The patched document, without the arrays and objects that the patch emptied. */
  finish(): JsonValue
}

export function createDraft(original: JsonValue): Draft {
  let root = original
  let copied = 0
  const owned = new WeakSet<object>()
  const ownValue = (value: JsonValue): Container => {
    if (!isContainer(value)) throw new TypeError('a draft can only own a container')
    if (owned.has(value)) return value
    const copy = Array.isArray(value) ? value.slice() : { ...value }
    owned.add(copy)
    return copy
  }
  return {
    get root() {
      return root
    },
    setRoot(value) {
      root = value
    },
    own(path) {
      let place = ownValue(root)
      root = place
      for (const token of path) {
        const child = ownValue(memberOf(place, token)!)
        setMember(place, token, child)
        place = child
      }
      return place
    },
    copyOf(value) {
      const { characters } = measure(value)
      copied += characters
      if (copied > copiedCharactersMax)
        throw new TooCostly(`The patch copies more than ${copiedCharactersMax} characters`)
      return deepCopy(value)
    },
    finish() {
      measure(root)
      return withoutEmptied(root, owned) ?? root
    },
  }
}

/** True for objects and arrays; false for a number that keeps its text (JSON.rawJSON). */
export function isContainer(value: JsonValue | undefined): value is Container {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || !isRawNumber(value)
}

/** A decimal whose digits are kept: the frozen object without prototype of JSON.rawJSON. */
export function isRawNumber(value: unknown): value is { readonly rawJSON: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.getPrototypeOf(value) === null && Object.isFrozen(value) && 'rawJSON' in value
}

/** An own member or item, never something inherited such as `constructor`. */
export function memberOf(container: Container, token: Token): JsonValue | undefined {
  if (Array.isArray(container)) return typeof token === 'number' ? container[token] : undefined
  return Object.hasOwn(container, token) ? container[token] : undefined
}

/** Sets an own member, also one named `__proto__`. */
export function setMember(container: Container, token: Token, value: JsonValue): void {
  Object.defineProperty(container, token, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

/** A value with the text of the number that it is, or undefined: 1.10 stays 1.10. */
export interface Written {
  readonly value: JsonValue
  readonly text: string | undefined
}

export function writtenIn(holder: object, token: Token): Written {
  const value = (holder as Record<Token, JsonValue>)[token]!
  return { value, text: typeof value === 'number' ? decimalText(holder, token) : undefined }
}

/** Sets a member, a number as it was written. */
export function writeMember(container: Container, token: Token, { value, text }: Written): void {
  setMember(container, token, value)
  if (text !== undefined) keepDecimalText(container, token, text)
}

export function removeMember(container: Container, token: Token): void {
  if (Array.isArray(container)) container.splice(Number(token), 1)
  else delete container[token]
}

/** Rough size of a value; throws when it is nested beyond `depthMax`. */
function measure(value: JsonValue): { characters: number } {
  let characters = 0
  const open: { value: JsonValue; depth: number }[] = [{ value, depth: 1 }]
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.depth > depthMax)
      throw wrongPatch(`The patch nests elements deeper than ${depthMax} levels`)
    characters += 4
    if (typeof next.value === 'string') characters += next.value.length
    if (!isContainer(next.value)) continue
    for (const [name, child] of Object.entries(next.value)) {
      if (!Array.isArray(next.value)) characters += name.length
      open.push({ value: child, depth: next.depth + 1 })
    }
  }
  return { characters }
}

function deepCopy(value: JsonValue): JsonValue {
  if (!isContainer(value)) return value
  if (Array.isArray(value)) return value.map(deepCopy)
  const copy: JsonObject = {}
  for (const [name, child] of Object.entries(value)) {
    setMember(copy, name, deepCopy(child))
    if (typeof child === 'number') noteDecimalText(copy, name, decimalText(value, name))
  }
  return copy
}

/**
 * FHIR JSON knows no empty array or object (R4 json.html), so what the patch emptied goes; in the
 * `_given` beside `given` it becomes null, so that the two stay aligned. What the caller sent empty
 * stays, for validation to report. Undefined when nothing is left.
 */
function withoutEmptied(
  value: JsonValue,
  owned: WeakSet<object>,
  name: Token = '',
): JsonValue | undefined {
  if (!isContainer(value) || !owned.has(value)) return value
  const isAligned = Array.isArray(value) && typeof name === 'string' && name.startsWith('_')
  for (const token of Array.isArray(value) ? [...value.keys()].toReversed() : Object.keys(value)) {
    const child = memberOf(value, token)!
    if (!isContainer(child) || !owned.has(child)) continue
    if (withoutEmptied(child, owned, token) !== undefined) continue
    if (isAligned) setMember(value, token, null)
    else removeMember(value, token)
  }
  const isEmpty = isAligned ? value.every((item) => item === null) : Object.keys(value).length === 0
  return isEmpty ? undefined : value
}
