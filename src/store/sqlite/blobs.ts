/** The blobs of this store: small ones are rows of the commit that names them, others are files. */
import { Readable } from 'node:stream'
import type { BlobReference, BlobWriter } from '../../json/blob-sink.ts'
import type { BlobStore } from '../resource-store.ts'
import type { BlobFolder } from './blob-folder.ts'
import { rowOfBlob, smallBlobBytesMax, type SmallBlobs } from './small-blobs.ts'

export class Blobs implements BlobStore {
  readonly #small: SmallBlobs
  readonly #folder: BlobFolder

  constructor(small: SmallBlobs, folder: BlobFolder) {
    this.#small = small
    this.#folder = folder
  }

  create(): BlobWriter {
    return new GrowingBlob(this.#small, this.#folder)
  }

  open(blob: BlobReference, range?: { readonly start: number; readonly end: number }): Readable {
    if (rowOfBlob(blob.key) === undefined) return this.#folder.open(blob, range)
    const read = () => {
      const bytes = this.#small.read(blob)
      return range ? bytes.subarray(range.start, range.end + 1) : bytes
    }
    return Readable.from(once(read), { objectMode: false })
  }

  async read(blob: BlobReference): Promise<Buffer> {
    return rowOfBlob(blob.key) === undefined ? this.#folder.read(blob) : this.#small.read(blob)
  }
}

/** What `read` throws becomes the stream's error. */
function* once(read: () => Buffer): Generator<Buffer> {
  yield read()
}

/** Held in memory while it is small; a file from then on. */
class GrowingBlob implements BlobWriter {
  readonly #small: SmallBlobs
  readonly #folder: BlobFolder
  #chunks: Buffer[] = []
  #sizeBytes = 0
  #file: BlobWriter | undefined

  constructor(small: SmallBlobs, folder: BlobFolder) {
    this.#small = small
    this.#folder = folder
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.#file) return this.#file.write(chunk)
    // The caller may use its buffer again once this returns.
    this.#chunks.push(Buffer.from(chunk))
    this.#sizeBytes += chunk.length
    if (this.#sizeBytes > smallBlobBytesMax) return this.#moveToFile()
  }

  async #moveToFile(): Promise<void> {
    const file = this.#folder.create()
    this.#file = file
    const chunks = this.#chunks
    this.#chunks = []
    await Promise.all(chunks.map((chunk) => file.write(chunk)))
  }

  async finish(): Promise<BlobReference> {
    if (!this.#file && !this.#small.hasRoomFor(this.#sizeBytes)) await this.#moveToFile()
    if (this.#file) return this.#file.finish()
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = []
    return this.#small.stage(bytes)
  }

  async abort(): Promise<void> {
    this.#chunks = []
    await this.#file?.abort()
  }
}
