/** One search of one type as one statement: where it starts, what it tests, in which order. */
import type { Clause } from '../../search/search-request.ts'
import type { Driver } from './choose-driver.ts'
import { chooseDriver } from './choose-driver.ts'
import { compileClause } from './compile-clause.ts'
import { endless } from './schema.ts'
import type { Scope } from './search-scope.ts'
import { isVersionOf } from './search-scope.ts'
import type { SortPlan } from './sort-plan.ts'
import { isBeyond, keyValue, orderBy } from './sort-plan.ts'
import type { Sql, SqlValue } from './sql.ts'
import { andSql, joinSql, limitTo, raw, sql, sqlFalse, sqlTrue } from './sql.ts'
import type { Statements } from './statements.ts'

export interface TypeSearch {
  readonly scope: Scope
  readonly where: Clause
  /** Must hold on the version shown and on the current one. */
  readonly restriction?: Clause
  readonly sort: SortPlan
  /** The sort keys' values and the rid of the match to continue from. */
  readonly place?: readonly SqlValue[]
  readonly isBackward: boolean
}

/** A search that was given its driver: what all its statements begin with. */
export interface CompiledSearch {
  readonly search: TypeSearch
  readonly scope: Scope
  readonly driver: Driver
  readonly test: Sql
}

/** Undefined when it can match nothing. */
export function compileSearch(
  search: TypeSearch,
  statements: Statements,
): CompiledSearch | undefined {
  const { scope, where, restriction, sort } = search
  const clauses = [...conjuncts(where), ...(restriction ? conjuncts(restriction) : [])]
  if (clauses.some(({ kind }) => kind === 'none')) return undefined
  const driver = chooseDriver(clauses, scope, sort.kind, statements)
  const driven: Scope = { ...scope, table: driver.table }
  const tested = clauses.filter((clause) => clause !== driver.covers)
  const own = compileClause({ kind: 'and', clauses: tested }, driven)
  const test = restriction ? andSql([own, holdsNow(restriction, driven)]) : own
  return test === sqlFalse ? undefined : { search, scope: driven, driver, test }
}

export function conjuncts(clause: Clause): readonly Clause[] {
  if (clause.kind === 'and') return clause.clauses.flatMap(conjuncts)
  return clause.kind === 'all' ? [] : [clause]
}

/** A restriction on the version seen and on the current one. */
export function permits(restriction: Clause, scope: Scope): Sql {
  return andSql([compileClause(restriction, scope), holdsNow(restriction, scope)])
}

/** A restriction on the current version, tombstones included; nothing to ask in a view of now. */
function holdsNow(restriction: Clause, scope: Scope): Sql {
  if (scope.view.kind === 'now') return sqlTrue
  const alias = scope.lookups.alias()
  const c = raw(alias)
  const now: Scope = { ...scope, view: { kind: 'now' }, row: alias, table: 'fact' }
  return sql`EXISTS (SELECT 1 FROM fact ${c} WHERE ${c}.type = ${scope.typeId} AND ${c}.rid = ${raw(scope.row)}.rid AND ${c}.ended = ${raw(String(endless))} AND ${compileClause(restriction, now)})`
}

function matching({ driver, test, scope }: CompiledSearch): Sql {
  return sql`FROM ${driver.from} WHERE ${driver.where} AND tick(${raw(scope.row)}.rid) AND ${test}`
}

export function countStatement(compiled: CompiledSearch, max: number): Sql {
  const { driver, scope } = compiled
  const distinct = raw(driver.repeats ? 'DISTINCT ' : '')
  const rid = raw(`${scope.row}.rid`)
  return sql`SELECT count(*) FROM (SELECT ${distinct}${rid} ${matching(compiled)} ${limitTo(max)})`
}

/** Columns `rid`, then the sort keys `k0`, `k1`...; in order, from the place on. */
export function ridStatement(compiled: CompiledSearch, limit: number): Sql {
  const { search, scope, driver } = compiled
  const { sort, place, isBackward } = search
  const d = raw(scope.row)
  const distinct = raw(driver.repeats ? 'DISTINCT ' : '')
  if (sort.kind === 'computed') return computedStatement(compiled, limit)
  const values = sort.keys.map((key) => keyValue(key, scope))
  const columns = [...values, sql`${d}.rid`]
  const beyond = place ? sql` AND ${isBeyond(sort, columns, place, isBackward)}` : raw('')
  // An order that the driver's index does not keep is sorted on names, not on repeated expressions.
  const names = [...values.map((_, index) => raw(`k${index}`)), raw('rid')]
  const isInOrder = values.every(({ text }) => text.startsWith(`${scope.row}.`))
  const order = orderBy(sort, isInOrder ? columns : names, isBackward)
  const keys = values.map((value, index) => sql`, ${value} AS ${raw(`k${index}`)}`)
  return sql`SELECT ${distinct}${d}.rid AS rid${joinSql(keys, '')} ${matching(compiled)}${beyond} ORDER BY ${order} ${limitTo(limit)}`
}

/** Each match's keys are worked out once, then compared by name. */
function computedStatement(compiled: CompiledSearch, limit: number): Sql {
  const { search, scope } = compiled
  const { sort, place, isBackward } = search
  const d = raw(scope.row)
  const found: Scope = { ...scope, table: 'index' }
  const keys = sort.keys.map((key, index) => sql`, ${keyValue(key, found)} AS ${raw(`k${index}`)}`)
  const names = [...sort.keys.map((_, index) => raw(`k${index}`)), raw('rid')]
  const beyond = place ? sql` WHERE ${isBeyond(sort, names, place, isBackward)}` : raw('')
  return sql`WITH matched AS (SELECT DISTINCT ${d}.rid AS rid, ${d}.sort AS sort ${matching(compiled)}), keyed AS MATERIALIZED (SELECT ${d}.rid AS rid${joinSql(keys, '')} FROM matched AS ${d}) SELECT rid${joinSql(
    names.slice(0, -1).map((name) => sql`, ${name}`),
    '',
  )} FROM keyed${beyond} ORDER BY ${orderBy(sort, names, isBackward)} ${limitTo(limit)}`
}

/** The keys and the rid of one resource, as `isBeyond` takes them. */
export function placeStatement(rid: number, scope: Scope, sort: SortPlan): Sql {
  const d = raw(scope.row)
  const fact: Scope = { ...scope, table: 'fact' }
  const keys = sort.keys.map((key) => sql`${keyValue(key, fact)}, `)
  return sql`SELECT ${joinSql(keys, '')}${d}.rid FROM fact ${d} WHERE ${d}.type = ${scope.typeId} AND ${d}.rid = ${rid} AND ${isVersionOf(scope.row, scope.view)}`
}
