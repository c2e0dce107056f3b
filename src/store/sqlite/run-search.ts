/** Runs a search request on one snapshot: matches, total, includes. R4 search.html. */
import { Gone, InvalidRequest } from '../../errors.ts'
import type { JsonValue } from '../../fhir/resource.ts'
import type { SearchRequest, SortKey } from '../../search/search-request.ts'
import { compareSortValues } from '../../search/sort-order.ts'
import type { SearchPage } from '../resource-store.ts'
import type { CompiledSearch, TypeSearch } from './compile-search.ts'
import { compileSearch, countStatement, placeStatement, ridStatement } from './compile-search.ts'
import type { Found } from './includes.ts'
import { followIncludes } from './includes.ts'
import type { SearchLookups } from './search-lookups.ts'
import type { Scope, View } from './search-scope.ts'
import { isVersionOf } from './search-scope.ts'
import type { SortPlan } from './sort-plan.ts'
import { columnOfKey, keyOfColumn, planSort } from './sort-plan.ts'
import type { Sql, SqlValue } from './sql.ts'
import type { Row } from './statements.ts'
import { isOneOf, limitTo, raw, sql } from './sql.ts'

const cheapTotalMax = 1000

/** What every reader of one snapshot knows. */
export interface Snapshot {
  readonly lookups: SearchLookups
  /** The newest commit in the snapshot. */
  readonly sequence: number
}

/** A match with what orders it among those of other types. */
interface Match extends Found {
  readonly keys: readonly (string | number | undefined)[]
}

export function runSearch(request: SearchRequest, { lookups, sequence }: Snapshot): SearchPage {
  lookups.begin(request.timeoutMs)
  const asOf = request.asOf ?? sequence
  const view: View =
    request.asOf === undefined || request.asOf >= sequence
      ? { kind: 'now' }
      : { kind: 'asOf', sequence: asOf }
  const searches = [...new Set(request.types)].flatMap((type) =>
    planType(type, request, view, lookups),
  )
  const isBackward = request.position?.direction === 'before'
  const { matches: found, counted } =
    request.count === 0 ? nothingFound : findMatches(searches, request, view, lookups)
  if (request.restrictions && found.length === 0 && searches.length === 1)
    lookups.seekInPlaceOfAbsent(searches[0]!.scope.typeId)
  const isCut = found.length > request.count
  const page = found.slice(0, request.count)
  if (isBackward) page.reverse()
  const { included, truncated, namedVersions } = followIncludes(page, request, view, lookups)
  const total = totalOf(searches, request, { page, isCut, counted }, lookups)
  return {
    asOf,
    matches: page.map(({ version }) => version),
    included,
    ...(namedVersions.length > 0 ? { namedVersions } : {}),
    includesTruncated: truncated,
    ...edges(page, request, isCut),
    ...(total === undefined ? {} : { total }),
  }
}

/** Places before the first and after the last match, where something lies beyond them. */
function edges(
  page: readonly Match[],
  { position }: SearchRequest,
  isCut: boolean,
): { previous?: JsonValue; next?: JsonValue } {
  const [first] = page
  const last = page.at(-1)
  if (!first || !last) return {}
  const hasPrevious = position?.direction === 'before' ? isCut : position !== undefined
  const hasNext = position?.direction === 'before' || isCut
  return {
    ...(hasPrevious ? { previous: first.rid } : {}),
    ...(hasNext ? { next: last.rid } : {}),
  }
}

/** A search of one type; none when nothing of it is stored or permitted. */
function planType(
  type: string,
  request: SearchRequest,
  view: View,
  lookups: SearchLookups,
): TypeSearch[] {
  const typeId = lookups.dictionary.typeId(type)
  const restriction = request.restrictions?.[type]
  if (typeId === 0 || (request.restrictions && !restriction)) return []
  const scope: Scope = { typeId, view, row: 'd', table: 'index', lookups }
  const search: TypeSearch = {
    scope,
    where: request.where,
    ...(restriction ? { restriction } : {}),
    sort: planSort(request.sort, scope),
    isBackward: request.position?.direction === 'before',
  }
  return [search]
}

interface FoundMatches {
  readonly matches: readonly Match[]
  /** How many there are in all, up to one above `cheapTotalMax`, where that was asked for. */
  readonly counted?: number
}

const nothingFound: FoundMatches = { matches: [] }

/** One match more than the page holds, nearest first, over all types. */
function findMatches(
  searches: readonly TypeSearch[],
  request: SearchRequest,
  view: View,
  lookups: SearchLookups,
): FoundMatches {
  const [only, other] = searches
  if (only && !other && request.total === 'whenCheap' && !request.position) {
    const compiled = compileSearch(only, lookups.statements)
    return compiled ? fetchCounted(compiled, request.count + 1, lookups) : nothingFound
  }
  return { matches: findNearest(searches, request, view, lookups) }
}

function findNearest(
  searches: readonly TypeSearch[],
  request: SearchRequest,
  view: View,
  lookups: SearchLookups,
): Match[] {
  const place = request.position && findPlace(request, view, lookups)
  const limit = request.count + 1
  const found = searches.flatMap((search) => {
    const placed = place ? { ...search, place: placeIn(place, search.sort) } : search
    const compiled = compileSearch(placed, lookups.statements)
    return compiled ? fetchMatches(compiled, limit, lookups) : []
  })
  if (searches.length < 2) return found
  const direction = request.position?.direction === 'before' ? -1 : 1
  return found.sort((a, b) => direction * compareMatches(request.sort, a, b)).slice(0, limit)
}

