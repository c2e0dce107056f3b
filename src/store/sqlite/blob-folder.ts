/** Blobs as files: durable before they are named, removed when nothing names them. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Readable } from 'node:stream'
import { NotFound, Unavailable } from '../../errors.ts'
import type { BlobReference, BlobWriter } from '../../json/blob-sink.ts'
import type { BlobStore } from '../resource-store.ts'
import { FolderSync } from './folder-sync.ts'

/** Then another folder is begun; until then, blobs that end together share an fsync of it. */
const blobsPerFolder = 1000
const KEY = /^[0-9a-f]{32}$/
/** Longer than from the end of a body to its commit: until then it is known that a blob failed. */
const failureKeptMs = 3_600_000

export class BlobFolder implements BlobStore {
  readonly #root: string
  readonly #sync = new FolderSync()
  readonly #settling = new Map<string, Promise<void>>()
  #leaf: Promise<string> | undefined
  #leafUses = 0

  constructor(root: string) {
    this.#root = root
  }

  create(): BlobWriter {
    return new BlobFile({
      place: () => this.#place(),
      root: this.#root,
      sync: this.#sync,
      settle: (key, work) => this.#settle(key, work),
    })
  }

  #settle(key: string, settling: Promise<void>): void {
    this.#settling.set(key, settling)
    const forget = () => this.#settling.delete(key)
    settling.then(forget, () => setTimeout(forget, failureKeptMs).unref())
  }

  /** Until the blob is durable, which a commit that names it waits for; undefined: it is. */
  settling({ key }: BlobReference): Promise<void> | undefined {
    return this.#settling.get(key)
  }

  open(blob: BlobReference, range?: { readonly start: number; readonly end: number }): Readable {
    const path = this.#path(blob)
    const file = createReadStream(path, range)
    const out = new PassThrough()
    file.on('error', (error) => out.destroy(asBlobError(error, blob)))
    out.on('close', () => file.destroy())
    return file.pipe(out)
  }

  async read(blob: BlobReference): Promise<Buffer> {
    try {
      return await readFile(this.#path(blob))
    } catch (error) {
      throw asBlobError(error, blob)
    }
  }

  #path({ key }: BlobReference): string {
    if (!KEY.test(key)) throw new NotFound(`Blob ${key}`)
    return blobPath(this.#root, key)
  }

  /** A key in the folder in use, whose parents are durable already. */
  async #place(): Promise<string> {
    if (!this.#leaf || this.#leafUses >= blobsPerFolder) {
      this.#leafUses = 0
      this.#leaf = this.#makeLeaf()
      this.#leaf.catch(() => {
        this.#leaf = undefined
      })
    }
    this.#leafUses += 1
    return (await this.#leaf) + randomBytes(14).toString('hex')
  }

  async #makeLeaf(): Promise<string> {
    const prefix = randomBytes(2).toString('hex')
    const outer = join(this.#root, prefix.slice(0, 2))
    await mkdir(join(outer, prefix.slice(2)), { recursive: true })
    await this.#sync.sync(outer)
    await this.#sync.sync(this.#root)
    return prefix
  }
}

export function blobPath(root: string, key: string): string {
  return join(root, key.slice(0, 2), key.slice(2, 4), key)
}

function asBlobError(error: unknown, { key }: BlobReference): Error {
  if (error instanceof NotFound) return error
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    return new NotFound(`Blob ${key}`, { cause: error })
  return new Unavailable('The blob cannot be read', { cause: error })
}

interface BlobFileParts {
  /** Gives a key whose folder is there. */
  readonly place: () => Promise<string>
  readonly root: string
  readonly sync: FolderSync
  readonly settle: (key: string, settling: Promise<void>) => void
}

class BlobFile implements BlobWriter {
  readonly #parts: BlobFileParts
  readonly #sha1 = createHash('sha1')
  readonly #sha256 = createHash('sha256')
  #sizeBytes = 0
  #opened: Promise<{ key: string; path: string; file: FileHandle }> | undefined
  /** Writes follow one another; a failure shows at the next write or at the end. */
  #last: Promise<void> = Promise.resolve()

  constructor(parts: BlobFileParts) {
    this.#parts = parts
  }

  write(chunk: Uint8Array): Promise<void> {
    // The caller may use its buffer again once this returns.
    const bytes = Buffer.from(chunk)
    this.#sha1.update(bytes)
    this.#sha256.update(bytes)
    this.#sizeBytes += bytes.length
    this.#last = this.#last.then(async () => {
      const { file } = await this.#open()
      await file.writeFile(bytes)
    })
    return this.#last.catch((error: unknown) => {
      throw notWritten(error)
    })
  }

  #open() {
    this.#opened ??= this.#create()
    return this.#opened
  }

  async #create() {
    const key = await this.#parts.place()
    const path = blobPath(this.#parts.root, key)
    return { key, path, file: await open(path, 'wx') }
  }

  async finish(): Promise<BlobReference> {
    try {
      await this.#last
      const { key } = await this.#open()
      this.#parts.settle(key, this.#makeDurable())
      return {
        key,
        sizeBytes: this.#sizeBytes,
        sha1: this.#sha1.digest('base64'),
        sha256: this.#sha256.digest('hex'),
      }
    } catch (error) {
      await this.abort()
      throw notWritten(error)
    }
  }

  async #makeDurable(): Promise<void> {
    try {
      const { path, file } = await this.#open()
      await Promise.all([file.datasync(), this.#parts.sync.sync(join(path, '..'))])
      await file.close()
    } catch (error) {
      await this.abort()
      throw notWritten(error)
    }
  }

  async abort(): Promise<void> {
    try {
      await this.#last.catch(() => undefined)
      if (!this.#opened) return
      const { path, file } = await this.#opened
      await file.close()
      await rm(path, { force: true })
    } catch {
      // What remains is removed by age.
    }
  }
}

function notWritten(error: unknown): Unavailable {
  if (error instanceof Unavailable) return error
  return new Unavailable('A document could not be written', { cause: error })
}
