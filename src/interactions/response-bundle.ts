/** The answer to a batch or transaction, built from stored bytes. R4 http.html#transaction-response. */
import { toOperationOutcome, type Issue } from '../fhir/operation-outcome.ts'
import { renderSlots } from '../json/slots.ts'
import type { Context } from './context.ts'
import { entityTag, statusTexts, type Outcome } from './outcome.ts'

export interface EntryOutcome {
  readonly outcome: Omit<Outcome, 'status'> & { readonly status: number }
  /** The entry asked to see a resource (a GET). */
  readonly showsResource?: boolean
}

/** One entry for each of the request, in its order. */
export function renderResponseBundle(
  context: Context,
  type: 'batch-response' | 'transaction-response',
  outcomes: readonly EntryOutcome[],
): Buffer {
  const parts: Buffer[] = [Buffer.from(`{"resourceType":"Bundle","type":"${type}"`)]
  if (outcomes.length > 0) {
    outcomes.forEach((entry, index) => {
      parts.push(Buffer.from(index === 0 ? ',"entry":[' : ','), ...renderEntry(context, entry))
    })
    parts.push(Buffer.from(']'))
  }
  parts.push(Buffer.from('}'))
  return Buffer.concat(parts)
}

function renderEntry(context: Context, { outcome, showsResource }: EntryOutcome): Buffer[] {
  const { version, issues } = outcome
  const { baseUrl } = context.services
  const members: string[] = []
  if (version && !version.deleted) {
    members.push(`"fullUrl":${JSON.stringify(`${baseUrl}/${version.type}/${version.id}`)},`)
  }
  const response = JSON.stringify({ response: responseOf(outcome, issues ?? [], context) }).slice(
    1,
    -1,
  )
  const shown = showsResource || context.preferences.return === 'representation'
  const body =
    outcome.body ??
    (shown && version && !version.deleted
      ? renderSlots(version.body, version.slots, baseUrl)
      : undefined)
  return body
    ? [Buffer.from(`{${members.join('')}"resource":`), body, Buffer.from(`,${response}}`)]
    : [Buffer.from(`{${members.join('')}${response}}`)]
}

function responseOf(
  outcome: EntryOutcome['outcome'],
  issues: readonly Issue[],
  context: Context,
): Record<string, unknown> {
  const { version, status } = outcome
  const showsVersion = version && status !== 304
  return {
    status: statusTexts[status] ?? String(status),
    ...(showsVersion
      ? { location: `${version.type}/${version.id}/_history/${version.versionId}` }
      : {}),
    ...(version
      ? { etag: entityTag(version), lastModified: new Date(version.lastUpdated).toISOString() }
      : {}),
    ...(issues.length > 0 ? { outcome: toOperationOutcome(issues, context.outcome) } : {}),
  }
}
