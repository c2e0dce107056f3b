/** The blobs of one body: all finished, or none left behind. */
import type { BlobReference, BlobSink, BlobWriter } from './blob-sink.ts'

/** More writers than this are not kept open: each holds a file. */
const openMax = 16

export class BlobCollector {
  readonly #sink: BlobSink
  readonly #references: BlobReference[] = []
  #open: BlobWriter[] = []

  constructor(sink: BlobSink) {
    this.#sink = sink
  }

  get count(): number {
    return this.#references.length + this.#open.length
  }

  get mustFinish(): boolean {
    return this.#open.length >= openMax
  }

  create(): BlobWriter {
    const writer = this.#sink.create()
    this.#open.push(writer)
    return writer
  }

  /**
   * Ends the blobs, at the end of the body, so that broken JSON behind a blob still drops
   * it. Only of more than `openMax` blobs the first are finished before; the store removes such
   * unnamed blobs by age.
   */
  async finish(): Promise<readonly BlobReference[]> {
    const open = this.#open
    this.#open = []
    const results = await Promise.allSettled(open.map((writer) => writer.finish()))
    for (const [at, result] of results.entries()) {
      if (result.status === 'rejected') this.#open.push(open[at]!)
      else this.#references.push(result.value)
    }
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    return this.#references
  }

  async abort(): Promise<void> {
    const open = this.#open
    this.#open = []
    await Promise.all(open.map((writer) => writer.abort()))
  }
}
