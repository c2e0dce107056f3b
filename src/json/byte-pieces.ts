/** Gathers pieces of bytes into one buffer: small ones are copied, large ones kept as they are. */

const copyMax = 4096
const loopMax = 48
const blockBytes = 65_536
const blockBytesMin = copyMax

export class BytePieces {
  #pieces: Buffer[] = []
  #block: Buffer | undefined
  #used = 0
  #blockStart = 0
  length = 0

  append(data: Buffer, start: number, end: number): void {
    const size = end - start
    if (size <= 0) return
    this.length += size
    if (size > copyMax) {
      this.#closePiece()
      this.#pieces.push(data.subarray(start, end))
      return
    }
    this.#copy(data, start, end, size)
  }

  appendText(text: string): void {
    const bytes = Buffer.from(text)
    this.append(bytes, 0, bytes.length)
  }

  /** Everything so far as one buffer, which may share memory with what was appended. */
  take(): Buffer {
    this.#closePiece()
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#block = undefined
    this.length = 0
    return whole
  }

  #copy(data: Buffer, start: number, end: number, size: number): void {
    if (this.#block === undefined || this.#used + size > this.#block.length) {
      this.#closePiece()
      // Grows with the text, so that a small body does not cost a large block.
      const wanted = Math.max(size, data.length - start, Math.min(this.length, blockBytes))
      this.#block = Buffer.allocUnsafe(Math.max(blockBytesMin, Math.min(wanted, blockBytes)))
      this.#used = this.#blockStart = 0
    }
    const block = this.#block
    let used = this.#used
    this.#used += size
    if (size > loopMax) data.copy(block, used, start, end)
    else for (let at = start; at < end; at += 1) block[used++] = data[at]!
  }

  #closePiece(): void {
    if (this.#block === undefined || this.#used === this.#blockStart) return
    this.#pieces.push(this.#block.subarray(this.#blockStart, this.#used))
    this.#blockStart = this.#used
  }
}
