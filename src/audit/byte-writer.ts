/** In UTF-8 three bytes for each unit at most: 126 bytes. */
const shortTextMax = 42

/** Grows as it is written; numbers are little-endian or of variable length. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(4096)
  length = 0

  /** Valid until the next write. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  #room(size: number): number {
    const at = this.length
    const end = at + size
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    this.length = end
    return at
  }

  byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte. */
  varint(value: number): void {
    let left = value
    while (left > 127) {
      this.byte((left % 128) | 128)
      left = Math.floor(left / 128)
    }
    this.byte(left)
  }

  text(value: string): void {
    if (value.length <= shortTextMax) return this.#shortText(value)
    const size = Buffer.byteLength(value)
    this.varint(size)
    const at = this.#room(size)
    this.#bytes.write(value, at, 'utf8')
  }

  /** Its length takes one byte whatever its characters are, and is known once it is written. */
  #shortText(value: string): void {
    const at = this.#room(1 + 3 * value.length)
    const size = this.#bytes.write(value, at + 1, 'utf8')
    this.#bytes[at] = size
    this.length = at + 1 + size
  }

  raw(value: Uint8Array): void {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
  }

  /** Leaves four bytes for a length that `setUint32` fills in. */
  skipUint32(): number {
    return this.#room(4)
  }

  setUint32(at: number, value: number): void {
    this.#bytes.writeUInt32LE(value, at)
  }
}

/** Reads what ByteWriter wrote. Throws RangeError beyond the end. */
export class ByteReader {
  readonly #bytes: Buffer
  position: number

  constructor(bytes: Buffer, position = 0) {
    this.#bytes = bytes
    this.position = position
  }

  byte(): number {
    return this.#bytes.readUInt8(this.position++)
  }

  varint(): number {
    let value = 0
    for (let unit = 1; ; unit *= 128) {
      const next = this.byte()
      value += (next & 127) * unit
      if (next < 128) return value
    }
  }

  text(): string {
    return this.raw(this.varint()).toString('utf8')
  }

  skipText(): void {
    const size = this.varint()
    this.position += size
  }

  raw(size: number): Buffer {
    const end = this.position + size
    if (end > this.#bytes.length) throw new RangeError('the record ends too early')
    const value = this.#bytes.subarray(this.position, end)
    this.position = end
    return value
  }
}
