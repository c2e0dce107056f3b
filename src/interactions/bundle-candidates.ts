/** What a transaction would create, as its own conditions see it. R4 http.html#trules. */
import type { Resource } from '../fhir/resource.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import { matchesClause, type Lookup } from '../search/matcher.ts'
import type { Clause } from '../search/search-request.ts'
import type { Context } from './context.ts'
import type { EntryRequest } from './entry-request.ts'

/** A resource that the Bundle creates under an id of the server's making. */
export interface Candidate {
  readonly entry: EntryRequest
  readonly type: string
  readonly resource: Resource
  /** Extracted when first asked for, and once. */
  readonly indexEntries: () => readonly IndexEntry[]
}

export function createCandidate(
  { services }: Context,
  entry: EntryRequest,
  type: string,
): Candidate {
  const resource = entry.resource!
  let indexEntries: readonly IndexEntry[] | undefined
  return {
    entry,
    type,
    resource,
    indexEntries: () =>
      (indexEntries ??= resource.resourceType === type ? services.extract(resource) : []),
  }
}

const noEnvelope = { patients: [], authors: [], depositor: {}, labels: [], depositedAt: 0 }
const noOthers: Lookup = { find: () => undefined, all: () => [] }

/** The candidates that a condition means. */
export function candidatesFor(
  candidates: readonly Candidate[],
  type: string,
  clause: Clause,
): readonly Candidate[] {
  return candidates.filter((candidate) => {
    if (candidate.type !== type) return false
    const entries = candidate.indexEntries()
    const seen = { type, id: '', lastUpdated: 0, entries, envelope: noEnvelope }
    return matchesClause(clause, seen, noOthers)
  })
}
