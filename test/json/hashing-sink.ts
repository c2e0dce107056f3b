/** A BlobSink for tests: hashes what it gets, and remembers how each writer ended. */
import { createHash } from 'node:crypto'
import type { BlobReference, BlobSink, BlobWriter } from '../../src/json/blob-sink.ts'

export interface HashingSink extends BlobSink {
  readonly ends: ('open' | 'finished' | 'aborted')[]
  readonly writtenBytes: () => number
}

/** `isSlow`: every write asks to wait. */
export function createHashingSink({ isSlow = false, failAt = Infinity } = {}): HashingSink {
  const ends: HashingSink['ends'] = []
  let total = 0
  const create = (): BlobWriter => {
    const index = ends.push('open') - 1
    const sha1 = createHash('sha1')
    const sha256 = createHash('sha256')
    let sizeBytes = 0
    return {
      write(chunk) {
        sizeBytes += chunk.length
        total += chunk.length
        sha1.update(chunk)
        sha256.update(chunk)
        if (total > failAt) return Promise.reject(new Error('disk full'))
        return isSlow ? new Promise((resolve) => setImmediate(resolve)) : undefined
      },
      async finish() {
        ends[index] = 'finished'
        const hashes = { sha1: sha1.digest('base64'), sha256: sha256.digest('hex') }
        return { key: `blob-${index}`, sizeBytes, ...hashes }
      },
      async abort() {
        ends[index] = 'aborted'
      },
    }
  }
  return { create, ends, writtenBytes: () => total }
}

export function referenceOf(bytes: Uint8Array, index = 0): BlobReference {
  return {
    key: `blob-${index}`,
    sizeBytes: bytes.length,
    sha1: createHash('sha1').update(bytes).digest('base64'),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}
