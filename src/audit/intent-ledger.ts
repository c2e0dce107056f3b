/**
 * Sees to it that the trace of every commit reaches the journal. The intent commits with the write
 * (CommitPlan.audit) and is durable with it, so that no answer has to wait for the chain: intents
 * are chained together a moment later, and what a crash or a failure left is chained after it. An
 * intent is dropped once the journal holds it.
 */
import type { CommitResult } from '../store/commit-plan.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { AuditJournal, AuditRecord } from './journal.ts'
import { decodePayload, packRecords, unpack } from './record-codec.ts'

const tendIntervalMs = 2_000
/** A commit that no request has chained after this time is chained for it. */
const abandonedAfterMs = 600_000
const pageSize = 500
/** Intents of this time go into the journal together, unless somebody asks for traces before. */
const chainDelayMs = 20
const chainedAtOnce = 512

/** A commit on its way into the journal. */
export interface PendingIntent {
  readonly audit: Uint8Array
  committed(result: CommitResult): void
  /** Nothing was written. */
  failed(): void
}

interface Open {
  /** The commit has a higher sequence than this. */
  readonly since: number
  readonly openedAt: number
  records: readonly AuditRecord[]
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
  /** Committed, and to be chained soon. */
  #due: Open[] = []
  #dueTimer: NodeJS.Timeout | undefined
  readonly #chaining = new Set<Promise<void>>()
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
        open.records = records.map((record) => ({ ...record, sequence }))
        this.#chainSoon(open)
      },
      failed: () => this.#open.delete(open),
    }
  }

  #chainSoon(open: Open): void {
    this.#due.push(open)
    if (this.#due.length >= chainedAtOnce) this.#chainDue()
    else this.#dueTimer ??= setTimeout(() => this.#chainDue(), chainDelayMs).unref()
  }

  #chainDue(): void {
    clearTimeout(this.#dueTimer)
    this.#dueTimer = undefined
    const due = this.#due
    if (due.length === 0) return
    this.#due = []
    const chaining = this.#chain(due).finally(() => this.#chaining.delete(chaining))
    this.#chaining.add(chaining)
  }

  /** Never rejects: what could not be chained is recovered from the store. */
  async #chain(due: readonly Open[]): Promise<void> {
    try {
      await this.#parts.journal.append(due.flatMap(({ records }) => records))
      for (const open of due) this.#open.delete(open)
    } catch (error) {
      for (const open of due) this.#lose(open)
      this.#parts.onFailure?.(error)
    }
  }

  #lose(open: Open): void {
    this.#open.delete(open)
    this.#lostSince = Math.min(this.#lostSince ?? Infinity, open.since)
  }

  /** Waits until whatever is committed now is in the journal. */
  async settle(): Promise<void> {
    this.#chainDue()
    await Promise.all(this.#chaining)
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
    this.#chainDue()
    await Promise.all(this.#chaining)
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
