/** What an expression yields: elements of FHIR data with their type, or System values. */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { decimalText } from '../json/decimals.ts'
import { Decimal } from './decimal.ts'
import { Quantity } from './quantity.ts'
import { asDateTime, parseDateTime, parseTime } from './temporal.ts'
import type { Temporal } from './temporal.ts'
import { systemTypeOf } from './type-model.ts'

/** An integer is a number; a decimal always a Decimal. */
export type SystemValue = boolean | number | string | Decimal | Temporal | Quantity

export type Value = SystemValue | ElementNode

/** An element of FHIR data. Immutable; two nodes may stand for one element. */
export class ElementNode {
  /** Undefined for a primitive that has only an id or extensions. */
  readonly data: JsonValue | undefined
  /** Id and extensions of a primitive: the sibling with an underscore. */
  readonly extra: JsonObject | undefined
  /** `Patient`, `HumanName`, `string`, `Patient.contact`; empty when unknown. */
  readonly type: string
  /** How a decimal was written, where that is more than its number. */
  readonly decimalText: string | undefined

  constructor(
    data: JsonValue | undefined,
    extra: JsonObject | undefined,
    type: string,
    decimalText?: string,
  ) {
    this.data = data
    this.extra = extra
    this.type = type
    this.decimalText = decimalText
  }
}

export function isNode(value: Value): value is ElementNode {
  return value instanceof ElementNode
}

export function isTemporal(value: unknown): value is Temporal {
  return typeof value === 'object' && value !== null && 'temporal' in value
}

/** The node of a resource or element given as JSON. */
export function nodeOf(data: JsonValue, type?: string): ElementNode {
  return new ElementNode(data, undefined, type ?? typeOfData(data))
}

function typeOfData(data: JsonValue): string {
  if (isObject(data) && typeof data.resourceType === 'string') return data.resourceType
  if (typeof data === 'string') return 'string'
  if (typeof data === 'boolean') return 'boolean'
  if (typeof data === 'number') return Number.isInteger(data) ? 'integer' : 'decimal'
  return ''
}

const QUANTITY_TYPES = new Set([
  'Quantity',
  'Age',
  'Count',
  'Distance',
  'Duration',
  'MoneyQuantity',
  'SimpleQuantity',
])

/** The System value that an element converts to; undefined when it has none. */
export function systemValue(value: Value): SystemValue | undefined {
  return isNode(value) ? systemValueOfNode(value) : value
}

function systemValueOfNode({
  data,
  type,
  decimalText: text,
}: ElementNode): SystemValue | undefined {
  if (data === undefined || data === null) return undefined
  if (typeof data === 'boolean') return data
  if (typeof data === 'number') {
    if (text !== undefined) return Decimal.parse(text)
    return type === 'decimal' ? Decimal.of(data) : integerOf(data)
  }
  if (typeof data === 'string') return systemValueOfText(data, type)
  return !Array.isArray(data) && QUANTITY_TYPES.has(type) ? quantityOf(data) : undefined
}

function integerOf(data: number): SystemValue {
  return Number.isInteger(data) ? data : Decimal.of(data)
}

function systemValueOfText(data: string, type: string): SystemValue {
  switch (systemTypeOf(type)) {
    case 'Date':
      return parseDateTime(data) ?? data
    case 'DateTime': {
      const parsed = parseDateTime(data)
      return parsed ? asDateTime(parsed) : data
    }
    case 'Time':
      return parseTime(data) ?? data
    default:
      return data
  }
}

const UCUM = 'http://unitsofmeasure.org'

function quantityOf(quantity: JsonObject): Quantity | undefined {
  const { value, system, code, unit } = quantity
  if (typeof value !== 'number') return undefined
  const decimal = Decimal.parse(decimalText(quantity, 'value'))
  if (!decimal) return undefined
  if (system === UCUM && typeof code === 'string') return new Quantity(decimal, code)
  if (typeof code === 'string') return new Quantity(decimal, `${String(system ?? '')}|${code}`)
  return new Quantity(decimal, typeof unit === 'string' ? unit : '1')
}

/** The name of a System value's type. */
export function systemTypeOfValue(value: SystemValue): string {
  if (typeof value === 'string') return 'String'
  if (typeof value === 'boolean') return 'Boolean'
  if (typeof value === 'number') return 'Integer'
  if (value instanceof Decimal) return 'Decimal'
  if (value instanceof Quantity) return 'Quantity'
  return value.temporal === 'time' ? 'Time' : value.temporal === 'date' ? 'Date' : 'DateTime'
}
