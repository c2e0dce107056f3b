/**
 * Blobs of up to 64 KB, which travel with the plan that names them and are rows: one durable write
 * instead of three (file, folder, commit), and nothing is left of those that no plan names.
 */
import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { NotFound, Unavailable } from '../../errors.ts'
import type { BlobReference } from '../../json/blob-sink.ts'

export const smallBlobBytesMax = 65_536
/** Of blobs that no plan took yet, over all requests; beyond, they are files. */
const stagedBytesMax = 67_108_864

const prefix = 'row-'
/** Keys grow with time, so that new rows come last in their table. */
const keysPerMillisecond = 1024

/** The number of a small blob's row; undefined for the key of a file. */
export function rowOfBlob(key: string): number | undefined {
  return key.startsWith(prefix) ? Number(key.slice(prefix.length)) : undefined
}

export class SmallBlobs {
  readonly #find: StatementSync
  /** As long as somebody holds the reference: a request that ends without a commit leaves nothing. */
  readonly #staged = new WeakMap<BlobReference, Buffer>()
  readonly #forgotten = new FinalizationRegistry<number>((size) => {
    this.#stagedBytes -= size
  })
  #stagedBytes = 0
  #last: number

  constructor(db: DatabaseSync) {
    this.#find = db.prepare('SELECT bytes FROM content WHERE key = ?')
    this.#last = Number(db.prepare('SELECT coalesce(max(key), 0) AS last FROM content').get()!.last)
  }

  hasRoomFor(bytes: number): boolean {
    return this.#stagedBytes + bytes <= stagedBytesMax
  }

  /** Takes the bytes as they are: the caller must not change them. */
  stage(bytes: Buffer): BlobReference {
    this.#last = Math.max(this.#last + 1, Date.now() * keysPerMillisecond)
    const blob: BlobReference = {
      key: prefix + this.#last,
      sizeBytes: bytes.length,
      sha1: createHash('sha1').update(bytes).digest('base64'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }
    this.#staged.set(blob, bytes)
    this.#stagedBytes += bytes.length
    this.#forgotten.register(blob, bytes.length, blob)
    return blob
  }

  /** What a plan must carry; undefined when a commit holds it, or a file. */
  staged(blob: BlobReference): Buffer | undefined {
    return this.#staged.get(blob)
  }

  /** A commit holds it. */
  release(blob: BlobReference): void {
    if (!this.#staged.delete(blob)) return
    this.#stagedBytes -= blob.sizeBytes
    this.#forgotten.unregister(blob)
  }

  /** Throws NotFound, or Unavailable when the database cannot be read. */
  read(blob: BlobReference): Buffer {
    const staged = this.#staged.get(blob)
    if (staged) return staged
    const bytes = this.#row(blob)?.bytes as Uint8Array | undefined
    if (!bytes) throw new NotFound(`Blob ${blob.key}`)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  #row({ key }: BlobReference) {
    try {
      return this.#find.get(rowOfBlob(key)!)
    } catch (error) {
      throw new Unavailable('The blob cannot be read', { cause: error })
    }
  }
}
