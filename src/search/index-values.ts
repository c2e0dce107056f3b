/** Elements as entries, by parameter type and element type. R4 search.html#ptypes. */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { periodOfPeriod, periodOfTiming } from './index-dates.ts'
import type { ReadPeriod } from './index-dates.ts'
import { foldText } from './fold-text.ts'
import type { QuantityEntry } from './index-entry.ts'
import type { CodeSlot, IndexOutput } from './index-output.ts'
import {
  intervalOfMoney,
  intervalOfQuantity,
  intervalOfQuantityRange,
  intervalOfRange,
  intervalOfSamples,
  numberOf,
} from './index-quantities.ts'
import type { Interval, MeasuredInterval } from './index-quantities.ts'
import type { Sink } from './index-trie.ts'

/** Undefined when elements of the type say nothing under a token parameter. */
export function tokenSink(slot: CodeSlot, type: string, codeSystem?: string): Sink | undefined {
  const { code } = slot
  switch (type) {
    case 'Coding':
      return (value, output) => pushToken(slot, value, 'code', output)
    case 'CodeableConcept':
      return (value, output) => {
        if (!isObject(value)) return
        const codings = Array.isArray(value.coding) ? value.coding : []
        let isFound = false
        for (const coding of codings) isFound = addToken(slot, coding, 'code', output) || isFound
        if (!isFound) output.push(slot, { kind: 'token', code })
      }
    case 'Identifier':
      return (value, output) => pushToken(slot, value, 'value', output)
    case 'ContactPoint':
      return (element, output) => {
        if (!isObject(element)) return
        const { value } = element
        output.push(slot, { kind: 'token', code, ...(typeof value === 'string' ? { value } : {}) })
      }
    case 'code':
      if (codeSystem !== undefined) {
        return (value, output) => {
          if (typeof value !== 'string') return
          output.push(slot, { kind: 'token', code, system: codeSystem, value, systemImplied: true })
        }
      }
      return simpleToken(slot)
    default:
      return isSimple(type) ? simpleToken(slot) : undefined
  }
}

function isSimple(type: string): boolean {
  return /^[a-z]/.test(type)
}

/** A plain string under a token parameter, in lower case. R4 search.html#token. */
export function textTokenSink(slot: CodeSlot): Sink {
  return (value, output) => {
    if (typeof value !== 'string') return
    output.push(slot, { kind: 'token', code: slot.code, value: value.toLowerCase() })
  }
}

function simpleToken(slot: CodeSlot): Sink {
  return (value, output) => {
    if (typeof value === 'object') return
    output.push(slot, { kind: 'token', code: slot.code, value: String(value) })
  }
}

/** What has neither system nor value matches nothing, but shows that the element is there (`:missing`). */
function pushToken(
  slot: CodeSlot,
  element: JsonValue,
  name: 'code' | 'value',
  output: IndexOutput,
): void {
  if (isObject(element) && !addToken(slot, element, name, output))
    output.push(slot, { kind: 'token', code: slot.code })
}

/** Whether there was one to add. */
function addToken(
  slot: CodeSlot,
  element: JsonValue,
  name: 'code' | 'value',
  output: IndexOutput,
): boolean {
  if (!isObject(element)) return false
  const { system } = element
  const value = element[name]
  const { code } = slot
  if (typeof value === 'string') {
    output.push(
      slot,
      typeof system === 'string'
        ? { kind: 'token', code, system, value }
        : { kind: 'token', code, value },
    )
    return true
  }
  if (typeof system !== 'string') return false
  output.push(slot, { kind: 'token', code, system })
  return true
}

/** The parts of complex elements that a string parameter finds. R4 search.html#string. */
const STRING_PARTS: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['family', 'given', 'prefix', 'suffix', 'text'],
  Address: ['line', 'city', 'district', 'state', 'postalCode', 'country', 'text'],
  ContactPoint: ['value'],
  Identifier: ['value'],
  Coding: ['code', 'display'],
  Annotation: ['text'],
}

export function stringSink(slot: CodeSlot, type: string): Sink | undefined {
  if (isSimple(type)) return (value, output) => pushText(slot, value, output)
  if (type === 'CodeableConcept') {
    const ofCoding = stringSink(slot, 'Coding')!
    return (value, output) => {
      if (!isObject(value)) return
      pushText(slot, value.text, output)
      if (Array.isArray(value.coding)) for (const coding of value.coding) ofCoding(coding, output)
    }
  }
  const parts = STRING_PARTS[type]
  return parts && ((value, output) => pushParts(slot, parts, value, output))
}

