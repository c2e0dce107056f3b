/** A stored version as it is sent: links filled in, in part when that is asked for. */
import { InvalidRequest } from '../errors.ts'
import { renderSlots } from '../json/slots.ts'
import { summarize } from '../search/summarize.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { Context } from './context.ts'

export interface Shape {
  /** `_summary` and `_elements`, as sent. */
  readonly summary?: string
  readonly elements?: string
}

/** Throws 400 for a `_summary` that is none. R4 search.html#summary, search.html#elements. */
export function renderVersion(
  context: Context,
  version: StoredVersion,
  { summary, elements }: Shape,
): Buffer {
  const { registry, baseUrl } = context.services
  const bytes = renderSlots(version.body, version.slots, baseUrl)
  if (elements !== undefined) {
    return summarize(bytes, {
      registry,
      mode: 'match',
      elements: elements.split(',').map((name) => name.trim()),
    })
  }
  if (summary === undefined) return bytes
  if (!isSummaryMode(summary)) {
    throw new InvalidRequest(
      `_summary is true, false, text or data; "${summary}" is none of them`,
      {
        expression: 'http._summary',
      },
    )
  }
  return summarize(bytes, { registry, mode: 'match', summary })
}

function isSummaryMode(text: string): text is 'true' | 'false' | 'text' | 'data' {
  return ['true', 'false', 'text', 'data'].includes(text)
}
