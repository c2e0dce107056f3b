/**
 * A search as an immutable tree that knows no database and no HTTP. Structured-clonable: it crosses
 * threads as it is. R4 search.html.
 */
import type { Period } from '../fhir/date-time.ts'
import type { JsonValue } from '../fhir/resource.ts'

/** R4 search.html#prefix. */
export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap'

export type Clause =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'and' | 'or'; readonly clauses: readonly Clause[] }
  /** All resources that the inner clause does not match: `:not` includes those without a value. */
  | { readonly kind: 'not'; readonly clause: Clause }
  | { readonly kind: 'id'; readonly ids: readonly string[] }
  | { readonly kind: 'lastUpdated'; readonly prefix: Prefix; readonly period: Period }
  /** Matches resources that have (`missing: false`) or lack any entry under the code. */
  | { readonly kind: 'missing'; readonly code: string; readonly missing: boolean }
  | TokenClause
  | ReferenceClause
  | StringClause
  | DateClause
  | NumberClause
  | QuantityClause
  | UriClause
  | CompositeClause
  | ChainClause
  | HasClause
  | EnvelopeClause

/** Any of the tokens. `system` undefined: any system; `''`: no system (`|code`). */
export interface TokenClause {
  readonly kind: 'token'
  readonly code: string
  readonly tokens: readonly { readonly system?: string; readonly value?: string }[]
}

export interface ReferenceClause {
  readonly kind: 'reference'
  readonly code: string
  readonly references: readonly (
    | { readonly type?: string; readonly id: string; readonly versionId?: string }
    | { readonly url: string; readonly urlVersion?: string }
  )[]
}

export interface StringClause {
  readonly kind: 'string'
  readonly code: string
  /** `start` and `contains` compare folded texts, `exact` the original. */
  readonly match: 'start' | 'contains' | 'exact'
  readonly values: readonly string[]
}

/** Compares periods. R4 search.html#prefix for what each prefix means between two periods. */
export interface DateClause {
  readonly kind: 'date'
  readonly code: string
  readonly values: readonly { readonly prefix: Prefix; readonly period: Period }[]
}

/** `value` as written, and the range that its precision implies. R4 search.html#number. */
export interface NumberTest {
  readonly prefix: Prefix
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface NumberClause {
  readonly kind: 'number'
  readonly code: string
  readonly values: readonly NumberTest[]
}

export interface QuantityClause {
  readonly kind: 'quantity'
  readonly code: string
  /** `unit` is compared with code and unit; `system` undefined: any. */
  readonly values: readonly (NumberTest & { readonly system?: string; readonly unit?: string })[]
}

export interface UriClause {
  readonly kind: 'uri'
  readonly code: string
  readonly values: readonly string[]
}

/** Any of the alternatives; each has one clause per component, all true on one CompositeEntry. */
export interface CompositeClause {
  readonly kind: 'composite'
  readonly code: string
  readonly alternatives: readonly (readonly Clause[])[]
}

/** `patient.identifier=...`: references under `code` to resources of `type` that match `inner`. */
export interface ChainClause {
  readonly kind: 'chain'
  readonly code: string
  readonly type: string
  readonly inner: Clause
  /** The caller's restriction on the inner type; set by the guard. */
  readonly innerDecision?: Clause
}

/** `_has`: resources that one of `type`, matching `inner`, refers to under its `code`. */
export interface HasClause {
  readonly kind: 'has'
  readonly type: string
  readonly code: string
  readonly inner: Clause
  readonly innerDecision?: Clause
}

/** A test on the envelope's columns; only the access gate writes these. */
export interface EnvelopeClause {
  readonly kind: 'envelope'
  readonly field:
    | 'patients'
    /** How many patients there are: `in` with numbers. */
    | 'patientCount'
    | 'class'
    | 'docType'
    | 'status'
    | 'authors'
    | 'labels'
    | 'confidentiality'
    | 'depositorOrganization'
    | 'depositorUser'
    | 'depositorClient'
    | 'depositedAt'
    | 'owner'
    | 'id'
  readonly operator: 'in' | 'exists' | 'before' | 'after'
  /** Texts for `in`, one number (ms) for `before` and `after`. */
  readonly values: readonly (string | number)[]
}

export interface SortKey {
  /** A code of the type's parameters, `_id` or `_lastUpdated`. */
  readonly code: string
  readonly kind:
    | 'token'
    | 'reference'
    | 'string'
    | 'date'
    | 'number'
    | 'quantity'
    | 'uri'
    | 'id'
    | 'lastUpdated'
  readonly descending: boolean
}

export interface IncludeRule {
  readonly kind: 'include' | 'revinclude'
  /** The type that holds the reference, and its parameter; `*` for every reference parameter. */
  readonly sourceType: string
  readonly code: string
  /** Only references to this type. */
  readonly targetType?: string
  /** `:iterate`: applied to what was included too. */
  readonly iterate: boolean
}

export interface SearchRequest {
  /** The types searched; more than one only in a system search. */
  readonly types: readonly string[]
  readonly where: Clause
  readonly sort: readonly SortKey[]
  /** Matches on one page; 0 asks for the total alone. */
  readonly count: number
  readonly includes: readonly IncludeRule[]
  readonly includesMax: number
  readonly total: 'none' | 'accurate' | 'whenCheap'
  /** Seen as of this commit; absent: as of now. */
  readonly asOf?: number
  /** Continue after (or end before) this place; opaque to all but the store that gave it. */
  readonly position?: { readonly direction: 'after' | 'before'; readonly at: JsonValue }
  /**
   * The caller's restriction for each type, set by the guard; also for included types. Where it is
   * given, a type that it does not name is not permitted.
   */
  readonly restrictions?: Readonly<Record<string, Clause>>
  /** The search may take this long; beyond it TooCostly is thrown. */
  readonly timeoutMs: number
}

export const everything: Clause = { kind: 'all' }
export const nothing: Clause = { kind: 'none' }

/** Joins with AND, without nesting. */
export function allOf(clauses: readonly Clause[]): Clause {
  const flat = clauses.flatMap((clause) =>
    clause.kind === 'and' ? clause.clauses : clause.kind === 'all' ? [] : [clause],
  )
  if (flat.length === 0) return everything
  return flat.length === 1 ? flat[0]! : { kind: 'and', clauses: flat }
}

/** Joins with OR, without nesting. */
export function anyOf(clauses: readonly Clause[]): Clause {
  const flat = clauses.flatMap((clause) =>
    clause.kind === 'or' ? clause.clauses : clause.kind === 'none' ? [] : [clause],
  )
  if (flat.length === 0) return nothing
  return flat.length === 1 ? flat[0]! : { kind: 'or', clauses: flat }
}
