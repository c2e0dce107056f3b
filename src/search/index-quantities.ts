/** Numbers and quantities of elements as ranges. R4 search.html#number, search.html#quantity. */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface MeasuredInterval extends Interval {
  readonly system?: string
  readonly unitCode?: string
  readonly unit?: string
}

const CURRENCIES = 'urn:iso:std:iso:4217'

export function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** A Range of numbers; a missing end is open. */
export function intervalOfRange({ low, high }: JsonObject): Interval | undefined {
  const from = isObject(low) ? numberOf(low.value) : undefined
  const to = isObject(high) ? numberOf(high.value) : undefined
  if (from === undefined && to === undefined) return undefined
  return { low: from ?? -Infinity, high: to ?? Infinity }
}

export function intervalOfQuantity(quantity: JsonObject): MeasuredInterval | undefined {
  const { value, comparator } = quantity
  if (typeof value !== 'number') return undefined
  // `< 5` is anything up to 5. R4 datatypes.html#Quantity.
  const isBelow = comparator === '<' || comparator === '<='
  const isAbove = comparator === '>' || comparator === '>='
  return withUnit(isBelow ? -Infinity : value, isAbove ? Infinity : value, quantity)
}

/** Assigned one by one: this runs for every quantity of every resource, and spreads are slow. */
function withUnit(low: number, high: number, quantity: JsonObject): MeasuredInterval {
  const { system, code, unit } = quantity
  const interval: { -readonly [Name in keyof MeasuredInterval]: MeasuredInterval[Name] } = {
    low,
    high,
  }
  if (typeof system === 'string') interval.system = system
  if (typeof code === 'string') interval.unitCode = code
  if (typeof unit === 'string') interval.unit = unit
  return interval
}

export function intervalOfMoney({ value, currency }: JsonObject): MeasuredInterval | undefined {
  const amount = numberOf(value)
  if (amount === undefined) return undefined
  const plain = { low: amount, high: amount }
  return typeof currency === 'string' ? { ...plain, system: CURRENCIES, unitCode: currency } : plain
}

export function intervalOfQuantityRange(range: JsonObject): MeasuredInterval | undefined {
  const interval = intervalOfRange(range)
  const end = isObject(range.low) ? range.low : range.high
  return interval && (isObject(end) ? withUnit(interval.low, interval.high, end) : interval)
}

/** From the least to the greatest sample, in the unit of the origin. R4 datatypes.html#SampledData. */
export function intervalOfSamples({
  origin,
  factor,
  data,
}: JsonObject): MeasuredInterval | undefined {
  if (!isObject(origin) || typeof data !== 'string') return undefined
  const zero = numberOf(origin.value) ?? 0
  const scale = numberOf(factor) ?? 1
  let low = Infinity
  let high = -Infinity
  for (const [text] of data.matchAll(/[+-]?\d+(?:\.\d+)?/g)) {
    const sample = zero + scale * Number(text)
    if (sample < low) low = sample
    if (sample > high) high = sample
  }
  return low > high ? undefined : withUnit(low, high, origin)
}
