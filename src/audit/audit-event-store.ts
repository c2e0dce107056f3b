/**
 * The store as the guard sees it: AuditEvents come from the journal, everything else from the store
 * beneath. Traces are created only, in a chain of their own, and never change (decision 59).
 */
import { InvalidRequest, MethodNotAllowed, TooCostly, UnprocessableResource } from '../errors.ts'
import type { Resource } from '../fhir/resource.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import { matchesClause, type Lookup } from '../search/matcher.ts'
import { allOf, nothing, type Clause, type SearchRequest } from '../search/search-request.ts'
import type { CommitPlan, CommitResult, PlannedWrite } from '../store/commit-plan.ts'
import type {
  HistoryPage,
  HistoryRequest,
  ResourceStore,
  SearchPage,
  SeenAs,
} from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { renderAuditEvent } from './audit-event.ts'
import type { AuditJournal, SubmittedTrace, TraceContent } from './journal.ts'
import { compileTraceQuery, holdsForOwn, type CompiledQuery } from './trace-query.ts'

const auditEvent = 'AuditEvent'

export interface AuditEventStoreParts {
  readonly store: ResourceStore
  readonly journal: AuditJournal
  /** Waits until the traces of everything committed are in the journal. */
  readonly settle: () => Promise<void>
  readonly extract: (resource: Resource) => readonly IndexEntry[]
  readonly baseUrl: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export function withAuditEvents(parts: AuditEventStoreParts): ResourceStore {
  const { store } = parts
  return {
    read: (type, id) => (type === auditEvent ? find(parts, id) : store.read(type, id)),
    readVersion: async (type, id, versionId) => {
      if (type !== auditEvent) return store.readVersion(type, id, versionId)
      return versionId === 1 ? find(parts, id) : undefined
    },
    history: (request) => history(parts, request),
    search: (request, seenAs) => search(parts, request, seenAs),
    commit: (plan, priority) => commit(parts, plan, priority),
    isClaimed: (claim) => store.isClaimed(claim),
    blobs: store.blobs,
    sequence: () => store.sequence(),
    accessEpoch: () => store.accessEpoch(),
    secret: (name) => store.secret(name),
    outbox: (after, max) => store.outbox(after, max),
    auditIntents: (after, max) => store.auditIntents(after, max),
    dropAuditIntents: (upTo) => store.dropAuditIntents(upTo),
    health: () => store.health(),
    close: () => store.close(),
  }
}

async function settle({ journal, settle: settleCommits }: AuditEventStoreParts): Promise<void> {
  await settleCommits()
  await journal.traces.settle()
}

async function find(parts: AuditEventStoreParts, id: string): Promise<StoredVersion | undefined> {
  await settle(parts)
  const trace = parts.journal.traces.find(id)
  return trace?.content && toVersion(parts, trace.key, trace.content)
}

function toVersion(
  { baseUrl }: AuditEventStoreParts,
  key: string,
  content: TraceContent,
): StoredVersion {
  const fixed = { type: auditEvent, versionId: 1, method: 'POST', deleted: false } as const
  if (content.kind === 'submitted') {
    const { id, received, body, slots, envelope } = content.trace
    return { ...fixed, id, lastUpdated: received, sequence: 0, body, slots, envelope }
  }
  const { record } = content
  const { patient, recorded } = record
  let rendered: Buffer | undefined
  return {
    ...fixed,
    id: key,
    lastUpdated: recorded,
    sequence: 0,
    // Most traces that a search tests are decided on their envelope alone.
    get body() {
      rendered ??= Buffer.from(JSON.stringify(renderAuditEvent(key, record, baseUrl)))
      return rendered
    },
    slots: [],
    envelope: {
      patients: patient === undefined ? [] : [patient],
      authors: [],
      labels: [],
      depositor: {},
      depositedAt: recorded,
      date: recorded,
    },
  }
}

async function history(parts: AuditEventStoreParts, request: HistoryRequest): Promise<HistoryPage> {
  const { scope } = request
  if (scope.kind === 'system' || scope.type !== auditEvent) return parts.store.history(request)
  if (scope.kind === 'type') {
    throw new MethodNotAllowed('Traces never change, so they have no history: search AuditEvent')
  }
  const version = await find(parts, scope.id)
  const restriction = request.restrictions && (request.restrictions[auditEvent] ?? nothing)
  const isShown =
    version &&
    (!restriction || matches(restriction, { parts, version })) &&
    isWithin(version, request)
  return {
    asOf: parts.store.sequence(),
    versions: isShown ? [version] : [],
    total: isShown ? 1 : 0,
  }
}

function isWithin({ lastUpdated }: StoredVersion, { since, at }: HistoryRequest): boolean {
  return (since === undefined || lastUpdated >= since) && (!at || lastUpdated < at.high)
}

function matches(
  clause: Clause,
  { parts, version }: { parts: AuditEventStoreParts; version: StoredVersion },
): boolean {
  const { type, id, lastUpdated, envelope } = version
  const candidate = {
    type,
    id,
    lastUpdated,
    envelope,
    get entries() {
      return parts.extract(JSON.parse(version.body.toString('utf8')) as Resource)
    },
  }
  return matchesClause(clause, candidate, noOthers)
}

/** Chains are refused before they come here. */
const noOthers: Lookup = { find: () => undefined, all: () => [] }

async function search(
  parts: AuditEventStoreParts,
  request: SearchRequest,
  seenAs: SeenAs | undefined,
): Promise<SearchPage> {
  const [type, other] = request.types
  if (type !== auditEvent || other !== undefined) {
    requireNoTraces(request)
    // A search of all types leaves traces out: without a bound in time they are not searched.
    return parts.store.search({
      ...request,
      types: request.types.filter((one) => one !== auditEvent),
    })
  }
  requireSearchable(request)
  await settle(parts)
  const asOf = request.asOf ?? parts.journal.traces.newest()
  const { restrictions } = request
  const where = allOf([
    request.where,
    ...(restrictions ? [restrictions[auditEvent] ?? nothing] : []),
  ])
  const compiled = compileTraceQuery(where, asOf)
  const run: Run = { parts, request, compiled, ...(seenAs ? { seenAs } : {}) }
  const { versions, hasMore } = await takePage(run)
  // A first page that ends the set has counted it.
  const isWhole = request.count > 0 && request.position === undefined && !hasMore
  const total = isWhole && request.total !== 'none' ? versions.length : await countAll(run)
  return {
    asOf,
    included: [],
    includesTruncated: false,
    ...pageOf(request, versions, hasMore),
    ...(total === undefined ? {} : { total }),
  }
}

function requireNoTraces({ where, includes }: SearchRequest): void {
  // An _include that starts from traces finds none among the matches: `*` names it of every type.
  const names = includes.some(
    ({ kind, iterate, sourceType, targetType }) =>
      (sourceType === auditEvent && (kind === 'revinclude' || iterate)) ||
      targetType === auditEvent,
  )
  if (names || reachesTraces(where))
    throw new InvalidRequest('AuditEvents are found by a search of AuditEvent alone', {
      code: 'not-supported',
    })
}

function reachesTraces(clause: Clause): boolean {
  switch (clause.kind) {
    case 'and':
    case 'or':
      return clause.clauses.some(reachesTraces)
    case 'not':
      return reachesTraces(clause.clause)
    case 'chain':
    case 'has':
      return clause.type === auditEvent || reachesTraces(clause.inner)
    default:
      return false
  }
}

function requireSearchable({ sort, includes, where }: SearchRequest): void {
  const isByDate = sort.every(({ code }) => code === 'date' || code === '_lastUpdated')
  if (!isByDate || sort.length > 1)
    throw new InvalidRequest('AuditEvents are sorted by date', { code: 'not-supported' })
  if (includes.length > 0 || hasChain(where))
    throw new InvalidRequest('A search of AuditEvent takes no chains and no includes', {
      code: 'not-supported',
    })
}

function hasChain(clause: Clause): boolean {
  if (clause.kind === 'and' || clause.kind === 'or') return clause.clauses.some(hasChain)
  if (clause.kind === 'not') return hasChain(clause.clause)
  return clause.kind === 'chain' || clause.kind === 'has'
}

interface Run {
  readonly parts: AuditEventStoreParts
  readonly request: SearchRequest
  readonly compiled: CompiledQuery
  readonly seenAs?: SeenAs
}

interface Found {
  readonly key: string
  readonly version: StoredVersion
}

/** Newest first, unless the request sorts by rising date. */
async function takePage(run: Run): Promise<{ versions: readonly Found[]; hasMore: boolean }> {
  const { request } = run
  const { count, position } = request
  if (count === 0) return { versions: [], hasMore: false }
  const isBackwards = position?.direction === 'before'
  const found: Found[] = []
  for await (const one of walk(run, isAscending(request) !== isBackwards, position?.at)) {
    found.push(one)
    if (found.length > count) break
  }
  const hasMore = found.length > count
  const page = found.slice(0, count)
  return { versions: isBackwards ? page.toReversed() : page, hasMore }
}

function isAscending({ sort }: SearchRequest): boolean {
  return sort[0] !== undefined && !sort[0].descending
}

const chunkSize = 100
const sliceMs = 10

/** The matches from a place on; gives way to others between slices, and keeps to the deadline. */
async function* walk(run: Run, isRising: boolean, start: unknown): AsyncGenerator<Found> {
  const { parts, request, compiled, seenAs } = run
  const { traces } = parts.journal
  const deadline = performance.now() + request.timeoutMs
  let place = typeof start === 'string' ? start : undefined
  let sliceEnd = performance.now() + sliceMs
  for (;;) {
    const at = isRising
      ? { before: place ?? '0'.repeat(32) }
      : place === undefined
        ? {}
        : { after: place }
    const max = compiled.rest.length === 0 ? Math.min(chunkSize, request.count + 1) : chunkSize
    const chunk = traces.page(compiled.query, { ...at, max })
    for (const trace of chunk) {
      if (!trace.content) continue
      const version = toVersion(parts, trace.key, trace.content)
      const tested = compiled.rest.length > 0 && seenAs ? await seenAs(version) : version
      if (compiled.rest.length === 0 || matches(allOf(compiled.rest), { parts, version: tested }))
        yield { key: trace.key, version }
      if (performance.now() < sliceEnd) continue
      await new Promise((resolve) => setImmediate(resolve))
      if (performance.now() > deadline)
        throw new TooCostly(`The search took longer than ${request.timeoutMs} ms`)
      sliceEnd = performance.now() + sliceMs
    }
    if (chunk.length < max) return
    place = chunk.at(-1)!.key
  }
}

const cheapTotal = 1_000

/** Exact within one patient's record; elsewhere up to a thousand, unless all is asked for. */
async function countAll(run: Run): Promise<number | undefined> {
  const { parts, request, compiled } = run
  if (request.total === 'none') return undefined
  const { traces } = parts.journal
  const { query, rest } = compiled
  const isBounded = request.total !== 'accurate' && query.patients.length === 0
  const max = isBounded ? cheapTotal + 1 : Number.MAX_SAFE_INTEGER
  if (rest.length === 0) return below(max, traces.count(query, max))
  if (!holdsForOwn(compiled)) return below(max, await countMatches(run, max))
  const submitted: CompiledQuery = { rest, query: { ...query, kind: 'submitted' } }
  const own = traces.count({ ...query, kind: 'own' }, max)
  return below(max, own + (await countMatches({ ...run, compiled: submitted }, max)))
}

function below(max: number, total: number): number | undefined {
  return total >= max ? undefined : total
}

async function countMatches(run: Run, max: number): Promise<number> {
  let total = 0
  for await (const _ of walk(run, false, undefined)) {
    total += 1
    if (total >= max) break
  }
  return total
}

function pageOf({ position }: SearchRequest, found: readonly Found[], hasMore: boolean) {
  const isBackwards = position?.direction === 'before'
  const first = found[0]?.key
  const last = found.at(-1)?.key
  const hasNext = isBackwards || hasMore
  const hasPrevious = isBackwards ? hasMore : position !== undefined
  return {
    matches: found.map(({ version }) => version),
    ...(hasNext && last !== undefined ? { next: last } : {}),
    ...(hasPrevious && first !== undefined ? { previous: first } : {}),
  }
}

async function commit(
  parts: AuditEventStoreParts,
  plan: CommitPlan,
  priority?: 'interactive' | 'bulk',
): Promise<CommitResult> {
  const traces = plan.writes.filter(({ type }) => type === auditEvent)
  if (traces.length === 0) return parts.store.commit(plan, priority)
  if (traces.some(({ method, versionId }) => method !== 'POST' || versionId !== 1))
    throw new MethodNotAllowed('Traces are never changed or removed')
  if (traces.length < plan.writes.length)
    throw new UnprocessableResource('A transaction with AuditEvents holds nothing else', {
      code: 'not-supported',
    })
  const lastUpdated = parts.now()
  await parts.journal.submit(traces.map((write) => toSubmitted(write, lastUpdated)))
  return { sequence: parts.store.sequence(), lastUpdated }
}

function toSubmitted(write: PlannedWrite, received: number): SubmittedTrace {
  const { id, envelope, slots, lastUpdatedOffset } = write
  const body = Buffer.from(write.body)
  if (lastUpdatedOffset >= 0)
    body.write(new Date(received).toISOString(), lastUpdatedOffset, 'latin1')
  return { id, received, envelope, slots, body }
}
