/**
 * Dates, date-times and times with their precision: comparing `2024` with `2024-05` has no answer.
 * http://hl7.org/fhirpath/N1/#datetime-precision
 */

export type TemporalKind = 'date' | 'dateTime' | 'time'

export interface Temporal {
  readonly temporal: TemporalKind
  /** Without `@`, as it was written. */
  readonly text: string
  /** Year, month, day, hour, minute, second; of a time: hour, minute, second. As far as given. */
  readonly parts: readonly number[]
  /** Minutes east of UTC, when given. */
  readonly offset?: number
}

const DATE_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:(T)(?:(\d{2})(?::(\d{2})(?::(\d{2}(?:\.\d+)?))?)?(Z|[+-]\d{2}:\d{2})?)?)?$/
const TIME = /^T?(\d{2})(?::(\d{2})(?::(\d{2}(?:\.\d+)?))?)?$/

/** Reads a literal after its `@`, or a FHIR date, dateTime, instant or (with `T`) time. */
export function parseTemporal(text: string): Temporal | undefined {
  return text.startsWith('T') ? parseTime(text) : parseDateTime(text)
}

export function parseTime(text: string): Temporal | undefined {
  const match = TIME.exec(text)
  if (!match) return undefined
  const parts = numbersOf(match.slice(1, 4))
  if (parts[0]! > 23 || (parts[1] ?? 0) > 59 || (parts[2] ?? 0) >= 60) return undefined
  return { temporal: 'time', text: text.replace(/^T/, ''), parts }
}

export function parseDateTime(text: string): Temporal | undefined {
  const match = DATE_TIME.exec(text)
  if (!match) return undefined
  const [, year, month, day, mark, hour, minute, second, zone] = match
  const parts = numbersOf([year, month, day, hour, minute, second])
  const [, m = 1, d = 1, h = 0, min = 0] = parts
  if (m < 1 || m > 12 || d < 1 || d > daysIn(parts[0]!, m) || h > 23 || min > 59) return undefined
  const temporal: TemporalKind = mark ? 'dateTime' : 'date'
  const written = text.replace(/T$/, '')
  return zone
    ? { temporal, text: written, parts, offset: offsetOf(zone) }
    : { temporal, text: written, parts }
}

/** The same moment, known to be of a FHIR dateTime element even where it has no time. */
export function asDateTime(value: Temporal): Temporal {
  return value.temporal === 'date' ? { ...value, temporal: 'dateTime' } : value
}

function numbersOf(texts: readonly (string | undefined)[]): number[] {
  const parts: number[] = []
  for (const text of texts) {
    if (text === undefined) break
    parts.push(Number(text))
  }
  return parts
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))
  return zone.startsWith('-') ? -minutes : minutes
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

/**
 * Negative, zero or positive; undefined when the precisions leave it open, or a time meets a date.
 * A moment without a zone is read in the zone of the other.
 */
export function compareTemporals(a: Temporal, b: Temporal): number | undefined {
  if ((a.temporal === 'time') !== (b.temporal === 'time')) return undefined
  const inUtc = a.offset !== undefined && b.offset !== undefined && a.offset !== b.offset
  const left = inUtc ? partsInUtc(a) : a.parts
  const right = inUtc ? partsInUtc(b) : b.parts
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!
  }
  return left.length === right.length ? 0 : undefined
}

function partsInUtc({ parts, offset }: Temporal): readonly number[] {
  if (parts.length < 4 || !offset) return parts
  const moment = dateOf(parts)
  moment.setUTCMinutes(moment.getUTCMinutes() - offset)
  return partsOf(moment, parts)
}

function dateOf([year = 1, month = 1, day = 1, hour = 0, minute = 0]: readonly number[]): Date {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute)
  return date
}

