/** What the HTTP layer is given by the composition root. */
import type { IncomingHttpHeaders } from 'node:http'
import type { GuardFor } from '../access/guarded-store.ts'
import type { IntentLedger } from '../audit/intent-ledger.ts'
import type { AuditJournal } from '../audit/journal.ts'
import type { AuthorizationServer } from '../auth/authorization-server.ts'
import type { Caller } from '../auth/caller.ts'
import type { Services } from '../interactions/context.ts'
import type { ExamplePatient } from './pages/home-page.ts'
import type { RuleGroup } from './pages/rules-page.ts'

/** Where traces go: see audit-trail.ts. */
export interface AuditParts {
  readonly journal: AuditJournal
  readonly ledger: IntentLedger
}

export interface HttpParts {
  readonly services: Services
  readonly guardFor: GuardFor
  /** Who is calling, from the headers alone, before the body is read. Throws NotAuthenticated. */
  readonly authenticate: (headers: IncomingHttpHeaders) => Promise<Caller> | Caller
  /** Absent with AUTH=open. */
  readonly authorization?: AuthorizationServer | undefined
  /** Where traces go; absent only in tests that want none. */
  readonly audit?: AuditParts | undefined
  readonly health: () => { readonly ready: boolean; readonly reason?: string }
  readonly bodyBytesMax: number
  readonly corsOrigins: readonly string[]
  readonly slowRequestMs: number
  readonly log: HttpLog
  readonly version: string
  /** Every rule key that an issue may name, for its page. */
  readonly ruleGroups: () => Promise<readonly RuleGroup[]>
  /** Somebody in the demonstration data, for the page at `/`; none without demonstration data. */
  readonly examplePatient?: ExamplePatient | undefined
}

/** Ids, types and codes only: never a URL with a query, a body, a name or a token. */
export interface HttpLog {
  request(entry: {
    requestId: string
    method: string
    route: string
    status: number
    milliseconds: number
  }): void
  failure(entry: { requestId: string; route: string; error: unknown }): void
}
