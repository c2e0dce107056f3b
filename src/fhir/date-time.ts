/**
 * Dates of FHIR as periods of time: `2024-05` is the whole month. R4 datatypes.html#dateTime,
 * search.html#date. Times without a zone are read in the given zone (decision 38).
 */

/** From `low` (included) to `high` (excluded), in milliseconds since 1970 UTC. */
export interface Period {
  readonly low: number
  readonly high: number
}

/** Bounds of open periods; beyond every FHIR date (years 0001 to 9999). */
export const timeMin = -62_200_000_000_000
export const timeMax = 253_500_000_000_000

const DATE_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/

/** The period that a date, dateTime or instant covers; undefined when the text is none. */
export function parsePeriod(text: string, timeZone = 'Europe/Paris'): Period | undefined {
  const match = DATE_TIME.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const parts = {
    year: Number(year),
    month: Number(month ?? 1),
    day: Number(day ?? 1),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  }
  if (!isCalendarDate(parts.year, parts.month, parts.day)) return undefined
  if (parts.hour > 23 || parts.minute > 59 || parts.second > 60) return undefined
  const offset = zone === undefined ? undefined : parseOffset(zone)
  const at = (p: typeof parts, extraMs = 0) => toInstant(p, offset, timeZone) + extraMs
  if (month === undefined) return { low: at(parts), high: at({ ...parts, year: parts.year + 1 }) }
  if (day === undefined) return { low: at(parts), high: at(nextMonth(parts)) }
  if (hour === undefined) return { low: at(parts), high: at({ ...parts, day: parts.day + 1 }) }
  if (second === undefined) return spanFrom(at(parts), 60_000)
  if (fraction === undefined) return spanFrom(at(parts), 1_000)
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3))
  return spanFrom(at(parts, milliseconds), 10 ** Math.max(0, 3 - fraction.length))
}

function spanFrom(low: number, lengthMs: number): Period {
  return { low, high: low + lengthMs }
}

function isCalendarDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

function nextMonth<T extends { year: number; month: number }>(parts: T): T {
  return parts.month === 12
    ? { ...parts, year: parts.year + 1, month: 1 }
    : { ...parts, month: parts.month + 1 }
}

function parseOffset(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))
  return zone.startsWith('-') ? -minutes : minutes
}

interface WallClock {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

function toInstant(wall: WallClock, offsetMinutes: number | undefined, timeZone: string): number {
  const utc = utcOf(wall)
  if (offsetMinutes !== undefined) return utc - offsetMinutes * 60_000
  // Two rounds settle the hour around a change of daylight saving time.
  let instant = utc - zoneOffsetMs(utc, timeZone)
  instant = utc - zoneOffsetMs(instant, timeZone)
  return instant
}

function utcOf({ year, month, day, hour, minute, second }: WallClock): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date.getTime()
}

const formats = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()

/** The zone's distance from UTC at an instant; remembered per quarter of an hour. */
function zoneOffsetMs(instant: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0
  const slot = Math.floor(instant / 900_000)
  const key = `${timeZone}${slot}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const offset = computeZoneOffset(slot * 900_000, timeZone)
  if (offsets.size > 20_000) offsets.clear()
  offsets.set(key, offset)
  return offset
}

function computeZoneOffset(instant: number, timeZone: string): number {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  const parts: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(instant)) {
    if (type !== 'literal' && type !== 'era') parts[type] = Number(value)
  }
  const wall = utcOf({
    year: parts.year!,
    month: parts.month!,
    day: parts.day!,
    hour: parts.hour!,
    minute: parts.minute!,
    second: parts.second!,
  })
  return wall - Math.floor(instant / 1000) * 1000
}
