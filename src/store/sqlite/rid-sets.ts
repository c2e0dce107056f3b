/**
 * Clauses as sets of resources: `SELECT rid ...` over one index. A set is what a search starts
 * from, and how clauses without a quick test on one row are tested.
 */
import { foldText } from '../../search/fold-text.ts'
import type {
  ChainClause,
  Clause,
  CompositeClause,
  DateClause,
  HasClause,
  NumberClause,
  QuantityClause,
  StringClause,
} from '../../search/search-request.ts'
import { componentMark, uriSystem } from './index-rows.ts'
import type { KeyClause } from './key-tests.ts'
import { keyTests } from './key-tests.ts'
import { exactDomain, tokenDomain } from './keyed-hash.ts'
import type { Scope } from './search-scope.ts'
import { holds, isVersionOf } from './search-scope.ts'
import type { Sql } from './sql.ts'
import { isOneOf, joinSql, orSql, raw, sql, sqlFalse, sqlTrue } from './sql.ts'
import { endsOf, periodTest, plainNumberTest, quantityTest } from './value-tests.ts'

export const emptySet = raw('SELECT 0 AS rid WHERE 0')

/** Rows of an index table under a parameter of the scope's type, that pass the test. */
export function rowsUnder(
  table: string,
  scope: Scope,
  code: string,
  test: (alias: string) => Sql,
): Sql {
  const param = scope.lookups.dictionary.paramId(scope.typeId, code)
  if (param === 0) return emptySet
  const alias = scope.lookups.alias()
  const a = raw(alias)
  const condition = test(alias)
  if (condition === sqlFalse) return emptySet
  return sql`SELECT ${a}.rid FROM ${raw(table)} ${a} WHERE ${a}.param = ${param} AND ${condition} AND ${holds(alias, scope.view)} AND tick(${a}.rid)`
}

/** The sets of a clause, to be united; undefined when no index gives them. */
export function ridSets(clause: Clause, scope: Scope): readonly Sql[] | undefined {
  switch (clause.kind) {
    case 'token':
    case 'reference':
    case 'uri':
      return keySets(clause, scope)
    case 'string':
      return stringSets(clause, scope)
    case 'date':
      return dateSets(clause, scope)
    case 'number':
      return numberSets(clause, scope)
    case 'quantity':
      return quantitySets(clause, scope)
    case 'id':
      return [idSet(clause.ids, scope)]
    case 'chain':
      return [chainSet(clause, scope)]
    case 'has':
      return hasSets(clause, scope)
    case 'none':
      return []
    case 'or':
      return unitedSets(clause.clauses, scope)
    default:
      return undefined
  }
}

const setsPerUnion = 200

/** The sets as one, with repetitions. SQLite bounds the terms of one union: hence unions of unions. */
export function uniteSets(sets: readonly Sql[]): Sql {
  const filled = sets.filter(({ text }) => text !== emptySet.text)
  if (filled.length === 0) return emptySet
  if (filled.length <= setsPerUnion) return joinSql(filled, ' UNION ALL ')
  const size = Math.ceil(filled.length / setsPerUnion)
  const groups = Array.from({ length: Math.ceil(filled.length / size) }, (_, index) => {
    const group = uniteSets(filled.slice(index * size, (index + 1) * size))
    // The limit keeps SQLite from undoing the grouping.
    return sql`SELECT rid FROM (${group} LIMIT -1)`
  })
  return uniteSets(groups)
}

function unitedSets(clauses: readonly Clause[], scope: Scope): readonly Sql[] | undefined {
  const united: Sql[] = []
  for (const clause of clauses) {
    const sets = ridSets(clause, scope)
    if (!sets) return undefined
    united.push(...sets)
  }
  return united
}

/** One set for each range of values; rows of several values come from one set. */
function keySets(clause: KeyClause, scope: Scope): Sql[] {
  return keyTests(clause, scope).map(({ table, test }) =>
    rowsUnder(table, scope, clause.code, test),
  )
}

/** Greater than every text that starts with the given one. */
const textMax = '\u{10FFFF}'

const rangesMax = 16

/** Few values: a range of the index for each. Many: one pass over the parameter's rows. */
function rangeSets<V>(
  { table, code, values }: { table: string; code: string; values: readonly V[] },
  scope: Scope,
  test: (value: V, alias: string) => Sql,
): Sql[] {
  if (values.length <= rangesMax)
    return values.map((value) => rowsUnder(table, scope, code, (alias) => test(value, alias)))
  const any = (alias: string) => orSql(values.map((value) => test(value, alias)))
  return [rowsUnder(table, scope, code, any)]
}

function stringSets({ code, match, values }: StringClause, scope: Scope): Sql[] {
  return rangeSets({ table: 'string', code, values }, scope, (value, alias) => {
    const column = raw(`${alias}.folded`)
    const folded = foldText(value)
    if (match === 'contains') return sql`instr(${column}, ${folded}) > 0`
    if (match === 'start') {
      if (folded === '') return sqlTrue
      return sql`(${column} >= ${folded} AND ${column} < ${folded + textMax})`
    }
    const exact = scope.lookups.hash.bigint(value, exactDomain)
    return sql`(${column} = ${folded} AND ${raw(alias)}.exact = ${exact})`
  })
}

function dateSets({ code, values }: DateClause, scope: Scope): Sql[] {
  return rangeSets({ table: 'period', code, values }, scope, ({ prefix, period }, alias) =>
    periodTest(prefix, period, endsOf(alias)),
  )
}

