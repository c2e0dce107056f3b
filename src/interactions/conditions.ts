/** Finds what a conditional interaction is about. R4 http.html#ccreate and its neighbours. */
import { InvalidRequest, PreconditionFailed } from '../errors.ts'
import type { Clause } from '../search/search-request.ts'
import type { Precondition } from '../store/commit-plan.ts'
import type { Context } from './context.ts'
import { parseSearch } from './parse-search.ts'
import { parseQueryString } from './query-string.ts'

const none: ReadonlySet<string> = new Set()

export interface Condition {
  /** The one match; undefined when nothing matches. */
  readonly id: string | undefined
  /** Holds as long as the answer stays the same. */
  readonly precondition: Precondition
}

/**
 * The one resource that a condition names. Throws InvalidRequest when the condition says nothing,
 * PreconditionFailed (412) when several match: never the first that came. `ignored` (`Type/id`) are
 * resources that the same plan deletes first.
 */
export async function findByCondition(
  context: Context,
  type: string,
  query: string,
  ignored: ReadonlySet<string> = none,
): Promise<Condition> {
  const where = parseCondition(context, type, query)
  const { ids: found, precondition } = await context.store.match(type, where, 2 + ignored.size)
  const ids = found.filter((id) => !ignored.has(`${type}/${id}`))
  if (ids.length > 1) {
    throw new PreconditionFailed(
      `Several ${type} resources match the condition; it must name exactly one`,
      { code: 'multiple-matches' },
    )
  }
  return { id: ids[0], precondition }
}

/** The clause of a condition. Throws InvalidRequest when it would match everything. */
export function parseCondition(context: Context, type: string, query: string): Clause {
  const parameters = parseQueryString(query)
  const { request } = parseSearch(context, { type, parameters }, { handling: 'strict' })
  if (request.where.kind === 'all') {
    throw new InvalidRequest(`The condition "${query}" says nothing about which ${type} is meant`)
  }
  return request.where
}

/** The query of If-None-Exist, which may stand behind a `?` or a whole URL. */
export function requireQuery(ifNoneExist: string): string {
  const query = ifNoneExist.slice(ifNoneExist.indexOf('?') + 1)
  if (query.trim() === '') {
    throw new InvalidRequest('If-None-Exist is empty', { expression: 'http.if-none-exist' })
  }
  return query
}
