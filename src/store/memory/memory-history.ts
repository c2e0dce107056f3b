/** History over the version log, newest first. R4 http.html#history. */
import type { HistoryPage, HistoryRequest } from '../resource-store.ts'
import type { KeptVersion, VersionLog } from './version-log.ts'

export function historyOfLog(log: VersionLog, request: HistoryRequest, asOf: number): HistoryPage {
  const lookup = log.lookup(asOf)
  const all = versionsInScope(log, request.scope)
    .filter(
      (version) =>
        version.stored.sequence <= asOf &&
        (request.since === undefined || version.stored.lastUpdated >= request.since) &&
        (!request.at || wasCurrent(log, version, request.at, asOf)) &&
        log.permits(request.restrictions, version, lookup),
    )
    .sort((a, b) => compareKeys(keyOf(a), keyOf(b)))
  const { count } = request
  const after = request.after as number[] | undefined
  const before = request.before as number[] | undefined
  const rest = all.filter(
    (version) =>
      (!after || compareKeys(keyOf(version), after) > 0) &&
      (!before || compareKeys(keyOf(version), before) < 0),
  )
  const page = before ? rest.slice(Math.max(0, rest.length - count)) : rest.slice(0, count)
  const hasMore = rest.length > page.length
  const [first, last] = [page[0], page.at(-1)]
  return {
    asOf,
    versions: page.map(({ stored }) => stored),
    total: all.length,
    ...(last && (before || hasMore) ? { next: keyOf(last) } : {}),
    ...(first && (before ? hasMore : after) ? { previous: keyOf(first) } : {}),
  }
}

function versionsInScope(log: VersionLog, scope: HistoryRequest['scope']): readonly KeptVersion[] {
  if (scope.kind === 'instance') return log.versions(scope.type, scope.id)
  const versions = log.everyVersion()
  if (scope.kind === 'system') return versions
  return versions.filter(({ stored }) => stored.type === scope.type)
}

/** Newest commit first; within one commit the resource created last. */
function keyOf({ rid, stored }: KeptVersion): number[] {
  return [stored.sequence, rid, stored.versionId]
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    if (value !== b[index]) return b[index]! - value
  }
  return 0
}

/** A version is current from its commit until the next one's, as far as `asOf` sees. */
function wasCurrent(
  log: VersionLog,
  { stored }: KeptVersion,
  at: NonNullable<HistoryRequest['at']>,
  asOf: number,
): boolean {
  const next = log
    .versions(stored.type, stored.id)
    .find((other) => other.stored.versionId === stored.versionId + 1)
  const until = next && next.stored.sequence <= asOf ? next.stored.lastUpdated : Infinity
  return stored.lastUpdated < at.high && until > at.low
}
