/**
 * Who did what, as a journal of its own. This file is the interface; design §4 'Audit' says how it
 * is kept: compact records in append-only segments, hash-chained, one fdatasync per group.
 */
import type { Envelope } from '../store/stored-version.ts'

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
  readonly agent: AuditAgent
  readonly purpose?: 'bris_de_glace' | 'centre_15' | undefined
  readonly reason?: string | undefined
  /** Patient id. */
  readonly patient?: string | undefined
  /** `Type/id` of what was touched; at most 100, the rest counted. */
  readonly entities: readonly string[]
  readonly entitiesOmitted?: number | undefined
  /** The query with every INS and other identifier value replaced by `***`. */
  readonly query?: string | undefined
  /** The commit of a write. */
  readonly sequence?: number
}

export interface AuditAgent {
  readonly kind: string
  readonly user?: string | undefined
  readonly practitioner?: string | undefined
  readonly profession?: string | undefined
  readonly organization?: string | undefined
  readonly client?: string | undefined
  readonly display?: string | undefined
}

/** An AuditEvent that another system handed in: kept in a chain of its own (decision 59). */
export interface SubmittedTrace {
  readonly id: string
  /** When it came, ms since 1970. */
  readonly received: number
  readonly envelope: Envelope
  /** The stored bytes: see StoredVersion. */
  readonly slots: readonly number[]
  readonly body: Buffer
}

export interface JournalHealth {
  readonly ready: boolean
  readonly reason?: string
  /** From 0 (nothing is wrong) to 1 (nothing more can be written). */
  readonly reserveUsed: number
  /** Half of the reserve is used: somebody must act. */
  readonly alarm: boolean
}

export interface AuditJournal {
  /** Resolves when the records are durable and chained. Rejects when they cannot be: the answer is then 503. */
  append(records: readonly AuditRecord[]): Promise<void>
  /** As `append`, for those records alone that the journal does not hold; for what a crash left. */
  appendMissing(records: readonly AuditRecord[]): Promise<void>
  /** As `append`, in the chain of submitted traces. */
  submit(traces: readonly SubmittedTrace[]): Promise<void>
  /** Ready, or why not; `reserveUsed` from 0 to 1. */
  health(): JournalHealth
  /** What AuditEvents are rendered from. */
  readonly traces: TraceSource
  close(): Promise<void>
}

/** One line of the journal, as searches find it. */
export interface Trace {
  /** Orders traces by time: 32 hexadecimal digits. Of our own it is the AuditEvent's id. */
  readonly key: string
  /** Undefined when the journal no longer holds it: verify-audit then names the place. */
  readonly content: TraceContent | undefined
}

export type TraceContent =
  | { readonly kind: 'own'; readonly record: AuditRecord }
  | { readonly kind: 'submitted'; readonly trace: SubmittedTrace }

/** Every condition must hold; one that is absent holds always. */
export interface TraceQuery {
  /** Each names patients of whom one must be the trace's; `subjectOnly`: not merely as its agent. */
  readonly patients: readonly { readonly ids: readonly string[]; readonly subjectOnly: boolean }[]
  /** Milliseconds, both included. */
  readonly from?: number
  readonly to?: number
  readonly action?: string
  readonly outcome?: string
  readonly kind?: TraceContent['kind']
  /** What `newest()` gave. */
  readonly asOf: number
}

export interface TraceSource {
  /** Waits until everything appended before can be found. */
  settle(): Promise<void>
  /** Grows with each trace; a search repeated under it finds the same. */
  newest(): number
  /** From the newest down, beyond `after`; or from the oldest up, beyond `before`. */
  page(query: TraceQuery, place: TracePlace): readonly Trace[]
  /** Stops counting at `max`. */
  count(query: TraceQuery, max: number): number
  /** By the AuditEvent's id. */
  find(id: string): Trace | undefined
}

export interface TracePlace {
  readonly after?: string
  readonly before?: string
  readonly max: number
}
