/** Search over the version log: filter, sort, cut a page, follow includes. R4 search.html. */
import { InvalidRequest, TooCostly } from '../../errors.ts'
import type { Lookup } from '../../search/matcher.ts'
import { matchesClause } from '../../search/matcher.ts'
import type { IncludeRule, SearchRequest } from '../../search/search-request.ts'
import { compareForSort } from '../../search/sort-order.ts'
import type { SearchPage } from '../resource-store.ts'
import { createVersionNames } from '../version-names.ts'
import type { VersionNames } from '../version-names.ts'
import type { KeptVersion, VersionLog } from './version-log.ts'
import { candidateOf } from './version-log.ts'

/** A search with what it needs to run: the commit it sees and the time it must end. */
interface Run {
  readonly log: VersionLog
  readonly request: SearchRequest
  readonly asOf: number
  readonly lookup: Lookup
  readonly deadline: number
  readonly names: VersionNames
}

export function searchLog(log: VersionLog, request: SearchRequest, asOf: number): SearchPage {
  const run: Run = {
    log,
    request,
    asOf,
    lookup: log.lookup(asOf),
    deadline: performance.now() + request.timeoutMs,
    names: createVersionNames(),
  }
  const all = findMatches(run)
  const { page, previous, next } = cutPage(run, all)
  const { included, truncated } = followIncludes(run, page)
  return {
    asOf,
    matches: page.map(({ stored }) => stored),
    included: included.map(({ stored }) => stored),
    ...namedVersions(run, included),
    includesTruncated: truncated,
    ...(previous ? { previous: previous.rid } : {}),
    ...(next ? { next: next.rid } : {}),
    ...(request.total === 'none' ? {} : { total: all.length }),
  }
}

function namedVersions({ names }: Run, included: readonly KeptVersion[]) {
  const others = names.others(included.map(({ stored }) => stored))
  return others.length === 0 ? {} : { namedVersions: others }
}

function findMatches(run: Run): KeptVersion[] {
  const { log, request, asOf, lookup } = run
  const found: KeptVersion[] = []
  for (const type of new Set(request.types)) {
    for (const version of log.current(type, asOf)) {
      checkDeadline(run)
      if (!log.permits(request.restrictions, version, lookup)) continue
      if (matchesClause(request.where, candidateOf(version), lookup)) found.push(version)
    }
  }
  return found.sort((a, b) => comparePlaces(run, a, b))
}

function checkDeadline({ deadline, request }: Run): void {
  if (performance.now() > deadline)
    throw new TooCostly(`The search took longer than ${request.timeoutMs} ms`)
}

function comparePlaces({ request }: Run, a: KeptVersion, b: KeptVersion): number {
  return compareForSort(request.sort, sortable(a), sortable(b))
}

function sortable({ rid, stored, entries }: KeptVersion) {
  return { rid, id: stored.id, lastUpdated: stored.lastUpdated, entries }
}

interface Cut {
  readonly page: readonly KeptVersion[]
  readonly previous?: KeptVersion | undefined
  readonly next?: KeptVersion | undefined
}

/** A position is the rid of a match: its place follows from its version at `asOf`. */
function cutPage(run: Run, all: readonly KeptVersion[]): Cut {
  const { count, position } = run.request
  if (count === 0) return { page: [] }
  if (!position) return pageOf(all, 0, count)
  const anchor = run.log
    .everyVersion()
    .findLast(({ rid, stored }) => rid === position.at && stored.sequence <= run.asOf)
  if (!anchor) throw new InvalidRequest('The page link does not belong to this store')
  const before = all.filter((match) => comparePlaces(run, match, anchor) < 0).length
  if (position.direction === 'before') return pageOf(all, Math.max(0, before - count), before)
  const start = all.filter((match) => comparePlaces(run, match, anchor) <= 0).length
  return pageOf(all, start, start + count)
}

function pageOf(all: readonly KeptVersion[], start: number, end: number): Cut {
  const page = all.slice(start, end)
  return {
    page,
    previous: start > 0 ? page[0] : undefined,
    next: end < all.length ? page.at(-1) : undefined,
  }
}

/**
 * Every rule is applied to the matches; those with `:iterate` also to what was included, until
 * nothing new is found. A match of the page is not included again.
 */
function followIncludes(run: Run, matches: readonly KeptVersion[]) {
  const { includes, includesMax } = run.request
  const seen = new Set(matches)
  const included: KeptVersion[] = []
  let sources = matches
  let rules = includes
  while (sources.length > 0 && rules.length > 0) {
    const found: KeptVersion[] = []
    for (const version of rules.flatMap((rule) => [...applyRule(run, rule, sources)])) {
      checkDeadline(run)
      if (seen.has(version)) continue
      seen.add(version)
      if (!run.log.permits(run.request.restrictions, version, run.lookup)) continue
      if (included.length === includesMax) return { included, truncated: true }
      found.push(version)
      included.push(version)
    }
    sources = found
    rules = includes.filter(({ iterate }) => iterate)
  }
  return { included, truncated: false }
}

function* applyRule(
  run: Run,
  rule: IncludeRule,
  sources: readonly KeptVersion[],
): Iterable<KeptVersion> {
  if (rule.kind === 'include') {
    for (const source of sources) {
      if (source.stored.type !== rule.sourceType) continue
      for (const { type, id, versionId } of referencesUnder(rule, source)) {
        run.names.add(type, id, versionId)
        const target = run.log.found(type, id, run.asOf)
        if (target) yield target
      }
    }
    return
  }
  const targets = new Set(sources.map(({ stored }) => `${stored.type}/${stored.id}`))
  for (const holder of run.log.current(rule.sourceType, run.asOf)) {
    const references = referencesUnder(rule, holder)
    if (!references.some(({ type, id }) => targets.has(`${type}/${id}`))) continue
    run.names.add(holder.stored.type, holder.stored.id)
    yield holder
  }
}

/** `*` is every parameter of the type itself, not those reached through a contained resource. */
function referencesUnder(rule: IncludeRule, { entries }: KeptVersion) {
  const references: { type: string; id: string; versionId: string | undefined }[] = []
  for (const entry of entries) {
    if (entry.kind !== 'reference' || entry.type === undefined || entry.id === undefined) continue
    if (rule.code === '*' ? entry.code.includes('.') : entry.code !== rule.code) continue
    if (rule.targetType !== undefined && entry.type !== rule.targetType) continue
    references.push({ type: entry.type, id: entry.id, versionId: entry.versionId })
  }
  return references
}
