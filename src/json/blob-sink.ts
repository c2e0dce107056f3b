/** Where long base64 texts go while a body arrives; a store provides it. */

/** Bytes kept outside the rows: the content of a Binary. */
export interface BlobReference {
  /** Name in the store, made by it. */
  readonly key: string
  readonly sizeBytes: number
  /** Base64, of the raw bytes. */
  readonly sha1: string
  /** Hexadecimal, of the raw bytes; the ETag of native reads. */
  readonly sha256: string
}

export interface BlobSink {
  create(): BlobWriter
}

export interface BlobWriter {
  /** Takes raw (decoded) bytes; resolves when more may be written. */
  write(chunk: Uint8Array): Promise<void> | void
  /**
   * Ends the blob, which can be read from then on under this very reference. A commit that names it
   * makes it durable, or waits until its file is.
   */
  finish(): Promise<BlobReference>
  /** Drops what was written; never throws. */
  abort(): Promise<void>
}
