/** If-Match, If-None-Match and If-Modified-Since. R4 http.html#concurrency, http.html#cread. */
import { InvalidRequest, PreconditionFailed } from '../errors.ts'
import type { StoredVersion } from '../store/stored-version.ts'

export interface Preconditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
  readonly ifModifiedSince?: string | undefined
}

/** Throws 412 when the newest version is not the one that the caller last saw. */
export function requireIfMatch(
  ifMatch: string | undefined,
  stored: StoredVersion | undefined,
): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') {
    if (ifMatch !== undefined && (!stored || stored.deleted)) {
      throw new PreconditionFailed('If-Match: * asks for an existing resource, and there is none', {
        expression: 'http.if-match',
      })
    }
    return
  }
  const expected = parseTags(ifMatch, 'if-match')
  if (!stored || !tagsOf(stored).some((tag) => expected.includes(tag))) {
    const actual = stored
      ? `the newest version is W/"${stored.versionId}"`
      : 'there is no such resource'
    throw new PreconditionFailed(
      `If-Match asks for ${ifMatch}, but ${actual}: read it again, then retry`,
      {
        expression: 'http.if-match',
      },
    )
  }
}

/** `If-None-Match: *` on a write: only create. Throws 412 when the resource exists. */
export function requireIfNoneMatch(
  ifNoneMatch: string | undefined,
  stored: StoredVersion | undefined,
): void {
  if (ifNoneMatch === undefined || !stored || stored.deleted) return
  const matches =
    ifNoneMatch.trim() === '*' ||
    parseTags(ifNoneMatch, 'if-none-match').includes(String(stored.versionId))
  if (matches) {
    throw new PreconditionFailed(
      `If-None-Match: ${ifNoneMatch} refuses the write, because the newest version is W/"${stored.versionId}"`,
      { expression: 'http.if-none-match' },
    )
  }
}

/** Whether a read may be answered with 304. If-None-Match counts before If-Modified-Since. */
export function isNotModified(conditions: Preconditions, version: StoredVersion): boolean {
  const { ifNoneMatch, ifModifiedSince } = conditions
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return true
    // A tag of another making is no fault of a reader; it only matches nothing.
    return ifNoneMatch.split(',').some((part) => tagIn(part) === String(version.versionId))
  }
  if (ifModifiedSince === undefined) return false
  const since = Date.parse(ifModifiedSince)
  // RFC 9110 §13.1.3: what is no date is ignored; the whole resource is never a wrong answer.
  if (Number.isNaN(since)) return false
  // HTTP dates have whole seconds, unless an instant was sent: then it counts to the millisecond.
  const precise = /\.\d/.test(ifModifiedSince)
  const lastUpdated = precise ? version.lastUpdated : Math.floor(version.lastUpdated / 1000) * 1000
  return lastUpdated <= since
}

const TAG = /^(?:W\/)?"?([A-Za-z0-9\-.]{1,64})"?$/

function tagIn(text: string): string | undefined {
  return TAG.exec(text.trim())?.[1]
}

/** A Binary read as its bytes bears the hash of its content for a tag. */
function tagsOf({ versionId, blob }: StoredVersion): readonly string[] {
  return blob ? [String(versionId), blob.sha256] : [String(versionId)]
}

function parseTags(header: string, name: string): string[] {
  return header.split(',').map((part) => {
    const tag = tagIn(part)
    if (tag !== undefined) return tag
    throw new InvalidRequest(
      `The header ${name} must look like W/"3"; "${part.trim().slice(0, 80)}" does not`,
      { expression: `http.${name}` },
    )
  })
}
