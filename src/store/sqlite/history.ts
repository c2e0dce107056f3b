/** History, newest first. R4 http.html#history. */
import type { JsonValue } from '../../fhir/resource.ts'
import { InvalidRequest } from '../../errors.ts'
import type { HistoryPage, HistoryRequest } from '../resource-store.ts'
import type { StoredVersion } from '../stored-version.ts'
import { permits } from './compile-search.ts'
import type { Snapshot } from './run-search.ts'
import type { SearchLookups } from './search-lookups.ts'
import type { Scope } from './search-scope.ts'
import type { Sql } from './sql.ts'
import { andSql, limitTo, orSql, raw, sql, sqlFalse, sqlTrue } from './sql.ts'
import { storedVersion, versionColumns } from './stored-row.ts'

const historyTimeoutMs = 30_000

export function runHistory(request: HistoryRequest, { lookups, sequence }: Snapshot): HistoryPage {
  lookups.begin(historyTimeoutMs)
  const asOf = request.asOf ?? sequence
  const none = { asOf, versions: [], total: 0 }
  const scoped = scopeOf(request.scope, lookups)
  if (!scoped) return none
  const tests = [
    scoped.test,
    sql`h.since <= ${asOf}`,
    request.since === undefined ? sqlTrue : sql`h.time >= ${request.since}`,
    request.at ? wasCurrent(request.at, asOf) : sqlTrue,
    permitted(request, scoped.typeId, lookups),
    raw('tick(h.rid)'),
  ]
  const where = andSql(tests)
  if (where === sqlFalse) return none
  const from = scoped.from
  const total = lookups.statements.get(sql`SELECT count(*) FROM ${from} WHERE ${where}`)!
  const rows = lookups.statements.all(
    sql`SELECT k.since, k.rid, v.type, v.id, ${raw(versionColumns)} FROM (SELECT h.since, h.rid, h.version FROM ${from} WHERE ${where} AND ${placeTest(request)} ORDER BY ${orderOf(scoped, request)} ${limitTo(request.count + 1)}) AS k CROSS JOIN version v ON v.vid = ((k.rid << 20) | k.version)`,
  )
  const page = rows.slice(0, request.count)
  if (isBackwards(request)) page.reverse()
  const versions = page.map((row): StoredVersion =>
    storedVersion(lookups.dictionary.typeName(Number(row[2])), String(row[3]), row, 4),
  )
  const hasMore = rows.length > page.length
  const place = (index: number) => {
    const row = page.at(index)
    return row && [Number(row[0]), Number(row[1]), versions.at(index)!.versionId]
  }
  const next = isBackwards(request) || hasMore ? place(-1) : undefined
  const hasPrevious = isBackwards(request) ? hasMore : request.after !== undefined
  const previous = hasPrevious ? place(0) : undefined
  return {
    asOf,
    versions,
    total: Number(total[0]),
    ...(next ? { next } : {}),
    ...(previous ? { previous } : {}),
  }
}

function isBackwards({ before }: HistoryRequest): boolean {
  return before !== undefined
}

/** Newest first; towards newer ones from the place where a previous page ends. */
function orderOf({ order }: ScopedHistory, request: HistoryRequest): Sql {
  const direction = isBackwards(request) ? 'ASC' : 'DESC'
  return raw(order.map((column) => `${column} ${direction}`).join(', '))
}

interface ScopedHistory {
  readonly from: Sql
  readonly test: Sql
  /** Columns, each from high to low. */
  readonly order: readonly string[]
  readonly typeId?: number
}

/** Undefined when nothing in the scope was ever stored. */
function scopeOf(
  scope: HistoryRequest['scope'],
  lookups: SearchLookups,
): ScopedHistory | undefined {
  const order = ['h.since', 'h.rid', 'h.version']
  if (scope.kind === 'system')
    return { from: raw('fact h INDEXED BY fact_by_seq'), test: sqlTrue, order }
  const typeId = lookups.dictionary.typeId(scope.type)
  if (typeId === 0) return undefined
  if (scope.kind === 'type') {
    return {
      from: raw('fact h INDEXED BY fact_by_time'),
      test: sql`h.type = ${typeId}`,
      // Time and sequence grow together, and the index is kept by time.
      order: ['h.time', ...order],
      typeId,
    }
  }
  const rid = lookups.resourceId(typeId, scope.id)
  if (rid === undefined) return undefined
  return { from: raw('fact h'), test: sql`h.type = ${typeId} AND h.rid = ${rid}`, order, typeId }
}

/** A version is current from its commit until the next one's, as far as `asOf` sees. */
function wasCurrent(at: NonNullable<HistoryRequest['at']>, asOf: number): Sql {
  return sql`(h.time < ${at.high} AND coalesce((SELECT n.time FROM version n WHERE n.vid = ((h.rid << 20) | (h.version + 1)) AND n.seq <= ${asOf}), 9e15) > ${at.low})`
}

function placeTest({ after, before }: HistoryRequest): Sql {
  if (before !== undefined) {
    const [since, rid, version] = numbersOf(before)
    return sql`(h.since >= ${since} AND (h.since, h.rid, h.version) > (${since}, ${rid}, ${version}))`
  }
  if (after === undefined) return sqlTrue
  const [since, rid, version] = numbersOf(after)
  return sql`(h.since <= ${since} AND (h.since, h.rid, h.version) < (${since}, ${rid}, ${version}))`
}

/** A place in a history: the commit, the resource, the version. */
function numbersOf(place: JsonValue): [number, number, number] {
  const numbers = Array.isArray(place) ? place.filter((value) => typeof value === 'number') : []
  const [since, rid, version] = numbers
  if (since === undefined || rid === undefined || version === undefined)
    throw new InvalidRequest('The page link does not belong to this store')
  return [since, rid, version]
}

/** Each type's restriction, on the version and on its resource's current one. */
function permitted(
  { restrictions }: HistoryRequest,
  onlyType: number | undefined,
  lookups: SearchLookups,
): Sql {
  if (!restrictions) return sqlTrue
  const tests = Object.entries(restrictions).map(([type, clause]) => {
    const typeId = lookups.dictionary.typeId(type)
    if (typeId === 0 || (onlyType !== undefined && typeId !== onlyType)) return sqlFalse
    const scope: Scope = {
      typeId,
      view: { kind: 'version', alias: 'h' },
      row: 'h',
      table: 'fact',
      lookups,
    }
    return andSql([sql`h.type = ${typeId}`, permits(clause, scope)])
  })
  return orSql(tests)
}
