/** Goes through one segment frame by frame, checking the chain; says where and why it stops. */
import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ChainName,
  decodeHeader,
  frameOverhead,
  hashSize,
  headerSize,
  parsePlace,
  parseSegmentFile,
  segmentFile,
  type SegmentHeader,
  sha256,
} from './segment-format.ts'

/** One write holds no more, but for a single larger record; a torn one leaves no more behind. */
export const groupBytesMax = 4_194_304

export interface SegmentWalk {
  readonly header: SegmentHeader | undefined
  readonly records: number
  /** The hash of the last good record; the header's when there is none. */
  readonly hash: Buffer
  /** Where the last good record ends. */
  readonly end: number
  readonly size: number
  readonly tail: SegmentTail
}

export type SegmentTail =
  /** Zeros to the end. */
  | 'clean'
  /** Bytes that a crash cut off in the middle of a write: they were never acknowledged. */
  | 'torn'
  /** Good records follow a bad one, or more follows than one write can hold. */
  | 'broken'

export function walkSegment(
  file: string,
  onFrame?: (payload: Buffer, offset: number, frameHash: Buffer) => void,
): SegmentWalk {
  const bytes = readFileSync(file)
  const header = decodeHeader(bytes)
  if (!header) {
    const nothing = Buffer.alloc(hashSize)
    const walked = { header, records: 0, hash: nothing, end: 0, size: bytes.length }
    return { ...walked, tail: isZero(bytes, 0) ? 'clean' : 'broken' }
  }
  let { head: hash } = header
  let end = headerSize
  let records = 0
  for (;;) {
    const frame = frameAt(bytes, end)
    if (!frame || !frame.hash.equals(chainHash(hash, frame.framed))) break
    onFrame?.(frame.framed.subarray(4), end, frame.hash)
    hash = frame.hash
    end = frame.end
    records += 1
  }
  const tail = judgeTail(bytes, end)
  return { header, records, hash: Buffer.from(hash), end, size: bytes.length, tail }
}

interface Frame {
  /** Length and payload. */
  readonly framed: Buffer
  readonly hash: Buffer
  readonly end: number
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + frameOverhead > bytes.length) return undefined
  const length = bytes.readUInt32LE(at)
  const end = at + length + frameOverhead
  if (length === 0 || end > bytes.length) return undefined
  return {
    framed: bytes.subarray(at, end - hashSize),
    hash: bytes.subarray(end - hashSize, end),
    end,
  }
}

export function chainHash(previous: Uint8Array, framed: Uint8Array): Buffer {
  return sha256(Buffer.concat([previous, framed]))
}

/**
 * What follows the last good frame. Where a later frame fits the hash that stands before it, the
 * write went through and something was changed since: that is never a torn tail.
 */
function judgeTail(bytes: Buffer, end: number): SegmentTail {
  if (isZero(bytes, end)) return 'clean'
  let last = bytes.length
  while (last > end && bytes[last - 1] === 0) last -= 1
  if (last - end > groupBytesMax) return 'broken'
  const first = frameAt(bytes, end)
  if (first) {
    const second = frameAt(bytes, first.end)
    if (second?.hash.equals(chainHash(first.hash, second.framed))) return 'broken'
  }
  return 'torn'
}

function isZero(bytes: Buffer, from: number): boolean {
  const zeros = Buffer.alloc(65_536)
  for (let at = from; at < bytes.length; at += zeros.length) {
    const end = Math.min(at + zeros.length, bytes.length)
    if (bytes.compare(zeros, 0, end - at, at, end) !== 0) return false
  }
  return true
}

/** The numbers of a chain's segments, ascending. */
export function listSegments(folder: string, chain: ChainName): number[] {
  return readdirSync(folder)
    .map(parseSegmentFile)
    .filter((found) => found?.chain === chain)
    .map((found) => found!.segment)
    .toSorted((a, b) => a - b)
}

/** Reads payloads at known places; keeps the files open. */
export class SegmentReader {
  readonly #folder: string
  readonly #files = new Map<string, number>()

  constructor(folder: string) {
    this.#folder = folder
  }

  payloadAt(place: number): Buffer {
    const { chain, segment, offset } = parsePlace(place)
    const file = this.#open(chain, segment)
    const start = Buffer.alloc(1024)
    const got = readSync(file, start, 0, start.length, offset)
    const length = start.readUInt32LE(0)
    if (length + 4 <= got) return start.subarray(4, 4 + length)
    const payload = Buffer.alloc(length)
    readSync(file, payload, 0, length, offset + 4)
    return payload
  }

  /** The bytes between two offsets of a segment; fewer at its end, none when it is missing. */
  bytes(chain: ChainName, segment: number, range: { from: number; to: number }): Buffer {
    if (!existsSync(join(this.#folder, segmentFile(chain, segment)))) return Buffer.alloc(0)
    const bytes = Buffer.alloc(range.to - range.from)
    const got = readSync(this.#open(chain, segment), bytes, 0, bytes.length, range.from)
    return bytes.subarray(0, got)
  }

  #open(chain: ChainName, segment: number): number {
    const name = segmentFile(chain, segment)
    let file = this.#files.get(name)
    if (file === undefined) {
      file = openSync(join(this.#folder, name), 'r')
      this.#files.set(name, file)
    }
    return file
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file)
    this.#files.clear()
  }
}
