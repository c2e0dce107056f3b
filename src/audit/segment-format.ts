/**
 * A segment file: a header, then frames until four zero bytes or the end. Each frame is the length
 * of a payload, the payload, and SHA-256 over the hash before it, that length and that payload.
 */
import { hash } from 'node:crypto'

export type ChainName = 'journal' | 'submitted'

export const chainNames: readonly ChainName[] = ['journal', 'submitted']

export const headerSize = 128
export const hashSize = 32
/** What a frame adds to its payload. */
export const frameOverhead = 4 + hashSize

const magic = 'PASSAUD1'
const formatVersion = 1

export interface SegmentHeader {
  readonly chain: ChainName
  /** From 1. */
  readonly segment: number
  /** How many records all segments before hold. */
  readonly recordsBefore: number
  /** The hash of the last record before; 32 random bytes at the head of a chain. */
  readonly head: Buffer
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

export function encodeHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerSize)
  bytes.write(magic, 0, 'latin1')
  bytes.writeUInt16LE(formatVersion, 8)
  bytes.writeUInt8(chainNames.indexOf(header.chain), 10)
  bytes.writeUInt32LE(header.segment, 12)
  bytes.writeBigUInt64LE(BigInt(header.recordsBefore), 16)
  bytes.writeBigUInt64LE(BigInt(header.createdAt), 24)
  header.head.copy(bytes, 32)
  sha256(bytes.subarray(0, 96)).copy(bytes, 96)
  return bytes
}

/** Undefined when the bytes are no header, or were changed. */
export function decodeHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < headerSize || bytes.toString('latin1', 0, 8) !== magic) return undefined
  if (bytes.readUInt16LE(8) !== formatVersion) return undefined
  if (!sha256(bytes.subarray(0, 96)).equals(bytes.subarray(96, headerSize))) return undefined
  return {
    chain: chainNames[bytes.readUInt8(10)]!,
    segment: bytes.readUInt32LE(12),
    recordsBefore: Number(bytes.readBigUInt64LE(16)),
    createdAt: Number(bytes.readBigUInt64LE(24)),
    head: Buffer.from(bytes.subarray(32, 64)),
  }
}

export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}

/** `journal-00000001.seg`. */
export function segmentFile(chain: ChainName, segment: number): string {
  return `${chain}-${String(segment).padStart(8, '0')}.seg`
}

export function parseSegmentFile(name: string): { chain: ChainName; segment: number } | undefined {
  const match = /^(journal|submitted)-(\d{8,})\.seg$/.exec(name)
  return match ? { chain: match[1] as ChainName, segment: Number(match[2]) } : undefined
}

/** Where a frame begins, as one number: segment, chain and offset. */
export function placeOf(chain: ChainName, segment: number, offset: number): number {
  return (segment * 2 + chainNames.indexOf(chain)) * 2 ** 32 + offset
}

export function parsePlace(place: number): { chain: ChainName; segment: number; offset: number } {
  const high = Math.floor(place / 2 ** 32)
  return {
    chain: chainNames[high % 2]!,
    segment: Math.floor(high / 2),
    offset: place % 2 ** 32,
  }
}
