/** What the threads say to each other. */
import type { PackedPlan, PlanOutcome } from './packed-plan.ts'

export interface WriterSettings {
  readonly file: string
  readonly groupDelayMs: number
  readonly groupBytesMax: number
  readonly pagingWindowMs: number
  /** One 64-bit number: the newest sequence. */
  readonly shared: SharedArrayBuffer
}

export type ToWriter =
  | { readonly kind: 'plans'; readonly bulk: boolean; readonly plans: readonly PackedPlan[] }
  | { readonly kind: 'probe' }
  /** For tests and maintenance. */
  | { readonly kind: 'pragma'; readonly text: string; readonly number: number }
  /** Removes what ended before the paging window; `time` is the clock of the store. */
  | { readonly kind: 'tidy'; readonly time: number; readonly number: number }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready'; readonly secret: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'outcomes'
      readonly numbers: readonly number[]
      readonly outcomes: readonly PlanOutcome[]
    }
  | { readonly kind: 'probed'; readonly reason: string | undefined }
  | { readonly kind: 'did'; readonly number: number; readonly result: unknown }
  | { readonly kind: 'closed' }
