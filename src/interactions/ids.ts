/**
 * Server-made ids: two characters of the patient's bucket, ten of time, sixteen of chance, in
 * lower-case base 32. The bucket routes a patient's resources to one place (design §5).
 */
import { createHmac, createSecretKey, randomFillSync, type KeyObject } from 'node:crypto'

/** Buckets of patients that come again, as those of one lot do. */
const bucketsMax = 5_000

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const SERVER_MADE = /^[0-9a-hjkmnp-tv-z]{28}$/

export interface IdMaker {
  /** An id for a Patient, or a resource of no patient: its bucket comes from the rest of it. */
  readonly own: () => string
  /** An id in the bucket of a patient. */
  readonly of: (patientId: string) => string
}

export function createIdMaker(
  secret: Buffer,
  now: () => number,
  random: (bytes: number) => Buffer = createChance(),
): IdMaker {
  // Made once: a key that comes as bytes is prepared anew for every hash, which takes five times as long.
  const key = createSecretKey(secret)
  const rest = () => timePart(now()) + randomPart(random(10))
  const buckets = new Map<string, string>()
  const bucketOfPatient = (patientId: string): string => {
    let bucket = buckets.get(patientId)
    if (bucket === undefined) {
      bucket = patientBucket(key, patientId)
      if (buckets.size >= bucketsMax) buckets.clear()
      buckets.set(patientId, bucket)
    }
    return bucket
  }
  return {
    own: () => {
      const tail = rest()
      return bucketOf(key, tail) + tail
    },
    of: (patientId) => bucketOfPatient(patientId) + rest(),
  }
}

/** A Patient's own bucket stands in its id, unless the id was chosen by a client. */
function patientBucket(key: KeyObject, patientId: string): string {
  const own = patientId.slice(0, 2)
  const isOwn = SERVER_MADE.test(patientId) && bucketOf(key, patientId.slice(2)) === own
  return isOwn ? own : bucketOf(key, patientId)
}

/** 10 bits of a keyed hash, as two characters. */
function bucketOf(key: KeyObject, text: string): string {
  const hash = createHmac('sha256', key).update(text).digest().readUInt16BE(0)
  return ALPHABET[(hash >> 5) & 31]! + ALPHABET[hash & 31]!
}

function timePart(milliseconds: number): string {
  let text = ''
  let rest = milliseconds
  for (let place = 0; place < 10; place++) {
    text = ALPHABET[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function randomPart(bytes: Buffer): string {
  let bits = 0
  let held = 0
  let text = ''
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(held >> bits) & 31]!
    }
    held &= (1 << bits) - 1
  }
  return text
}

/** Chance by the page: asking for ten bytes costs as much as asking for thousands. */
function createChance(): (bytes: number) => Buffer {
  const page = Buffer.allocUnsafeSlow(4096)
  let used = page.length
  return (bytes) => {
    if (used + bytes > page.length) {
      randomFillSync(page)
      used = 0
    }
    used += bytes
    return page.subarray(used - bytes, used)
  }
}
