/** Conversions between System types. http://hl7.org/fhirpath/N1/#conversion */
import { collectionOf, nothing } from './environment.ts'
import { Decimal } from './decimal.ts'
import { isNumeric, toDecimal } from './equality.ts'
import { plain, singleSystemValue, withArguments } from './function-definition.ts'
import type { FunctionTable } from './function-definition.ts'
import { Quantity } from './quantity.ts'
import { asDateTime, parseDateTime, parseTime } from './temporal.ts'
import { isTemporal } from './values.ts'
import type { SystemValue, Value } from './values.ts'

type Conversion = (value: SystemValue) => SystemValue | undefined

const TRUTHS: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  '1': true,
  '1.0': true,
  false: false,
  f: false,
  no: false,
  n: false,
  '0': false,
  '0.0': false,
}

const QUANTITY =
  /^([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|(year|month|week|day|hour|minute|second|millisecond)s?)?$/

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  Boolean: (value) => {
    if (typeof value === 'boolean') return value
    if (isNumeric(value)) return TRUTHS[String(toDecimal(value).trimmed())]
    const text = typeof value === 'string' ? value.toLowerCase() : ''
    return Object.hasOwn(TRUTHS, text) ? TRUTHS[text] : undefined
  },
  Integer: (value) => {
    if (typeof value === 'number') return value
    if (typeof value === 'boolean') return value ? 1 : 0
    return typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : undefined
  },
  Decimal: (value) => {
    if (isNumeric(value)) return toDecimal(value)
    if (typeof value === 'boolean') return Decimal.of(value ? 1 : 0)
    const isDecimal = typeof value === 'string' && /^[+-]?\d+(?:\.\d+)?$/.test(value)
    return isDecimal ? Decimal.parse(value) : undefined
  },
  String: (value) => (isTemporal(value) ? value.text : String(value)),
  Date: (value) => {
    const parsed = typeof value === 'string' ? parseDateTime(value) : value
    if (!isTemporal(parsed) || parsed.temporal === 'time') return undefined
    const parts = parsed.parts.slice(0, 3)
    return { temporal: 'date', text: parsed.text.replace(/T.*/, ''), parts }
  },
  DateTime: (value) => {
    const parsed = typeof value === 'string' ? parseDateTime(value) : value
    return isTemporal(parsed) && parsed.temporal !== 'time' ? asDateTime(parsed) : undefined
  },
  Time: (value) => {
    const parsed = typeof value === 'string' ? parseTime(value) : value
    return isTemporal(parsed) && parsed.temporal === 'time' ? parsed : undefined
  },
  Quantity: toQuantity,
}

function toQuantity(value: SystemValue): Quantity | undefined {
  if (value instanceof Quantity) return value
  if (isNumeric(value)) return new Quantity(toDecimal(value), '1')
  if (typeof value === 'boolean') return new Quantity(Decimal.of(value ? 1 : 0), '1')
  const match = typeof value === 'string' ? QUANTITY.exec(value) : null
  if (!match) return undefined
  const [, number, unit, calendar] = match
  return new Quantity(Decimal.parse(number!)!, unit ?? calendar ?? '1', calendar !== undefined)
}

function convert(input: readonly Value[], conversion: Conversion): SystemValue | undefined {
  const value = singleSystemValue(input)
  return value === undefined ? undefined : conversion(value)
}

export const conversionFunctions: FunctionTable = {
  ...Object.fromEntries(
    Object.entries(CONVERSIONS)
      .filter(([type]) => type !== 'Quantity')
      .flatMap(([type, conversion]) => [
        [`to${type}`, plain((input) => collectionOf(convert(input, conversion)))],
        [
          `convertsTo${type}`,
          plain((input) =>
            input.length === 0 ? nothing : collectionOf(convert(input, conversion) !== undefined),
          ),
        ],
      ]),
  ),
  toQuantity: withArguments([0, 1], (input, [unit]) => collectionOf(quantityIn(input, unit))),
  convertsToQuantity: withArguments([0, 1], (input, [unit]) =>
    input.length === 0 ? nothing : collectionOf(quantityIn(input, unit) !== undefined),
  ),
}

function quantityIn(
  input: readonly Value[],
  unit: readonly Value[] | undefined,
): SystemValue | undefined {
  const quantity = convert(input, toQuantity)
  const wanted = unit && singleSystemValue(unit)
  if (!(quantity instanceof Quantity) || typeof wanted !== 'string') return quantity
  return quantity.unit === wanted ? quantity : undefined
}
