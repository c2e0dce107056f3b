/** What an interaction is given: the caller's guarded store, and the parts that it works with. */
import type { GuardedStore } from '../access/guarded-store.ts'
import type { RequestTrace } from '../audit/request-trace.ts'
import type { Registry } from '../conformance/registry.ts'
import type { OutcomeContext } from '../fhir/operation-outcome.ts'
import type { JsonObject, Resource } from '../fhir/resource.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import type { Validator } from '../validation/validator.ts'
import type { RulesIn } from './rules.ts'
import type { StoredDefinitions } from './stored-definitions.ts'

export interface Context {
  readonly store: GuardedStore
  readonly services: Services
  readonly preferences: Preferences
  /** How issues of this request are told. */
  readonly outcome: OutcomeContext
  /** What this request leaves in the journal; absent where it leaves nothing. */
  readonly trace?: RequestTrace | undefined
}

/** A set of national rules; see rules.ts. */
export type NationalRules = RulesIn<Context>

/** What the server is made of, the same for every request. */
export interface Services {
  readonly registry: Registry
  readonly extract: (resource: Resource) => readonly IndexEntry[]
  readonly validator: Validator
  readonly definitions: StoredDefinitions
  readonly rules: readonly NationalRules[]
  /** A new id; in the bucket of the patient when one is given. */
  readonly makeId: (patientId: string | undefined) => string
  /** The search page token of `search/page-link.ts` is sealed with this. */
  readonly pagingKey: Buffer
  readonly now: () => number
  /** Third-party applications that a citizen may agree to; absent: nobody keeps a catalogue. */
  readonly applications?: ReadonlySet<string> | undefined
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly timeZone: string
  readonly validation: 'strict' | 'lenient'
  readonly checksReferencesOnWrite: boolean
  readonly checksReferencesOnDelete: boolean
  readonly limits: Limits
  readonly capabilities: () => JsonObject
}

export interface Limits {
  readonly documentBytesMax: number
  readonly pageSize: number
  readonly pageSizeMax: number
  readonly includesMax: number
  readonly bundleEntriesMax: number
  readonly searchTimeoutMs: number
}

/** The `Prefer` header. R4 http.html#ops, search.html#errors. */
export interface Preferences {
  /** Undefined when the caller has no preference. */
  readonly return?: 'minimal' | 'representation' | 'OperationOutcome'
  readonly handling: 'strict' | 'lenient'
}