function pushParts(
  slot: CodeSlot,
  parts: readonly string[],
  element: JsonValue,
  output: IndexOutput,
): void {
  if (!isObject(element)) return
  for (let i = 0; i < parts.length; i++) {
    const part = element[parts[i]!]
    if (part === undefined) continue
    if (Array.isArray(part)) for (const text of part) pushText(slot, text, output)
    else pushText(slot, part, output)
  }
}

/** Texts are not shortened: what a store keeps of a long one is its own affair. */
function pushText(slot: CodeSlot, value: JsonValue | undefined, output: IndexOutput): void {
  if (value === undefined || value === null || typeof value === 'object') return
  const exact = String(value)
  if (exact === '') return
  output.push(slot, { kind: 'string', code: slot.code, folded: foldText(exact), exact })
}

export function uriSink(slot: CodeSlot, type: string): Sink | undefined {
  if (!isSimple(type)) return undefined
  const { code } = slot
  return (value, output) => {
    if (typeof value !== 'string' || value === '') return
    output.push(slot, { kind: 'uri', code, value })
    // A canonical is found with and without its version.
    const cut = type === 'canonical' ? value.indexOf('|') : -1
    if (cut > 0) output.push(slot, { kind: 'uri', code, value: value.slice(0, cut) })
  }
}

export function dateSink(slot: CodeSlot, type: string, read: ReadPeriod): Sink | undefined {
  const { code } = slot
  const ofObject = (period: typeof periodOfPeriod): Sink => {
    return (value, output) => {
      const found = isObject(value) ? period(value, read) : undefined
      if (found) output.push(slot, { kind: 'date', code, low: found.low, high: found.high })
    }
  }
  switch (type) {
    case 'date':
    case 'dateTime':
      return (value, output) => {
        const found = typeof value === 'string' ? read(value) : undefined
        if (found) output.push(slot, { kind: 'date', code, low: found.low, high: found.high })
      }
    case 'instant':
      // A point in time however many digits it is written with. R4 search.html#date.
      return (value, output) => {
        const found = typeof value === 'string' ? read(value) : undefined
        if (found) output.push(slot, { kind: 'date', code, low: found.low, high: found.low + 1 })
      }
    case 'Period':
      return ofObject(periodOfPeriod)
    case 'Timing':
      return ofObject(periodOfTiming)
    default:
      return undefined
  }
}

export function numberSink(slot: CodeSlot, type: string): Sink | undefined {
  const interval = (value: JsonValue): Interval | undefined => {
    if (type === 'Range') return isObject(value) ? intervalOfRange(value) : undefined
    const number = numberOf(value)
    return number === undefined ? undefined : { low: number, high: number }
  }
  if (!isSimple(type) && type !== 'Range') return undefined
  return (value, output) => {
    const found = interval(value)
    if (found) output.push(slot, { kind: 'number', code: slot.code, ...found })
  }
}

const INTERVALS: Readonly<Record<string, (value: JsonObject) => MeasuredInterval | undefined>> = {
  Quantity: intervalOfQuantity,
  Age: intervalOfQuantity,
  Count: intervalOfQuantity,
  Distance: intervalOfQuantity,
  Duration: intervalOfQuantity,
  Money: intervalOfMoney,
  Range: intervalOfQuantityRange,
  SampledData: intervalOfSamples,
}

export function quantitySink(slot: CodeSlot, type: string): Sink | undefined {
  const interval = INTERVALS[type]
  return (
    interval &&
    ((value, output) => {
      const found = isObject(value) ? interval(value) : undefined
      if (found) output.push(slot, quantityEntry(slot.code, found))
    })
  )
}

/** Assigned one by one, as in `withUnit`. */
function quantityEntry(code: string, found: MeasuredInterval): QuantityEntry {
  const { low, high, system, unitCode, unit } = found
  const entry: { -readonly [Name in keyof QuantityEntry]: QuantityEntry[Name] } = {
    kind: 'quantity',
    code,
    low,
    high,
  }
  if (system !== undefined) entry.system = system
  if (unitCode !== undefined) entry.unitCode = unitCode
  if (unit !== undefined) entry.unit = unit
  return entry
}
