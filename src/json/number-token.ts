/** Numbers as JSON writes them, and whether JavaScript would write them back alike. RFC 8259 §6. */
import { dot, minus } from './bytes.ts'

export type NumberKind =
  /** JSON.stringify(JSON.parse(text)) gives the text back. */
  | 'plain'
  /** It would not: 1.10, 1e3, -0, twenty digits. */
  | 'odd'
  | 'malformed'
  /** Too large for a double, so that nothing could compare or search it. */
  | 'overflow'

const GRAMMAR = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/
const digitsExact = 15

/** Where the characters of the number end that begins at `start`. */
export function skipNumber(data: Uint8Array, start: number, end: number): number {
  let position = start
  while (position < end && isNumberByte(data[position]!)) position += 1
  return position
}

function isNumberByte(byte: number): boolean {
  if (byte >= 0x30 && byte <= 0x39) return true
  return byte === dot || byte === minus || byte === 0x2b || byte === 0x65 || byte === 0x45
}

export function classifyNumber(data: Buffer, start: number, end: number): NumberKind {
  if (isShortAndPlain(data, start, end)) return 'plain'
  const text = data.toString('latin1', start, end)
  if (!GRAMMAR.test(text)) return 'malformed'
  const value = Number(text)
  if (!Number.isFinite(value)) return 'overflow'
  return String(value) === text ? 'plain' : 'odd'
}

/**
 * Knows most numbers without making a text: at most 15 digits survive a double, if there is no
 * exponent, no trailing zero and no run of leading zeros that JavaScript writes as 1e-7.
 */
function isShortAndPlain(data: Uint8Array, start: number, end: number): boolean {
  const first = data[start] === minus ? start + 1 : start
  const length = end - first
  if (length < 1 || length > digitsExact) return false
  if (data[first] === 0x30 && !isPlainZero(data, first, end, first > start)) return false
  let dots = 0
  for (let at = first; at < end; at += 1) {
    const byte = data[at]!
    if (byte === dot) dots += 1
    else if (byte < 0x30 || byte > 0x39) return false
  }
  if (dots === 0) return true
  return dots === 1 && data[first] !== dot && data[end - 1] !== 0x30 && data[end - 1] !== dot
}

/** 0 itself, or 0.x with no further zero in front. */
function isPlainZero(data: Uint8Array, first: number, end: number, isNegative: boolean): boolean {
  if (first + 1 === end) return !isNegative
  return data[first + 1] === dot && data[first + 2] !== 0x30
}
