/** Plans the writes of a transaction: identities first, then references, then drafts in order. */
import { InvalidRequest } from '../errors.ts'
import { isObject, type Resource } from '../fhir/resource.ts'
import { walkReferences } from '../fhir/walk-references.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import { atEntry } from './at-entry.ts'
import { resolveReferences, type BundleIdentities } from './bundle-references.ts'
import { findByCondition, parametersOf } from './conditions.ts'
import type { Context } from './context.ts'
import { draftCreate } from './create.ts'
import { draftDelete } from './delete.ts'
import type { Draft, DraftPlan } from './draft.ts'
import type { EntryRequest } from './entry-request.ts'
import type { Outcome } from './outcome.ts'
import { draftPatch } from './patch.ts'
import { patchOfEntry } from './patch-entry.ts'
import { patientIdOf } from './patient-of.ts'
import { requireReadable } from './read.ts'
import { requireId, requireType } from './requested-resource.ts'
import { draftUpdate } from './update.ts'

export interface PlannedEntries {
  /** By the entry's index. */
  readonly drafts: ReadonlyMap<number, Draft>
  /** Of entries that write nothing: a conditional create that matched, a delete of nothing. */
  readonly outcomes: ReadonlyMap<number, Outcome>
}

interface Input {
  readonly entries: readonly EntryRequest[]
  readonly blobs: readonly BlobReference[]
}

const order = { DELETE: 0, POST: 1, PUT: 2, PATCH: 2, GET: 3, HEAD: 3 } as const

export async function planEntries(
  context: Context,
  plan: DraftPlan,
  { entries, blobs }: Input,
): Promise<PlannedEntries> {
  const drafts = new Map<number, Draft>()
  const outcomes = new Map<number, Outcome>()
  const identities = await identify(context, plan, entries, outcomes)
  const ordered = [...entries].sort(
    (a, b) => order[a.method] - order[b.method] || a.index - b.index,
  )
  for (const entry of ordered) {
    if (outcomes.has(entry.index)) continue
    const draft = await atEntry(entry.index, () =>
      planEntry(context, plan, { entry, blobs, identities }),
    )
    if (draft) {
      drafts.set(entry.index, draft)
      plan.drafts.push(draft)
    } else outcomes.set(entry.index, { status: 204 })
  }
  requireDistinctTargets(plan.drafts)
  return { drafts, outcomes }
}

interface Identities extends BundleIdentities {
  /** The id chosen for each entry that creates, by index. */
  readonly newIds: ReadonlyMap<number, string>
}

/** Gives every entry that creates its id, so that references to it can be written. */
async function identify(
  context: Context,
  plan: DraftPlan,
  entries: readonly EntryRequest[],
  outcomes: Map<number, Outcome>,
): Promise<Identities> {
  const fullUrls = new Map<string, string>()
  const newIds = new Map<number, string>()
  const named = (entry: EntryRequest, reference: string) => {
    if (entry.fullUrl !== undefined) fullUrls.set(entry.fullUrl, reference)
  }
  const pending: { entry: EntryRequest; type: string }[] = []
  for (const entry of entries) {
    const { target, method } = entry
    if (method === 'POST' && target.kind === 'type') {
      if (!(await matchedCreate(context, plan, { entry, type: target.type, outcomes, named }))) {
        pending.push({ entry, type: target.type })
      }
    } else if (method === 'PUT' && target.kind === 'instance')
      named(entry, `${target.type}/${target.id}`)
    else if (method === 'PUT' && target.kind === 'type') {
      const id = await atEntry(
        entry.index,
        async () =>
          (await findByCondition(context, target.type, target.query)).id ?? ownId(entry.resource),
      )
      if (id === undefined) pending.push({ entry, type: target.type })
      else named(entry, `${target.type}/${id}`)
    }
  }
  chooseIds(context, pending, { newIds, fullUrls, named })
  const candidates = pending.map(({ entry, type }) => ({
    type,
    id: newIds.get(entry.index)!,
    resource: entry.resource!,
  }))
  return { fullUrls, newIds, candidates }
}

function ownId(resource: Resource | undefined): string | undefined {
  return typeof resource?.id === 'string' ? resource.id : undefined
}

/** If-None-Exist that finds its resource: the entry names that one and writes nothing. */
async function matchedCreate(
  context: Context,
  plan: DraftPlan,
  {
    entry,
    type,
    outcomes,
    named,
  }: {
    entry: EntryRequest
    type: string
    outcomes: Map<number, Outcome>
    named: (entry: EntryRequest, reference: string) => void
  },
): Promise<boolean> {
  if (entry.ifNoneExist === undefined) return false
  const query = entry.ifNoneExist.replace(/^[^?]*\?/, '')
  const { id, precondition } = await atEntry(entry.index, () =>
    findByCondition(context, type, query),
  )
  plan.preconditions.push(precondition)
  if (id === undefined) return false
  named(entry, `${type}/${id}`)
  outcomes.set(entry.index, { status: 200, version: await requireReadable(context, { type, id }) })
  return true
}

