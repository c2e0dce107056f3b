/**
 * What every store does. `memory/` says it plainly, `sqlite/` keeps it; one contract suite runs on
 * both. Only `server.ts` sees a concrete store; interactions see the guarded one.
 */
import type { Readable } from 'node:stream'
import type { JsonValue } from '../fhir/resource.ts'
import type { BlobReference, BlobSink } from '../json/blob-sink.ts'
import type { SearchRequest } from '../search/search-request.ts'
import type { CommitPlan, CommitResult } from './commit-plan.ts'
import type { StoredVersion } from './stored-version.ts'
import type { NamedVersions } from './version-names.ts'

/** A version in the form that a caller may see. */
export type SeenAs = (version: StoredVersion) => Promise<StoredVersion>

export interface ResourceStore {
  /** The newest version, which may be a tombstone; undefined when there never was one. */
  read(type: string, id: string): Promise<StoredVersion | undefined>
  readVersion(type: string, id: string, versionId: number): Promise<StoredVersion | undefined>
  /** Newest first. */
  history(request: HistoryRequest): Promise<HistoryPage>
  /** Throws TooCostly past `timeoutMs`, Gone when `asOf` is older than the window. */
  /** Traces are searched as `seenAs` shows them, so that what it leaves out is not found either. */
  search(request: SearchRequest, seenAs?: SeenAs): Promise<SearchPage>
  /**
   * Applies the plan durably. Throws PlanConflict with nothing written, or Unavailable (queue full,
   * disk full, read-only) with nothing written either.
   */
  commit(plan: CommitPlan, priority?: 'interactive' | 'bulk'): Promise<CommitResult>
  /** Whether a plan has taken the name (CommitPlan.claims). */
  isClaimed(claim: string): Promise<boolean>
  /** Where bytes go before the plan that names them; what no plan names is dropped, or removed by age. */
  readonly blobs: BlobStore
  /** The newest commit that a reader sees. */
  sequence(): number
  /** Has grown, on every thread, once a commit that wrote an access record is answered. */
  accessEpoch(): number
  /** A key made once and kept with the data, for ids, paging links and index hashes. 32 bytes. */
  secret(name: string): Buffer
  outbox(after: number, max: number): Promise<readonly StoredEvent[]>
  /** Audit intents (CommitPlan.audit) of commits beyond `after`, oldest first, until dropped. */
  auditIntents(after: number, max: number): Promise<readonly AuditIntent[]>
  /** The journal holds what commits up to this one intended. */
  dropAuditIntents(upTo: number): Promise<void>
  /** Whether writes are accepted now; the reason when they are not. */
  health(): { readonly ready: boolean; readonly reason?: string }
  /** Finishes what was accepted, then releases the data. */
  close(): Promise<void>
}

export interface BlobStore extends BlobSink {
  /** `start` and `end` (included) select a range. Throws NotFound when the file is gone. */
  open(blob: BlobReference, range?: { readonly start: number; readonly end: number }): Readable
  read(blob: BlobReference): Promise<Buffer>
}

export interface StoredEvent {
  readonly position: number
  readonly sequence: number
  readonly kind: string
  readonly data: Readonly<Record<string, JsonValue>>
}

export interface AuditIntent {
  readonly sequence: number
  readonly audit: Buffer
}

export interface HistoryRequest {
  readonly scope:
    | { readonly kind: 'instance'; readonly type: string; readonly id: string }
    | { readonly kind: 'type'; readonly type: string }
    | { readonly kind: 'system' }
  /** Versions stored at or after this time, ms. */
  readonly since?: number
  /** Versions that were current at some time within this period (R4 http.html#history `_at`). */
  readonly at?: { readonly low: number; readonly high: number }
  readonly count: number
  /** Seen as of this commit; absent: as of now. */
  readonly asOf?: number
  readonly after?: JsonValue
  /** In place of `after`: the versions just newer than this place. */
  readonly before?: JsonValue
  /** The caller's restriction on the version and on the current one; set by the guard. */
  readonly restrictions?: SearchRequest['restrictions']
}

export interface HistoryPage {
  readonly asOf: number
  readonly versions: readonly StoredVersion[]
  /** Where the next page starts; undefined at the end. */
  readonly next?: JsonValue
  /** Where the previous page ends; undefined on the first. */
  readonly previous?: JsonValue
  readonly total: number
}

export interface SearchPage {
  readonly asOf: number
  readonly matches: readonly StoredVersion[]
  readonly included: readonly StoredVersion[]
  /** Where references name another version than the newest, which `included` holds. */
  readonly namedVersions?: readonly NamedVersions[]
  /** Includes were cut at `includesMax`. */
  readonly includesTruncated: boolean
  /** Places before the first and after the last match; undefined when there is nothing there. */
  readonly previous?: JsonValue
  readonly next?: JsonValue
  /** Exact, or absent. */
  readonly total?: number
}
