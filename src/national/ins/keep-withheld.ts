/**
 * Puts back into an update what its caller was not shown. Three forms are compared: the whole one,
 * what was shown of it, and what the caller made of that. Decisions 70 and 88.
 */
import { isObject, type JsonObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import { readIns } from './ins-oids.ts'

export interface KnownForms {
  readonly whole: Resource
  readonly shown: Resource
}

/** What was sent, with the withheld INS in their places. A narrative that was withheld is not put back. */
export function withKept({ whole, shown }: KnownForms, sent: Resource): Resource {
  const { text: _, ...rest } = whole
  const kept = keepInObject({ whole: shown.text ? whole : rest, shown, sent })
  return kept as Resource
}

interface Forms<T> {
  readonly whole: T
  readonly shown: T
  readonly sent: T
}

function keep({ whole, shown, sent }: Forms<JsonValue>): JsonValue {
  if (isSame(whole, shown)) return sent
  if (isSame(shown, sent)) return whole
  if (Array.isArray(whole) && Array.isArray(shown) && Array.isArray(sent))
    return keepInList({ whole, shown, sent })
  if (isObject(whole) && isObject(shown) && isObject(sent))
    return keepInObject({ whole, shown, sent })
  return sent
}

function keepInObject({ whole, shown, sent }: Forms<JsonObject>): JsonObject {
  const result: JsonObject = { ...sent }
  for (const [name, value] of Object.entries(whole)) {
    const before = shown[name]
    const after = sent[name]
    if (before === undefined) result[name] = after === undefined ? value : keepBeside(value, after)
    else if (after !== undefined) result[name] = keep({ whole: value, shown: before, sent: after })
    else {
      // What was shown and not sent back was taken out on purpose; the rest was not.
      const kept = withheldItems(value, before)
      if (kept.length > 0) result[name] = [...kept]
    }
  }
  return isMasked(shown) && !isMasked(whole) ? withoutMask(result) : result
}

/** The whole list was withheld, and the caller wrote one of its own. */
function keepBeside(withheld: JsonValue, sent: JsonValue): JsonValue {
  if (!Array.isArray(withheld) || !Array.isArray(sent) || sent.some(hasIns)) return sent
  return [...sent, ...withheld]
}

/**
 * Items are told apart by what was shown of them: `shown` is `whole` without some items, and with
 * others changed inside.
 */
function keepInList({ whole, shown, sent }: Forms<JsonValue[]>): JsonValue[] {
  const pairs = pairUp(whole, shown)
  const shownPairs = pairs.flatMap((place, index) =>
    place === undefined ? [] : [{ whole: whole[index]!, shown: shown[place]! }],
  )
  const result = sent.map((item, index) => {
    const pair =
      shownPairs.find((one) => isSame(one.shown, item)) ??
      shownPairs.find((one) => isSameElement(one.shown, item)) ??
      (sent.length === shown.length ? shownPairs[index] : undefined)
    return pair ? keep({ ...pair, sent: item }) : item
  })
  return sent.some(hasIns) ? result : [...result, ...withheldItems(whole, shown)]
}

function withheldItems(whole: JsonValue, shown: JsonValue): readonly JsonValue[] {
  if (!Array.isArray(whole) || !Array.isArray(shown)) return []
  const pairs = pairUp(whole, shown)
  return whole.filter((_, index) => pairs[index] === undefined)
}

/** For each item of `whole` its place in `shown`; undefined for one that was withheld as a whole. */
function pairUp(
  whole: readonly JsonValue[],
  shown: readonly JsonValue[],
): readonly (number | undefined)[] {
  let next = 0
  let missing = whole.length - shown.length
  return whole.map((item) => {
    const isWithheld = missing > 0 && hasIns(item) && !isShownAs(item, shown[next])
    if (isWithheld) {
      missing -= 1
      return undefined
    }
    return next++
  })
}

/** Whether one may be what was shown of the other: nothing but less. */
function isShownAs(whole: JsonValue, shown: JsonValue | undefined): boolean {
  if (shown === undefined) return false
  if (!isObject(whole) || !isObject(shown) || readIns(whole)) return isSame(whole, shown)
  return Object.entries(shown).every(
    ([name, value]) =>
      (name === 'extension' && isMasked(shown)) ||
      isSame(whole[name], value) ||
      (typeof value === 'object' && whole[name] !== undefined),
  )
}

/** Same element by its id: a contained resource that the caller changed. */
function isSameElement(shown: JsonValue, sent: JsonValue): boolean {
  return isObject(shown) && isObject(sent) && shown.id !== undefined && shown.id === sent.id
}

function hasIns(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasIns)
  if (!isObject(value)) return false
  return readIns(value) !== undefined || Object.values(value).some(hasIns)
}

const ABSENT_REASON = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

function isMask(extension: JsonValue): boolean {
  return isObject(extension) && extension.url === ABSENT_REASON && extension.valueCode === 'masked'
}

function isMasked({ extension }: JsonObject): boolean {
  return Array.isArray(extension) && extension.some(isMask)
}

/** The sign that something was left out goes when it is put back. */
function withoutMask(value: JsonObject): JsonObject {
  const { extension, ...rest } = value
  const others = Array.isArray(extension) ? extension.filter((one) => !isMask(one)) : []
  return others.length > 0 ? { ...rest, extension: others } : rest
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
