/** What the compilers of clauses share: the row they test, the commit they see, what they may ask. */
import type { Clause } from '../../search/search-request.ts'
import type { Dictionary } from './dictionary.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { endless } from './schema.ts'
import type { Sql } from './sql.ts'
import { raw, sql, sqlFalse, sqlTrue } from './sql.ts'

/** Which state index rows are read in. */
export type View =
  | { readonly kind: 'now' }
  | { readonly kind: 'asOf'; readonly sequence: number }
  /** As of the commit that wrote the version which a `fact` row under this alias describes. */
  | { readonly kind: 'version'; readonly alias: string }

export interface Scope {
  readonly typeId: number
  readonly view: View
  /** The alias of the row tested: it has `rid` and `sort`. */
  readonly row: string
  /** What the row is; a `fact` row of the view answers for the envelope by itself. */
  readonly table: 'fact' | 'compartment' | 'index'
  readonly lookups: Lookups
}

/** What a compiler may ask before the statement runs, on the same snapshot. */
export interface Lookups {
  readonly dictionary: Dictionary
  readonly hash: KeyedHash
  /** What references to the resource point to; undefined when nothing ever named it. */
  targetId(typeId: number, id: string): number | undefined
  /** The resource's number; undefined when it was never created. */
  resourceId(typeId: number, id: string): number | undefined
  /** The numbers of the resources that match; undefined above `innerIdsMax`. */
  innerIds(typeId: number, clauses: readonly Clause[], view: View): readonly number[] | undefined
  targetIdsOf(rids: readonly number[]): readonly number[]
  /** The resources that these refer to under a parameter. */
  referredBy(
    rids: readonly number[],
    param: { readonly typeId: number; readonly paramId: number },
    view: View,
  ): readonly number[]
  /** The test of an inner clause; sets of ids need it, and it needs them. */
  compile(clause: Clause, scope: Scope): Sql
  /** A new alias. */
  alias(): string
}

export const innerIdsMax = 1000

/** Whether an index row under this alias holds in the view. */
export function holds(alias: string, view: View): Sql {
  const a = raw(alias)
  if (view.kind === 'now') return sql`${a}.ended = 0`
  if (view.kind === 'asOf') {
    const { sequence } = view
    return sql`${a}.since <= ${sequence} AND (${a}.ended = 0 OR ${a}.ended > ${sequence})`
  }
  const since = raw(`${view.alias}.since`)
  return sql`${a}.since <= ${since} AND (${a}.ended = 0 OR ${a}.ended > ${since})`
}

/** Whether a row of `fact` under this alias is its resource's version in the view. */
export function isVersionOf(alias: string, view: View): Sql {
  const a = raw(alias)
  if (view.kind === 'now') return sql`${a}.ended = ${raw(String(endless))}`
  if (view.kind === 'asOf')
    return sql`${a}.ended > ${view.sequence} AND ${a}.since <= ${view.sequence}`
  const since = raw(`${view.alias}.since`)
  return sql`${a}.ended > ${since} AND ${a}.since <= ${since}`
}

/** A test on the row's facts: on the row itself when it is one of `fact`. */
export function factTest(scope: Scope, test: (alias: Sql) => Sql): Sql {
  if (scope.table === 'fact') return test(raw(scope.row))
  const alias = scope.lookups.alias()
  const a = raw(alias)
  const tested = test(a)
  if (tested === sqlTrue || tested === sqlFalse) return tested
  return sql`EXISTS (SELECT 1 FROM fact ${a} WHERE ${a}.type = ${scope.typeId} AND ${a}.rid = ${raw(scope.row)}.rid AND ${isVersionOf(alias, scope.view)} AND ${tested})`
}
