/** Operators on System values. http://hl7.org/fhirpath/N1/#operations */
import { Decimal } from './decimal.ts'
import {
  compareValues,
  equalCollections,
  equivalentCollections,
  includesValue,
  isNumeric,
  toDecimal,
} from './equality.ts'
import { collectionOf, nothing, singleOf, spend, spendOnText } from './environment.ts'
import type { Scope } from './environment.ts'
import { EvaluationError } from './fhirpath-errors.ts'
import { Quantity } from './quantity.ts'
import type { BinaryOperator } from './syntax-tree.ts'
import { addToTemporal } from './temporal.ts'
import { isTemporal, systemTypeOfValue, systemValue } from './values.ts'
import type { SystemValue, Value } from './values.ts'

type Operator = (left: readonly Value[], right: readonly Value[], scope: Scope) => readonly Value[]

type Arithmetic = (left: SystemValue, right: SystemValue) => SystemValue | undefined

/** All but the logical ones and `|`, which the compiler does itself. */
export const operators: Readonly<Partial<Record<BinaryOperator, Operator>>> = {
  '=': (left, right) => collectionOf(equalCollections(left, right)),
  '!=': (left, right) => collectionOf(negated(equalCollections(left, right))),
  '~': (left, right, scope) => collectionOf(areEquivalent(left, right, scope)),
  '!~': (left, right, scope) => collectionOf(!areEquivalent(left, right, scope)),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
  in: (left, right, scope) => isIn(left, right, scope),
  contains: (left, right, scope) => isIn(right, left, scope),
  '+': arithmetic('+', (left, right) => add(left, right, 1)),
  '-': arithmetic('-', (left, right) => add(left, right, -1)),
  '*': arithmetic('*', multiply),
  '/': arithmetic('/', divide),
  div: arithmetic('div', (left, right) => wholeDivision(left, right, 'wholeQuotient')),
  mod: arithmetic('mod', (left, right) => wholeDivision(left, right, 'remainder')),
  '&': (left, right, scope) => {
    const start = textOf(singleOf(left))
    const end = textOf(singleOf(right))
    spendOnText(scope, start.length + end.length)
    return [start + end]
  },
}

function negated(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value
}

function areEquivalent(left: readonly Value[], right: readonly Value[], scope: Scope): boolean {
  spend(scope, left.length * right.length)
  return equivalentCollections(left, right)
}

function ordered(test: (order: number) => boolean): Operator {
  return (left, right) => {
    const a = singleOf(left)
    const b = singleOf(right)
    if (a === undefined || b === undefined) return nothing
    const order = compareValues(a, b)
    return collectionOf(order === undefined ? undefined : test(order))
  }
}

/** Several items on the left must all be in, as HL7's validator has it: tim-9 needs that. */
function isIn(left: readonly Value[], right: readonly Value[], scope: Scope): readonly Value[] {
  spend(scope, left.length * right.length)
  if (left.length === 0) return nothing
  return collectionOf(left.every((value) => includesValue(right, value)))
}

function arithmetic(name: string, compute: Arithmetic): Operator {
  return (left, right, scope) => {
    const a = singleOf(left)
    const b = singleOf(right)
    if (a === undefined || b === undefined) return nothing
    const x = systemValue(a)
    const y = systemValue(b)
    if (x === undefined || y === undefined)
      throw new EvaluationError(`'${name}' needs simple values`)
    if (typeof x === 'string' && typeof y === 'string') spendOnText(scope, x.length + y.length)
    return collectionOf(bounded(compute(x, y)))
  }
}

const DECIMAL_SCALE_MAX = 28
const DECIMAL_UNITS_MAX = 10n ** 100n

/** N1 math: what overflows is empty. Also keeps a client's arithmetic from growing without end. */
function bounded(value: SystemValue | undefined): SystemValue | undefined {
  if (value instanceof Quantity) {
    const amount = bounded(value.value)
    return amount instanceof Decimal
      ? new Quantity(amount, value.unit, value.isCalendar)
      : undefined
  }
  if (!(value instanceof Decimal)) return value
  const rounded = value.rounded(DECIMAL_SCALE_MAX)
  const { units } = rounded
  return units > DECIMAL_UNITS_MAX || units < -DECIMAL_UNITS_MAX ? undefined : rounded
}

