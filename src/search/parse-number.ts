/** Numbers and quantities with the range that their digits imply. R4 search.html#number. */
import type { NumberTest, Prefix, QuantityClause } from './search-request.ts'
import { splitEscaped, unescapeValue } from './split-values.ts'

const PREFIXED = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/**
 * `100` is [99.5, 100.5), `5.40` is [5.395, 5.405). Undefined when the text is no number, or one
 * that does not fit.
 */
export function parseNumberTest(text: string): NumberTest | undefined {
  const match = text.length <= 60 ? PREFIXED.exec(text) : null
  if (!match) return undefined
  const [, prefix = 'eq', sign, whole, fraction = '', exponent] = match
  const digits = `${whole}${fraction}`
  const power = Number(exponent ?? 0) - fraction.length
  const value = Number(`${sign}${digits}e${power}`)
  if (!Number.isFinite(value)) return undefined
  // R4 reads 1e2 as [95, 105): with an exponent, one digit stands for two significant ones.
  const isOneDigit = exponent !== undefined && digits.length === 1
  const [units, step] = isOneDigit
    ? [BigInt(`${sign}${digits}`) * 100n, power - 2]
    : [BigInt(`${sign}${digits}`) * 10n, power - 1]
  const range = atLeastOneNumber(value, {
    low: Number(`${units - 5n}e${step}`),
    high: Number(`${units + 5n}e${step}`),
  })
  const test = { prefix: prefix as Prefix, value, ...range }
  return prefix === 'ap' ? approximate(test) : test
}

/** More digits than a double has leave an empty range: then it holds the value alone. */
function atLeastOneNumber(value: number, { low, high }: { low: number; high: number }) {
  return { low: Math.min(low, value), high: high > value ? high : nextNumber(value) }
}

function nextNumber(value: number): number {
  if (value === 0) return Number.MIN_VALUE
  const [float, bits] = [new Float64Array([value]), new BigInt64Array(1)]
  const view = new BigInt64Array(float.buffer)
  bits[0] = view[0]! + (value > 0 ? 1n : -1n)
  return new Float64Array(bits.buffer)[0]!
}

/** 10 % of the value both ways, or the implied range where that is wider. */
function approximate(test: NumberTest): NumberTest {
  const margin = Math.abs(test.value) / 10
  return {
    ...test,
    low: Math.min(test.low, test.value - margin),
    high: Math.max(test.high, test.value + margin),
  }
}

/** `5.4`, `5.4|system|code`, `5.4||unit`. Undefined when the text is none of these. */
export function parseQuantityTest(text: string): QuantityClause['values'][number] | undefined {
  const [number = '', system, unit, ...more] = splitEscaped(text, '|').map(unescapeValue)
  const test = parseNumberTest(number)
  if (!test || more.length > 0) return undefined
  if (system === undefined) return test
  if (unit === undefined || (system === '' && unit === '')) return undefined
  return { ...test, ...(system === '' ? {} : { system }), ...(unit === '' ? {} : { unit }) }
}
