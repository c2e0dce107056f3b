/**
 * The plain store: everything in memory, every version kept, searched by the matcher. It keeps the
 * interface honest and is what other stores are compared with.
 */
import { randomBytes } from 'node:crypto'
import { Unavailable } from '../../errors.ts'
import { matchesClause } from '../../search/matcher.ts'
import type { CommitPlan, CommitResult, PlannedWrite, Precondition } from '../commit-plan.ts'
import { PlanConflict } from '../commit-plan.ts'
import type { AuditIntent, ResourceStore, StoredEvent } from '../resource-store.ts'
import { accessRecordType, type StoredVersion } from '../stored-version.ts'
import { createMemoryBlobs } from './memory-blobs.ts'
import { historyOfLog } from './memory-history.ts'
import { searchLog } from './memory-search.ts'
import { VersionLog, candidateOf } from './version-log.ts'

export interface MemoryStoreOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
}

interface State {
  readonly log: VersionLog
  readonly claims: Set<string>
  readonly events: StoredEvent[]
  intents: AuditIntent[]
  readonly secrets: Map<string, Buffer>
  sequence: number
  accessEpoch: number
  lastUpdated: number
  isClosed: boolean
}

export function createMemoryStore({ now }: MemoryStoreOptions): ResourceStore {
  const state: State = {
    log: new VersionLog(),
    claims: new Set(),
    events: [],
    intents: [],
    secrets: new Map(),
    sequence: 0,
    accessEpoch: 0,
    lastUpdated: 0,
    isClosed: false,
  }
  const { log } = state
  return {
    read: async (type, id) => log.newest(type, id)?.stored,
    readVersion: async (type, id, versionId) =>
      log.versions(type, id).find(({ stored }) => stored.versionId === versionId)?.stored,
    history: async (request) => historyOfLog(log, request, request.asOf ?? state.sequence),
    search: async (request) => searchLog(log, request, request.asOf ?? state.sequence),
    commit: async (plan) => commit(state, plan, now()),
    isClaimed: async (claim) => state.claims.has(claim),
    blobs: createMemoryBlobs(),
    sequence: () => state.sequence,
    accessEpoch: () => state.accessEpoch,
    secret: (name) => secretOf(state, name),
    outbox: async (after, max) =>
      state.events.filter(({ position }) => position > after).slice(0, max),
    auditIntents: async (after, max) =>
      state.intents.filter(({ sequence }) => sequence > after).slice(0, max),
    dropAuditIntents: async (upTo) => {
      state.intents = state.intents.filter(({ sequence }) => sequence > upTo)
    },
    health: () => (state.isClosed ? { ready: false, reason: 'closed' } : { ready: true }),
    close: async () => {
      state.isClosed = true
    },
  }
}

function secretOf({ secrets }: State, name: string): Buffer {
  const known = secrets.get(name)
  if (known) return Buffer.from(known)
  const made = randomBytes(32)
  secrets.set(name, made)
  return Buffer.from(made)
}

function commit(state: State, plan: CommitPlan, now: number): CommitResult {
  if (state.isClosed) throw new Unavailable('The store is closed')
  checkPreconditions(state, plan)
  checkClaims(state, plan)
  checkVersions(state, plan)
  state.sequence += 1
  state.lastUpdated = Math.max(state.lastUpdated, now)
  const { sequence, lastUpdated } = state
  for (const claim of plan.claims) state.claims.add(claim)
  for (const write of plan.writes)
    state.log.append(toStored(write, { sequence, lastUpdated }), write.entries, write.unsearchable)
  if (plan.writes.some(({ type }) => type === accessRecordType)) state.accessEpoch += 1
  for (const { kind, data } of plan.events)
    state.events.push({ position: state.events.length + 1, sequence, kind, data })
  if (plan.audit) state.intents.push({ sequence, audit: Buffer.from(plan.audit) })
  return { sequence, lastUpdated }
}

function checkPreconditions(state: State, { preconditions }: CommitPlan): void {
  for (const [index, precondition] of preconditions.entries()) {
    if (!holds(state, precondition)) throw new PlanConflict({ kind: 'precondition', index })
  }
}

function holds({ log, claims, sequence }: State, precondition: Precondition): boolean {
  if (precondition.kind === 'claimFree') return !claims.has(precondition.claim)
  if (precondition.kind === 'version') {
    const newest = log.newest(precondition.type, precondition.id)
    return (newest?.stored.versionId ?? 0) === precondition.versionId
  }
  const lookup = log.lookup(sequence)
  const found = log
    .current(precondition.type, sequence)
    .filter((version) => matchesClause(precondition.where, candidateOf(version), lookup))
  const expected = new Set(precondition.ids)
  return found.length === expected.size && found.every(({ stored }) => expected.has(stored.id))
}

function checkClaims({ claims }: State, plan: CommitPlan): void {
  const taken = new Set<string>()
  for (const claim of plan.claims) {
    if (claims.has(claim) || taken.has(claim)) throw new PlanConflict({ kind: 'claim', claim })
    taken.add(claim)
  }
}

/** Each write against what the earlier writes of its own plan would leave. */
function checkVersions({ log }: State, { writes }: CommitPlan): void {
  const planned = new Map<string, number>()
  for (const [index, { type, id, versionId }] of writes.entries()) {
    const key = `${type}/${id}`
    const newest = planned.get(key) ?? log.newest(type, id)?.stored.versionId ?? 0
    if (newest !== versionId - 1) throw new PlanConflict({ kind: 'write', index })
    planned.set(key, versionId)
  }
}

function toStored(write: PlannedWrite, { sequence, lastUpdated }: CommitResult): StoredVersion {
  const { type, id, versionId, method, withheld, blob, recreated, envelope } = write
  return {
    type,
    id,
    versionId,
    lastUpdated,
    sequence,
    method,
    deleted: method === 'DELETE',
    ...withTime(write, lastUpdated),
    ...(withheld ? { withheld: withTime(withheld, lastUpdated) } : {}),
    ...(blob ? { blob } : {}),
    ...(recreated ? { recreated } : {}),
    envelope,
  }
}

/** A copy of the body with the commit's time in meta.lastUpdated. */
function withTime(
  { body, lastUpdatedOffset, slots }: NonNullable<PlannedWrite['withheld']>,
  lastUpdated: number,
) {
  const bytes = Buffer.from(body)
  if (lastUpdatedOffset >= 0)
    bytes.write(new Date(lastUpdated).toISOString(), lastUpdatedOffset, 'latin1')
  return { body: bytes, slots }
}
