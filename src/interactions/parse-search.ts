/** The query of a search or of a condition, read under this server's settings. R4 search.html. */
import { parseQuery, type ParsedQuery } from '../search/parse-query.ts'
import type { Context, Preferences } from './context.ts'

export interface SearchTarget {
  /** Undefined: a search over all types. */
  readonly type: string | undefined
  readonly parameters: readonly (readonly [string, string])[]
}

/**
 * Throws 400 for what is not understood, unless the caller asked for leniency (decision 37).
 * `at`: the instant that relative dates count from, in ms; now if absent.
 */
export function parseSearch(
  { services, preferences }: Context,
  { type, parameters }: SearchTarget,
  {
    at = services.now(),
    handling = preferences.handling,
  }: { readonly at?: number; readonly handling?: Preferences['handling'] } = {},
): ParsedQuery {
  const { registry, timeZone, baseUrl, limits } = services
  return parseQuery({
    types: type === undefined ? undefined : [type],
    parameters,
    registry,
    timeZone,
    baseUrl,
    handling,
    limits: {
      pageSize: limits.pageSize,
      pageSizeMax: limits.pageSizeMax,
      includesMax: limits.includesMax,
      timeoutMs: limits.searchTimeoutMs,
    },
    now: at,
  })
}
