/**
 * Clauses as tests on one row: each is an SQL expression that is 0 or 1, never NULL, so that NOT
 * means what `not` says. One small function for each kind; the reference is search/matcher.ts.
 */
import type {
  ChainClause,
  Clause,
  CompositeClause,
  DateClause,
  HasClause,
  NumberClause,
  QuantityClause,
} from '../../search/search-request.ts'
import { envelopeTest } from './compile-envelope.ts'
import type { KeyClause } from './key-tests.ts'
import { keyTests } from './key-tests.ts'
import { chainTest, hasTest, resourceIds, ridSets, rowsUnder } from './rid-sets.ts'
import type { Scope } from './search-scope.ts'
import { factTest, holds, isVersionOf } from './search-scope.ts'
import type { Sql } from './sql.ts'
import { andSql, isOneOf, orSql, raw, sql, sqlFalse, sqlTrue } from './sql.ts'
import { endsOfKnown, periodTest, plainNumberTest, quantityTest } from './value-tests.ts'

/** Seeks on one row; for more values, the set of all rows is found once. */
const seeksMax = 64

export function compileClause(clause: Clause, scope: Scope): Sql {
  switch (clause.kind) {
    case 'all':
      return sqlTrue
    case 'none':
      return sqlFalse
    case 'and':
      return andSql(compileEach(clause.clauses, scope, andSql))
    case 'or':
      return orSql(compileEach(clause.clauses, scope, orSql))
    case 'not':
      return negate(compileClause(clause.clause, scope))
    case 'id':
      return isOneOf(raw(`${scope.row}.rid`), resourceIds(clause.ids, scope))
    case 'lastUpdated':
      return factTest(scope, (alias) =>
        periodTest(clause.prefix, clause.period, {
          low: sql`${alias}.time`,
          high: sql`(${alias}.time + 1)`,
        }),
      )
    case 'missing':
      return missing(clause, scope)
    case 'envelope':
      return envelopeTest(clause, scope)
    case 'token':
    case 'reference':
    case 'uri':
      return byKey(clause, scope)
    case 'string':
      return inSets(clause, scope)
    case 'date':
      return date(clause, scope)
    case 'number':
    case 'quantity':
      return quantity(clause, scope)
    case 'composite':
      return composite(clause, scope)
    case 'chain':
      return chain(clause, scope)
    case 'has':
      return has(clause, scope)
  }
}

/** What asks several things of a resource's row of `fact` seeks it once for all of them, last. */
function compileEach(
  clauses: readonly Clause[],
  scope: Scope,
  join: (tests: readonly Sql[]) => Sql,
): readonly Sql[] {
  // SQLite joins a test that stands by itself; inside another one it is a statement for each row.
  const isApart = (each: Clause) => join === andSql && isOfPatients(each)
  const ofFacts = clauses.filter((each) => factsAsked(each) > 0 && !isApart(each))
  if (scope.table === 'fact' || ofFacts.reduce((sum, each) => sum + factsAsked(each), 0) < 2)
    return clauses.map((each) => compileClause(each, scope))
  const others = clauses.filter((each) => !ofFacts.includes(each))
  const together = factTest(scope, (alias) => {
    const facts: Scope = { ...scope, row: alias.text, table: 'fact' }
    return join(ofFacts.map((each) => compileClause(each, facts)))
  })
  return [...others.map((each) => compileClause(each, scope)), together]
}

function isOfPatients(clause: Clause): boolean {
  return clause.kind === 'envelope' && clause.field === 'patients'
}

/** How many tests of `fact` a clause is made of; 0 when it is made of others too. */
function factsAsked(clause: Clause): number {
  switch (clause.kind) {
    case 'envelope':
    case 'lastUpdated':
    case 'missing':
      return 1
    case 'not':
      return factsAsked(clause.clause)
    case 'and':
    case 'or': {
      const counts = clause.clauses.map(factsAsked)
      return counts.includes(0) ? 0 : counts.reduce((sum, count) => sum + count, 0)
    }
    default:
      return 0
  }
}

function negate(test: Sql): Sql {
  if (test === sqlTrue) return sqlFalse
  return test === sqlFalse ? sqlTrue : sql`NOT ${test}`
}

