/**
 * The newest versions that were read last, so that the next reader of one needs no statement.
 *
 * Exact, since all plans pass this thread: from the moment a plan is handed to the writer until its
 * outcome is known, what it writes is neither kept nor given out from here, and who reads it asks
 * the database. Decisions are taken above, on what is given out; nothing here knows of callers.
 */
import type { TypedId } from '../../fhir/resource.ts'
import type { StoredVersion } from '../stored-version.ts'

/** Larger bodies are rare, and would drive out many others. */
const bodyBytesMax = 65_536
/** About what an entry takes beside its body. */
const entryBytes = 1024

export class CurrentVersions {
  readonly #generationBytes: number
  /** Two generations: what is asked for again moves to the young one, the old one is dropped whole. */
  #young = new Map<string, StoredVersion>()
  #old = new Map<string, StoredVersion>()
  #youngBytes = 0
  /** By how many plans on their way each is written. */
  readonly #beingWritten = new Map<string, number>()

  constructor(bytesMax: number) {
    this.#generationBytes = bytesMax / 2
  }

  get(type: string, id: string): StoredVersion | undefined {
    const key = keyOf(type, id)
    const young = this.#young.get(key)
    if (young) return young
    const old = this.#old.get(key)
    if (old) this.#keep(key, old)
    return old
  }

  /** To be called in the same turn of the event loop in which the version was read. */
  add(version: StoredVersion): void {
    if (version.body.length > bodyBytesMax) return
    const key = keyOf(version.type, version.id)
    if (!this.#beingWritten.has(key)) this.#keep(key, version)
  }

  #keep(key: string, version: StoredVersion): void {
    const bytes = version.body.length + (version.withheld?.body.length ?? 0) + entryBytes
    if (this.#youngBytes + bytes > this.#generationBytes) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(key, version)
    this.#youngBytes += bytes
  }

  /** A plan that writes these leaves for the writer. */
  beginWrite(writes: readonly TypedId[]): void {
    for (const { type, id } of writes) {
      const key = keyOf(type, id)
      this.#beingWritten.set(key, (this.#beingWritten.get(key) ?? 0) + 1)
      this.#young.delete(key)
      this.#old.delete(key)
    }
  }

  /** The outcome of the plan is known. */
  endWrite(writes: readonly TypedId[]): void {
    for (const { type, id } of writes) {
      const key = keyOf(type, id)
      const left = (this.#beingWritten.get(key) ?? 1) - 1
      if (left > 0) this.#beingWritten.set(key, left)
      else this.#beingWritten.delete(key)
    }
  }
}

function keyOf(type: string, id: string): string {
  return `${type}/${id}`
}
