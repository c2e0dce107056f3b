/** What the audit thread and its clients say to each other. */
import type { ChainFinding } from './chain-writer.ts'
import type { JournalHealth } from './journal.ts'
import type { ChainName } from './segment-format.ts'

export interface AuditThreadSettings {
  readonly folder: string
  readonly segmentBytes: number
  readonly spares: number
}

/** The last record of our own chain; `hash` is hexadecimal. */
export interface ChainHead {
  readonly records: number
  readonly hash: string
}

export type ToAuditThread =
  | {
      readonly kind: 'append'
      readonly number: number
      readonly chain: ChainName
      readonly pack: Uint8Array
      /** Leave out what the journal holds already. */
      readonly onlyMissing: boolean
    }
  /** Answered when everything appended before is projected. */
  | { readonly kind: 'settle'; readonly number: number }
  | { readonly kind: 'close' }

export type FromAuditThread =
  | {
      readonly kind: 'ready'
      readonly findings: readonly ChainFinding[]
      readonly head: ChainHead
    }
  | { readonly kind: 'refused'; readonly reason: string }
  /** `failure` is an error code (`ENOSPC`); absent when all went well. */
  | { readonly kind: 'done'; readonly numbers: readonly number[]; readonly failure?: string }
  | { readonly kind: 'health'; readonly health: JournalHealth }
  /** From time to time and at the end: an anchor for verify-audit. */
  | { readonly kind: 'head'; readonly head: ChainHead }
