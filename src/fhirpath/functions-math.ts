/** Mathematics. http://hl7.org/fhirpath/N1/#math */
import { Decimal } from './decimal.ts'
import { collectionOf } from './environment.ts'
import { compareValues, isNumeric, toDecimal } from './equality.ts'
import { EvaluationError } from './fhirpath-errors.ts'
import { ofSingle, plain, requireInteger } from './function-definition.ts'
import type { FunctionDefinition, FunctionTable } from './function-definition.ts'
import { operators } from './operators.ts'
import { Quantity } from './quantity.ts'
import type { SystemValue, Value } from './values.ts'

export const mathFunctions: FunctionTable = {
  abs: ofSingle([0, 0], (value) => {
    if (typeof value === 'number') return Math.abs(value)
    if (value instanceof Quantity) {
      return new Quantity(absolute(value.value), value.unit, value.isCalendar)
    }
    return absolute(requireNumeric(value))
  }),
  ceiling: whole(Math.ceil),
  floor: whole(Math.floor),
  truncate: whole(Math.trunc),
  round: ofSingle([0, 1], (value, [precision]) => {
    const digits = precision === undefined ? 0 : requireInteger(precision)
    if (digits < 0) throw new EvaluationError('round() needs a precision of at least 0')
    return typeof value === 'number' ? value : requireNumeric(value).rounded(digits)
  }),
  exp: real(Math.exp),
  ln: real(Math.log),
  sqrt: real(Math.sqrt),
  log: ofSingle([1, 1], (value, [base]) =>
    finite(Math.log(numberOf(value)) / Math.log(numberOf(base!))),
  ),
  power: ofSingle([1, 1], (value, [exponent]) => {
    const result = numberOf(value) ** numberOf(exponent!)
    const isInteger = typeof value === 'number' && typeof exponent === 'number'
    return isInteger && Number.isSafeInteger(result) ? result : finite(result)
  }),
  sum: folding((a, b, scope) => operators['+']!(a, b, scope)),
  min: folding((a, b) => (compareValues(a[0]!, b[0]!)! <= 0 ? a : b)),
  max: folding((a, b) => (compareValues(a[0]!, b[0]!)! >= 0 ? a : b)),
}

function absolute(value: Decimal): Decimal {
  return value.units < 0n ? value.negated() : value
}

function requireNumeric(value: SystemValue): Decimal {
  if (isNumeric(value)) return toDecimal(value)
  throw new EvaluationError('a number is needed')
}

function numberOf(value: SystemValue): number {
  return requireNumeric(value).toNumber()
}

function finite(value: number): Decimal | undefined {
  return Number.isFinite(value) ? Decimal.of(value) : undefined
}

function whole(round: (value: number) => number): FunctionDefinition {
  return ofSingle([0, 0], (value) => round(numberOf(value)))
}

function real(compute: (value: number) => number): FunctionDefinition {
  return ofSingle([0, 0], (value) => finite(compute(numberOf(value))))
}

function folding(
  combine: (
    a: readonly Value[],
    b: readonly Value[],
    scope: Parameters<NonNullable<(typeof operators)['+']>>[2],
  ) => readonly Value[],
): FunctionDefinition {
  return plain((input, scope) =>
    input.length === 0
      ? collectionOf(undefined)
      : input.slice(1).reduce<readonly Value[]>((a, b) => combine(a, [b], scope), [input[0]!]),
  )
}
