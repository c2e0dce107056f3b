/** Dates of elements as periods of time. R4 search.html#date, datatypes.html#Timing. */
import { parsePeriod, timeMax, timeMin } from '../fhir/date-time.ts'
import type { Period } from '../fhir/date-time.ts'
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'

export type ReadPeriod = (text: string) => Period | undefined

const DAY_TEXT_LENGTH = 10
const DAYS_REMEMBERED_MAX = 20_000

/** Reads dates in a zone; days, which recur, are remembered. */
export function createPeriodReader(timeZone: string): ReadPeriod {
  const days = new Map<string, Period | undefined>()
  return (text) => {
    if (text.length > DAY_TEXT_LENGTH) return quickPeriod(text) ?? parsePeriod(text, timeZone)
    const known = days.get(text)
    if (known) return known
    const period = parsePeriod(text, timeZone)
    if (days.size >= DAYS_REMEMBERED_MAX) days.clear()
    days.set(text, period)
    return period
  }
}

/** Full seconds with a zone, before the 29th: what Date.parse reads as parsePeriod does. */
const PLAIN_INSTANT =
  /^\d{4}-\d{2}-(?:0[1-9]|1\d|2[0-8])T\d{2}:\d{2}:[0-5]\d(\.\d{3})?(?:Z|[+-]\d{2}:\d{2})$/

function quickPeriod(text: string): Period | undefined {
  const match = PLAIN_INSTANT.exec(text)
  if (!match) return undefined
  const low = Date.parse(text)
  return Number.isNaN(low) ? undefined : { low, high: low + (match[1] === undefined ? 1_000 : 1) }
}

/** From the start's first moment to the end's last; open ends reach the bounds of time. */
export function periodOfPeriod({ start, end }: JsonObject, read: ReadPeriod): Period | undefined {
  const from = typeof start === 'string' ? read(start) : undefined
  const to = typeof end === 'string' ? read(end) : undefined
  if (!from && !to) return undefined
  return { low: from?.low ?? timeMin, high: to?.high ?? timeMax }
}

/** R4 search.html#date: of a Timing only the outer limits matter. */
export function periodOfTiming(
  { event, repeat }: JsonObject,
  read: ReadPeriod,
): Period | undefined {
  const periods: (Period | undefined)[] = []
  for (const moment of Array.isArray(event) ? event : []) {
    if (typeof moment === 'string') periods.push(read(moment))
  }
  const bounds: JsonValue | undefined = isObject(repeat) ? repeat.boundsPeriod : undefined
  if (isObject(bounds)) periods.push(periodOfPeriod(bounds, read))
  let outer: Period | undefined
  for (const period of periods) {
    if (!period) continue
    outer = outer
      ? { low: Math.min(outer.low, period.low), high: Math.max(outer.high, period.high) }
      : period
  }
  return outer
}
