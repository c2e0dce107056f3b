/** In which order a search gives its matches, as SQL. The reference is search/sort-order.ts. */
import { timeMin } from '../../fhir/date-time.ts'
import type { SortKey } from '../../search/search-request.ts'
import type { SortValue } from '../../search/sort-order.ts'
import { sortOfDate } from './packed-plan.ts'
import type { Scope } from './search-scope.ts'
import { isVersionOf } from './search-scope.ts'
import type { Sql, SqlValue } from './sql.ts'
import { andSql, joinSql, orSql, raw, sql } from './sql.ts'
import type { Row } from './statements.ts'

/**
 * `rid`, `date` (newest first) and `time` are orders that an index keeps; `computed` is any other.
 */
export type SortPlan =
  | { readonly kind: 'rid'; readonly keys: readonly [] }
  | { readonly kind: 'date' | 'time' | 'computed'; readonly keys: readonly PlannedKey[] }

export interface PlannedKey {
  readonly key: SortKey
  readonly source: 'date' | 'time' | 'id' | 'pack'
  readonly descending: boolean
}

export function planSort(keys: readonly SortKey[], { typeId, lookups }: Scope): SortPlan {
  const { dictionary } = lookups
  const planned = keys.map((key): PlannedKey => {
    const { kind, descending, code } = key
    if (kind === 'id') return { key, source: 'id', descending }
    if (kind === 'lastUpdated') return { key, source: 'time', descending }
    const isDate = kind === 'date' && dictionary.isClinical(dictionary.paramId(typeId, code))
    return { key, source: isDate ? 'date' : 'pack', descending }
  })
  const [first, second] = planned
  if (!first) return { kind: 'rid', keys: [] }
  if (!second && first.source === 'time') return { kind: 'time', keys: planned }
  const isNewestFirst = first.source === 'date' && first.descending
  return { kind: !second && isNewestFirst ? 'date' : 'computed', keys: planned }
}

/** The value of a key on the scope's row; NULL where there is none. */
export function keyValue({ key, source, descending }: PlannedKey, scope: Scope): Sql {
  const row = raw(scope.row)
  if (source === 'date') return descending ? sql`${row}.sort` : sql`nullif(${row}.sort, 0)`
  if (source === 'id')
    return sql`(SELECT v.id FROM version v WHERE v.vid = ((${row}.rid << 20) | 1))`
  if (source === 'time') {
    if (scope.table === 'fact') return sql`${row}.time`
    return sql`(SELECT f.time FROM fact f WHERE f.type = ${scope.typeId} AND f.rid = ${row}.rid AND ${isVersionOf('f', scope.view)})`
  }
  const param = scope.lookups.dictionary.paramId(scope.typeId, key.code)
  if (param === 0) return raw('NULL')
  return sql`(SELECT sort_value(v.entries, ${param}, ${JSON.stringify(key)}) FROM fact f CROSS JOIN version v ON v.vid = ((f.rid << 20) | f.version) WHERE f.type = ${scope.typeId} AND f.rid = ${row}.rid AND ${isVersionOf('f', scope.view)})`
}

/** A column of `keyValue` as search/sort-order.ts compares it, whatever the plan. */
export function keyOfColumn(
  { source, descending }: PlannedKey,
  value: Row[number] | undefined,
): SortValue {
  if (value === null || value === undefined) return undefined
  if (source !== 'date') return value as string | number
  return descending && value === 0 ? undefined : Number(value) - 1 + timeMin
}

/** The opposite of `keyOfColumn`. */
export function columnOfKey({ source, descending }: PlannedKey, key: SortValue): SqlValue {
  if (source !== 'date') return key ?? null
  if (key === undefined) return descending ? 0 : null
  return sortOfDate(Number(key))
}

/** Backwards, everything is the other way round; the page is turned afterwards. */
export function orderBy(plan: SortPlan, columns: readonly Sql[], isBackward: boolean): Sql {
  const terms = plan.keys.map(({ descending }, index) => {
    const direction = descending === isBackward ? 'ASC' : 'DESC'
    const nulls = plan.kind !== 'computed' ? '' : isBackward ? ' NULLS FIRST' : ' NULLS LAST'
    return sql`${columns[index]!} ${raw(direction + nulls)}`
  })
  const rid = columns.at(-1)!
  return joinSql([...terms, sql`${rid} ${raw(isBackward ? 'DESC' : 'ASC')}`], ', ')
}

/**
 * Whether a row stands beyond a place. `columns` and `place` are the keys' and, last, the rid.
 * Values missing come last: nothing is beyond them but others missing.
 */
export function isBeyond(
  plan: SortPlan,
  columns: readonly Sql[],
  place: readonly SqlValue[],
  isBackward: boolean,
): Sql {
  const tests: Sql[] = []
  const equal: Sql[] = []
  for (const [index, { descending }] of plan.keys.entries()) {
    const column = columns[index]!
    const value = place[index]!
    const isNullable = plan.kind === 'computed'
    tests.push(
      andSql([
        ...equal,
        beyondKey(column, value, descending === isBackward, isBackward, isNullable),
      ]),
    )
    equal.push(sql`${column} IS ${value}`)
  }
  const rid = columns.at(-1)!
  const beyondRid = sql`${rid} ${raw(isBackward ? '<' : '>')} ${place.at(-1)!}`
  tests.push(andSql([...equal, beyondRid]))
  const test = orSql(tests)
  const [first] = plan.keys
  if (plan.kind === 'computed' || !first) return test
  // Follows from the test; lets the index begin at the place.
  const bound = first.descending === isBackward ? '>=' : '<='
  return sql`${columns[0]!} ${raw(bound)} ${place[0]!} AND ${test}`
}

function beyondKey(
  column: Sql,
  value: SqlValue,
  isGreater: boolean,
  isBackward: boolean,
  isNullable: boolean,
): Sql {
  if (value === null) return isBackward ? sql`${column} IS NOT NULL` : raw('0')
  const test = sql`${column} ${raw(isGreater ? '>' : '<')} ${value}`
  return isBackward || !isNullable ? test : sql`(${test} OR ${column} IS NULL)`
}