/** Patients first, then what names them, then Binaries after what refers to them: buckets follow. */
function chooseIds(
  context: Context,
  pending: readonly { entry: EntryRequest; type: string }[],
  {
    newIds,
    fullUrls,
    named,
  }: {
    newIds: Map<number, string>
    fullUrls: ReadonlyMap<string, string>
    named: (entry: EntryRequest, reference: string) => void
  },
): void {
  const { makeId, baseUrl } = context.services
  const choose = (
    { entry, type }: { entry: EntryRequest; type: string },
    patientId: string | undefined,
  ) => {
    const id = makeId(patientId)
    newIds.set(entry.index, id)
    named(entry, `${type}/${id}`)
  }
  for (const item of pending) if (item.type === 'Patient') choose(item, undefined)
  const patientOf = (resource: Resource) =>
    patientIdOf(withKnownReferences(resource, fullUrls), baseUrl)
  for (const item of pending) {
    if (item.type !== 'Patient' && item.type !== 'Binary')
      choose(item, patientOf(item.entry.resource!))
  }
  for (const item of pending) {
    if (item.type !== 'Binary') continue
    const owner = pending.find(
      ({ entry, type }) =>
        type !== 'List' && type !== 'Binary' && refersTo(entry.resource!, item.entry.fullUrl),
    )
    choose(item, owner && patientOf(owner.entry.resource!))
  }
}

function refersTo(resource: Resource, fullUrl: string | undefined): boolean {
  let found = false
  if (fullUrl !== undefined)
    walkReferences(resource, ({ text }) => {
      found ||= text === fullUrl
    })
  return found
}

/** Only the elements that may name the patient, with a fullUrl replaced. */
function withKnownReferences(resource: Resource, fullUrls: ReadonlyMap<string, string>): Resource {
  const copy: Resource = { resourceType: resource.resourceType }
  for (const name of ['subject', 'patient', 'beneficiary', 'individual', 'for']) {
    const value = resource[name]
    if (!isObject(value) || typeof value.reference !== 'string') continue
    copy[name] = { reference: fullUrls.get(value.reference) ?? value.reference }
  }
  return copy
}

async function planEntry(
  context: Context,
  plan: DraftPlan,
  {
    entry,
    blobs,
    identities,
  }: { entry: EntryRequest; blobs: readonly BlobReference[]; identities: Identities },
): Promise<Draft | undefined> {
  const { method, target, index } = entry
  const at = `Bundle.entry[${index}]`
  if (target.kind !== 'type' && target.kind !== 'instance') throw unsupported(method, at)
  const { type } = target
  const where = target.kind === 'instance' ? { id: target.id } : { query: target.query }
  const conditions = { ifMatch: entry.ifMatch, ifNoneMatch: entry.ifNoneMatch }
  if (method === 'DELETE') {
    requireConditionOrId(target, at)
    context.store.requireMay('delete', type)
    return draftDelete(context, plan, { type, target: where, ...conditions, entryIndex: index })
  }
  if (method === 'PATCH') {
    requireConditionOrId(target, at)
    context.store.requireMay('update', type)
    const patch = await patchOfEntry(context, entry.resource!, blobs)
    return draftPatch(context, plan, {
      type,
      target: where,
      patch,
      ...conditions,
      entryIndex: index,
    })
  }
  const resource = await resolveReferences(context, plan, {
    resource: entry.resource!,
    identities,
    fullUrl: entry.fullUrl,
    at: `${at}.resource`,
  })
  const body: ParsedBody = { resource, blobs, hasOddDecimals: false }
  requireType(body, type)
  if (method === 'POST') {
    if (target.kind !== 'type') throw unsupported(method, at)
    context.store.requireMay('create', type)
    return draftCreate(context, { type, resource, body }, identities.newIds.get(index)!, index)
  }
  requireConditionOrId(target, at)
  context.store.requireMay('update', type)
  if (target.kind === 'instance') requireId(body, type, target.id)
  const newId = identities.newIds.get(index)
  return draftUpdate(context, plan, {
    type,
    target: where,
    resource,
    body,
    ...conditions,
    entryIndex: index,
    ...(newId ? { newId } : {}),
  })
}

function unsupported(method: string, at: string): InvalidRequest {
  return new InvalidRequest(`${method} cannot be asked of this URL in a transaction`, {
    code: 'not-supported',
    expression: `${at}.request.url`,
  })
}

function requireConditionOrId(target: EntryRequest['target'], at: string): void {
  if (target.kind === 'type' && parametersOf(target.query).length === 0) {
    throw new InvalidRequest(`${at}.request.url needs an id or a condition`, {
      expression: `${at}.request.url`,
    })
  }
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
