/** What parsing a query needs to know, and how it refuses. */
import type { Registry, SearchParameter } from '../conformance/registry.ts'
import { InvalidRequest } from '../errors.ts'
import type { IssueCode } from '../fhir/operation-outcome.ts'

export interface QueryContext {
  readonly registry: Registry
  /** Of dates without a zone (decision 38). */
  readonly timeZone: string
  /** Milliseconds since 1970; `ap` widens a date by its distance from now. */
  readonly now: number
  /** Without a trailing slash: absolute references below it are local. */
  readonly baseUrl: string
  readonly limits: QueryLimits
}

export interface QueryLimits {
  /** Matches on a page when `_count` is absent, and at most. */
  readonly pageSize: number
  readonly pageSizeMax: number
  readonly includesMax: number
  readonly timeoutMs: number
  /** Parameters of one query. */
  readonly parametersMax?: number
  /** Values of one parameter, joined by OR. */
  readonly valuesMax?: number
  /** Steps of one chain, `_has` included. */
  readonly chainStepsMax?: number
}

/** A parameter as it was sent. */
export interface SentParameter {
  readonly name: string
  readonly value: string
}

/**
 * A parameter or modifier that this server does not know: 400, unless the client asked for lenient
 * handling (decision 37). R4 search.html#errors.
 */
export class UnsupportedParameter extends InvalidRequest {
  constructor(name: string, diagnostics: string) {
    super(diagnostics, { code: 'not-supported', expression: `http.${name}` })
  }
}

/** A value that cannot be understood: 400 whatever the handling. */
export function invalidValue(
  { name }: { readonly name: string },
  diagnostics: string,
  code: IssueCode = 'invalid',
): InvalidRequest {
  return new InvalidRequest(diagnostics, { code, expression: `http.${name}` })
}

/** Refuses to go on from a canonical: nothing here finds what has that URL (never in part). */
export function requireFollowed(
  { name }: SentParameter,
  { code, isCanonical }: Pick<SearchParameter, 'code' | 'isCanonical'>,
): void {
  if (!isCanonical) return
  throw new UnsupportedParameter(
    name,
    `"${code}" (in "${name}") refers by canonical URL; only references by Type/id are followed`,
  )
}

/** The search parameter of a type. Throws UnsupportedParameter naming those that exist. */
export function requireParameter(
  { registry }: QueryContext,
  { name }: SentParameter,
  type: string,
  code: string,
): SearchParameter {
  const known = registry.searchParameters(type)
  const parameter = known.get(code)
  if (parameter && parameter.type !== 'special') return parameter
  const codes = [...known.values()]
    .filter((other) => other.type !== 'special')
    .map((other) => other.code)
    .toSorted()
    .join(', ')
  const told = code === name ? `"${name}"` : `"${code}" (in "${name}")`
  throw new UnsupportedParameter(
    name,
    `The search parameter ${told} is not supported for ${type}; supported are: ${codes}`,
  )
}