function numberSets({ code, values }: NumberClause, scope: Scope): Sql[] {
  return rangeSets({ table: 'quantity', code, values }, scope, plainNumberTest)
}

function quantitySets({ code, values }: QuantityClause, scope: Scope): Sql[] {
  const { dictionary } = scope.lookups
  return rangeSets({ table: 'quantity', code, values }, scope, (value, alias) =>
    quantityTest(value, alias, dictionary),
  )
}

export function resourceIds(ids: readonly string[], { typeId, lookups }: Scope): number[] {
  const found = ids.map((id) => lookups.resourceId(typeId, id))
  return [...new Set(found.filter((rid) => rid !== undefined))]
}

/** A set of known numbers. */
export function setOfIds(rids: readonly number[]): Sql {
  if (rids.length === 0) return emptySet
  if (rids.length > 8) return sql`SELECT value AS rid FROM json_each(${JSON.stringify(rids)})`
  return joinSql(
    rids.map((rid) => sql`SELECT ${rid} AS rid`),
    ' UNION ALL ',
  )
}

function idSet(ids: readonly string[], scope: Scope): Sql {
  return setOfIds(resourceIds(ids, scope))
}

/** The clauses that hold on the resource at the other end of a chain. */
function innerClauses({ inner, innerDecision }: ChainClause | HasClause): Clause[] {
  return innerDecision ? [inner, innerDecision] : [inner]
}

/** What a chain's references may point to; undefined when that is too many, or not known yet. */
export function chainTargets(clause: ChainClause, scope: Scope): readonly number[] | undefined {
  const { lookups, view } = scope
  const typeId = lookups.dictionary.typeId(clause.type)
  if (typeId === 0) return []
  // What a version's own view sees is known only within the statement.
  if (view.kind === 'version') return undefined
  const rids = lookups.innerIds(typeId, innerClauses(clause), view)
  return rids && lookups.targetIdsOf(rids)
}

/** The test on `reference.target` of a chain: known ids, or above the bound a semi-join. */
export function chainTest(clause: ChainClause, alias: string, scope: Scope): Sql {
  const { lookups, view } = scope
  const typeId = lookups.dictionary.typeId(clause.type)
  if (typeId === 0) return sqlFalse
  const target = raw(`${alias}.target`)
  const clauses = innerClauses(clause)
  const targets = chainTargets(clause, scope)
  if (targets) return isOneOf(target, targets)
  const inner = lookups.alias()
  const i = raw(inner)
  const innerScope: Scope = { typeId, view, row: inner, table: 'fact', lookups }
  const tests = clauses.map((each) => lookups.compile(each, innerScope))
  return sql`${target} IN (SELECT coalesce((SELECT tid FROM alias WHERE rid = ${i}.rid), ${i}.rid) FROM fact ${i} WHERE ${i}.type = ${typeId} AND ${i}.deleted = 0 AND ${isVersionOf(inner, view)} AND ${joinSql(tests, ' AND ')} AND tick(${i}.rid))`
}

function chainSet(clause: ChainClause, scope: Scope): Sql {
  return rowsUnder('reference', scope, clause.code, (alias) => chainTest(clause, alias, scope))
}

/** Known sources: what they refer to. Undefined above the bound: then `hasTest` tests each row. */
function hasSets(clause: HasClause, scope: Scope): Sql[] | undefined {
  const { lookups, view } = scope
  if (view.kind === 'version') return undefined
  const typeId = lookups.dictionary.typeId(clause.type)
  const param = typeId === 0 ? 0 : lookups.dictionary.paramId(typeId, clause.code)
  if (param === 0) return []
  const rids = lookups.innerIds(typeId, innerClauses(clause), view)
  return rids && [setOfIds(lookups.referredBy(rids, { typeId, paramId: param }, view))]
}

export function hasTest(clause: HasClause, scope: Scope): Sql {
  const { lookups, view } = scope
  const typeId = lookups.dictionary.typeId(clause.type)
  const param = typeId === 0 ? 0 : lookups.dictionary.paramId(typeId, clause.code)
  if (param === 0) return sqlFalse
  const row = lookups.alias()
  const h = raw(row)
  const rid = raw(`${scope.row}.rid`)
  const inner: Scope = { typeId, view, row, table: 'index', lookups }
  const tests = innerClauses(clause).map((each) => lookups.compile(each, inner))
  return sql`EXISTS (SELECT 1 FROM reference ${h} WHERE ${h}.param = ${param} AND ${h}.target = coalesce((SELECT tid FROM alias WHERE rid = ${rid}), ${rid}) AND ${holds(row, view)} AND tick(${h}.rid) AND ${joinSql(tests, ' AND ')})`
}

/** More than the clause matches: resources with a token of its first component. */
export function narrowingSets(clause: CompositeClause, scope: Scope): Sql[] | undefined {
  const sets: Sql[] = []
  for (const [first] of clause.alternatives) {
    if (first?.kind !== 'token') return undefined
    for (const { value } of first.tokens) {
      if (value === undefined) return undefined
      sets.push(
        rowsUnder('token', scope, clause.code, (alias) => componentTest(value, alias, scope)),
      )
    }
  }
  return sets
}

function componentTest(value: string, alias: string, { lookups }: Scope): Sql {
  const { hash } = lookups
  hash.run(value, tokenDomain)
  const marked = (BigInt(hash.high) << 32n) | BigInt((hash.low ^ componentMark) >>> 0)
  return sql`${raw(alias)}.value = ${marked} AND ${raw(alias)}.system = ${raw(String(uriSystem))}`
}
