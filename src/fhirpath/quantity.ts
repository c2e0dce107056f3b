/** Quantities: a decimal with a UCUM unit or a calendar duration. http://hl7.org/fhirpath/N1/#quantity */
import type { Decimal } from './decimal.ts'
import { convertUnits } from './units.ts'

/** UCUM's unit of each calendar duration. */
const UCUM_OF_CALENDAR: Readonly<Record<string, string>> = {
  year: 'a',
  month: 'mo',
  week: 'wk',
  day: 'd',
  hour: 'h',
  minute: 'min',
  second: 's',
  millisecond: 'ms',
}
const CALENDAR_OF_UCUM: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(UCUM_OF_CALENDAR).map(([calendar, ucum]) => [ucum, calendar]),
)

export class Quantity {
  readonly value: Decimal
  /** A UCUM code, a calendar duration in the singular, or `system|code` of another system. */
  readonly unit: string
  readonly isCalendar: boolean

  constructor(value: Decimal, unit: string, isCalendar = false) {
    this.value = value
    this.unit = isCalendar ? unit.replace(/s$/, '') : unit
    this.isCalendar = isCalendar
  }

  /** `year`, `day`, ... for date arithmetic; undefined when the unit is no duration. */
  get calendarUnit(): string | undefined {
    return this.isCalendar ? this.unit : CALENDAR_OF_UCUM[this.unit]
  }

  get ucumUnit(): string {
    return this.isCalendar ? UCUM_OF_CALENDAR[this.unit]! : this.unit
  }

  /** Undefined when the two measure different things. */
  compare(other: Quantity): number | undefined {
    if (this.unit === other.unit) return this.value.compare(other.value)
    const right = convertUnits(other.value.toNumber(), other.ucumUnit, this.ucumUnit)
    if (right === undefined) return undefined
    const left = this.value.toNumber()
    // Conversion is in floating point: what differs in the 12th digit is equal.
    if (Math.abs(left - right) <= Math.max(Math.abs(left), Math.abs(right)) * 1e-12) return 0
    return left - right
  }

  /** False when the two measure different things; undefined for a calendar year and UCUM's. */
  equals(other: Quantity): boolean | undefined {
    const isFuzzy = this.isCalendar !== other.isCalendar && /^(?:a|mo)$/.test(this.ucumUnit)
    return isFuzzy ? undefined : this.compare(other) === 0
  }

  toString(): string {
    return this.isCalendar ? `${this.value} ${this.unit}` : `${this.value} '${this.unit}'`
  }
}