function missing(clause: { readonly code: string; readonly missing: boolean }, scope: Scope): Sql {
  const param = scope.lookups.dictionary.paramId(scope.typeId, clause.code)
  if (param === 0) return clause.missing ? sqlTrue : sqlFalse
  const has = factTest(scope, (alias) => sql`instr(${alias}.params, ${`,${param},`}) > 0`)
  return clause.missing ? negate(has) : has
}

function inSets(clause: Clause, scope: Scope): Sql {
  const sets = ridSets(clause, scope) ?? []
  return orSql(sets.map((set) => sql`${raw(scope.row)}.rid IN (${set})`))
}

/** A row of the same resource under a parameter: one seek, since the index is keyed by all of it. */
function seek(
  table: 'token' | 'reference',
  code: string,
  scope: Scope,
  test: (alias: string) => Sql,
): Sql {
  const { lookups, row, view } = scope
  const param = lookups.dictionary.paramId(scope.typeId, code)
  if (param === 0) return sqlFalse
  const alias = lookups.alias()
  const condition = test(alias)
  if (condition === sqlFalse) return sqlFalse
  const a = raw(alias)
  const d = raw(row)
  return sql`EXISTS (SELECT 1 FROM ${raw(table)} ${a} WHERE ${a}.param = ${param} AND ${condition} AND ${a}.sort = ${d}.sort AND ${a}.rid = ${d}.rid AND ${holds(alias, view)})`
}

/** A seek for each test on a known key; a test on any key is asked of the whole set. */
function byKey(clause: KeyClause, scope: Scope): Sql {
  return orSql(
    keyTests(clause, scope).map(({ table, values, test }) =>
      values > 0 && values <= seeksMax
        ? seek(table, clause.code, scope, test)
        : sql`${raw(scope.row)}.rid IN (${rowsUnder(table, scope, clause.code, test)})`,
    ),
  )
}

/** Rows keyed by parameter and resource. */
function rangeTest(
  table: 'period' | 'quantity',
  code: string,
  scope: Scope,
  tests: (alias: string) => readonly Sql[],
): Sql {
  const { lookups, row, view } = scope
  const param = lookups.dictionary.paramId(scope.typeId, code)
  if (param === 0) return sqlFalse
  const alias = lookups.alias()
  const any = orSql(tests(alias))
  if (any === sqlFalse) return sqlFalse
  const a = raw(alias)
  return sql`EXISTS (SELECT 1 FROM ${raw(table)} ${a} WHERE ${a}.param = ${param} AND ${a}.rid = ${raw(row)}.rid AND ${any} AND ${holds(alias, view)})`
}

function date({ code, values }: DateClause, scope: Scope): Sql {
  return rangeTest('period', code, scope, (alias) =>
    values.map(({ prefix, period }) => periodTest(prefix, period, endsOfKnown(alias))),
  )
}

function quantity(clause: NumberClause | QuantityClause, scope: Scope): Sql {
  return rangeTest('quantity', clause.code, scope, (alias) =>
    clause.kind === 'number'
      ? clause.values.map((value) => plainNumberTest(value, alias, endsOfKnown(alias)))
      : clause.values.map((value) =>
          quantityTest(value, alias, scope.lookups.dictionary, endsOfKnown(alias)),
        ),
  )
}

/** The pack itself decides, through the matcher. */
function composite(clause: CompositeClause, scope: Scope): Sql {
  const { lookups, row, view, typeId } = scope
  const param = lookups.dictionary.paramId(typeId, clause.code)
  if (param === 0) return sqlFalse
  const alias = lookups.alias()
  const f = raw(alias)
  const packs = sql`SELECT 1 FROM fact ${f} JOIN version v ON v.vid = ((${f}.rid << 20) | ${f}.version)`
  return sql`EXISTS (${packs} WHERE ${f}.type = ${typeId} AND ${f}.rid = ${raw(row)}.rid AND ${isVersionOf(alias, view)} AND matches_composite(v.entries, ${param}, ${JSON.stringify(clause)}))`
}

/** Few targets: a seek for each. Many: the set of all holders. */
function chain(clause: ChainClause, scope: Scope): Sql {
  if (scope.view.kind !== 'version') return inSets(clause, scope)
  return seek('reference', clause.code, scope, (alias) => chainTest(clause, alias, scope))
}

function has(clause: HasClause, scope: Scope): Sql {
  return ridSets(clause, scope) ? inSets(clause, scope) : hasTest(clause, scope)
}
