/** A write while it is planned: resources still as objects, so that rules can read and add. */
import type { AccessRecordChange } from '../access/guard-parts.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { OutboxEvent, Precondition } from '../store/commit-plan.ts'
import type { Envelope, StoredVersion, WriteMethod } from '../store/stored-version.ts'

export interface Draft {
  readonly method: WriteMethod
  readonly type: string
  readonly id: string
  readonly versionId: number
  /** The resource to store; undefined for a delete. Rules replace it, never change it in place. */
  resource: Resource | undefined
  /** The newest version before this write, tombstones included. */
  readonly stored: StoredVersion | undefined
  /** The content of a Binary. */
  blob?: BlobReference
  /** Base64 texts of the body that stand outside `resource` (see json/parsed-body.ts). */
  readonly blobs: readonly BlobReference[]
  /** `X-Security-Context` or Binary.securityContext: what a Binary belongs to. */
  securityContext?: string
  /** The rule sets that govern the resource from now on; what governed it before stays. */
  readonly governedBy: Set<string>
  /** Filled in when the plan is built. */
  envelope?: Envelope
  /** Found on the way; errors refuse the plan, others travel with the answer. */
  readonly issues: Issue[]
  /**
   * The instant that stands as meta.lastUpdated in the body, ms. Set by a rule that has to know the
   * stored bytes before the commit (the hash of a document Bundle); the store writes no other.
   */
  writtenAt?: number
  /** Follows from another write of the plan, and asks for no scope of its own. */
  readonly isImplied?: true
  /** `$mask` or `$unmask`: nothing but labels changes, which are not the depositor's alone. */
  readonly isLabelling?: true
  /** The place in the request's Bundle, for expressions. */
  readonly entryIndex?: number
}

/** A draft of version 1 under a new id. */
export function newDraft(type: string, id: string, resource: Resource): Draft {
  return {
    method: 'POST',
    type,
    id,
    versionId: 1,
    resource,
    stored: undefined,
    blobs: [],
    issues: [],
    governedBy: new Set(),
  }
}

export interface DraftPlan {
  readonly kind: 'single' | 'transaction'
  readonly drafts: Draft[]
  readonly preconditions: Precondition[]
  readonly claims: string[]
  readonly events: OutboxEvent[]
  /** A change of an access record that goes with the drafts; only a named operation sets it. */
  accessChange?: AccessRecordChange
  /** The transaction Bundle as it came, for rules on the whole. */
  readonly bundle?: Resource
  /**
   * Set by a rule that recognised a retry: the versions answered for each draft; nothing is stored.
   */
  replay?: ReadonlyMap<Draft, StoredVersion>
  /** Why the plan is refused, unless it is such a retry. */
  readonly retryOnly: Error[]
}

export function createDraftPlan(kind: DraftPlan['kind'], bundle?: Resource): DraftPlan {
  return {
    kind,
    drafts: [],
    preconditions: [],
    claims: [],
    events: [],
    retryOnly: [],
    ...(bundle ? { bundle } : {}),
  }
}
