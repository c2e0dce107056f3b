/** Small binary writing and reading: what packed plans and packed entries are made of. */

export class ByteWriter {
  bytes: Buffer
  length = 0

  constructor(size = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  byte(value: number): void {
    this.#reserve(1)
    this.bytes[this.length++] = value
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest > 127) {
      this.bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
  }

  int32(value: number): void {
    this.#reserve(4)
    this.length = this.bytes.writeInt32LE(value, this.length)
  }

  double(value: number): void {
    this.#reserve(8)
    this.length = this.bytes.writeDoubleLE(value, this.length)
  }

  /** Its length in bytes, then UTF-8. */
  text(value: string): void {
    if (value.length > 42) {
      const size = Buffer.byteLength(value)
      this.varint(size)
      this.#reserve(size)
      this.length += this.bytes.write(value, this.length)
      return
    }
    // Three bytes a code unit at most: the length surely fits the one byte kept for it.
    this.#reserve(1 + value.length * 3)
    const size = this.bytes.write(value, this.length + 1)
    this.bytes[this.length] = size
    this.length += size + 1
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length)
    this.bytes.set(value, this.length)
    this.length += value.length
  }

  /** What was written, as a copy with memory of its own, which can move to another thread. */
  take(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.length)
    this.bytes.copy(copy, 0, 0, this.length)
    return copy
  }
}

export class ByteReader {
  readonly bytes: Buffer
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }

  byte(): number {
    return this.bytes[this.position++]!
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.bytes[this.position++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  int32(): number {
    this.position += 4
    return this.bytes.readInt32LE(this.position - 4)
  }

  double(): number {
    this.position += 8
    return this.bytes.readDoubleLE(this.position - 8)
  }

  text(): string {
    const size = this.varint()
    this.position += size
    return this.bytes.toString('utf8', this.position - size, this.position)
  }
}
