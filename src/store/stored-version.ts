/** One version of one resource as it is kept. */
import type { BlobReference } from '../json/blob-sink.ts'

/** The type that access records are stored under, with the Patient's id; no route reaches it. */
export const accessRecordType = 'AccessRecord'

/** Facts about a version that access decisions need; written with each version. */
export interface Envelope {
  /** Ids of the patients whose compartment holds the resource. */
  readonly patients: readonly string[]
  /** `system|code` of DocumentReference.category or List.code. */
  readonly class?: string
  /** `system|code` of DocumentReference.type. */
  readonly docType?: string
  readonly status?: string
  /** Logical identifiers (`system|value`) and references (`Practitioner/1`) of the authors. */
  readonly authors: readonly string[]
  /** From the caller's token, never from the body. */
  readonly depositor: Depositor
  /** `system|code` of securityLabel and meta.security. */
  readonly labels: readonly string[]
  readonly confidentiality?: 'N' | 'R' | 'V'
  /** When version 1 was stored, ms; kept by later versions. */
  readonly depositedAt: number
  /** `Type/id` of the resource that a Binary was created with. */
  readonly owner?: string
  /** The national rule sets that govern the resource (`dmp`); kept by later versions. */
  readonly rules?: readonly string[]
  /** The clinical date of the resource, ms: orders a patient's resources. */
  readonly date?: number
}

export interface Depositor {
  readonly organization?: string
  readonly user?: string
  readonly client?: string
}

export type WriteMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface StoredVersion {
  readonly type: string
  readonly id: string
  readonly versionId: number
  /** Milliseconds since 1970; never goes back along one resource's versions, nor along `sequence`. */
  readonly lastUpdated: number
  /** The commit that wrote it. */
  readonly sequence: number
  readonly method: WriteMethod
  /** A tombstone: `body` is empty. */
  readonly deleted: boolean
  /** Compact UTF-8 JSON with id and meta in place; sent as it is when there are no slots. */
  readonly body: Buffer
  /** Offsets in `body`, ascending, where the base URL (without a trailing slash) is put in. */
  readonly slots: readonly number[]
  /** The same resource for callers who do not receive an INS; only where it differs. */
  readonly withheld?: { readonly body: Buffer; readonly slots: readonly number[] }
  readonly blob?: BlobReference
  /** The version before is a tombstone. */
  readonly recreated?: boolean
  readonly envelope: Envelope
  /** `envelope.patients`, where a store can tell them without reading the rest. */
  readonly patients?: readonly string[]
}
