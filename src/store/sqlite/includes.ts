/** Resources that a page's matches refer to, or that refer to them. R4 search.html#revinclude. */
import type { IncludeRule, SearchRequest } from '../../search/search-request.ts'
import type { StoredVersion } from '../stored-version.ts'
import { createVersionNames } from '../version-names.ts'
import type { NamedVersions, VersionNames } from '../version-names.ts'
import { permits } from './compile-search.ts'
import { unpackReferences } from './entry-unpack.ts'
import { setOfIds } from './rid-sets.ts'
import type { SearchLookups } from './search-lookups.ts'
import type { Scope, View } from './search-scope.ts'
import { holds, isVersionOf } from './search-scope.ts'
import type { Sql } from './sql.ts'
import { isOneOf, limitTo, raw, sql, sqlTrue } from './sql.ts'

export interface Found {
  readonly rid: number
  readonly vid: number
  readonly version: StoredVersion
}

interface Included {
  readonly included: readonly StoredVersion[]
  readonly truncated: boolean
  readonly namedVersions: readonly NamedVersions[]
}

interface Run {
  readonly request: SearchRequest
  readonly view: View
  readonly lookups: SearchLookups
  readonly seen: Set<number>
  readonly names: VersionNames
}

/**
 * Every rule is applied to the matches; those with `:iterate` also to what was included, until
 * nothing new is found. One query for each rule and type, for the whole page.
 */
export function followIncludes(
  matches: readonly Found[],
  request: SearchRequest,
  view: View,
  lookups: SearchLookups,
): Included {
  const seen = new Set(matches.map(({ rid }) => rid))
  const run: Run = { request, view, lookups, seen, names: createVersionNames() }
  const included: Found[] = []
  let sources = matches
  let rules = request.includes
  while (sources.length > 0 && rules.length > 0) {
    const found: Found[] = []
    for (const rule of rules) {
      for (const each of applyRule(run, rule, sources)) {
        if (run.seen.has(each.rid)) continue
        run.seen.add(each.rid)
        if (included.length === request.includesMax) return outcomeOf(run, included, true)
        found.push(each)
        included.push(each)
      }
    }
    sources = found
    rules = request.includes.filter(({ iterate }) => iterate)
  }
  return outcomeOf(run, included, false)
}

function outcomeOf({ names }: Run, found: readonly Found[], truncated: boolean): Included {
  const included = found.map(({ version }) => version)
  return { included, truncated, namedVersions: names.others(included) }
}

function applyRule(run: Run, rule: IncludeRule, sources: readonly Found[]): readonly Found[] {
  run.lookups.checkDeadline()
  return rule.kind === 'include' ? targetsOf(run, rule, sources) : holdersOf(run, rule, sources)
}

/** `*` is every parameter of the type itself, not those reached through a contained resource. */
function paramIds({ sourceType, code }: IncludeRule, { lookups }: Run): number[] {
  const typeId = lookups.dictionary.typeId(sourceType)
  if (typeId === 0) return []
  if (code !== '*') return [lookups.dictionary.paramId(typeId, code)].filter((id) => id > 0)
  const rows = lookups.statements.all(sql`SELECT id, code FROM param WHERE type = ${typeId}`)
  return rows.filter(([, text]) => !String(text).includes('.')).map(([id]) => Number(id))
}

function targetsOf(run: Run, rule: IncludeRule, sources: readonly Found[]): readonly Found[] {
  const { lookups } = run
  const params = new Set(paramIds(rule, run))
  const holders = sources.filter(({ version }) => version.type === rule.sourceType)
  const packs = packsOf(holders, lookups)
  const onlyType = rule.targetType && lookups.dictionary.typeId(rule.targetType)
  const targets = new Map<number, number>()
  for (const { vid } of holders) {
    const pack = packs.get(vid)
    if (!pack) continue
    for (const { paramId, target, versionId } of unpackReferences(pack, lookups.dictionary)) {
      if (!params.has(paramId)) continue
      if (onlyType !== undefined && target.typeId !== onlyType) continue
      targets.set(target.tid, target.typeId)
      run.names.add(lookups.dictionary.typeName(target.typeId), target.id, versionId)
    }
  }
  return fetchTargets(run, targets)
}

function packsOf(sources: readonly Found[], { statements }: SearchLookups) {
  const vids = sources.map(({ vid }) => vid)
  if (vids.length === 0) return new Map<number, Uint8Array>()
  const rows = statements.all(
    sql`SELECT vid, entries FROM version WHERE ${isOneOf(raw('vid'), vids)} AND entries IS NOT NULL`,
  )
  return new Map(rows.map(([vid, pack]) => [Number(vid), pack as Uint8Array]))
}

/** Keeps the order in which the targets were named. */
function fetchTargets(run: Run, targets: ReadonlyMap<number, number>): readonly Found[] {
  const rids = run.lookups.resourceIdsOf([...targets.keys()])
  const byType = Map.groupBy(
    [...targets.values()].map((typeId, index) => ({ typeId, rid: rids[index]! })),
    ({ typeId }) => typeId,
  )
  const found = new Map<number, Found>()
  for (const [typeId, group] of byType) {
    const set = setOfIds(group.map(({ rid }) => rid))
    for (const each of fetchPermitted(run, typeId, set)) found.set(each.rid, each)
  }
  return rids.flatMap((rid) => found.get(rid) ?? [])
}

function holdersOf(run: Run, rule: IncludeRule, sources: readonly Found[]): readonly Found[] {
  const { lookups, view } = run
  const typeId = lookups.dictionary.typeId(rule.sourceType)
  const params = paramIds(rule, run)
  const eligible = sources.filter(
    ({ version }) => rule.targetType === undefined || version.type === rule.targetType,
  )
  if (params.length === 0 || eligible.length === 0) return []
  const targets = lookups.targetIdsOf(eligible.map(({ rid }) => rid))
  const set = sql`SELECT x.rid FROM reference x WHERE ${isOneOf(raw('x.param'), params)} AND ${isOneOf(raw('x.target'), targets)} AND ${holds('x', view)} AND tick(x.rid)`
  const holders = fetchPermitted(run, typeId, set)
  for (const { version } of holders) run.names.add(version.type, version.id)
  return holders
}

/** The resources of a set that the caller may see, by creation; enough to know of a cut. */
function fetchPermitted(run: Run, typeId: number, set: Sql): Found[] {
  const { lookups, view, request, seen } = run
  const type = lookups.dictionary.typeName(typeId)
  const restriction = request.restrictions?.[type]
  if (request.restrictions && !restriction) return []
  const scope: Scope = { typeId, view, row: 'f', table: 'fact', lookups }
  const permitted = restriction ? permits(restriction, scope) : sqlTrue
  const limit = request.includesMax + seen.size + 1
  const rows = lookups.statements.all(
    sql`SELECT f.rid, (f.rid << 20) | f.version FROM fact f WHERE f.type = ${typeId} AND f.rid IN (${set}) AND ${isVersionOf('f', view)} AND f.deleted = 0 AND ${permitted} ORDER BY f.rid ${limitTo(limit)}`,
  )
  const vids = rows.map((row) => Number(row[1]))
  const versions = lookups.versions.fetch(type, vids)
  return rows.map((row, place) => ({
    rid: Number(row[0]),
    vid: vids[place]!,
    version: versions[place]!,
  }))
}
