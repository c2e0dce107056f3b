/** What a request, or one entry of a Bundle, is called in its traces. */
import { patientsNamed, redactQuery } from '../audit/redact-query.ts'
import type { TracedEntry } from '../audit/request-trace.ts'
import type { Context, Services } from './context.ts'
import type { EntryRequest, EntryTarget } from './entry-request.ts'
import { parseQueryString } from './query-string.ts'

/** The query without what identifies a person, and the patients that it names by id. */
export function tracedQuery(
  { registry }: Pick<Services, 'registry'>,
  type: string | undefined,
  parameters: readonly (readonly [string, string])[],
): { query: string; named: readonly string[] } {
  const known = registry.searchParameters(type ?? 'Resource')
  const isKept = (code: string) => {
    const kind = known.get(code)?.type
    return kind === 'date' || kind === 'reference' || (kind === 'token' && !personal.has(code))
  }
  return { query: redactQuery(parameters, isKept), named: patientsNamed(type, parameters) }
}

/** Tokens that tell who somebody is. */
const personal = new Set(['identifier', 'email', 'phone', 'telecom', 'gender', 'altid'])

/** Runs one entry of a Bundle under a trace of its own. */
export async function traceEntry<T extends { readonly outcome: { readonly status: number } }>(
  context: Context,
  entry: EntryRequest,
  run: () => Promise<T>,
): Promise<T> {
  const { trace } = context
  if (!trace || entry.target.kind === 'metadata') return run()
  trace.beginEntry(describeEntry(context, entry))
  const result = await run()
  trace.endEntry(result.outcome.status)
  return result
}

function describeEntry(context: Context, { method, target }: EntryRequest): TracedEntry {
  const type = 'type' in target ? target.type : undefined
  const text = 'query' in target ? target.query : ''
  return {
    interaction: interactionOf(method, target),
    type,
    id: 'id' in target ? target.id : undefined,
    ...(text === '' ? {} : tracedQuery(context.services, type, parseQueryString(text))),
  }
}

function interactionOf(method: EntryRequest['method'], target: EntryTarget): string {
  if (method === 'POST') return 'create'
  if (method !== 'GET' && method !== 'HEAD') return writes[method]
  if (target.kind === 'instance') return 'read'
  if (target.kind === 'version') return 'vread'
  if (target.kind !== 'history') return target.kind === 'type' ? 'search-type' : 'search-system'
  if (target.type === undefined) return 'history-system'
  return target.id === undefined ? 'history-type' : 'history-instance'
}

const writes = { PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const
