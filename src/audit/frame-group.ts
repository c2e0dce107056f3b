/**
 * The frames of one group, side by side as in the file: the hash that a frame continues stands just
 * before its length, so that what is hashed is one stretch of bytes.
 */
import { frameOverhead, hashSize, sha256 } from './segment-format.ts'

export class FrameGroup {
  #bytes = Buffer.allocUnsafeSlow(65_536)
  /** Bytes of frames; before them the hash that the first continues. */
  size = 0

  /** Adds a frame; gives its hash. */
  add(previous: Buffer, payload: Buffer): Buffer {
    const start = hashSize + this.size
    this.#makeRoom(start + payload.length + frameOverhead)
    const bytes = this.#bytes
    if (this.size === 0) previous.copy(bytes, 0)
    bytes.writeUInt32LE(payload.length, start)
    payload.copy(bytes, start + 4)
    const end = start + 4 + payload.length
    const hash = sha256(bytes.subarray(start - hashSize, end))
    hash.copy(bytes, end)
    this.size += payload.length + frameOverhead
    return hash
  }

  #makeRoom(length: number): void {
    if (length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, hashSize + this.size)
    this.#bytes = larger
  }

  /** The frames; valid until the next is added. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(hashSize, hashSize + this.size)
    this.size = 0
    return bytes
  }

  clear(): void {
    this.size = 0
  }
}
