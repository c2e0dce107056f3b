/**
 * Who did what, as a journal of its own. This file is the interface; design §4 'Audit' says how it
 * is kept: compact records in append-only segments, hash-chained, one fdatasync per group.
 */

export interface AuditRecord {
  /** Unique: a record that comes twice (a follower that restarts) is kept once. */
  readonly requestId: string
  /** Which of the records of one request this is: one per (entry x patient). */
  readonly part: number
  /** Milliseconds since 1970. */
  readonly recorded: number
  /** The FHIR interaction (`read`, `search-type`) or operation (`$mask`). */
  readonly interaction: string
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E'
  readonly outcome: 'success' | 'refused' | 'failed'
  /** HTTP status of the answer. */
  readonly status: number
  readonly agent: {
    readonly kind: string
    readonly user?: string
    readonly practitioner?: string
    readonly profession?: string
    readonly organization?: string
    readonly client?: string
    readonly display?: string
  }
  readonly purpose?: 'bris_de_glace' | 'centre_15'
  readonly reason?: string
  /** Patient id. */
  readonly patient?: string
  /** `Type/id` of what was touched; at most 100, the rest counted. */
  readonly entities: readonly string[]
  readonly entitiesOmitted?: number
  /** The query with every INS and other identifier value replaced by `***`. */
  readonly query?: string
  /** The commit of a write. */
  readonly sequence?: number
}

export interface AuditJournal {
  /** Resolves when the records are durable and chained. Rejects when they cannot be: the answer is then 503. */
  append(records: readonly AuditRecord[]): Promise<void>
  /** Ready, or why not; `reserveUsed` from 0 to 1. */
  health(): { readonly ready: boolean; readonly reason?: string; readonly reserveUsed: number }
  close(): Promise<void>
}
