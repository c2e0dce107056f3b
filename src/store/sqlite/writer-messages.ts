/** What the threads say to each other. */
import type { PackedPlan, PlanOutcome } from './packed-plan.ts'

/** Memory that both threads see. */
export interface SharedState {
  /** The newest sequence. */
  readonly sequence: BigInt64Array
  /** Counts messages to the writer, which may sleep until the next. */
  readonly sent: Int32Array
  /** Counts groups of commits that wrote an access record. */
  readonly accessEpoch: Int32Array
}

export const sharedBytes = 16

export function viewShared(shared: SharedArrayBuffer): SharedState {
  return {
    sequence: new BigInt64Array(shared, 0, 1),
    sent: new Int32Array(shared, 8, 1),
    accessEpoch: new Int32Array(shared, 12, 1),
  }
}

export interface WriterSettings {
  readonly file: string
  readonly groupDelayMs: number
  readonly groupBytesMax: number
  readonly pagingWindowMs: number
  readonly shared: SharedArrayBuffer
}

export type ToWriter =
  | { readonly kind: 'plan'; readonly bulk: boolean; readonly plan: PackedPlan }
  | { readonly kind: 'probe' }
  /** For tests and maintenance. */
  | { readonly kind: 'pragma'; readonly text: string; readonly number: number }
  /** Removes what ended before the paging window; `time` is the clock of the store. */
  | { readonly kind: 'tidy'; readonly time: number; readonly number: number }
  /** Removes audit intents of commits up to this one. */
  | { readonly kind: 'dropIntents'; readonly upTo: number; readonly number: number }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready'; readonly secret: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'outcomes'
      /** Plan number, sequence and time of each plan that stands. */
      readonly done: Float64Array
      readonly others: readonly { readonly number: number; readonly outcome: PlanOutcome }[]
    }
  | { readonly kind: 'probed'; readonly reason: string | undefined }
  | { readonly kind: 'did'; readonly number: number; readonly result: unknown }
  | { readonly kind: 'closed' }
