/**
 * The inside of a JSON string as units: one byte of ASCII, one escape (a surrogate pair is one), or
 * one UTF-8 sequence. RFC 8259 section 7, RFC 3629 section 4.
 */
import { backslash, endsPlainText, quote } from './bytes.ts'

/**
 * Passes over text from `start`. Answers where it stopped: at the closing quote, or where the data
 * ends or cuts a unit in two. A unit that is wrong answers `-1 - position`.
 */
export function skipText(data: Uint8Array, start: number, end: number): number {
  let position = start
  for (;;) {
    while (position < end && endsPlainText[data[position]!] === 0) position += 1
    if (position >= end || data[position] === quote) return position
    const length = unitLength(data, position, end)
    if (length === 0) return position
    if (length < 0) return -1 - position
    position += length
  }
}

/** How many bytes the escape or UTF-8 sequence takes; 0: cut by the end; -1: wrong. */
function unitLength(data: Uint8Array, position: number, end: number): number {
  const byte = data[position]!
  if (byte >= 0x80) return utf8Length(data, position, end)
  if (byte !== backslash) return -1
  const code = escapedCode(data, position, end)
  if (code < 0) return code === cutEscape ? 0 : -1
  if (code < 0xd800 || code > 0xdfff) return escapeLength(data, position)
  if (code > 0xdbff) return -1
  if (position + 6 >= end) return 0
  if (data[position + 6] !== backslash) return -1
  const low = escapedCode(data, position + 6, end)
  if (low === cutEscape) return 0
  return low >= 0xdc00 && low <= 0xdfff ? 12 : -1
}

/** Says in words what is wrong with the unit that `skipText` refused. */
export function unitProblem(data: Uint8Array, position: number): string {
  const byte = data[position]!
  if (byte >= 0x80) return 'the bytes are not valid UTF-8'
  const hex = byte.toString(16).padStart(4, '0')
  if (byte !== backslash) return `the control character U+${hex} must be escaped in a string`
  const text = Buffer.from(data.subarray(position, position + 6)).toString('latin1')
  return escapedCode(data, position, data.length) < 0
    ? `unknown escape ${JSON.stringify(text[1] === 'u' ? text : text.slice(0, 2))} in a string`
    : `the escape ${text} is half of a surrogate pair`
}

export const cutEscape = -2
const wrongEscape = -1
const shortEscapes: Readonly<Record<number, number>> = {
  0x22: 0x22,
  0x5c: 0x5c,
  0x2f: 0x2f,
  0x62: 0x08,
  0x66: 0x0c,
  0x6e: 0x0a,
  0x72: 0x0d,
  0x74: 0x09,
}

/** The UTF-16 code unit that the escape at `position` stands for; `cutEscape`, or another negative. */
export function escapedCode(data: Uint8Array, position: number, end: number): number {
  if (position + 1 >= end) return cutEscape
  const letter = data[position + 1]!
  if (letter !== 0x75) return shortEscapes[letter] ?? wrongEscape
  let code = 0
  for (let at = position + 2; at < position + 6; at += 1) {
    if (at >= end) return cutEscape
    const digit = hexDigit(data[at]!)
    if (digit < 0) return wrongEscape
    code = code * 16 + digit
  }
  return code
}

/** How many bytes the valid escape at `position` takes. */
export function escapeLength(data: Uint8Array, position: number): number {
  return data[position + 1] === 0x75 ? 6 : 2
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function utf8Length(data: Uint8Array, position: number, end: number): number {
  const first = data[position]!
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  // C0, C1: overlong. Above F4: beyond U+10FFFF. 80 to BF: a continuation without a start.
  if (first < 0xc2 || first > 0xf4) return -1
  if (position + 1 >= end) return 0
  const second = data[position + 1]!
  if (second < lowestSecond(first) || second > highestSecond(first)) return -1
  for (let at = position + 2; at < position + length; at += 1) {
    if (at >= end) return 0
    if ((data[at]! & 0xc0) !== 0x80) return -1
  }
  return length
}

/** Below it the sequence would be overlong. */
function lowestSecond(first: number): number {
  if (first === 0xe0) return 0xa0
  return first === 0xf0 ? 0x90 : 0x80
}

/** Above it the sequence would be a surrogate, or beyond U+10FFFF. */
function highestSecond(first: number): number {
  if (first === 0xed) return 0x9f
  return first === 0xf4 ? 0x8f : 0xbf
}
