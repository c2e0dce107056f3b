/** The R4 core definitions, loaded once for a test file; and a query parsed over them. */
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import type { ParsedQuery, QuerySource } from '../../src/search/parse-query.ts'
import { parseQuery } from '../../src/search/parse-query.ts'

export const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })

export const limits = { pageSize: 20, pageSizeMax: 100, includesMax: 1000, timeoutMs: 5000 }

/** `type` undefined: a search on the whole system. */
export function parse(
  type: string | undefined,
  query: string | readonly (readonly [string, string])[],
  parts: Partial<QuerySource> = {},
): ParsedQuery {
  return parseQuery({
    types: type === undefined ? undefined : [type],
    parameters: typeof query === 'string' ? new URLSearchParams(query) : query,
    registry,
    timeZone: 'UTC',
    baseUrl: 'http://localhost/fhir',
    handling: 'strict',
    limits,
    now: Date.parse('2024-01-01T00:00:00Z'),
    ...parts,
  })
}
