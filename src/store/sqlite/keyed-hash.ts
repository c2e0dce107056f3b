/**
 * HalfSipHash-2-4 with 64 bits of output: a keyed hash that 32-bit arithmetic does fast, so that
 * nobody without the key can make two values collide. https://www.aumasson.jp/siphash
 */

/** Keeps values of different kinds apart under one search parameter. */
export type HashDomain = 0 | 1 | 2 | 3
export const tokenDomain = 0
export const uriDomain = 1
export const urlDomain = 2
export const exactDomain = 3

export class KeyedHash {
  /** The last result: two signed halves. */
  high = 0
  low = 0
  readonly #key0: number
  readonly #key1: number

  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
    this.#key0 = view.getInt32(0, true)
    this.#key1 = view.getInt32(4, true)
  }

  /** Hashes UTF-16 code units, two to a word; the result is left in `high` and `low`. */
  run(text: string, domain: HashDomain): void {
    let v0 = this.#key0
    let v1 = this.#key1 ^ 0xee
    let v2 = 0x6c796765 ^ this.#key0
    let v3 = 0x74656462 ^ this.#key1
    const { length } = text
    const words = (length >> 1) + 1
    // After the text: its length and domain, two rounds; then 4 rounds for each half of the result.
    const steps = words + 4
    for (let step = 0; step < steps; step++) {
      let word = 0
      if (step < words) {
        const at = step << 1
        word =
          step === words - 1
            ? ((length & 1 ? text.charCodeAt(at) : 0) ^ (length << 24) ^ (domain << 20)) | 0
            : text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
        v3 ^= word
      } else if (step === words) v2 ^= 0xee
      else if (step === words + 2) {
        this.high = v1 ^ v3
        v1 ^= 0xdd
      }
      for (let round = 0; round < 2; round++) {
        v0 = (v0 + v1) | 0
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
        v0 = (v0 << 16) | (v0 >>> 16)
        v2 = (v2 + v3) | 0
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
        v0 = (v0 + v3) | 0
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
        v2 = (v2 + v1) | 0
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
        v2 = (v2 << 16) | (v2 >>> 16)
      }
      if (step < words) v0 ^= word
    }
    this.low = v1 ^ v3
  }

  /** The 64 bits as SQLite's signed integer. */
  bigint(text: string, domain: HashDomain): bigint {
    this.run(text, domain)
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0)
  }
}