function textOf(value: Value | undefined): string {
  const system = value === undefined ? '' : systemValue(value)
  if (typeof system === 'string') return system
  throw new EvaluationError("'&' needs texts")
}

function mismatch(left: SystemValue, right: SystemValue): never {
  throw new EvaluationError(
    `${systemTypeOfValue(left)} and ${systemTypeOfValue(right)} cannot be calculated together`,
  )
}

/** Integers stay integers while they are exact. */
function safeInteger(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}

function add(left: SystemValue, right: SystemValue, sign: 1 | -1): SystemValue | undefined {
  if (typeof left === 'number' && typeof right === 'number') return safeInteger(left + sign * right)
  if (isNumeric(left) && isNumeric(right)) {
    return sign > 0
      ? toDecimal(left).plus(toDecimal(right))
      : toDecimal(left).minus(toDecimal(right))
  }
  if (typeof left === 'string' && typeof right === 'string' && sign > 0) return left + right
  if (!(right instanceof Quantity)) return mismatch(left, right)
  if (left instanceof Quantity) return addQuantities(left, right, sign)
  if (!isTemporal(left)) return mismatch(left, right)
  const unit = right.calendarUnit
  return unit && addToTemporal(left, sign * right.value.toNumber(), unit)
}

function addQuantities(left: Quantity, right: Quantity, sign: 1 | -1): Quantity | undefined {
  if (left.unit !== right.unit) return undefined
  const value = sign > 0 ? left.value.plus(right.value) : left.value.minus(right.value)
  return new Quantity(value, left.unit, left.isCalendar)
}

function multiply(left: SystemValue, right: SystemValue): SystemValue | undefined {
  if (typeof left === 'number' && typeof right === 'number') return safeInteger(left * right)
  if (isNumeric(left) && isNumeric(right)) return toDecimal(left).times(toDecimal(right))
  if (left instanceof Quantity && isNumeric(right)) {
    return new Quantity(left.value.times(toDecimal(right)), left.unit, left.isCalendar)
  }
  if (right instanceof Quantity && isNumeric(left)) return multiply(right, left)
  if (!(left instanceof Quantity) || !(right instanceof Quantity)) return mismatch(left, right)
  if (right.unit === '1') return new Quantity(left.value.times(right.value), left.unit)
  const unit = left.unit === '1' ? right.unit : `${left.unit}.${right.unit}`
  return new Quantity(left.value.times(right.value), unit)
}

function divide(left: SystemValue, right: SystemValue): SystemValue | undefined {
  if (isNumeric(left) && isNumeric(right)) {
    const divisor = toDecimal(right)
    return divisor.isZero ? undefined : toDecimal(left).dividedBy(divisor)
  }
  if (!(left instanceof Quantity)) return mismatch(left, right)
  const divisor =
    right instanceof Quantity ? right.value : isNumeric(right) ? toDecimal(right) : undefined
  if (!divisor) return mismatch(left, right)
  if (divisor.isZero) return undefined
  const value = left.value.dividedBy(divisor)
  if (!(right instanceof Quantity) || right.unit === '1') return new Quantity(value, left.unit)
  return new Quantity(value, left.unit === right.unit ? '1' : `${left.unit}/${right.unit}`)
}

function wholeDivision(
  left: SystemValue,
  right: SystemValue,
  part: 'wholeQuotient' | 'remainder',
): SystemValue | undefined {
  if (!isNumeric(left) || !isNumeric(right)) return mismatch(left, right)
  const divisor = toDecimal(right)
  if (divisor.isZero) return undefined
  const result = toDecimal(left)[part](divisor)
  const isWhole =
    part === 'wholeQuotient' || (typeof left === 'number' && typeof right === 'number')
  return isWhole ? result.toNumber() : result
}

/** The negative of a number or quantity. */
export function negative(value: SystemValue): SystemValue {
  if (typeof value === 'number') return -value
  if (value instanceof Decimal) return value.negated()
  if (value instanceof Quantity)
    return new Quantity(value.value.negated(), value.unit, value.isCalendar)
  throw new EvaluationError(`${systemTypeOfValue(value)} has no negative`)
}
