/** Equality of JSON values as RFC 6902 section 4.6 defines it: numbers by value, members unordered. */
import type { JsonValue } from '../fhir/resource.ts'
import type { Written } from './draft.ts'
import { isContainer, isRawNumber, memberOf, writtenIn } from './draft.ts'

export function isSameJson(left: Written, right: Written): boolean {
  const open: [Written, Written][] = [[left, right]]
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const [{ value: a }, { value: b }] = pair
    if (!isContainer(a) || !isContainer(b)) {
      if (isContainer(a) || isContainer(b) || !isSameScalar(...pair)) return false
      continue
    }
    const names = Object.keys(a)
    if (Array.isArray(a) !== Array.isArray(b) || names.length !== Object.keys(b).length)
      return false
    for (const name of names) {
      const token = Array.isArray(a) ? Number(name) : name
      if (memberOf(b, token) === undefined) return false
      open.push([writtenIn(a, token), writtenIn(b, token)])
    }
  }
  return true
}

function isSameScalar(a: Written, b: Written): boolean {
  return isNumber(a.value) === isNumber(b.value) && scalarOf(a) === scalarOf(b)
}

function isNumber(value: JsonValue): boolean {
  return typeof value === 'number' || isRawNumber(value)
}

/** A number as its significant digits and exponent, so that 1.10 equals 1.1 and no digit is lost. */
function scalarOf({ value, text: written }: Written): JsonValue {
  if (!isNumber(value)) return value
  const text = isRawNumber(value) ? value.rawJSON : (written ?? String(value))
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  if (whole === undefined) return `number ${text}`
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = trimZeros(digits)
  if (significant === '') return 'number 0'
  const power = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `number ${sign}${significant}e${power}`
}

function trimZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}
