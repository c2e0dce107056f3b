/**
 * The single gate to the data. An interaction is handed a GuardedStore and nothing else: every
 * read, search, include, count, history and commit passes the caller's decision here.
 */
import type { Readable } from 'node:stream'
import type { Caller } from '../auth/caller.ts'
import type { TypedId } from '../fhir/resource.ts'
import type { BlobReference, BlobSink } from '../json/blob-sink.ts'
import type { Clause, SearchRequest } from '../search/search-request.ts'
import { allOf } from '../search/search-request.ts'
import type { CommitPlan, CommitResult, PlannedWrite } from '../store/commit-plan.ts'
import type {
  HistoryPage,
  HistoryRequest,
  ResourceStore,
  SearchPage,
  SeenAs,
} from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { planAccessRecord, readAccessRecord, type StoredAccessRecord } from './access-records.ts'
import { absentVersion, LastFound } from './absent-version.ts'
import type { AccessTrace } from './access-trace.ts'
import type {
  AccessRecordChange,
  GuardParts,
  MatchedIds,
  Measure,
  VisibleMatch,
} from './guard-parts.ts'
import { matchIds } from './match-ids.ts'
import { feedsAnyRecord, namesExactly, notOwn } from './named-patients.ts'
import { Renditions, asksForEntities, requireBlob } from './renditions.ts'
import { restrictHistory, restrictInner } from './restrict-inner.ts'
import type { AccessSession, Action, NamedPatients } from './decision.ts'

export class GuardedStore {
  readonly caller: Caller
  readonly #store: ResourceStore
  readonly #session: AccessSession
  readonly #parts: GuardParts
  readonly #renditions: Renditions
  readonly #trace: AccessTrace | undefined
  readonly #lastFound: LastFound

  constructor(parts: GuardParts, lastFound: LastFound, caller: Caller, trace?: AccessTrace) {
    this.#store = parts.store
    this.#session = parts.access.session(caller, parts.store)
    this.#parts = parts
    this.#renditions = new Renditions(parts, caller, this.#session)
    this.#trace = trace
    this.#lastFound = lastFound
    this.caller = caller
  }

  /** Throws NotAuthenticated or Forbidden when the caller may not do this with any resource of the type. */
  requireMay(action: Action, type: string): void {
    this.#session.requireType(action, type)
  }

  /** The newest version; undefined when there is none that the caller may see. */
  async read(type: string, id: string): Promise<StoredVersion | undefined> {
    this.#session.requireType('read', type)
    return this.#show(await this.#store.read(type, id), { type, id })
  }

  /**
   * The newest version for the checks of a write: what the caller may see, whatever the scopes, so
   * that hidden and absent are the same (decisions 7 and 63). Undefined when there is none.
   */
  async readVisible(type: string, id: string): Promise<StoredVersion | undefined> {
    return this.#show(await this.#store.read(type, id), { type, id }, 'visible')
  }

  /** One version for the checks of a write; see `readVisible`. */
  async readVisibleVersion(
    type: string,
    id: string,
    versionId: number,
  ): Promise<StoredVersion | undefined> {
    const current = await this.readVisible(type, id)
    if (!current || current.versionId === versionId) return current
    return this.#show(await this.#store.readVersion(type, id, versionId), { type, id }, 'visible')
  }