/** Of a moment, as many parts as the model has; seconds are the model's. */
function partsOf(moment: Date, model: readonly number[]): readonly number[] {
  return [
    moment.getUTCFullYear(),
    moment.getUTCMonth() + 1,
    moment.getUTCDate(),
    moment.getUTCHours(),
    moment.getUTCMinutes(),
    model[5] ?? 0,
  ].slice(0, model.length)
}

const MONTHS: Readonly<Record<string, number>> = { year: 12, month: 1 }
const MILLISECONDS: Readonly<Record<string, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
  millisecond: 1,
}

/** Adds calendar units (`year`, `month`, `day`, ...); undefined for an unknown unit or no date. */
export function addToTemporal(value: Temporal, amount: number, unit: string): Temporal | undefined {
  const moved =
    value.temporal === 'time' ? moveTime(value, amount, unit) : moveDate(value, amount, unit)
  if (!moved || moved[0]! < (value.temporal === 'time' ? 0 : 1) || moved[0]! > 9999)
    return undefined
  return { ...value, parts: moved, text: textOf(value, moved) }
}

function moveTime(
  { parts }: Temporal,
  amount: number,
  unit: string,
): readonly number[] | undefined {
  const step = MILLISECONDS[unit]
  if (step === undefined) return undefined
  const [hour = 0, minute = 0, second = 0] = parts
  const day = 86_400_000
  const start = hour * 3_600_000 + minute * 60_000 + Math.round(second * 1000)
  const ms = (((start + Math.trunc(amount * step)) % day) + day) % day
  const moved = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000]
  return moved.slice(0, parts.length)
}

function moveDate(
  { parts }: Temporal,
  amount: number,
  unit: string,
): readonly number[] | undefined {
  const months = MONTHS[unit]
  if (months !== undefined) return moveMonths(parts, Math.trunc(amount) * months)
  const step = MILLISECONDS[unit]
  if (step === undefined) return undefined
  // N1 6.6.7: what is finer than the value's precision is first made whole units of it.
  const unitOfPrecision = [0, 0, 0, 86_400_000, 3_600_000, 60_000, 1][parts.length] ?? 1
  if (parts.length < 3) return moveMonths(parts, wholeMonths(parts, amount * step))
  const shift = Math.trunc((amount * step) / unitOfPrecision) * unitOfPrecision
  const moment = dateOf(parts)
  const seconds = Math.round((parts[5] ?? 0) * 1000)
  moment.setTime(moment.getTime() + seconds + shift)
  const moved = [...partsOf(moment, parts)]
  if (parts.length === 6) moved[5] = moment.getUTCSeconds() + moment.getUTCMilliseconds() / 1000
  return moved
}

function wholeMonths(parts: readonly number[], ms: number): number {
  const days = ms / 86_400_000
  return parts.length === 1 ? Math.trunc(days / 365) * 12 : Math.trunc(days / 30)
}

function moveMonths(parts: readonly number[], months: number): readonly number[] {
  const [year = 1, month = 1, day] = parts
  const total =
    year * 12 + (month - 1) + (parts.length === 1 ? Math.trunc(months / 12) * 12 : months)
  const moved = [Math.floor(total / 12), (total % 12) + 1]
  if (day !== undefined) moved.push(Math.min(day, daysIn(moved[0]!, moved[1]!)))
  return [...moved, ...parts.slice(3)].slice(0, parts.length)
}

function textOf({ temporal, text }: Temporal, parts: readonly number[]): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const clock = (values: readonly number[]) =>
    values
      .map((value, i) => {
        const [whole, fraction] = String(value).split('.')
        return two(Number(whole)) + (i === 2 && fraction ? `.${fraction}` : '')
      })
      .join(':')
  if (temporal === 'time') return clock(parts)
  const [year, ...rest] = parts.slice(0, 3)
  const date = [String(year).padStart(4, '0'), ...rest.map(two)].join('-')
  if (parts.length < 4) return date
  return `${date}T${clock(parts.slice(3))}${/(?:Z|[+-]\d{2}:\d{2})$/.exec(text)?.[0] ?? ''}`
}
