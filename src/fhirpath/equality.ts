/** Equality, equivalence, order and distinctness. http://hl7.org/fhirpath/N1/#equality */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { Decimal } from './decimal.ts'
import { EvaluationError } from './fhirpath-errors.ts'
import { Quantity } from './quantity.ts'
import { compareTemporals } from './temporal.ts'
import { isNode, isTemporal, systemTypeOfValue, systemValue } from './values.ts'
import type { SystemValue, Value } from './values.ts'

/** `=` on collections: order counts; undefined when either is empty or precision leaves it open. */
export function equalCollections(a: readonly Value[], b: readonly Value[]): boolean | undefined {
  if (a.length === 0 || b.length === 0) return undefined
  if (a.length !== b.length) return false
  let result: boolean | undefined = true
  for (let i = 0; i < a.length; i++) {
    const equal = equalValues(a[i]!, b[i]!)
    if (equal === false) return false
    if (equal === undefined) result = undefined
  }
  return result
}

export function equalValues(a: Value, b: Value): boolean | undefined {
  const left = systemValue(a)
  const right = systemValue(b)
  if (left !== undefined && right !== undefined) return equalSystemValues(left, right)
  if (left !== undefined || right !== undefined || !isNode(a) || !isNode(b)) return false
  return a.data === undefined || b.data === undefined
    ? deepEqual(a.extra ?? null, b.extra ?? null)
    : deepEqual(a.data, b.data)
}

function equalSystemValues(a: SystemValue, b: SystemValue): boolean | undefined {
  if (typeof a !== 'object' && typeof b !== 'object') return a === b
  const [left, right] = alike(a, b)
  if (left instanceof Decimal) return right instanceof Decimal && left.compare(right) === 0
  if (left instanceof Quantity) {
    if (!(right instanceof Quantity)) return false
    return left.equals(right)
  }
  if (!isTemporal(left) || !isTemporal(right)) return false
  const order = compareTemporals(left, right)
  return order === undefined ? undefined : order === 0
}

/** Integer beside decimal becomes decimal; a number beside a quantity becomes a quantity of 1. */
function alike(a: SystemValue, b: SystemValue): readonly [SystemValue, SystemValue] {
  if (a instanceof Decimal && typeof b === 'number') return [a, Decimal.of(b)]
  if (b instanceof Decimal && typeof a === 'number') return [Decimal.of(a), b]
  if (a instanceof Quantity && isNumeric(b)) return [a, new Quantity(toDecimal(b), '1')]
  if (b instanceof Quantity && isNumeric(a)) return [new Quantity(toDecimal(a), '1'), b]
  return [a, b]
}

export function isNumeric(value: SystemValue): value is number | Decimal {
  return typeof value === 'number' || value instanceof Decimal
}

export function toDecimal(value: number | Decimal): Decimal {
  return typeof value === 'number' ? Decimal.of(value) : value
}

export function deepEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]!))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key]!, b[key]!))
  )
}

/** Negative, zero or positive; undefined when precision or units leave it open. */
export function compareValues(a: Value, b: Value): number | undefined {
  const left = systemValue(a)
  const right = systemValue(b)
  if (left === undefined || right === undefined) {
    throw new EvaluationError('elements without a simple value cannot be ordered')
  }
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'string' && typeof right === 'string') {
    return left < right ? -1 : left > right ? 1 : 0
  }
  const [l, r] = alike(left, right)
  if (l instanceof Decimal && r instanceof Decimal) return l.compare(r)
  if (l instanceof Quantity && r instanceof Quantity) return l.compare(r)
  if (isTemporal(l) && isTemporal(r)) return compareTemporals(l, r)
  throw new EvaluationError(
    `${systemTypeOfValue(left)} and ${systemTypeOfValue(right)} cannot be ordered`,
  )
}

/** `~` on collections: order does not count. */
export function equivalentCollections(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false
  const rest = [...b]
  return a.every((value) => {
    const at = rest.findIndex((other) => equivalentValues(value, other))
    if (at < 0) return false
    rest.splice(at, 1)
    return true
  })
}

export function equivalentValues(a: Value, b: Value): boolean {
  const left = systemValue(a)
  const right = systemValue(b)
  if (left !== undefined && right !== undefined) return equivalentSystemValues(left, right)
  if (left !== undefined || right !== undefined || !isNode(a) || !isNode(b)) return false
  return equivalentJson(a.data ?? null, b.data ?? null)
}

function equivalentSystemValues(a: SystemValue, b: SystemValue): boolean {
  if (typeof a === 'string' && typeof b === 'string') return blurred(a) === blurred(b)
  const [left, right] = alike(a, b)
  if (left instanceof Decimal && right instanceof Decimal) return equalAtLeastPrecision(left, right)
  if (left instanceof Quantity && right instanceof Quantity && left.unit === right.unit) {
    return equalAtLeastPrecision(left.value, right.value)
  }
  return equalSystemValues(left, right) ?? false
}

function blurred(text: string): string {
  return text.replace(/\s/g, ' ').toLowerCase()
}

function equalAtLeastPrecision(a: Decimal, b: Decimal): boolean {
  const scale = Math.min(a.trimmed().scale, b.trimmed().scale)
  return a.rounded(scale).compare(b.rounded(scale)) === 0
}

function equivalentJson(a: JsonValue, b: JsonValue): boolean {
  if (typeof a === 'string' && typeof b === 'string') return blurred(a) === blurred(b)
  if (Array.isArray(a) && Array.isArray(b)) {
    const rest = [...b]
    return (
      a.length === b.length &&
      a.every((item) => {
        const at = rest.findIndex((other) => equivalentJson(item, other))
        if (at >= 0) rest.splice(at, 1)
        return at >= 0
      })
    )
  }
  if (!isObject(a) || !isObject(b)) return a === b
  const keys = keysThatCount(a)
  return (
    keys.length === keysThatCount(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equivalentJson(a[key]!, b[key]!))
  )
}

/** R4 fhirpath.html: ids of elements do not count in equivalence. */
function keysThatCount(value: JsonObject): string[] {
  return Object.keys(value).filter((key) => key !== 'id')
}

/** Equal values have the same key, other values another. */
export function distinctKey(value: Value): string {
  const system = systemValue(value)
  if (system === undefined)
    return isNode(value) ? `j${sortedJson(value.data ?? value.extra ?? null)}` : ''
  if (typeof system === 'string') return `s${system}`
  if (typeof system === 'boolean') return `b${system}`
  if (typeof system === 'number') return `n${system}`
  if (system instanceof Decimal) return `n${system.trimmed()}`
  if (system instanceof Quantity) return `q${system.value.trimmed()} ${system.unit}`
  return `t${system.text}`
}

function sortedJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sortedJson(value[key]!)}`)
  return `{${fields.join(',')}}`
}

/** The first of each group of equal values. */
export function distinctValues(values: readonly Value[]): readonly Value[] {
  if (values.length < 2) return values
  const seen = new Set<string>()
  return values.filter((value) => {
    const key = distinctKey(value)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** `in`: whether one of the values equals. */
export function includesValue(values: readonly Value[], value: Value): boolean {
  return values.some((candidate) => equalValues(candidate, value) === true)
}
