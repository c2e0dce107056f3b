/** Builders of commit plans and search requests for store tests: valid by default. */
import type { IndexEntry } from '../../src/search/index-entry.ts'
import type {
  Clause,
  IncludeRule,
  SearchRequest,
  SortKey,
} from '../../src/search/search-request.ts'
import { everything } from '../../src/search/search-request.ts'
import type { CommitPlan, PlannedWrite } from '../../src/store/commit-plan.ts'
import { PlanConflict } from '../../src/store/commit-plan.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import type { Envelope, StoredVersion } from '../../src/store/stored-version.ts'

export const unsetTime = '2026-01-01T00:00:00.000Z'

export function anEnvelope(parts: Partial<Envelope> = {}): Envelope {
  return { patients: [], authors: [], labels: [], depositor: {}, depositedAt: 0, ...parts }
}

export interface WriteParts {
  readonly type?: string
  readonly id: string
  readonly versionId?: number
  readonly entries?: readonly IndexEntry[]
  readonly envelope?: Partial<Envelope>
  /** Any text that the body shall carry. */
  readonly text?: string
  readonly more?: Partial<PlannedWrite>
}

export function aWrite({
  type = 'Observation',
  id,
  versionId = 1,
  entries = [],
  envelope = {},
  text = '',
  more = {},
}: WriteParts): PlannedWrite {
  const meta = { versionId: String(versionId), lastUpdated: unsetTime }
  const body = Buffer.from(JSON.stringify({ resourceType: type, id, meta, text }))
  return {
    method: versionId === 1 ? 'POST' : 'PUT',
    type,
    id,
    versionId,
    body,
    lastUpdatedOffset: body.indexOf(unsetTime),
    slots: [],
    entries,
    envelope: anEnvelope(envelope),
    ...more,
  }
}

export function aDelete({ type = 'Observation', id, versionId = 2, envelope = {} }: WriteParts) {
  const write: PlannedWrite = {
    method: 'DELETE',
    type,
    id,
    versionId,
    body: Buffer.alloc(0),
    lastUpdatedOffset: -1,
    slots: [],
    entries: [],
    envelope: anEnvelope(envelope),
  }
  return write
}

export function aPlan(
  writes: readonly PlannedWrite[],
  parts: Partial<CommitPlan> = {},
): CommitPlan {
  return { preconditions: [], writes, claims: [], events: [], ...parts }
}

/** Commits one plan with these writes. */
export function write(store: ResourceStore, ...writes: readonly PlannedWrite[]) {
  return store.commit(aPlan(writes))
}

/** Commits one plan for each of these resources, in order. */
export async function writeEach(store: ResourceStore, parts: readonly WriteParts[]): Promise<void> {
  for (const each of parts) await write(store, aWrite(each))
}

export function aSearch(parts: Partial<SearchRequest> = {}): SearchRequest {
  return {
    types: ['Observation'],
    where: everything,
    sort: [],
    count: 50,
    includes: [],
    includesMax: 1000,
    total: 'none',
    timeoutMs: 10_000,
    ...parts,
  }
}

/** The ids that a search finds, in order. */
export async function find(
  store: ResourceStore,
  where: Clause,
  parts: Partial<SearchRequest> = {},
): Promise<string[]> {
  return idsOf((await store.search(aSearch({ where, ...parts }))).matches)
}

export function idsOf(versions: readonly StoredVersion[]): string[] {
  return versions.map(({ id }) => id)
}

/** `Type/id` of each, sorted: the order of included resources is not part of the contract. */
export function namesOf(versions: readonly StoredVersion[]): string[] {
  return versions.map(({ type, id }) => `${type}/${id}`).toSorted()
}

export function sortBy(code: string, kind: SortKey['kind'], descending = false): SortKey {
  return { code, kind, descending }
}

export function include(
  sourceType: string,
  code: string,
  more: Partial<IncludeRule> = {},
): IncludeRule {
  return { kind: 'include', sourceType, code, iterate: false, ...more }
}

export function revinclude(
  sourceType: string,
  code: string,
  more: Partial<IncludeRule> = {},
): IncludeRule {
  return include(sourceType, code, { kind: 'revinclude', ...more })
}

/** What made a plan fail; undefined when it was stored after all. */
export async function conflictOf(
  outcome: Promise<unknown>,
): Promise<PlanConflict['failed'] | undefined> {
  try {
    await outcome
    return undefined
  } catch (error) {
    if (error instanceof PlanConflict) return error.failed
    throw error
  }
}
