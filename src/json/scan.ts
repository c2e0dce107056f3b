/**
 * One pass over the bytes of a body, as they arrive. It checks them strictly (RFC 8259, RFC 3629),
 * drops white space outside strings, notices numbers that JavaScript would change, and sends long
 * base64 texts to blobs. Cutting the body at any bytes gives the same result.
 */
import { InvalidRequest, TooLarge } from '../errors.ts'
import { Base64Decoder } from './base64.ts'
import { BlobCollector } from './blob-collector.ts'
import type { BlobReference, BlobSink, BlobWriter } from './blob-sink.ts'
import { BytePieces } from './byte-pieces.ts'
import { backslash, base64Class, base64ClassOf, quote } from './bytes.ts'
import { knownKeys } from './key-table.ts'
import { placeholderMark } from './parsed-body.ts'
import { cutEscape, escapedCode, escapeLength } from './text-units.ts'
import { TokenScanner } from './token-scanner.ts'

export interface ScanOptions {
  readonly bodyBytesMax: number
  readonly depthMax?: number
  /** Without it, base64 texts of any length stay in the text. */
  readonly blobs?: BlobSink | undefined
  readonly blobThresholdBytes?: number
  readonly blobBytesMax?: number
}

export interface ScanResult {
  /** The same JSON without white space, placeholders for blobs. May share memory with a chunk. */
  readonly bytes: Buffer
  readonly blobs: readonly BlobReference[]
  readonly hasOddDecimals: boolean
}

const nothing = Buffer.alloc(0)

export function createJsonScanner(options: ScanOptions): JsonScanner {
  return new JsonScanner(options)
}

export class JsonScanner extends TokenScanner {
  readonly #bodyBytesMax: number
  readonly #blobThresholdBytes: number
  readonly #blobBytesMax: number
  readonly #blobs: BlobCollector | undefined
  #receivedBytes = 0
  /** The promise of a blob writer that must come true before more is read. */
  #waiting: Promise<unknown> | undefined
  #failure: unknown

  /** Of a string that may become a blob: what earlier data held, and how much was passed. */
  readonly #shortText = new BytePieces()
  #passedBytes = 0
  #decoder: Base64Decoder | undefined
  #writer: BlobWriter | undefined

  constructor(options: ScanOptions) {
    super(options.depthMax ?? 100)
    this.#bodyBytesMax = options.bodyBytesMax
    this.#blobThresholdBytes = options.blobThresholdBytes ?? 65_536
    this.#blobBytesMax = options.blobBytesMax ?? 50_000_000
    this.#blobs = options.blobs && new BlobCollector(options.blobs)
  }

  /**
   * Takes the next bytes, which must not change afterwards. When it answers with a promise, a blob
   * asks to wait: write no more before it resolves. Throws or rejects with InvalidRequest or
   * TooLarge; blobs are then already dropped.
   */
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#waiting) throw new Error('JsonScanner.write() before the last one was done')
    this.#receivedBytes += chunk.length
    if (this.#receivedBytes > this.#bodyBytesMax)
      return this.#fail(new TooLarge(`The body has more than ${this.#bodyBytesMax} bytes`))
    const rest = this.data
    this.data = rest.length === 0 ? toBuffer(chunk) : Buffer.concat([rest, chunk])
    return this.#advance()
  }

  /** Declares the body complete; resolves when its blobs are whole. Rejects as `write` does. */
  async end(): Promise<ScanResult> {
    await this.#readLast()
    if (!this.#blobs) return this.#resultWith([])
    const finished = await this.#blobs.finish().catch((error: unknown) => this.#fail(error))
    return this.#resultWith(finished ?? [])
  }

  /** `end` for a scanner without blobs. */
  endSync(): ScanResult {
    if (this.#blobs) throw new Error('JsonScanner.endSync() cannot wait for blobs')
    void this.#readLast()
    return this.#resultWith([])
  }

  /** Drops the blobs of a body that will not be used. Harmless at any time, never throws. */
  async abort(): Promise<void> {
    this.#failure ??= new Error('JsonScanner was aborted')
    await this.#blobs?.abort()
  }

  #resultWith(blobs: readonly BlobReference[]): ScanResult {
    return { bytes: this.output.take(), blobs, hasOddDecimals: this.hasOddDecimals }
  }

  #readLast(): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.isLast = true
    return this.#advance()
  }

