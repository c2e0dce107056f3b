/** The GET entries of a batch or transaction. */
import { FhirError, InvalidRequest } from '../errors.ts'
import type { Context } from './context.ts'
import type { EntryRequest } from './entry-request.ts'
import { history } from './history.ts'
import type { Outcome } from './outcome.ts'
import { parseSearch } from './parse-search.ts'
import { read } from './read.ts'
import { parseQueryString } from './query-string.ts'
import type { EntryOutcome } from './response-bundle.ts'
import { search } from './search-type.ts'
import { traceEntry } from './traced-entry.ts'
import { vread } from './vread.ts'

/** Throws what the entry's URL alone makes impossible, before anything is written. */
export function prepareRead(context: Context, { target, index }: EntryRequest): void {
  if (target.kind === 'type' || target.kind === 'system') {
    parseSearch(context, {
      type: target.kind === 'type' ? target.type : undefined,
      parameters: parseQueryString(target.query),
    })
  } else if (
    target.kind === 'instance' &&
    parseQueryString(target.query).some(([name]) => !/^_(format|pretty)$/.test(name))
  ) {
    throw new InvalidRequest('A read in a Bundle takes no parameters', {
      expression: `Bundle.entry[${index}].request.url`,
    })
  }
}

/** Runs a GET entry; an error becomes that entry's outcome. */
export function runRead(context: Context, entry: EntryRequest): Promise<EntryOutcome> {
  return traceEntry(context, entry, () => tryRead(context, entry))
}

/** Throws what a search or history would answer: a refusal that its URL alone does not tell. */
export async function requireAnswer(context: Context, entry: EntryRequest): Promise<void> {
  await dispatch(context, entry)
}

async function tryRead(context: Context, entry: EntryRequest): Promise<EntryOutcome> {
  try {
    return { outcome: await dispatch(context, entry), showsResource: entry.method === 'GET' }
  } catch (error) {
    return { outcome: errorOutcome(error) }
  }
}

/** A refused entry, as it stands in the answer. Anything but a FhirError is thrown on. */
export function errorOutcome(error: unknown): EntryOutcome['outcome'] {
  if (!(error instanceof FhirError)) throw error
  return { status: error.status, issues: error.issues }
}

async function dispatch(context: Context, entry: EntryRequest): Promise<Outcome> {
  const { target } = entry
  switch (target.kind) {
    case 'metadata':
      return { status: 200, body: Buffer.from(JSON.stringify(context.services.capabilities())) }
    case 'instance':
      return read(context, target, entry)
    case 'version':
      return vread(context, target, target.versionId, entry)
    case 'history':
      return history(context, { ...target, parameters: parseQueryString(target.query) })
    case 'system':
      return search(context, { type: undefined, parameters: parseQueryString(target.query) })
    case 'type':
      return search(context, { type: target.type, parameters: parseQueryString(target.query) })
  }
}
