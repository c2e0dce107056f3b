/** The audit as one part: the journal, the ledger of intents, and the store that shows AuditEvents. */
import type { Resource } from '../fhir/resource.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import { withAuditEvents } from './audit-event-store.ts'
import { IntentLedger } from './intent-ledger.ts'
import type { AuditJournal } from './journal.ts'
import { createMemoryJournal } from './memory-journal.ts'
import { openJournal, type JournalLog } from './open-journal.ts'

export interface AuditOptions {
  readonly store: ResourceStore
  /** Where the segments are; undefined: kept in memory. */
  readonly folder: string | undefined
  /** Takes the place of the one that `folder` names; for tests. */
  readonly journal?: AuditJournal | undefined
  readonly extract: (resource: Resource) => readonly IndexEntry[]
  readonly baseUrl: string
  readonly now: () => number
  readonly log: AuditLog
}

/** Codes and numbers only, never content. */
export interface AuditLog {
  error(details: object, message: string): void
  warn(details: object, message: string): void
  info(details: object, message: string): void
}

export interface Audit {
  readonly journal: AuditJournal
  readonly ledger: IntentLedger
  /** The store with AuditEvents. */
  readonly store: ResourceStore
  close(): Promise<void>
}

/** Chains what an earlier process left before it gives the audit out. */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const { store, folder, extract, baseUrl, now, log } = options
  const journal =
    options.journal ??
    (folder === undefined
      ? createMemoryJournal()
      : await openJournal({ folder, log: journalLog(log) }))
  const ledger = new IntentLedger({
    store,
    journal,
    onFailure: (error) =>
      log.error(
        { errorName: (error as Error).name },
        'traces of stored writes are not chained yet',
      ),
  })
  await ledger.start()
  const settle = () => ledger.settle()
  return {
    journal,
    ledger,
    store: withAuditEvents({ store, journal, settle, extract, baseUrl, now }),
    close: async () => {
      await ledger.close()
      await journal.close()
    },
  }
}

function journalLog(log: AuditLog): JournalLog {
  return {
    finding: ({ kind, file, offset }) =>
      kind === 'cut'
        ? log.warn({ file, offset }, 'audit journal: a torn write of an earlier crash was cut off')
        : log.error({ file, offset }, 'audit journal: damaged; run passerelle verify-audit'),
    alarm: ({ reserveUsed }) =>
      log.error({ reserveUsed }, 'audit journal: half of the reserve is used; free disk space'),
    head: ({ records, hash }) =>
      log.info({ records, hash }, 'audit journal: head of the chain, an anchor for verify-audit'),
  }
}
