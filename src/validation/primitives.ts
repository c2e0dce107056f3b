/** What the R4 primitive types allow as JSON values. R4 datatypes.html#primitive. */
import type { JsonValue } from '../fhir/resource.ts'
import { placeholderIndex } from '../json/parsed-body.ts'

export interface PrimitiveType {
  /** The JSON type of a value. */
  readonly json: 'string' | 'number' | 'boolean'
  readonly test: (value: JsonValue) => boolean
  /** How a number must be written, where its value does not tell: 1.0 is no integer. */
  readonly written?: RegExp
}

function text(test: (value: string) => boolean): PrimitiveType {
  return { json: 'string', test: (value) => typeof value === 'string' && test(value) }
}

function integer(min: number, max: number): PrimitiveType {
  return {
    json: 'number',
    test: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    written: /^-?(?:0|[1-9]\d*)$/,
  }
}

export const textLengthMax = 1_048_576

/** Some text without control characters other than white space. */
function isText(value: string): boolean {
  if (value.length === 0 || value.length > textLengthMax) return false
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code < 32 && code !== 9 && code !== 10 && code !== 13) return false
  }
  return true
}

/** No white space at either end, single blanks inside. */
function isCode(value: string): boolean {
  const { length } = value
  if (length === 0) return false
  let wasSpace = true
  for (let at = 0; at < length; at++) {
    const code = value.charCodeAt(at)
    const isSpace = isWhiteSpace(code)
    if (isSpace && (wasSpace || code !== 32)) return false
    wasSpace = isSpace
  }
  return !wasSpace
}

function isWhiteSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}

export function isIdText(value: string): boolean {
  const { length } = value
  if (length === 0 || length > 64) return false
  for (let at = 0; at < length; at++) {
    const code = value.charCodeAt(at)
    const isAllowed =
      (code >= 48 && code <= 57) ||
      (code >= 65 && code <= 90) ||
      (code >= 97 && code <= 122) ||
      code === 45 ||
      code === 46
    if (!isAllowed) return false
  }
  return true
}

function isUri(value: string): boolean {
  if (value.length === 0) return false
  for (let at = 0; at < value.length; at++) if (isWhiteSpace(value.charCodeAt(at))) return false
  return true
}

const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/
const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isOidUrn = (value: string) => OID.test(value)
/** In lower case, as R4 datatypes.html#uri asks of a UUID in any uri. */
export const isUuidUrn = (value: string) => UUID.test(value)

/** Groups of four with padding at the very end; white space may stand between the groups. */
function isBase64(value: string): boolean {
  if (placeholderIndex(value) !== undefined) return true
  let digits = 0
  let padding = 0
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (isWhiteSpace(code)) {
      if (digits % 4 !== 0) return false
      continue
    }
    if (code === 61) padding++
    else if (padding > 0 || !isBase64Digit(code)) return false
    digits++
  }
  return digits > 0 && digits % 4 === 0 && padding <= 2
}

function isBase64Digit(code: number): boolean {
  return (
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    (code >= 48 && code <= 57) ||
    code === 43 ||
    code === 47
  )
}

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/
const DATE_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (year === 0 || month < 1 || month > 12 || day < 1) return false
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= (month === 2 && isLeap ? 29 : DAYS[month - 1]!)
}

function isDate(value: string): boolean {
  const match = DATE.exec(value)
  return match !== null && isCalendarDay(+match[1]!, +(match[2] ?? 1), +(match[3] ?? 1))
}

function isDateTime(value: string): boolean {
  const match = DATE_TIME.exec(value)
  if (match === null) return false
  const [, year, month, day, hour, minute, second, zone] = match
  if (!isCalendarDay(+year!, +(month ?? 1), +(day ?? 1))) return false
  if (hour === undefined) return true
  return +hour <= 23 && +minute! <= 59 && +second! <= 60 && isZone(zone!)
}

function isZone(zone: string): boolean {
  if (zone === 'Z') return true
  const hours = +zone.slice(1, 3)
  const minutes = +zone.slice(4)
  return (hours <= 13 && minutes <= 59) || (hours === 14 && minutes === 0)
}

const isInstant = (value: string) => value.length > 10 && isDateTime(value)

export const primitiveTypes: ReadonlyMap<string, PrimitiveType> = new Map([
  ['boolean', { json: 'boolean', test: (value) => typeof value === 'boolean' }],
  ['integer', integer(-2_147_483_648, 2_147_483_647)],
  ['positiveInt', integer(1, 2_147_483_647)],
  ['unsignedInt', integer(0, 2_147_483_647)],
  ['decimal', { json: 'number', test: (value) => typeof value === 'number' }],
  ['string', text(isText)],
  ['markdown', text(isText)],
  ['code', text(isCode)],
  ['id', text(isIdText)],
  ['uri', text(isUri)],
  ['url', text(isUri)],
  ['canonical', text(isUri)],
  ['oid', text((value) => OID.test(value))],
  ['uuid', text((value) => UUID.test(value))],
  ['base64Binary', text(isBase64)],
  ['date', text(isDate)],
  ['dateTime', text(isDateTime)],
  ['instant', text(isInstant)],
  ['time', text((value) => TIME.test(value))],
  ['xhtml', text((value) => value.length > 0)],
] satisfies [string, PrimitiveType][])
