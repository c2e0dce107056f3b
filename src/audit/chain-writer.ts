/** Appends to one chain of segments. Used on the audit thread only, one group after the other. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  type ChainName,
  encodeHeader,
  frameOverhead,
  headerSize,
  segmentFile,
} from './segment-format.ts'
import type { SegmentReserve } from './segment-reserve.ts'
import { FrameGroup } from './frame-group.ts'
import { groupBytesMax, listSegments, walkSegment } from './segment-walk.ts'

export interface ChainWriterOptions {
  readonly folder: string
  readonly chain: ChainName
  readonly segmentBytes: number
  readonly reserve: SegmentReserve
  readonly now: () => number
  /** The last record that the projection saw: the chain must hold it. */
  readonly known?: {
    readonly segment: number
    readonly offset: number
    readonly records: number
    readonly hash: Buffer
  }
}

/** What opening found: nothing, a torn tail that was cut, or damage that verify-audit must look at. */
export interface ChainFinding {
  readonly kind: 'cut' | 'damaged'
  readonly file: string
  readonly offset: number
}

export class ChainWriter {
  readonly findings: ChainFinding[] = []
  readonly #options: ChainWriterOptions
  #file = -1
  #segment = 0
  #end = 0
  #size = 0
  /** Bytes of a failed write may stand up to here. */
  #dirtyEnd = 0
  readonly #group = new FrameGroup()
  #records = 0
  #hash: Buffer = randomBytes(32)
  /** What `records` and `hash` were when everything was durable. */
  #durable = { records: 0, hash: this.#hash }

  constructor(options: ChainWriterOptions) {
    this.#options = options
    this.#recover()
  }

  /** Where the next frame will begin; everything before is durable. */
  get end(): { readonly segment: number; readonly offset: number } {
    return { segment: this.#segment, offset: this.#end }
  }

  /** The last durable record. */
  get head(): { readonly records: number; readonly hash: Buffer } {
    return this.#durable
  }

  get bytesLeft(): number {
    return this.#segment === 0 ? 0 : this.#size - this.#end
  }

  /** Chains the payloads and makes them durable, together. Throws, with nothing appended. */
  append(payloads: readonly Buffer[]): void {
    try {
      for (const payload of payloads) {
        const length = payload.length + frameOverhead
        const isFull = this.#end + this.#group.size + length > this.#size
        if (isFull || this.#group.size + length > groupBytesMax) this.#write()
        if (isFull) this.#startSegment(length)
        this.#hash = this.#group.add(this.#hash, payload)
        this.#records += 1
      }
      this.#write()
    } catch (error) {
      this.#group.clear()
      // A group that crossed into a new segment leaves its first part: durable, never acknowledged.
      this.#records = this.#durable.records
      this.#hash = this.#durable.hash
      throw error
    }
  }

  #write(): void {
    const bytes = this.#group.take()
    if (bytes.length === 0) return
    const end = this.#end + bytes.length
    const padded =
      this.#dirtyEnd > end ? Buffer.concat([bytes, Buffer.alloc(this.#dirtyEnd - end)]) : bytes
    this.#dirtyEnd = Math.max(this.#dirtyEnd, end)
    writeWhole(this.#file, padded, this.#end)
    fdatasyncSync(this.#file)
    this.#end = end
    this.#dirtyEnd = end
    this.#durable = { records: this.#records, hash: this.#hash }
  }

  #startSegment(firstBytes: number): void {
    const { folder, chain, segmentBytes, reserve, now } = this.#options
    const segment = this.#segment + 1
    const path = join(folder, segmentFile(chain, segment))
    const size = Math.max(segmentBytes, headerSize + firstBytes)
    const isSpare = size === segmentBytes && reserve.take(path)
    // Before the first spares are made a file grows as it is written.
    if (!isSpare && reserve.failure !== undefined) throw reserveIsEmpty(reserve.failure)
    const file = openSync(path, isSpare ? 'r+' : 'wx')
    try {
      if (!isSpare) ftruncateSync(file, size)
      const header = { chain, segment, recordsBefore: this.#records, createdAt: now() }
      writeWhole(file, encodeHeader({ ...header, head: this.#hash }), 0)
      fdatasyncSync(file)
      syncFolder(folder)
    } catch (error) {
      closeSync(file)
      rmSync(path, { force: true })
      throw error
    }
    if (this.#file >= 0) closeSync(this.#file)
    this.#file = file
    this.#segment = segment
    this.#end = headerSize
    this.#dirtyEnd = headerSize
    this.#size = size
    void reserve.refill()
  }

  /** Finds the end of the chain. A torn tail is cut; damage is left as it is, and gone around. */
  #recover(): void {
    const { folder, chain, known } = this.#options
    const last = listSegments(folder, chain).at(-1)
    if (last === undefined) {
      if (known && known.records > 0) this.#goOnAfter(known)
      return
    }
    const path = join(folder, segmentFile(chain, last))
    const walk = walkSegment(path)
    this.#segment = last
    if (!walk.header) {
      // The crash came before the header: nothing can have been acknowledged in this segment.
      if (walk.tail === 'clean') {
        rmSync(path)
        this.#segment = 0
        return this.#recover()
      }
      this.findings.push({ kind: 'damaged', file: segmentFile(chain, last), offset: 0 })
      return
    }
    this.#hash = walk.hash
    this.#records = walk.header.recordsBefore + walk.records
    this.#durable = { records: this.#records, hash: this.#hash }
    this.#end = walk.end
    if (known && known.records > this.#records) return this.#goOnAfter(known)
    if (walk.tail === 'broken') {
      this.findings.push({ kind: 'damaged', file: segmentFile(chain, last), offset: walk.end })
      // The size stays 0, so that the next record starts a segment and this one stays as evidence.
      return
    }
    this.#file = openSync(path, 'r+')
    this.#size = walk.size
    if (walk.tail === 'torn') this.#cut(path, walk.end, walk.size)
    this.#dirtyEnd = walk.end
  }

  /**
   * Acknowledged records are gone. The next segment continues the one that is remembered, so that
   * the gap stays to be seen.
   */
  #goOnAfter({ segment, offset, records, hash }: NonNullable<ChainWriterOptions['known']>): void {
    const file = segmentFile(this.#options.chain, segment)
    this.findings.push({ kind: 'damaged', file, offset })
    this.#segment = Math.max(this.#segment, segment)
    this.#records = records
    this.#hash = hash
    this.#durable = { records, hash }
    this.#end = offset
  }

  #cut(path: string, end: number, size: number): void {
    writeWhole(this.#file, Buffer.alloc(size - end), end)
    fdatasyncSync(this.#file)
    this.findings.push({ kind: 'cut', file: path, offset: end })
  }

  close(): void {
    if (this.#file >= 0) closeSync(this.#file)
    this.#file = -1
  }
}

function reserveIsEmpty(code: string): Error {
  return Object.assign(new Error('the reserve is used up'), { code })
}

function writeWhole(file: number, bytes: Buffer, at: number): void {
  let done = 0
  while (done < bytes.length) {
    const written = writeSync(file, bytes, done, bytes.length - done, at + done)
    if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' })
    done += written
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
