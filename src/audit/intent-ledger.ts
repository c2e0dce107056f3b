/**
 * Sees to it that the trace of every commit reaches the journal. The intent commits with the write
 * (CommitPlan.audit); the request appends it before it answers; what a crash or a failure left is
 * chained later. An intent is dropped once the journal holds it.
 */
import type { CommitResult } from '../store/commit-plan.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { AuditJournal, AuditRecord } from './journal.ts'
import { decodePayload, packRecords, unpack } from './record-codec.ts'

const tendIntervalMs = 2_000
/** A commit that no request has chained after this time is chained for it. */
const abandonedAfterMs = 600_000
const pageSize = 500

/** A commit on its way into the journal. */
export interface PendingIntent {
  readonly audit: Uint8Array
  committed(result: CommitResult): void
  /** Nothing was written. */
  failed(): void
  /** Resolves when the records are in the journal, which happens once. */
  chain(): Promise<void>
}

interface Open {
  /** The commit has a higher sequence than this. */
  readonly since: number
  readonly openedAt: number
  records: readonly AuditRecord[]
  sequence?: number
  chained?: Promise<void>
}

export interface IntentLedgerParts {
  readonly store: Pick<ResourceStore, 'auditIntents' | 'dropAuditIntents' | 'sequence'>
  readonly journal: AuditJournal
  /** Intents could not be chained; they are tried again. */
  readonly onFailure?: (error: unknown) => void
}

export class IntentLedger {
  readonly #parts: IntentLedgerParts
  readonly #open = new Set<Open>()
  /** Intents beyond this sequence may have been lost on the way; undefined: none. */
  #lostSince: number | undefined = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #tending: Promise<void> | undefined

  constructor(parts: IntentLedgerParts) {
    this.#parts = parts
  }

  /** Chains what an earlier process left, and begins to tend. */
  async start(): Promise<void> {
    await this.tend()
    this.#timer = setInterval(() => void this.tend(), tendIntervalMs)
    this.#timer.unref()
  }

  /** Call before the commit, so that its intent is not dropped unseen. */
  open(records: readonly AuditRecord[]): PendingIntent {
    const open: Open = { since: this.#parts.store.sequence(), openedAt: Date.now(), records }
    this.#open.add(open)
    return {
      audit: packRecords(records),
      committed: ({ sequence }) => {
        open.sequence = sequence
        open.records = records.map((record) => ({ ...record, sequence }))
      },
      failed: () => this.#open.delete(open),
      chain: () => this.#chain(open),
    }
  }

  #chain(open: Open): Promise<void> {
    open.chained ??= this.#parts.journal.append(open.records).then(
      () => {
        this.#open.delete(open)
      },
      (error: unknown) => {
        this.#lose(open)
        throw error
      },
    )
    return open.chained
  }

  #lose(open: Open): void {
    this.#open.delete(open)
    this.#lostSince = Math.min(this.#lostSince ?? Infinity, open.since)
  }

  /** Waits until whatever is committed now is in the journal. */
  async settle(): Promise<void> {
    const committed = [...this.#open].filter(({ sequence }) => sequence !== undefined)
    await Promise.all(committed.map((open) => this.#chain(open)))
    if (this.#lostSince !== undefined) await this.#recover()
  }

  /** Recovers what was lost and drops what is chained. Never rejects. */
  tend(): Promise<void> {
    this.#tending ??= this.#tend()
      .catch((error: unknown) => this.#parts.onFailure?.(error))
      .finally(() => {
        this.#tending = undefined
      })
    return this.#tending
  }

  async #tend(): Promise<void> {
    const now = Date.now()
    for (const open of this.#open) if (now - open.openedAt > abandonedAfterMs) this.#lose(open)
    if (this.#lostSince !== undefined) await this.#recover()
    const upTo = this.#chainedUpTo()
    if (upTo <= this.#dropped) return
    await this.#parts.store.dropAuditIntents(upTo)
    this.#dropped = upTo
  }

  /** Every commit up to this one is in the journal. */
  #chainedUpTo(): number {
    const bounds = [...this.#open].map(({ since }) => since)
    return Math.min(this.#parts.store.sequence(), this.#lostSince ?? Infinity, ...bounds)
  }

  async #recover(): Promise<void> {
    const since = this.#lostSince ?? 0
    const { store, journal } = this.#parts
    for (let after = since; ;) {
      const intents = await store.auditIntents(after, pageSize)
      const records = intents.flatMap(({ audit, sequence }) => readIntent(audit, sequence))
      await journal.appendMissing(records)
      after = intents.at(-1)?.sequence ?? after
      if (intents.length < pageSize) break
    }
    // Others may have been lost meanwhile.
    if (this.#lostSince === since) this.#lostSince = undefined
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#tending
    await this.tend()
  }
}

function readIntent(audit: Buffer, sequence: number): AuditRecord[] {
  return [...unpack(audit)].flatMap((payload) => {
    const content = decodePayload(payload)
    return content.kind === 'own' ? [{ ...content.record, sequence }] : []
  })
}
