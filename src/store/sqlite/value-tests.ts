/** What a searched value asks of an index row's columns; the meanings are those of matcher.ts. */
import type { Period } from '../../fhir/date-time.ts'
import type {
  NumberTest,
  Prefix,
  QuantityClause,
  TokenClause,
} from '../../search/search-request.ts'
import type { Dictionary } from './dictionary.ts'
import { numberSystem, tokenSystem } from './index-rows.ts'
import type { Sql } from './sql.ts'
import { andSql, orSql, raw, sql, sqlFalse, sqlTrue } from './sql.ts'

/** Columns that hold the two ends of a period; `high` is excluded. */
export interface Ends {
  readonly low: Sql
  readonly high: Sql
}

export function endsOf(alias: string): Ends {
  return { low: raw(`${alias}.low`), high: raw(`${alias}.high`) }
}

/** The same where the row's resource is known: the plus keeps SQLite from an index on `high`. */
export function endsOfKnown(alias: string): Ends {
  return { low: raw(`+${alias}.low`), high: raw(`+${alias}.high`) }
}

export function periodTest(prefix: Prefix, searched: Period, { low, high }: Ends): Sql {
  const contains = sql`(${low} >= ${searched.low} AND ${high} <= ${searched.high})`
  switch (prefix) {
    case 'eq':
      // The second bound follows from the first; it lets an index on `high` be used.
      return sql`(${low} >= ${searched.low} AND ${high} >= ${searched.low} AND ${high} <= ${searched.high})`
    case 'ne':
      return sql`NOT ${contains}`
    case 'gt':
      return sql`${high} > ${searched.high}`
    case 'lt':
      return sql`${low} < ${searched.low}`
    case 'ge':
      return sql`(${high} >= ${searched.low} AND (${high} > ${searched.high} OR ${contains}))`
    case 'le':
      return sql`(${low} < ${searched.low} OR ${contains})`
    case 'sa':
      return sql`(${low} >= ${searched.high} AND ${high} >= ${searched.high})`
    case 'eb':
      return sql`${high} <= ${searched.low}`
    case 'ap':
      return sql`(${low} < ${searched.high} AND ${high} > ${searched.low})`
  }
}

export function numberTest({ prefix, value, low, high }: NumberTest, ends: Ends): Sql {
  const contains = sql`(${ends.low} >= ${low} AND ${ends.high} >= ${low} AND ${ends.high} < ${high})`
  switch (prefix) {
    case 'eq':
      return contains
    case 'ne':
      return sql`NOT ${contains}`
    case 'gt':
      return sql`${ends.high} > ${value}`
    case 'lt':
      return sql`${ends.low} < ${value}`
    case 'ge':
      return sql`${ends.high} >= ${value}`
    case 'le':
      return sql`${ends.low} <= ${value}`
    case 'sa':
      return sql`(${ends.low} > ${value} AND ${ends.high} > ${value})`
    case 'eb':
      return sql`${ends.high} < ${value}`
    case 'ap':
      return sql`(${ends.low} <= ${high} AND ${ends.high} >= ${low})`
  }
}

export function plainNumberTest(test: NumberTest, alias: string, ends = endsOf(alias)): Sql {
  return andSql([numberTest(test, ends), sql`${raw(alias)}.system = ${raw(String(numberSystem))}`])
}

export function quantityTest(
  test: QuantityClause['values'][number],
  alias: string,
  dictionary: Dictionary,
  ends = endsOf(alias),
): Sql {
  const a = raw(alias)
  const value = numberTest(test, ends)
  const unit = test.unit === undefined ? undefined : dictionary.wordId(test.unit)
  if (unit === 0) return sqlFalse
  if (test.system !== undefined) {
    const system = dictionary.wordId(test.system)
    if (system === 0) return sqlFalse
    const code = unit === undefined ? sqlTrue : sql`${a}.code = ${unit}`
    return andSql([value, sql`${a}.system = ${system}`, code])
  }
  const isUnit =
    unit === undefined ? sqlTrue : orSql([sql`${a}.code = ${unit}`, sql`${a}.unit = ${unit}`])
  return andSql([value, sql`${a}.system >= 0`, isUnit])
}

/** The test on `token.system`; a row of another kind never passes. */
export function systemTest(
  system: TokenClause['tokens'][number]['system'],
  alias: string,
  dictionary: Dictionary,
): Sql {
  const a = raw(alias)
  if (system === undefined) return sql`${a}.system >= 0`
  if (system === '') return sql`(${a}.system = 0 OR (${a}.system > 0 AND ${a}.system & 1))`
  const word = dictionary.wordId(system)
  if (word === 0) return sqlFalse
  return sql`${a}.system IN (${tokenSystem(word, false)}, ${tokenSystem(word, true)})`
}
