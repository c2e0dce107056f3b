/** Every version ever written, kept in memory and seen as of any commit. */
import type { Candidate, Lookup } from '../../search/matcher.ts'
import { matchesClause } from '../../search/matcher.ts'
import type { IndexEntry } from '../../search/index-entry.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { StoredVersion } from '../stored-version.ts'

export interface KeptVersion {
  /** Counts resources in the order of their creation. */
  readonly rid: number
  readonly stored: StoredVersion
  readonly entries: readonly IndexEntry[]
  /** Not searched for, as a tombstone is not: see PlannedWrite. */
  readonly unsearchable: boolean
}

interface Row {
  readonly rid: number
  /** Oldest first. */
  readonly versions: KeptVersion[]
}

export class VersionLog {
  readonly #rows = new Map<string, Row>()
  readonly #byType = new Map<string, Row[]>()
  readonly #versions: KeptVersion[] = []

  append(stored: StoredVersion, entries: readonly IndexEntry[], unsearchable = false): void {
    const key = `${stored.type}/${stored.id}`
    let row = this.#rows.get(key)
    if (!row) {
      row = { rid: this.#rows.size + 1, versions: [] }
      this.#rows.set(key, row)
      const typed = this.#byType.get(stored.type)
      if (typed) typed.push(row)
      else this.#byType.set(stored.type, [row])
    }
    const version = { rid: row.rid, stored, entries, unsearchable }
    row.versions.push(version)
    this.#versions.push(version)
  }

  /** All versions of a resource, oldest first. */
  versions(type: string, id: string): readonly KeptVersion[] {
    return this.#rows.get(`${type}/${id}`)?.versions ?? []
  }

  everyVersion(): readonly KeptVersion[] {
    return this.#versions
  }

  /** The version that was the newest at a commit; may be a tombstone. */
  newest(type: string, id: string, asOf = Infinity): KeptVersion | undefined {
    return this.versions(type, id).findLast(({ stored }) => stored.sequence <= asOf)
  }

  /** The version that searches, chains and includes see at a commit. */
  found(type: string, id: string, asOf: number): KeptVersion | undefined {
    const version = this.newest(type, id, asOf)
    return version && isFound(version) ? version : undefined
  }

  /** The resources of a type that searches see at a commit, in the order of their creation. */
  current(type: string, asOf: number): KeptVersion[] {
    return (this.#byType.get(type) ?? []).flatMap(({ versions }) => {
      const version = versions.findLast(({ stored }) => stored.sequence <= asOf)
      return version && isFound(version) ? [version] : []
    })
  }

  lookup(asOf: number): Lookup {
    return {
      find: (type, id) => {
        const version = this.found(type, id, asOf)
        return version && candidateOf(version)
      },
      all: (type) => this.current(type, asOf).map(candidateOf),
    }
  }

  /**
   * Whether a restriction holds on a version and on its resource's current one, tombstones
   * included: what became hidden since must not be seen on an old page. Where there are
   * restrictions, a type without one is not permitted.
   */
  permits(
    restrictions: SearchRequest['restrictions'],
    version: KeptVersion,
    lookup: Lookup,
  ): boolean {
    if (!restrictions) return true
    const { type, id } = version.stored
    const clause = restrictions[type]
    if (!clause || !matchesClause(clause, candidateOf(version), lookup)) return false
    const current = this.newest(type, id)
    if (!current || current === version) return true
    return matchesClause(clause, candidateOf(current), this.lookup(Infinity))
  }
}

function isFound({ stored, unsearchable }: KeptVersion): boolean {
  return !stored.deleted && !unsearchable
}

export function candidateOf({ stored, entries }: KeptVersion): Candidate {
  const { type, id, lastUpdated, envelope } = stored
  return { type, id, lastUpdated, envelope, entries }
}
