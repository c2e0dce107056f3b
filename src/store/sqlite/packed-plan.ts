/** A plan as it travels to the writer thread: a few small values, and all bytes in one piece. */
import { Conflict } from '../../errors.ts'
import { timeMin } from '../../fhir/date-time.ts'
import type { BlobReference } from '../../json/blob-sink.ts'
import type { CommitPlan, OutboxEvent, PlannedWrite, Precondition } from '../commit-plan.ts'
import type { WriteMethod } from '../stored-version.ts'
import { ByteWriter } from './bytes.ts'
import type { EntryPacker } from './entry-pack.ts'
import { versionMax } from './schema.ts'

export const methods: readonly WriteMethod[] = ['POST', 'PUT', 'PATCH', 'DELETE']
export const deleteMethod = methods.indexOf('DELETE')

export interface PackedPlan {
  readonly number: number
  /** When the plan was handed in, ms; commits never go back behind each other. */
  readonly time: number
  readonly preconditions: readonly Precondition[]
  readonly claims: readonly string[]
  readonly events: readonly OutboxEvent[]
  readonly audit: Span | undefined
  readonly writes: readonly PackedWrite[]
  readonly data: Uint8Array
}

/** A part of `data`. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface PackedWrite {
  readonly type: string
  readonly id: string
  readonly versionId: number
  /** Place in `methods`. */
  readonly method: number
  readonly body: Span
  readonly withheld: Span | undefined
  /** Where in `data` the commit's time goes. */
  readonly timesAt: readonly number[]
  /** JSON of `Extra`, when there is any. */
  readonly extra: string | null
  readonly blob: string | null
  /** The bytes of `blob`, when it becomes a row with this plan. */
  readonly content: Span | undefined
  readonly envelope: string
  /** No search finds it, as if it were deleted. */
  readonly unsearchable: boolean
  /** The clinical date as `sortOfDate` gives it. */
  readonly sort: number
  readonly entries: Span
}

/** What few versions have. */
export interface Extra {
  readonly slots?: readonly number[]
  readonly withheldSlots?: readonly number[]
  readonly blob?: PlannedWrite['blob']
  readonly unsearchable?: true
  readonly recreated?: true
}

/** Above 0 for every date, 0 for none, so that those without come last in descending order. */
export function sortOfDate(date: number | undefined): number {
  return date === undefined ? 0 : Math.max(1, Math.floor(date) - timeMin + 1)
}

/** Packs plans on the thread of the caller. */
export class PlanPacker {
  readonly #entries: EntryPacker
  readonly #contentOf: (blob: BlobReference) => Buffer | undefined
  readonly #out = new ByteWriter(65_536)
  /** Whose bytes the plan carries already. */
  readonly #carried = new Set<string>()

  /** `contentOf` gives the bytes of a blob that no commit holds yet, and that is no file. */
  constructor(entries: EntryPacker, contentOf: (blob: BlobReference) => Buffer | undefined) {
    this.#entries = entries
    this.#contentOf = contentOf
  }

  pack(plan: CommitPlan, number: number, time: number): PackedPlan {
    const out = this.#out
    out.length = 0
    this.#carried.clear()
    const writes = plan.writes.map((write) => this.#write(write))
    const audit = plan.audit && append(out, plan.audit)
    const data = out.take()
    // A buffer that once grew for a large plan is not kept.
    if (out.bytes.length > 1_048_576) out.bytes = Buffer.allocUnsafeSlow(65_536)
    const { preconditions, claims, events } = plan
    return { number, time, preconditions, claims, events, audit, writes, data }
  }

  #write(write: PlannedWrite): PackedWrite {
    const { type, id, versionId, method, withheld, blob, envelope } = write
    if (versionId > versionMax)
      throw new Conflict(`${type}/${id} has reached its last version, ${versionMax}`)
    const body = append(this.#out, write.body)
    const other = withheld && append(this.#out, withheld.body)
    const content = blob && this.#content(blob)
    const timesAt: number[] = []
    if (write.lastUpdatedOffset >= 0) timesAt.push(body.start + write.lastUpdatedOffset)
    if (withheld && other && withheld.lastUpdatedOffset >= 0)
      timesAt.push(other.start + withheld.lastUpdatedOffset)
    const start = this.#out.length
    this.#entries.pack(type, write.unsearchable ? [] : write.entries, this.#out)
    return {
      type,
      id,
      versionId,
      method: methods.indexOf(method),
      body,
      withheld: other,
      timesAt,
      extra: extraOf(write),
      blob: blob?.key ?? null,
      content,
      envelope: JSON.stringify(envelope),
      unsearchable: write.unsearchable === true,
      sort: sortOfDate(envelope.date),
      entries: { start, end: this.#out.length },
    }
  }

  #content(blob: BlobReference): Span | undefined {
    const bytes = this.#carried.has(blob.key) ? undefined : this.#contentOf(blob)
    if (!bytes) return undefined
    this.#carried.add(blob.key)
    return append(this.#out, bytes)
  }
}

function append(out: ByteWriter, bytes: Uint8Array): Span {
  const start = out.length
  out.raw(bytes)
  return { start, end: out.length }
}

function extraOf({ slots, withheld, blob, unsearchable, recreated }: PlannedWrite): string | null {
  if (slots.length === 0 && !blob && !withheld && !unsearchable && !recreated) return null
  const extra: Extra = {
    ...(slots.length > 0 ? { slots } : {}),
    ...(withheld ? { withheldSlots: withheld.slots } : {}),
    ...(blob ? { blob } : {}),
    ...(unsearchable ? { unsearchable } : {}),
    ...(recreated ? { recreated } : {}),
  }
  return JSON.stringify(extra)
}

/** Whether the stored extra of a version says that no search finds it. */
export function isUnsearchable(extra: unknown): boolean {
  return typeof extra === 'string' && (JSON.parse(extra) as Extra).unsearchable === true
}

/** What became of a plan. */
export type PlanOutcome =
  | { readonly kind: 'done'; readonly sequence: number; readonly lastUpdated: number }
  | {
      readonly kind: 'conflict'
      readonly failed:
        | { readonly kind: 'precondition'; readonly index: number }
        | { readonly kind: 'claim'; readonly claim: string }
        | { readonly kind: 'write'; readonly index: number }
    }
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown }
