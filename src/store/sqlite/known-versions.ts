/** Versions by their place, those that were shown last from memory: a version never changes. */
import type { StoredVersion } from '../stored-version.ts'
import { isOneOf, raw, sql } from './sql.ts'
import type { Statements } from './statements.ts'
import { storedVersion, versionColumns } from './stored-row.ts'
import { TwoGenerations } from './two-generations.ts'

const bytesMax = 33_554_432
/** Larger bodies are rare, and would drive out many others. */
const bodyBytesMax = 65_536
/** About what a version takes beside its bodies. */
const restBytes = 1024

/** Infinite for what is not to be kept. */
export function memoryBytes({ body, withheld }: StoredVersion): number {
  if (body.length > bodyBytesMax) return Infinity
  return body.length + (withheld?.body.length ?? 0) + restBytes
}

export class KnownVersions {
  readonly #statements: Statements
  readonly #kept = new TwoGenerations<number, StoredVersion>(bytesMax, memoryBytes)

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** The versions at `vids`, all of one type, in that order. All must be in the open snapshot. */
  fetch(type: string, vids: readonly number[]): readonly StoredVersion[] {
    const found = vids.map((vid) => this.#kept.get(vid))
    const missing = vids.filter((_, index) => found[index] === undefined)
    if (missing.length === 0) return found as StoredVersion[]
    const read = this.#read(type, missing)
    return found.map((version, index) => version ?? read.get(vids[index]!)!)
  }

  #read(type: string, vids: readonly number[]): ReadonlyMap<number, StoredVersion> {
    const rows = this.#statements.all(
      sql`SELECT v.id, ${raw(versionColumns)} FROM version v WHERE ${isOneOf(raw('v.vid'), vids)}`,
    )
    const read = new Map<number, StoredVersion>()
    for (const row of rows) {
      const vid = Number(row[1])
      const version = storedVersion(type, String(row[0]), row, 1)
      read.set(vid, version)
      this.#kept.set(vid, version)
    }
    return read
  }
}
