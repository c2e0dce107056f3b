/** The answer to a batch or transaction, built from stored bytes. R4 http.html#transaction-response. */
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import type { Context } from './context.ts'
import { entityTag, statusTexts, type Outcome } from './outcome.ts'
import { createAllowance, renderVersion, type Allowance } from './render-version.ts'

export interface EntryOutcome {
  readonly outcome: Omit<Outcome, 'status'> & { readonly status: number }
  /** The entry asked to see a resource (a GET). */
  readonly showsResource?: boolean
}

/** One entry for each of the request, in its order. */
export async function renderResponseBundle(
  context: Context,
  type: 'batch-response' | 'transaction-response',
  outcomes: readonly EntryOutcome[],
): Promise<Buffer> {
  const allowance = createAllowance(context)
  const parts: Buffer[] = [Buffer.from(`{"resourceType":"Bundle","type":"${type}"`)]
  let separator = ',"entry":['
  for (const entry of outcomes) {
    parts.push(Buffer.from(separator), ...(await renderEntry(context, entry, allowance)))
    separator = ','
  }
  parts.push(Buffer.from(outcomes.length > 0 ? ']}' : '}'))
  return Buffer.concat(parts)
}

async function renderEntry(
  context: Context,
  { outcome, showsResource }: EntryOutcome,
  allowance: Allowance,
): Promise<Buffer[]> {
  const { version, status } = outcome
  const { baseUrl } = context.services
  const isShowable = version !== undefined && !version.deleted && status !== 304
  const fullUrl = isShowable
    ? `"fullUrl":${JSON.stringify(`${baseUrl}/${version.type}/${version.id}`)},`
    : ''
  const response = `"response":${JSON.stringify(responseOf(context, outcome))}`
  const isShown = showsResource || context.preferences.return === 'representation'
  const body =
    outcome.body ??
    (isShown && isShowable ? await renderVersion(context, version, {}, allowance) : undefined)
  return body
    ? [Buffer.from(`{${fullUrl}"resource":`), body, Buffer.from(`,${response}}`)]
    : [Buffer.from(`{${fullUrl}${response}}`)]
}

/** A PATCH has its `location` too (decision 75); what was not modified has none. */
function responseOf(
  context: Context,
  { version, status, issues = [] }: EntryOutcome['outcome'],
): Record<string, unknown> {
  const tellsOutcome = issues.length > 0 || context.preferences.return === 'OperationOutcome'
  return {
    status: statusTexts[status] ?? String(status),
    ...(version && status !== 304
      ? { location: `${version.type}/${version.id}/_history/${version.versionId}` }
      : {}),
    ...(version
      ? { etag: entityTag(version), lastModified: new Date(version.lastUpdated).toISOString() }
      : {}),
    ...(tellsOutcome ? { outcome: toOperationOutcome(issues, context.outcome) } : {}),
  }
}
