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
  if (!stored || !expected.includes(String(stored.versionId))) {
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
    return parseTags(ifNoneMatch, 'if-none-match').includes(String(version.versionId))
  }
  if (ifModifiedSince === undefined) return false
  const since = Date.parse(ifModifiedSince)
  if (Number.isNaN(since)) {
    throw new InvalidRequest(`If-Modified-Since "${ifModifiedSince}" is no date`, {
      expression: 'http.if-modified-since',
    })
  }
  // HTTP dates have whole seconds, unless an instant was sent: then it counts to the millisecond.
  const precise = /\.\d/.test(ifModifiedSince)
  const lastUpdated = precise ? version.lastUpdated : Math.floor(version.lastUpdated / 1000) * 1000
  return lastUpdated <= since
}

const TAG = /^(?:W\/)?"?([A-Za-z0-9\-.]{1,64})"?$/

function parseTags(header: string, name: string): string[] {
  return header.split(',').map((part) => {
    const match = TAG.exec(part.trim())
    if (!match) {
      throw new InvalidRequest(
        `The header ${name} must look like W/"3"; "${part.trim()}" does not`,
        {
          expression: `http.${name}`,
        },
      )
    }
    return match[1]!
  })
}