function compareMatches(sort: readonly SortKey[], a: Match, b: Match): number {
  for (const [index, key] of sort.entries()) {
    const order = compareSortValues(key, a.keys[index], b.keys[index])
    if (order !== 0) return order
  }
  return a.rid - b.rid
}

function fetchMatches(compiled: CompiledSearch, limit: number, lookups: SearchLookups): Match[] {
  const rows = lookups.statements.all(placesOf(compiled, ridStatement(compiled, limit), ''))
  return matchesOf(rows, compiled, lookups)
}

/** The matches and their number in one statement: what is looked at to count is looked at once. */
function fetchCounted(
  compiled: CompiledSearch,
  limit: number,
  lookups: SearchLookups,
): FoundMatches {
  const counted = sql`SELECT *, count(*) OVER () AS n FROM (${ridStatement(compiled, Math.max(cheapTotalMax + 1, limit))}) ${limitTo(limit)}`
  const rows = lookups.statements.all(placesOf(compiled, counted, ', k.n'))
  return {
    matches: matchesOf(rows, compiled, lookups),
    counted: Number(rows[0]?.at(-1) ?? 0),
  }
}

/** The places of the versions of what `rids` gives, in its order; `more` columns come last. */
function placesOf({ scope, search }: CompiledSearch, rids: Sql, more: string): Sql {
  const names = search.sort.keys.map((_, index) => `k.k${index}, `).join('')
  return sql`SELECT k.rid, ${raw(names)}(f.rid << 20) | f.version AS vid${raw(more)} FROM (${rids}) AS k CROSS JOIN fact f ON f.type = ${scope.typeId} AND f.rid = k.rid AND ${isVersionOf('f', scope.view)}`
}

function matchesOf(
  rows: readonly Row[],
  { scope, search }: CompiledSearch,
  lookups: SearchLookups,
): Match[] {
  const { keys } = search.sort
  const vids = rows.map((row) => Number(row[keys.length + 1]))
  const versions = lookups.versions.fetch(lookups.dictionary.typeName(scope.typeId), vids)
  return rows.map((row, place) => ({
    rid: Number(row[0]),
    vid: vids[place]!,
    keys: keys.map((key, index) => keyOfColumn(key, row[index + 1])),
    version: versions[place]!,
  }))
}

/** A position is a match's rid: its place follows from its version in the view. */
interface Place {
  readonly rid: number
  readonly typeId: number
  readonly view: View
  readonly lookups: SearchLookups
  readonly sort: readonly SortKey[]
}

function findPlace(
  { position, sort, types }: SearchRequest,
  view: View,
  lookups: SearchLookups,
): Place {
  const at = position?.at
  const typeIds = types.map((type) => lookups.dictionary.typeId(type))
  const row =
    typeof at === 'number'
      ? lookups.statements.get(
          sql`SELECT f.type FROM fact f WHERE ${isOneOf(raw('f.type'), typeIds)} AND f.rid = ${at} AND ${isVersionOf('f', view)}`,
        )
      : undefined
  if (!row) throw new InvalidRequest('The page link does not belong to this store')
  return { rid: at as number, typeId: Number(row[0]), view, lookups, sort }
}

/** The place's values in the form that a plan compares: another type may sort another way. */
function placeIn({ rid, typeId, view, lookups, sort }: Place, plan: SortPlan): SqlValue[] {
  const scope: Scope = { typeId, view, row: 'p', table: 'fact', lookups }
  const own = planSort(sort, scope)
  const row = lookups.statements.get(placeStatement(rid, scope, own))!
  const values = plan.keys.map((key, index) =>
    columnOfKey(key, keyOfColumn(own.keys[index]!, row[index])),
  )
  return [...values, rid]
}

export function newestSequence(lookups: SearchLookups): { sequence: number; horizon: number } {
  const row = lookups.statements.get(sql`SELECT seq, horizon FROM state`)!
  return { sequence: Number(row[0]), horizon: Number(row[1]) }
}

/** Refuses a state whose index rows were, or may soon be, removed. */
export function requireKept(
  asOf: number | undefined,
  { horizon, oldest }: { readonly horizon: number; readonly oldest: number },
  { statements }: SearchLookups,
): void {
  if (asOf === undefined) return
  // It ceased to be the newest state when the next commit came.
  const next = statements.get(
    sql`SELECT time FROM fact WHERE since > ${asOf} ORDER BY since LIMIT 1`,
  )
  if (asOf < horizon || (next && Number(next[0]) < oldest))
    throw new Gone('The state of the data that this page link shows')
}

function totalOf(
  searches: readonly TypeSearch[],
  request: SearchRequest,
  { page, isCut, counted }: { page: readonly Match[]; isCut: boolean; counted: number | undefined },
  lookups: SearchLookups,
): number | undefined {
  if (request.total === 'none') return undefined
  if (request.count > 0 && !isCut && !request.position) return page.length
  if (counted !== undefined) return counted > cheapTotalMax ? undefined : counted
  const max = request.total === 'accurate' ? Number.MAX_SAFE_INTEGER : cheapTotalMax + 1
  let total = 0
  for (const search of searches) {
    const compiled = compileSearch(search, lookups.statements)
    if (!compiled) continue
    total += Number(lookups.statements.get(countStatement(compiled, max))![0])
    if (total >= max) return undefined
  }
  return total
}
