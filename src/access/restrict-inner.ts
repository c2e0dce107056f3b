/** The decision inside a search: what a chain or `_has` reaches is decided like what is found. */
import { allOf, type Clause } from '../search/search-request.ts'
import type { HistoryRequest } from '../store/resource-store.ts'
import type { AccessSession, NamedPatients } from './decision.ts'

/** Chained types get their own decision, however deep they stand. */
export async function restrictInner(
  session: AccessSession,
  clause: Clause,
  named: NamedPatients,
): Promise<Clause> {
  if (session.isUnrestricted) return clause
  switch (clause.kind) {
    case 'and':
    case 'or': {
      const clauses: Clause[] = []
      for (const inner of clause.clauses) clauses.push(await restrictInner(session, inner, named))
      return { kind: clause.kind, clauses }
    }
    case 'not':
      return { kind: 'not', clause: await restrictInner(session, clause.clause, named) }
    case 'chain':
    case 'has': {
      session.requireType('search', clause.type)
      const inner = await restrictInner(session, clause.inner, named)
      return {
        ...clause,
        inner,
        innerDecision: await session.restriction(clause.type, named),
      }
    }
    default:
      return clause
  }
}

/** The caller's restrictions, and what the request itself leaves out. */
export function restrictHistory(
  request: HistoryRequest,
  own: HistoryRequest['restrictions'],
): HistoryRequest {
  const { restrictions: asked } = request
  if (!own || !asked) return own ? { ...request, restrictions: own } : request
  const both = Object.entries(own).map(([type, clause]) => {
    const other = asked[type]
    return [type, other ? allOf([clause, other]) : clause] as const
  })
  return { ...request, restrictions: Object.fromEntries(both) }
}
