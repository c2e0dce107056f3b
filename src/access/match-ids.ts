/** The ids that a clause finds now, for conditions and rules; whoever calls adds the decision. */
import type { Clause } from '../search/search-request.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { MatchedIds } from './guard-parts.ts'

const matchTimeoutMs = 5_000

export async function matchIds(
  store: ResourceStore,
  { type, where, max }: { readonly type: string; readonly where: Clause; readonly max: number },
): Promise<MatchedIds> {
  const page = await store.search({
    types: [type],
    where,
    sort: [],
    count: max,
    includes: [],
    includesMax: 0,
    total: 'none',
    timeoutMs: matchTimeoutMs,
  })
  const ids = page.matches.map(({ id }) => id)
  return { ids, precondition: { kind: 'search', type, where, ids } }
}
