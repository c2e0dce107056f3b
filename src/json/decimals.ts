/**
 * Decimals without losing a digit. R4 datatypes.html#decimal: 1.10 is not 1.1, and must come back.
 *
 * In a parsed resource every number is a plain JavaScript number, so that arithmetic, `typeof`, AJV
 * and FHIRPath see nothing unusual. The text of a number that JavaScript would write differently is
 * kept beside it: the object or array that holds the number has a symbol property with those texts
 * by key. `Object.keys`, `for in`, `JSON.stringify` and comparisons of keys do not see it; spreads
 * and `Object.assign` copy it. It counts only while the number is still the one that it was read
 * with, so that a changed value is never written with an old text.
 *
 * What follows for other code: write resources with `stringifyResource` or `serializeStored`, never
 * with JSON.stringify; copy deeply with `cloneJson`, never with structuredClone; and where a number
 * moves from one holder to another by hand, move its text with `keepDecimalText`.
 */
import { isObject, type JsonValue } from '../fhir/resource.ts'

const texts = Symbol('decimal texts')

type Holder = object & { [texts]?: Record<string | number, string> }
type Replacer = (this: Holder, key: string, value: unknown) => unknown
type Reviver = (this: Holder, key: string, value: unknown, context: { source?: string }) => unknown

// TypeScript 7 does not know JSON.rawJSON and the reviver's third parameter yet.
const exactJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): JsonValue
  rawJSON(text: string): unknown
}

/** JSON.parse that keeps the text of odd decimals; several times slower than JSON.parse. */
export function parseExact(text: string): JsonValue {
  return exactJson.parse(text, reviveNumber)
}

const reviveNumber: Reviver = function (key, value, { source }) {
  if (typeof value === 'number' && source !== undefined) noteDecimalText(this, key, source)
  return value
}

/**
 * The number under `key` as it was sent, or as JavaScript writes it. What is no number there gives
 * a text that is no number either.
 */
export function decimalText(holder: object, key: string | number): string {
  const value: unknown = (holder as Record<string, unknown>)[key]
  return exactTextOf(holder, key, value) ?? String(value)
}

/** For parsers: remembers how the number under `key` was written, in a holder just made. */
export function noteDecimalText(holder: object, key: string | number, text: string): void {
  if (!isOdd(text)) return
  const known = ((holder as Holder)[texts] ??= Object.create(null) as Record<string, string>)
  known[key] = text
}

/**
 * For changes: the number under `key` is now written so. Spreads share their texts with what they
 * were copied from, so this copies them; a holder with thousands of numbers makes it slow.
 */
export function keepDecimalText(holder: object, key: string | number, text: string): void {
  const known = (holder as Holder)[texts]
  if (known === undefined) return noteDecimalText(holder, key, text)
  const copy = Object.assign(Object.create(null), known) as Record<string, string>
  delete copy[key]
  ;(holder as Holder)[texts] = copy
  noteDecimalText(holder, key, text)
}

function isOdd(text: string): boolean {
  return String(Number(text)) !== text
}

function exactTextOf(holder: Holder, key: string | number, value: unknown): string | undefined {
  const text = holder[texts]?.[key]
  return text !== undefined && Number(text) === value ? text : undefined
}

/** Whether something in the value has the text of a decimal beside it. */
export function hasDecimalTexts(value: JsonValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false
  if ((value as Holder)[texts] !== undefined) return true
  if (Array.isArray(value)) return value.some(hasDecimalTexts)
  for (const key in value) {
    const member = value[key]
    if (typeof member === 'object' && hasDecimalTexts(member)) return true
  }
  return false
}

/** Compact JSON with every decimal as it was sent. */
export function stringifyResource(resource: JsonValue): string {
  return hasDecimalTexts(resource)
    ? JSON.stringify(resource, writeNumber)
    : JSON.stringify(resource)
}

const writeNumber: Replacer = function (key, value) {
  if (typeof value !== 'number') return value
  const text = exactTextOf(this, key, value)
  return text === undefined ? value : exactJson.rawJSON(text)
}

/** A deep copy that shares nothing and keeps decimal texts. */
export function cloneJson<T extends JsonValue>(value: T): T {
  return cloneValue(value) as T
}

function cloneValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return copyTexts(value, value.map(cloneValue))
  if (!isObject(value)) return value
  const copy: Record<string, JsonValue> = {}
  for (const [key, member] of Object.entries(value)) copy[key] = cloneValue(member)
  return copyTexts(value, copy)
}

function copyTexts<T extends object>(from: Holder, to: T): T {
  const kept = from[texts]
  if (kept !== undefined) (to as Holder)[texts] = kept
  return to
}