  /** What a reference of a write leads to. Feeding asks for no right to read the patient (decision 23). */
  async readReferenced(type: string, id: string): Promise<StoredVersion | undefined> {
    const isFed = type === 'Patient' && (await this.#session.mayName(id))
    return isFed ? this.readForRules(type, id) : this.readVisible(type, id)
  }

  /** The newest version for the server's own checks: its body must never reach an answer. */
  readForRules(type: string, id: string): Promise<StoredVersion | undefined> {
    return this.#store.read(type, id)
  }

  /** One version, shown only when the caller may see it and the current one. */
  async readVersion(
    type: string,
    id: string,
    versionId: number,
  ): Promise<StoredVersion | undefined> {
    const current = await this.read(type, id)
    if (!current || current.versionId === versionId) return current
    return this.#show(await this.#store.readVersion(type, id, versionId), { type, id })
  }

  async history(request: HistoryRequest): Promise<HistoryPage> {
    const { scope } = request
    if (scope.kind === 'instance') return this.#instanceHistory(request, scope)
    if (scope.kind === 'type') this.#session.requireType('search', scope.type)
    const types = scope.kind === 'system' ? this.#parts.resourceTypes : [scope.type]
    await this.#session.requireNamed(types, undefined)
    return this.#historyPage(request, await this.#restrictions(types, undefined))
  }

  /** An instance whose newest version is hidden has no history. */
  async #instanceHistory(
    request: HistoryRequest,
    { type, id }: { type: string; id: string },
  ): Promise<HistoryPage> {
    this.#session.requireType('history', type)
    const current = await this.#store.read(type, id)
    if (!current || !(await this.#mayConsult(current))) {
      return { asOf: this.#store.sequence(), versions: [], total: 0 }
    }
    // What belongs to a document was decided on its owner just now.
    const isOwned = current.envelope.owner !== undefined
    if (this.#session.isUnrestricted || isOwned) return this.#historyPage(request, undefined)
    return this.#historyPage(request, await this.#restrictions([type], current.envelope.patients))
  }

  async #historyPage(
    request: HistoryRequest,
    restrictions: HistoryRequest['restrictions'],
  ): Promise<HistoryPage> {
    const page = await this.#store.history(restrictHistory(request, restrictions))
    this.#trace?.shown('history', page.versions)
    return { ...page, versions: await this.#renditions.presentAll(page.versions) }
  }

  async search(request: SearchRequest): Promise<SearchPage> {
    for (const type of request.types) this.#session.requireType('search', type)
    const named = await this.#session.namedPatients(request.types, request.where)
    await this.#traceNamed(named)
    await this.#session.requireNamed(request.types, named, request.where)
    const types = request.includes.length > 0 ? this.#parts.resourceTypes : request.types
    const restrictions = await this.#restrictions(types, named)
    const restricted = {
      ...request,
      where: await restrictInner(this.#session, request.where, named),
      ...(restrictions ? { restrictions } : {}),
    }
    const page = await this.#store.search(restricted, this.#seenAs(request))
    this.#trace?.shown('search', page.matches)
    this.#trace?.shown('search', page.included)
    return {
      ...page,
      matches: await this.#renditions.presentAll(page.matches),
      included: await this.#renditions.presentAll(page.included),
    }
  }

  #seenAs({ types, where }: SearchRequest): SeenAs | undefined {
    const isForTraces = types.includes('AuditEvent') && asksForEntities(where)
    return isForTraces && !this.#session.isUnrestricted
      ? this.#renditions.tracesAsSeen()
      : undefined
  }

  /**
   * Commits when the caller may write both what is stored and what would be stored (decision 55).
   * `stored` holds the newest version of each resource that the plan changes; `implied` the writes
   * that follow from another one of the plan, which its scope covers.
   */
  async commit(
    plan: CommitPlan,
    stored: readonly StoredVersion[],
    implied: ReadonlySet<PlannedWrite> = new Set(),
  ): Promise<CommitResult> {
    for (const write of plan.writes) {
      const before = stored.find(({ type, id }) => type === write.type && id === write.id)
      try {
        await this.#session.requireWrite(write, before, implied.has(write))
      } catch (error) {
        this.#trace?.refused(write.type, write.id, write.envelope.patients)
        throw error
      }
    }
    return this.#commitTraced(plan)
  }

  /** The trace of a write commits with it. */
  async #commitTraced(plan: CommitPlan): Promise<CommitResult> {
    const pending = this.#trace?.committing(plan)
    if (!pending) return this.#store.commit(plan)
    try {
      const result = await this.#store.commit({ ...plan, audit: pending.audit })
      pending.committed(result)
      return result
    } catch (error) {
      pending.failed()
      throw error
    }
  }

  /** A patient's access record, for the named operations. */
  readAccessRecord(patientId: string): Promise<StoredAccessRecord> {
    return readAccessRecord(this.#store, patientId)
  }

  /**
   * Changes an access record, and what goes with it, in one plan. Only a named operation calls this,
   * after its own rule (decision 54).
   */
  commitAccessRecord(
    { patientId, previous, next }: AccessRecordChange,
    plan: CommitPlan,
  ): Promise<CommitResult> {
    const write = planAccessRecord(patientId, previous, next, this.#parts.now())
    return this.#commitTraced({ ...plan, writes: [...plan.writes, write] })
  }

  /** Where a body's long base64 texts go; a blob is reachable only through a version. */
  get blobSink(): BlobSink {
    return this.#store.blobs
  }

  /** Reads back a blob of this request's own body, not yet named by any version. */
  readStagedBlob(blob: BlobReference): Promise<Buffer> {
    return this.#store.blobs.read(blob)
  }

  /**
   * The ids that match now, at most `max`, and the precondition that they still do: the search
   * carries the caller's restriction, so that nobody learns of what is hidden.
   */
  async match(type: string, where: Clause, max: number): Promise<MatchedIds> {
    this.#session.requireType('search', type)
    const asked = await this.#session.namedPatients([type], where)
    const named = asked ?? (await this.#session.identifiedPatients(type, where))
    await this.#traceNamed(named)
    if (named === asked) await this.#session.requireNamed([type], named, where)
    const restriction = await this.#session.restriction(type, named)
    const inner = await restrictInner(this.#session, where, named)
    return this.#match(type, allOf([inner, restriction]), max)
  }

  /**
   * What a conditional reference of a write means. Feeding a record needs no care relation
   * (decision 23), so the patient of a deposit is found without one; all else is found as by `match`.
   */
  matchReference(type: string, where: Clause, max: number): Promise<MatchedIds> {
    return type === 'Patient' && feedsAnyRecord(this.caller) && namesExactly(where)
      ? this.#match(type, where, max)
      : this.match(type, where, max)
  }

  /** The matches among what the caller may see of `patients`, whatever the scopes: see `readVisible`. */
  async matchVisible(type: string, { where, max, patients }: VisibleMatch): Promise<MatchedIds> {
    return this.#match(type, allOf([where, await this.#session.visible(type, patients)]), max)
  }

  /** What matches for the server's own rules; nothing of it reaches an answer. */
  matchForRules(type: string, where: Clause, max: number): Promise<MatchedIds> {
    return this.#match(type, where, max)
  }

  #match(type: string, where: Clause, max: number): Promise<MatchedIds> {
    return matchIds(this.#store, { type, where, max })
  }

  /** Whether a name is taken; tells nothing of by whom. */
  isClaimed(claim: string): Promise<boolean> {
    return this.#store.isClaimed(claim)
  }

  /**
   * A resource as it is stored, an INS included: for rules that carry it over into the next
   * version. It must never reach an answer.
   */
  async readWhole(type: string, id: string): Promise<StoredVersion | undefined> {
    const version = await this.#store.read(type, id)
    return version && (await this.#mayConsult(version, 'visible')) ? version : undefined
  }

  /** The bytes of a version that this guard has given out. */
  openBlob(version: StoredVersion, range?: { start: number; end: number }): Readable {
    return this.#store.blobs.open(requireBlob(version), range)
  }

  readBlob(version: StoredVersion): Promise<Buffer> {
    return this.#store.blobs.read(requireBlob(version))
  }

  /** The commit that this guard reads as of. */
  sequence(): number {
    return this.#store.sequence()
  }

  /** Who a page link is made for. */
  get subject(): string {
    return this.#session.subject
  }

  /** A version as this caller may see it: an unqualified INS is its depositor's (decision 30). */
  present(version: StoredVersion): Promise<StoredVersion> {
    return this.#renditions.present(version)
  }

  async #show(
    version: StoredVersion | undefined,
    { type, id }: TypedId,
    measure: Measure = 'scoped',
  ): Promise<StoredVersion | undefined> {
    if (!version) {
      if (!this.#session.isUnrestricted) await this.#decideAbsence({ type, id }, measure)
      return undefined
    }
    this.#lastFound.note(version)
    if (!this.#session.isUnrestricted && !(await this.#mayConsult(version, measure)))
      return undefined
    this.#trace?.shown('read', [version])
    return this.#renditions.present(version)
  }

  /** As much work as the refusal of what is there; see absent-version.ts. */
  async #decideAbsence({ type, id }: TypedId, measure: Measure): Promise<void> {
    await this.#lastFound.read(this.#store)
    const version = absentVersion(type, id)
    await this.#decide(version, measure)
    await notOwn(this.#session, version.envelope.patients)
  }

  async #traceNamed(named: NamedPatients = []): Promise<void> {
    this.#trace?.named(named)
    await this.#traceEmergency(named)
  }

  async #traceEmergency(patients: readonly string[]): Promise<void> {
    if (!this.#trace || this.caller.kind !== 'professional') return
    for (const patient of patients) {
      const access = await this.#session.emergencyOf(patient)
      if (access) this.#trace.emergency(access)
    }
  }

  /** Whether a version may be shown; a refusal leaves a trace. */
  async #mayConsult(version: StoredVersion, measure: Measure = 'scoped'): Promise<boolean> {
    const { type, id, envelope } = version
    let isPermitted = false
    try {
      isPermitted = await this.#decide(version, measure)
      if (isPermitted) await this.#traceEmergency(envelope.patients)
      return isPermitted
    } finally {
      if (!isPermitted)
        this.#trace?.refused(type, id, await notOwn(this.#session, envelope.patients))
    }
  }

  #decide(version: StoredVersion, measure: Measure): Promise<boolean> {
    return measure === 'scoped'
      ? this.#session.mayConsult(version)
      : this.#session.isVisible(version)
  }

  /** For every type that a page may hold; a type that is not named is denied by the store. */
  async #restrictions(
    types: readonly string[],
    named: NamedPatients,
  ): Promise<Readonly<Record<string, Clause>> | undefined> {
    if (this.#session.isUnrestricted && types !== this.#parts.resourceTypes) return undefined
    const restrictions: Record<string, Clause> = {}
    for (const type of types) restrictions[type] = await this.#session.restriction(type, named)
    return restrictions
  }
}

export type GuardFor = (caller: Caller, trace?: AccessTrace) => GuardedStore

/** The only maker of guarded stores; `server.ts` calls it once. */
export function createGuard(parts: GuardParts): GuardFor {
  const lastFound = new LastFound()
  return (caller, trace) => new GuardedStore(parts, lastFound, caller, trace)
}
