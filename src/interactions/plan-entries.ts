/**
 * Plans the writes of a transaction: deletes, then identities, then references, then drafts in the
 * order of R4 http.html#trules.
 */
import { InvalidRequest } from '../errors.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import { atEntry } from './at-entry.ts'
import { requireWriteTarget } from './bundle-entries.ts'
import { identify, type Identities } from './bundle-identities.ts'
import { resolveReferences } from './bundle-references.ts'
import type { Context } from './context.ts'
import { draftCreate } from './create.ts'
import { draftDelete } from './delete.ts'
import type { Draft, DraftPlan } from './draft.ts'
import type { EntryRequest } from './entry-request.ts'
import type { Outcome } from './outcome.ts'
import { draftPatch } from './patch.ts'
import { patchOfEntry } from './patch-entry.ts'
import { requireId, requireType } from './requested-resource.ts'
import { draftUpdate } from './update.ts'
import { Turns } from './turns.ts'

export interface PlannedEntries {
  /** By the entry's index. */
  readonly drafts: ReadonlyMap<number, Draft>
  /** Of entries that write nothing: a conditional create that matched, a delete of nothing. */
  readonly outcomes: ReadonlyMap<number, Outcome>
  /** Conditional creates that another entry of the Bundle answers: that one's index. */
  readonly repeated: ReadonlyMap<number, number>
}

export interface WriteEntries {
  readonly entries: readonly EntryRequest[]
  readonly blobs: readonly BlobReference[]
}

const order = ['POST', 'PUT', 'PATCH'] as const

export async function planEntries(
  context: Context,
  plan: DraftPlan,
  { entries, blobs }: WriteEntries,
): Promise<PlannedEntries> {
  const drafts = new Map<number, Draft>()
  const outcomes = new Map<number, Outcome>()
  const add = (index: number, draft: Draft) => {
    drafts.set(index, draft)
    plan.drafts.push(draft)
  }
  for (const entry of entries.filter(({ method }) => method === 'DELETE')) {
    const draft = await atEntry(entry.index, () => planDelete(context, plan, entry))
    if (draft) add(entry.index, draft)
    else outcomes.set(entry.index, { status: 204 })
  }
  const deleted = new Set(plan.drafts.map(({ type, id }) => `${type}/${id}`))
  const identities = await identify(context, plan, { entries, deleted, outcomes })
  const turns = new Turns()
  for (const methods of [order.slice(0, 1), order.slice(1)]) {
    for (const entry of entries) {
      if (turns.isOver) await turns.next()
      const { index, method } = entry
      if (!methods.some((one) => one === method)) continue
      if (outcomes.has(index) || identities.repeated.has(index)) continue
      const given = { entry, blobs, identities }
      add(index, await atEntry(index, () => planWrite(context, plan, given)))
    }
  }
  requireDistinctTargets(plan.drafts)
  return { drafts, outcomes, repeated: identities.repeated }
}

function planDelete(
  context: Context,
  plan: DraftPlan,
  entry: EntryRequest,
): Promise<Draft | undefined> {
  const target = requireWriteTarget(entry)
  const { type } = target
  context.store.requireMay('delete', type)
  const { ifMatch, index: entryIndex } = entry
  const where = target.kind === 'instance' ? { id: target.id } : { query: queryOf(target) }
  return draftDelete(context, plan, { type, target: where, ifMatch, entryIndex })
}

function queryOf(target: ReturnType<typeof requireWriteTarget>): string {
  return target.kind === 'condition' ? target.query : ''
}

interface Given {
  readonly entry: EntryRequest
  readonly blobs: readonly BlobReference[]
  readonly identities: Identities
}

async function planWrite(context: Context, plan: DraftPlan, given: Given): Promise<Draft> {
  const { entry, blobs, identities } = given
  const { index: entryIndex, ifMatch, ifNoneMatch } = entry
  const target = requireWriteTarget(entry)
  const { type } = target
  const where = target.kind === 'instance' ? { id: target.id } : { query: queryOf(target) }
  context.store.requireMay(entry.method === 'POST' ? 'create' : 'update', type)
  if (entry.method === 'PATCH') {
    const patch = await patchOfEntry(context, entry.resource!, blobs)
    const request = { type, target: where, patch, ifMatch, entryIndex, identities }
    return draftPatch(context, plan, request)
  }
  const resource = await resolveReferences(context, plan, {
    resource: entry.resource!,
    identities,
    fullUrl: entry.fullUrl,
    at: `Bundle.entry[${entryIndex}].resource`,
  })
  const body: ParsedBody = { resource, blobs, hasOddDecimals: false }
  requireType(body, type)
  const newId = identities.newIds.get(entryIndex)
  if (target.kind === 'type') {
    return draftCreate(context, { type, resource, body }, newId, entryIndex)
  }
  if (target.kind === 'instance') requireId(body, type, target.id)
  const request = { type, target: where, resource, body, ifMatch, ifNoneMatch, entryIndex }
  return draftUpdate(context, plan, { ...request, ...(newId ? { newId } : {}) })
}

/** R4: "If any resource identities overlap, the transaction SHALL fail". */
function requireDistinctTargets(drafts: readonly Draft[]): void {
  const seen = new Map<string, Draft>()
  for (const draft of drafts) {
    const reference = `${draft.type}/${draft.id}`
    const first = seen.get(reference)
    if (first) {
      throw new InvalidRequest(
        `Bundle.entry[${first.entryIndex}] and Bundle.entry[${draft.entryIndex}] both write ${reference}; a transaction may write a resource once`,
        { code: 'duplicate', expression: `Bundle.entry[${draft.entryIndex}].request.url` },
      )
    }
    seen.set(reference, draft)
  }
}
