/** Chance that repeats itself: the same seed gives the same demonstration data. No clock. */
import { createHash } from 'node:crypto'

export interface Random {
  /** From 0 (included) to 1 (excluded). */
  next(): number
  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number
  pick<T>(list: readonly T[]): T
  /** True in this share of cases. */
  chance(share: number): boolean
  /** A version 4 UUID. */
  uuid(): string
  /** An independent sequence for one thing, so that what is added beside it changes nothing. */
  fork(label: string): Random
}

export function createRandom(seed: string): Random {
  const start = createHash('sha256').update(seed).digest()
  let state = start.readUInt32LE(0)
  // Mulberry32: 32 bits of state are plenty for names and dates.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    integer,
    pick: (list) => list[integer(0, list.length - 1)]!,
    chance: (share) => next() < share,
    uuid: () => uuidOf(start, integer(0, 0xffffffff), integer(0, 0xffffffff)),
    fork: (label) => createRandom(`${seed}/${label}`),
  }
}

function uuidOf(seed: Buffer, first: number, second: number): string {
  const hash = createHash('sha256').update(seed).update(`${first}.${second}`).digest('hex')
  const variant = '89ab'[Number.parseInt(hash[16]!, 16) % 4]
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}

/** The OID that stands for a UUID: 2.25 and its number. ITU-T X.667. */
export function oidOfUuid(uuid: string): string {
  return `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`
}
