/** A write as pure, structured-clonable data: checked and applied whole, or not at all. */
import type { Clause } from '../search/search-request.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { Envelope, WriteMethod } from './stored-version.ts'
import type { IndexEntry } from '../search/index-entry.ts'

export interface CommitPlan {
  /** Checked in order, each against the state that earlier plans of the same group left. */
  readonly preconditions: readonly Precondition[]
  readonly writes: readonly PlannedWrite[]
  /** Names that only one plan may ever take (`masterIdentifier|<organisation>|<value>`). */
  readonly claims: readonly string[]
  /** The audit record of this write; the journal chains it after the commit. */
  readonly audit?: Uint8Array
  /** What others are told of once the plan stands; kept in the outbox until taken. */
  readonly events: readonly OutboxEvent[]
}

export type Precondition =
  /** The resource's newest version, tombstones included; 0: it never existed. */
  | {
      readonly kind: 'version'
      readonly type: string
      readonly id: string
      readonly versionId: number
    }
  /** This search, under this decision, still gives exactly these ids (in any order). */
  | {
      readonly kind: 'search'
      readonly type: string
      readonly where: Clause
      readonly ids: readonly string[]
    }
  | { readonly kind: 'claimFree'; readonly claim: string }

/**
 * One new version. Its resource's newest version must be `versionId - 1`: a write carries that
 * precondition by itself, checked after the plan's own.
 */
export interface PlannedWrite {
  readonly method: WriteMethod
  readonly type: string
  readonly id: string
  readonly versionId: number
  /** Empty for a delete. */
  readonly body: Uint8Array
  /**
   * Where in `body` the 24 bytes of meta.lastUpdated stand (`2026-01-01T00:00:00.000Z`): the store
   * writes the commit's time there. -1 for a delete, and where the body's own time stays.
   */
  readonly lastUpdatedOffset: number
  readonly slots: readonly number[]
  readonly withheld?: {
    readonly body: Uint8Array
    readonly lastUpdatedOffset: number
    readonly slots: readonly number[]
  }
  readonly blob?: BlobReference
  /**
   * The version stays readable by id and in histories, but no search, chain or include finds it: a
   * document deleted logically.
   */
  readonly unsearchable?: boolean
  /** The resource was deleted before. */
  readonly recreated?: boolean
  /** Nothing but labels changes: for the guard, which asks another right of it. */
  readonly isLabelling?: true
  /** None for a delete. */
  readonly entries: readonly IndexEntry[]
  readonly envelope: Envelope
}

export interface OutboxEvent {
  readonly kind: string
  /** Ids and codes only, never content. */
  readonly data: Readonly<Record<string, string | number | boolean>>
}

export interface CommitResult {
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly lastUpdated: number
}

/** A precondition did not hold; nothing was written. The caller plans again, or gives up. */
export class PlanConflict extends Error {
  /** What failed: one of the plan's preconditions or claims, or a write's own version check. */
  readonly failed:
    | { readonly kind: 'precondition'; readonly index: number }
    | { readonly kind: 'claim'; readonly claim: string }
    | { readonly kind: 'write'; readonly index: number }

  constructor(failed: PlanConflict['failed']) {
    super(`plan conflict: ${failed.kind}`)
    this.name = 'PlanConflict'
    this.failed = failed
  }
}
