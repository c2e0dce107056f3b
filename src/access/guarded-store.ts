/**
 * The single gate to the data. An interaction is handed a GuardedStore and nothing else: every
 * read, search, include, count, history and commit passes the caller's decision here.
 */
import type { Readable } from 'node:stream'
import type { Caller } from '../auth/caller.ts'
import { Forbidden } from '../errors.ts'
import type { BlobReference, BlobSink } from '../json/blob-sink.ts'
import type { Clause, SearchRequest } from '../search/search-request.ts'
import { allOf, nothing } from '../search/search-request.ts'
import type { CommitPlan, CommitResult, Precondition } from '../store/commit-plan.ts'
import type {
  HistoryPage,
  HistoryRequest,
  ResourceStore,
  SearchPage,
} from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { Action, Decision, DecisionPoint } from './decision.ts'

const matchTimeoutMs = 5_000

export interface MatchedIds {
  readonly ids: readonly string[]
  readonly precondition: Precondition
}

/** Whether the whole form of a version may be shown to those who deposited nothing (decision 70). */
export type InsMayTravel = (
  version: StoredVersion,
  readPatient: (id: string) => Promise<StoredVersion | undefined>,
) => Promise<boolean>

export interface GuardParts {
  readonly store: ResourceStore
  readonly decisionPoint: DecisionPoint
  readonly resourceTypes: readonly string[]
  readonly insMayTravel: InsMayTravel
}

export class GuardedStore {
  readonly caller: Caller
  readonly #store: ResourceStore
  readonly #decisionPoint: DecisionPoint
  readonly #resourceTypes: readonly string[]
  readonly #insMayTravel: InsMayTravel

  constructor(parts: GuardParts, caller: Caller) {
    this.#store = parts.store
    this.#decisionPoint = parts.decisionPoint
    this.#resourceTypes = parts.resourceTypes
    this.#insMayTravel = parts.insMayTravel
    this.caller = caller
  }

  /** Throws Forbidden when the caller may not do this with any resource of the type. */
  requireMay(action: Action, type: string): Decision {
    const decision = this.#decisionPoint.decide(this.caller, action, type)
    if (!decision.permitted) throw new Forbidden(`This caller may not ${action} ${type} resources`)
    return decision
  }

  /** The newest version; undefined when there is none that the caller may see. */
  async read(type: string, id: string): Promise<StoredVersion | undefined> {
    const decision = this.requireMay('read', type)
    return this.#show(decision, await this.#store.read(type, id))
  }

  /** One version, shown only when the caller may see it and the current one. */
  async readVersion(
    type: string,
    id: string,
    versionId: number,
  ): Promise<StoredVersion | undefined> {
    const decision = this.requireMay('read', type)
    const current = await this.#show(decision, await this.#store.read(type, id))
    if (!current) return undefined
    if (current.versionId === versionId) return current
    return this.#show(decision, await this.#store.readVersion(type, id, versionId))
  }

