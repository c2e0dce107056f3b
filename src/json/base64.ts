/** Base64 without Node's leniency. R4 datatypes.html#base64Binary, RFC 4648 section 4. */
import { backslash, base64Class, base64ClassOf, base64Letter } from './bytes.ts'
import { base64Padding, base64Space } from './bytes.ts'
import { escapedCode, escapeLength } from './text-units.ts'

const stageBytes = 65_536

/**
 * Decodes a base64 text that arrives piece by piece: the content of a JSON string, escapes and all.
 * It holds at most one stage of 64 KB.
 */
export class Base64Decoder {
  readonly #stage = Buffer.allocUnsafe(stageBytes)
  #staged = 0
  #flushedBytes = 0
  #padding = 0

  /**
   * Takes base64 from `data` up to where it answers: at something else (a quote, an error, a cut
   * escape), at the end, or where the stage is full.
   */
  take(data: Buffer, start: number, end: number): number {
    let position = start
    while (position < end && !this.isFull) {
      const byte = data[position]!
      const isEscape = byte === backslash
      const code = isEscape ? escapedCode(data, position, end) : byte
      const kind = isEscape ? base64ClassOf(code) : base64Class[byte]!
      if (kind === base64Letter && !isEscape) {
        if (this.#padding > 0) return position
        position = this.#takeLetters(data, position, end)
        continue
      }
      if (!this.#takeOne(kind, code)) return position
      position += isEscape ? escapeLength(data, position) : 1
    }
    return position
  }

  get isFull(): boolean {
    return this.#staged === stageBytes
  }

  /** Letters and padding make whole groups of four. */
  get isComplete(): boolean {
    return this.#staged % 4 === 0
  }

  get sizeBytes(): number {
    return this.#flushedBytes + Math.floor((this.#staged * 3) / 4) - this.#padding
  }

  /** The bytes of what was staged, and an empty stage. */
  flush(): Buffer {
    const bytes = Buffer.from(this.#stage.toString('latin1', 0, this.#staged), 'base64')
    this.#flushedBytes += bytes.length
    this.#staged = 0
    return bytes
  }

  #takeLetters(data: Buffer, start: number, end: number): number {
    const last = Math.min(end, start + stageBytes - this.#staged)
    let position = start
    while (position < last && base64Class[data[position]!] === base64Letter) position += 1
    data.copy(this.#stage, this.#staged, start, position)
    this.#staged += position - start
    return position
  }

  #takeOne(kind: number, code: number): boolean {
    if (kind === base64Space) return true
    if (kind === base64Padding ? this.#padding === 2 : kind !== base64Letter || this.#padding > 0)
      return false
    if (kind === base64Padding) this.#padding += 1
    this.#stage[this.#staged++] = code
    return true
  }
}

/** Bytes of a base64 text: standard alphabet, right padding, any white space; undefined otherwise. */
export function decodeBase64Strict(text: string): Buffer | undefined {
  let letters = 0
  let padding = 0
  for (let at = 0; at < text.length; at += 1) {
    const kind = base64ClassOf(text.charCodeAt(at))
    if (kind === base64Padding) padding += 1
    else if (kind === base64Letter && padding === 0) letters += 1
    else if (kind !== base64Space) return undefined
  }
  if (padding > 2 || (letters + padding) % 4 !== 0) return undefined
  return Buffer.from(text, 'base64')
}
