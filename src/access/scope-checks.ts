/** SMART scopes against what is asked. SMART App Launch 2.2.0; decisions 25 and 87. */
import type { Registry } from '../conformance/registry.ts'
import type { Caller } from '../auth/caller.ts'
import type { SmartScope } from '../auth/smart-scope.ts'
import { parseQuery } from '../search/parse-query.ts'
import { anyOf, everything, type Clause } from '../search/search-request.ts'

export type ScopeLetter = 'create' | 'read' | 'update' | 'delete' | 'search'

export interface ScopeSettings {
  readonly registry: Registry
  readonly timeZone: string
  readonly baseUrl: string
}

/** The scopes of a caller that open an interaction on a type; `open` needs none. */
export function fittingScopes(
  caller: Caller,
  letter: ScopeLetter,
  type: string,
): readonly SmartScope[] {
  return (caller.scopes ?? []).filter(
    (scope) => (scope.type === type || scope.type === '*') && scope[letter],
  )
}

/** The granular restriction of the fitting scopes, joined by OR; `all` when one has none. */
export function scopeClause(
  scopes: readonly SmartScope[],
  type: string,
  { registry, timeZone, baseUrl }: ScopeSettings,
  now: number,
): Clause {
  if (scopes.some(({ parameters }) => parameters.length === 0)) return everything
  return anyOf(
    scopes.map(
      ({ parameters }) =>
        parseQuery({
          types: [type],
          parameters,
          registry,
          timeZone,
          baseUrl,
          handling: 'strict',
          limits: { pageSize: 1, pageSizeMax: 1, includesMax: 0, timeoutMs: 1000 },
          now,
        }).request.where,
    ),
  )
}

/** Whether every fitting scope is a `patient/` one: then only the patient in context counts. */
export function isBoundToPatient(scopes: readonly SmartScope[]): boolean {
  return scopes.length > 0 && scopes.every(isOfPatient)
}

function isOfPatient({ context }: SmartScope): boolean {
  return context === 'patient'
}

/** Scopes that cover one by one what fits them; `isBound`: of the patient in context alone. */
export interface Coverage {
  readonly scopes: readonly SmartScope[]
  readonly isBound: boolean
}

/**
 * What fitting scopes cover, joined by OR: a `patient/` scope adds nothing outside the record in
 * context to what a granular `user/` or `system/` scope covers.
 */
export function coveragesOf(scopes: readonly SmartScope[]): readonly Coverage[] {
  const unbound = scopes.filter((scope) => !isOfPatient(scope))
  const isWhole =
    unbound.length === scopes.length || unbound.some(({ parameters }) => parameters.length === 0)
  return [
    ...(unbound.length === 0 ? [] : [{ scopes: unbound, isBound: false }]),
    ...(isWhole ? [] : [{ scopes, isBound: true }]),
  ]
}
