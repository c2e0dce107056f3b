/**
 * The newest versions that were read last, so that the next reader of one needs no statement; and what
 * was found absent, for absence must take as long as presence (security.md, threat 34).
 *
 * Exact, since all plans pass this thread: from the moment a plan is handed to the writer until its
 * outcome is known, what it writes is neither kept nor given out from here, and who reads it asks
 * the database. Decisions are taken above, on what is given out; nothing here knows of callers.
 */
import type { TypedId } from '../../fhir/resource.ts'
import type { StoredVersion } from '../stored-version.ts'
import { memoryBytes } from './known-versions.ts'
import { TwoGenerations } from './two-generations.ts'

/** In the place of a resource that there never was. */
export const absent = Symbol('absent')

const absentBytes = 256

type Known = StoredVersion | typeof absent

export class CurrentVersions {
  readonly #kept: TwoGenerations<string, Known>
  /** By how many plans on their way each is written. */
  readonly #beingWritten = new Map<string, number>()

  constructor(bytesMax: number) {
    this.#kept = new TwoGenerations(bytesMax, (known) =>
      known === absent ? absentBytes : memoryBytes(known),
    )
  }

  get(type: string, id: string): Known | undefined {
    return this.#kept.get(keyOf(type, id))
  }

  /** To be called in the same turn of the event loop in which the version was read. */
  add(version: StoredVersion): void {
    this.#keep(version, version)
  }

  /** As `add`, of what was looked for and not found. */
  addAbsent(target: TypedId): void {
    this.#keep(target, absent)
  }

  #keep({ type, id }: TypedId, known: Known): void {
    const key = keyOf(type, id)
    if (!this.#beingWritten.has(key)) this.#kept.set(key, known)
  }

  /** A plan that writes these leaves for the writer. */
  beginWrite(writes: readonly TypedId[]): void {
    for (const { type, id } of writes) {
      const key = keyOf(type, id)
      this.#beingWritten.set(key, (this.#beingWritten.get(key) ?? 0) + 1)
      this.#kept.delete(key)
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
