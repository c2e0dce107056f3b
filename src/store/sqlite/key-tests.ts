/** Tokens, URIs and references as tests on the keys of index rows; alike values share one test. */
import type { ReferenceClause, TokenClause, UriClause } from '../../search/search-request.ts'
import { uriSystem, urlSystem } from './index-rows.ts'
import type { HashDomain } from './keyed-hash.ts'
import { tokenDomain, uriDomain, urlDomain } from './keyed-hash.ts'
import type { Scope } from './search-scope.ts'
import type { Sql } from './sql.ts'
import { isOneOf, joinSql, raw, sql, sqlFalse } from './sql.ts'
import { systemTest } from './value-tests.ts'

/** Clauses whose values are keys of index rows. */
export type KeyClause = TokenClause | ReferenceClause | UriClause

export interface KeyTest {
  readonly table: 'token' | 'reference'
  /** How many values of the key may pass; 0: any. */
  readonly values: number
  readonly test: (alias: string) => Sql
}

export function keyTests(clause: KeyClause, scope: Scope): KeyTest[] {
  switch (clause.kind) {
    case 'token':
      return tokenTests(clause, scope)
    case 'reference':
      return referenceTests(clause, scope)
    case 'uri':
      return uriTests(clause, scope)
  }
}

function tokenTests({ tokens }: TokenClause, { lookups }: Scope): KeyTest[] {
  const bySystem = Map.groupBy(tokens, ({ system }) => system)
  return [...bySystem].map(([system, group]): KeyTest => {
    const isSystem = (alias: string) => systemTest(system, alias, lookups.dictionary)
    const texts = group.flatMap(({ value }) => (value === undefined ? [] : [value]))
    // A token without a value asks for any of its system, and so for all others of its group.
    if (texts.length < group.length) return { table: 'token', values: 0, test: isSystem }
    return hashTest(texts, tokenDomain, isSystem, lookups)
  })
}

function uriTests({ values }: UriClause, { lookups }: Scope): KeyTest[] {
  const isUri = (alias: string) => sql`${raw(alias)}.system = ${raw(String(uriSystem))}`
  return values.length === 0 ? [] : [hashTest(values, uriDomain, isUri, lookups)]
}

function hashTest(
  texts: readonly string[],
  domain: HashDomain,
  isSystem: (alias: string) => Sql,
  { hash }: Scope['lookups'],
): KeyTest {
  const hashes = [...new Set(texts)].map((text) => hash.bigint(text, domain))
  const list = joinSql(
    hashes.map((each) => sql`${each}`),
    ', ',
  )
  const test = (alias: string) => {
    const system = isSystem(alias)
    if (system === sqlFalse) return sqlFalse
    const value = raw(`${alias}.value`)
    return hashes.length === 1
      ? sql`${value} = ${hashes[0]!} AND ${system}`
      : sql`${value} IN (${list}) AND ${system}`
  }
  return { table: 'token', values: hashes.length, test }
}

function referenceTests({ references }: ReferenceClause, scope: Scope): KeyTest[] {
  const urls = references.filter((each) => 'url' in each)
  const locals = references.filter((each): each is LocalReference => !('url' in each))
  const byUrlVersion = Map.groupBy(urls, ({ urlVersion }) => urlVersion)
  const byVersion = Map.groupBy(locals, ({ versionId }) => versionId)
  return [
    ...[...byVersion].map(([versionId, group]) => targetTest(group, versionId, scope)),
    ...[...byUrlVersion].map(([version, group]) =>
      hashTest(
        group.map(({ url }) => url),
        urlDomain,
        (alias) => urlVersionTest(version, alias, scope),
        scope.lookups,
      ),
    ),
  ]
}

function urlVersionTest(version: string | undefined, alias: string, { lookups }: Scope): Sql {
  const system = raw(`${alias}.system`)
  if (version === undefined) return sql`${system} <= ${urlSystem(0)}`
  const word = lookups.dictionary.wordId(version)
  return word === 0 ? sqlFalse : sql`${system} = ${urlSystem(word)}`
}

type LocalReference = Exclude<ReferenceClause['references'][number], { readonly url: string }>

function targetTest(
  references: readonly LocalReference[],
  versionId: string | undefined,
  scope: Scope,
): KeyTest {
  const targets = [...new Set(references.flatMap((each) => targetIds(each, scope)))]
  const word = versionId === undefined ? undefined : scope.lookups.dictionary.wordId(versionId)
  const test = (alias: string) => {
    const isTarget = isOneOf(raw(`${alias}.target`), targets)
    if (isTarget === sqlFalse || word === 0) return sqlFalse
    return word === undefined ? isTarget : sql`${isTarget} AND ${raw(alias)}.version = ${word}`
  }
  return { table: 'reference', values: targets.length, test }
}

/** What a reference without a type may point to: a resource of any type with that id. */
function targetIds({ type, id }: LocalReference, { lookups }: Scope): readonly number[] {
  const { dictionary } = lookups
  const typeIds = type === undefined ? dictionary.allTypeIds() : [dictionary.typeId(type)]
  return typeIds
    .map((typeId) => lookups.targetId(typeId, id))
    .filter((target) => target !== undefined)
}