  async history(request: HistoryRequest): Promise<HistoryPage> {
    const { scope } = request
    if (scope.kind !== 'system') this.requireMay('history', scope.type)
    const types = scope.kind === 'system' ? this.#resourceTypes : [scope.type]
    const restrictions = this.#restrictions('history', types)
    const page = await this.#store.history({ ...request, restrictions })
    return { ...page, versions: await this.#presentAll(page.versions) }
  }

  async search(request: SearchRequest): Promise<SearchPage> {
    for (const type of request.types) this.requireMay('search', type)
    const types = request.includes.length > 0 ? this.#resourceTypes : request.types
    const page = await this.#store.search({
      ...request,
      where: this.#restrictInner(request.where),
      restrictions: this.#restrictions('search', types),
    })
    return {
      ...page,
      matches: await this.#presentAll(page.matches),
      included: await this.#presentAll(page.included),
    }
  }

  /**
   * Commits when the caller may write both what is stored and what would be stored (decision 55).
   * `stored` holds the newest version of each resource that the plan changes.
   */
  async commit(plan: CommitPlan, stored: readonly StoredVersion[]): Promise<CommitResult> {
    for (const write of plan.writes) {
      const action =
        write.method === 'DELETE' ? 'delete' : write.versionId === 1 ? 'create' : 'update'
      const decision = this.requireMay(action, write.type)
      const before = stored.find(({ type, id }) => type === write.type && id === write.id)
      const allowed =
        decision.permits(write.envelope, write.id) &&
        (!before || decision.permits(before.envelope, before.id))
      if (!allowed) throw new Forbidden(`This caller may not ${action} ${write.type}/${write.id}`)
    }
    return this.#store.commit(plan)
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
    this.requireMay('search', type)
    const restriction = this.#restrictions('search', [type])[type]!
    const inner = this.#restrictInner(where)
    const restricted = allOf([inner, restriction])
    const page = await this.#store.search({
      types: [type],
      where: restricted,
      sort: [],
      count: max,
      includes: [],
      includesMax: 0,
      total: 'none',
      timeoutMs: matchTimeoutMs,
    })
    const ids = page.matches.map(({ id }) => id)
    return { ids, precondition: { kind: 'search', type, where: restricted, ids } }
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
    const decision = this.requireMay('read', type)
    const version = await this.#store.read(type, id)
    return version && decision.permits(version.envelope, id) ? version : undefined
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

  /** What identifies the caller's decisions in a page link; the clock is no part of it. */
  decisionHash(): string {
    return this.caller.kind
  }

  /**
   * A version in the form that this caller may see. An INS of an identity that is not qualified is
   * left out for all but its depositor's organisation (decision 30).
   */
  async present(version: StoredVersion): Promise<StoredVersion> {
    if (!version.withheld || (await this.#receivesIns(version))) return version
    return withBody(version, version.withheld.body, version.withheld.slots)
  }

  async #presentAll(versions: readonly StoredVersion[]): Promise<readonly StoredVersion[]> {
    if (!versions.some(({ withheld }) => withheld)) return versions
    const shown: StoredVersion[] = []
    for (const version of versions) shown.push(await this.present(version))
    return shown
  }

  async #receivesIns(version: StoredVersion): Promise<boolean> {
    const { organization } = version.envelope.depositor
    if (organization !== undefined && organization === this.caller.organization) return true
    return this.#insMayTravel(version, (id) => this.#store.read('Patient', id))
  }

  async #show(
    decision: Decision,
    version: StoredVersion | undefined,
  ): Promise<StoredVersion | undefined> {
    if (!version || !decision.permits(version.envelope, version.id)) return undefined
    return version.withheld ? this.present(version) : version
  }

  #restrictions(action: Action, types: Iterable<string>): Readonly<Record<string, Clause>> {
    const restrictions: Record<string, Clause> = {}
    for (const type of types) {
      const { permitted, restriction } = this.#decisionPoint.decide(this.caller, action, type)
      restrictions[type] = permitted ? restriction : nothing
    }
    return restrictions
  }

  /** Chained types get their own decision, however deep they stand. */
  #restrictInner(clause: Clause): Clause {
    switch (clause.kind) {
      case 'and':
      case 'or':
        return {
          kind: clause.kind,
          clauses: clause.clauses.map((inner) => this.#restrictInner(inner)),
        }
      case 'not':
        return { kind: 'not', clause: this.#restrictInner(clause.clause) }
      case 'chain':
      case 'has': {
        const innerDecision = this.#restrictions('search', [clause.type])[clause.type]
        const inner = this.#restrictInner(clause.inner)
        return innerDecision ? { ...clause, inner, innerDecision } : { ...clause, inner }
      }
      default:
        return clause
    }
  }
}

/** The same version with another rendition; getters of the original stay lazy. */
function withBody(version: StoredVersion, body: Buffer, slots: readonly number[]): StoredVersion {
  return Object.create(version, {
    body: { value: body, enumerable: true },
    slots: { value: slots, enumerable: true },
    withheld: { value: undefined, enumerable: true },
  }) as StoredVersion
}

function requireBlob(version: StoredVersion): BlobReference {
  if (!version.blob) throw new Error(`${version.type}/${version.id} has no blob`)
  return version.blob
}

export type GuardFor = (caller: Caller) => GuardedStore

/** The only maker of guarded stores; `server.ts` calls it once. */
export function createGuard(parts: GuardParts): GuardFor {
  return (caller) => new GuardedStore(parts, caller)
}
