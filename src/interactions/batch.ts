/** The batch interaction: each entry for itself. R4 http.html#brules. */
import { UnprocessableResource } from '../errors.ts'
import { bundleReferenceRule } from '../fhir/request-rule-texts.ts'
import { isObject, type JsonValue, type Resource } from '../fhir/resource.ts'
import { walkReferences } from '../fhir/walk-references.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import { atEntry } from './at-entry.ts'
import { requireEntries, requireWriteTarget } from './bundle-entries.ts'
import type { Context } from './context.ts'
import { create } from './create.ts'
import { deleteResource } from './delete.ts'
import { parseEntryRequest, type EntryRequest } from './entry-request.ts'
import type { Outcome } from './outcome.ts'
import { patch } from './patch.ts'
import { patchOfEntry } from './patch-entry.ts'
import { errorOutcome, prepareRead, runRead } from './read-entry.ts'
import { renderResponseBundle, type EntryOutcome } from './response-bundle.ts'
import { traceEntry } from './traced-entry.ts'
import { update } from './update.ts'

export async function batch(context: Context, body: ParsedBody): Promise<Outcome> {
  const entries = requireEntries(context, body.resource)
  const fullUrls = fullUrlsOf(entries)
  const outcomes: EntryOutcome[] = []
  for (const [index, entry] of entries.entries()) {
    outcomes.push(await runEntry(context, entry, { index, blobs: body.blobs, fullUrls }))
  }
  return { status: 200, body: await renderResponseBundle(context, 'batch-response', outcomes) }
}

interface Surroundings {
  readonly index: number
  readonly blobs: readonly BlobReference[]
  readonly fullUrls: ReadonlySet<string>
}

async function runEntry(
  context: Context,
  entry: JsonValue,
  surroundings: Surroundings,
): Promise<EntryOutcome> {
  try {
    const request = parseEntryRequest(entry, surroundings.index, context.services)
    if (request.method === 'GET' || request.method === 'HEAD') {
      atEntry(request.index, () => prepareRead(context, request))
      return await runRead(context, request)
    }
    return await traceEntry(context, request, () => tryWrite(context, request, surroundings))
  } catch (error) {
    return { outcome: errorOutcome(error) }
  }
}

async function tryWrite(
  context: Context,
  request: EntryRequest,
  surroundings: Surroundings,
): Promise<EntryOutcome> {
  try {
    const outcome = await atEntry(request.index, () => write(context, request, surroundings))
    return { outcome }
  } catch (error) {
    return { outcome: errorOutcome(error) }
  }
}

async function write(
  context: Context,
  entry: EntryRequest,
  surroundings: Surroundings,
): Promise<Outcome> {
  const { method, resource, ifMatch, ifNoneMatch, ifNoneExist } = entry
  const target = requireWriteTarget(entry)
  const { type } = target
  if (target.kind === 'type') {
    requireNoBundleReferences(resource!, surroundings.fullUrls)
    return create(context, { type, body: bodyOf(resource!, surroundings), ifNoneExist })
  }
  const where = target.kind === 'instance' ? { id: target.id } : { query: target.query }
  if (method === 'DELETE') return deleteResource(context, { type, target: where, ifMatch })
  if (method === 'PATCH') {
    const patchBody = await patchOfEntry(context, resource!, surroundings.blobs)
    return patch(context, { type, target: where, patch: patchBody, ifMatch })
  }
  requireNoBundleReferences(resource!, surroundings.fullUrls)
  const body = bodyOf(resource!, surroundings)
  return update(context, { type, target: where, body, ifMatch, ifNoneMatch })
}

function bodyOf(resource: Resource, { blobs }: Surroundings): ParsedBody {
  return { resource, blobs, hasOddDecimals: false }
}

function fullUrlsOf(entries: readonly JsonValue[]): ReadonlySet<string> {
  return new Set(
    entries.flatMap((entry) =>
      isObject(entry) && typeof entry.fullUrl === 'string' && entry.fullUrl.startsWith('urn:')
        ? [entry.fullUrl]
        : [],
    ),
  )
}

/** R4: entries of a batch may not depend on each other. */
function requireNoBundleReferences(resource: Resource, fullUrls: ReadonlySet<string>): void {
  walkReferences(resource, ({ text, isReference, path }) => {
    if (!isReference || !fullUrls.has(text)) return
    throw new UnprocessableResource(
      `${path} refers to another entry of this batch; only a transaction may do that`,
      { expression: path, code: 'not-found', rule: bundleReferenceRule },
    )
  })
}