  #advance(): void | Promise<void> {
    try {
      while (this.#waiting === undefined && this.step());
      if (this.#waiting) return this.#advanceAfter(this.#waiting)
      if (this.isLast && this.state !== 'done') throw this.endsEarly()
      this.#keepRest()
    } catch (error) {
      return this.#fail(error)
    }
  }

  async #advanceAfter(waiting: Promise<unknown>): Promise<void> {
    try {
      await waiting
    } catch (error) {
      return this.#fail(error)
    }
    this.#waiting = undefined
    if (this.#failure !== undefined) throw this.#failure
    return this.#advance()
  }

  #fail(error: unknown): Promise<undefined> {
    this.#failure = error
    this.#waiting = undefined
    if (!this.#blobs || this.#blobs.count === 0) throw error
    return this.#blobs.abort().then(() => {
      throw error
    })
  }

  /** Hands on what was read, and holds the token that the data cuts. */
  #keepRest(): void {
    const position = this.position
    const isShortBase64 = this.state === 'base64' && !this.#decoder
    const kept = isShortBase64 ? this.#shortText : this.output
    kept.append(this.data, this.kept, position)
    const isWhole = position === this.data.length
    this.data = isWhole ? nothing : Buffer.from(this.data.subarray(position))
    this.base += position
    this.position = this.kept = 0
  }

  /** `data` and `valueBase64Binary` are base64, but `data` of a SampledData is not. */
  protected override isBase64Place(): boolean {
    if (!this.#blobs || !this.nesting.isObject) return false
    const { key } = this.nesting
    if (key !== knownKeys.data && key !== knownKeys.valueBase64Binary) return false
    if (key === knownKeys.data && this.nesting.parentName?.endsWith('SampledData')) return false
    this.#passedBytes = 0
    return true
  }

  protected override base64(): boolean {
    return this.#decoder ? this.#decode(this.#decoder) : this.#passShort()
  }

  /** Passes over base64 until it ends, is no base64 after all, or is long enough for a blob. */
  #passShort(): boolean {
    const data = this.data
    const start = this.position
    const last = Math.min(data.length, start + this.#blobThresholdBytes + 1 - this.#passedBytes)
    let position = start
    while (position < last && base64Class[data[position]!] !== 0) position += 1
    if (position < last && data[position] === backslash) {
      const code = escapedCode(data, position, data.length)
      if (base64ClassOf(code) !== 0) position += escapeLength(data, position)
      else if (code !== cutEscape) return this.#leaveAsText(position)
    } else if (position < last) return this.#leaveAsText(position)
    this.#passedBytes += position - start
    this.position = position
    if (this.#passedBytes > this.#blobThresholdBytes) return this.#beginBlob()
    return position > start
  }

  #leaveAsText(position: number): boolean {
    const held = this.#shortText.take()
    this.output.append(held, 0, held.length)
    return this.text(position)
  }

  /** Goes back to the start of the string, now to decode it. */
  #beginBlob(): boolean {
    const held = this.#shortText.take()
    this.base -= held.length
    if (held.length > 0) this.data = Buffer.concat([held, this.data])
    this.position = this.kept
    this.#decoder = new Base64Decoder()
    this.#writer = this.#blobs!.create()
    return true
  }

  #decode(decoder: Base64Decoder): boolean {
    const { data } = this
    const position = decoder.take(data, this.position, data.length)
    this.position = this.kept = position
    if (decoder.sizeBytes > this.#blobBytesMax) throw this.#blobTooLarge()
    if (decoder.isFull) {
      this.#waitFor(this.#writer!.write(decoder.flush()))
      return true
    }
    if (position === data.length) return false
    if (data[position] === quote && decoder.isComplete) return this.#endBlob(decoder, position)
    const isCut = data[position] === backslash
    if (isCut && escapedCode(data, position, data.length) === cutEscape) return false
    const { where, options } = this.place()
    throw new InvalidRequest(`The text ${where} is not valid base64`, options)
  }

  #endBlob(decoder: Base64Decoder, position: number): boolean {
    const rest = decoder.flush()
    if (rest.length > 0) this.#waitFor(this.#writer!.write(rest))
    const blobs = this.#blobs!
    this.output.appendText(`${placeholderMark}${blobs.count - 1}`)
    this.#decoder = this.#writer = undefined
    if (blobs.mustFinish) this.#waitFor(Promise.resolve(this.#waiting).then(() => blobs.finish()))
    return this.afterValue(position + 1)
  }

  #waitFor(written: void | Promise<unknown>): void {
    if (written) this.#waiting = written
  }

  #blobTooLarge(): TooLarge {
    const { where, options } = this.place()
    const limit = `${this.#blobBytesMax} bytes, the limit for one document`
    return new TooLarge(`The content ${where} is larger than ${limit}`, options)
  }
}

function toBuffer(chunk: Uint8Array): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
