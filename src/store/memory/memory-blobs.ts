/** Blobs in memory: the plainest BlobStore. */
import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { NotFound } from '../../errors.ts'
import type { BlobReference, BlobWriter } from '../../json/blob-sink.ts'
import type { BlobStore } from '../resource-store.ts'

export function createMemoryBlobs(): BlobStore {
  const contents = new Map<string, Buffer>()
  const require = ({ key }: BlobReference) => {
    const bytes = contents.get(key)
    if (!bytes) throw new NotFound(`blob ${key}`)
    return bytes
  }
  return {
    create: () => createWriter(contents),
    open(blob, range) {
      const bytes = require(blob)
      const part = range ? bytes.subarray(range.start, range.end + 1) : bytes
      return Readable.from([part], { objectMode: false })
    },
    read: async (blob) => Buffer.from(require(blob)),
  }
}

function createWriter(contents: Map<string, Buffer>): BlobWriter {
  const key = randomUUID()
  let chunks: Buffer[] = []
  return {
    write(chunk) {
      chunks.push(Buffer.from(chunk))
    },
    async finish() {
      const bytes = Buffer.concat(chunks)
      contents.set(key, bytes)
      return {
        key,
        sizeBytes: bytes.length,
        sha1: createHash('sha1').update(bytes).digest('base64'),
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }
    },
    async abort() {
      chunks = []
      contents.delete(key)
    },
  }
}
