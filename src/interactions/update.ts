/** The update interaction, also as create and conditional. R4 http.html#update, #upsert, #cond-update. */
import { Conflict, InvalidRequest, NotFound } from '../errors.ts'
import type { Resource, TypedId } from '../fhir/resource.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { resolveConditionalSubject } from './bundle-references.ts'
import { commitDrafts } from './commit-drafts.ts'
import { findByCondition } from './conditions.ts'
import type { Context } from './context.ts'
import { draftCreate } from './create.ts'
import { createDraftPlan, type Draft, type DraftPlan } from './draft.ts'
import type { Outcome } from './outcome.ts'
import { requireIfMatch, requireIfNoneMatch, type Preconditions } from './preconditions.ts'
import { requireId, requireIdForm, requireType } from './requested-resource.ts'

export interface UpdateRequest extends Preconditions {
  readonly type: string
  /** The id of the URL, or the query of a conditional update. */
  readonly target: { readonly id: string } | { readonly query: string }
  readonly body: ParsedBody
  readonly blob?: BlobReference
  readonly securityContext?: string | undefined
}

export async function update(context: Context, request: UpdateRequest): Promise<Outcome> {
  const { type, body, target } = request
  context.store.requireMay('update', type)
  requireType(body, type)
  if ('id' in target) {
    requireIdForm(target.id)
    requireId(body, type, target.id)
  }
  const { versions } = await commitDrafts(context, async () => {
    const plan = createDraftPlan('single')
    const resource = await resolveConditionalSubject(context, body.resource, plan)
    plan.drafts.push(await draftUpdate(context, plan, { ...request, resource }))
    return plan
  })
  const [[draft, version]] = [...versions] as [[Draft, StoredVersion]]
  const created = !draft.stored || draft.stored.deleted
  return { status: created ? 201 : 200, created, version, issues: draft.issues }
}

export interface UpdateDraftRequest extends UpdateRequest {
  readonly resource: Resource
  readonly entryIndex?: number
  /** The id for a conditional update without match and without id. */
  readonly newId?: string
}

/** A draft of the next version; of the first one where nothing is there yet. */
export async function draftUpdate(
  context: Context,
  plan: DraftPlan,
  request: UpdateDraftRequest,
): Promise<Draft> {
  const { type, body, resource, entryIndex } = request
  const id = await findTargetId(context, plan, request)
  if (id === undefined) {
    requireIfMatch(request.ifMatch, undefined)
    return draftCreate(context, { ...request, resource }, request.newId, entryIndex)
  }
  const stored = await context.store.readVisible(type, id)
  requireIfMatch(request.ifMatch, stored)
  requireIfNoneMatch(request.ifNoneMatch, stored)
  if (!stored) requireMayChooseIds(context, { type, id })
  return {
    method: 'PUT',
    type,
    id,
    versionId: (stored?.versionId ?? 0) + 1,
    resource,
    stored,
    blobs: body.blobs,
    issues: [],
    governedBy: new Set(),
    ...(request.blob ? { blob: request.blob } : {}),
    ...(request.securityContext === undefined ? {} : { securityContext: request.securityContext }),
    ...(entryIndex === undefined ? {} : { entryIndex }),
  }
}

/** The id to write to. Undefined: the server makes one (nothing matched, and the body has no id). */
async function findTargetId(
  context: Context,
  plan: DraftPlan,
  { type, target, body }: UpdateDraftRequest,
): Promise<string | undefined> {
  if ('id' in target) return target.id
  const own = body.resource.id
  const { id: matched, precondition } = await findByCondition(context, type, target.query)
  plan.preconditions.push(precondition)
  if (own !== undefined && typeof own !== 'string') {
    throw new InvalidRequest(`${type}.id must be a text`, { expression: `${type}.id` })
  }
  if (matched === undefined) {
    if (own !== undefined) await requireFreeId(context, type, own)
    return own
  }
  if (own !== undefined && own !== matched) {
    throw new InvalidRequest(
      `The condition matches a ${type} whose id is not the body's "${own}": leave the id out, or send the right one`,
      { expression: `${type}.id` },
    )
  }
  return matched
}

/**
 * No match, and an id: create as that id. What bears it already does not meet the condition, so
 * that writing over it would lose another resource; R5 http.html#cond-update says 409.
 */
async function requireFreeId(context: Context, type: string, id: string): Promise<void> {
  requireIdForm(id)
  const stored = await context.store.readVisible(type, id)
  if (!stored || stored.deleted) return
  throw new Conflict(
    `Nothing matches the condition, but ${type}/${id} exists: leave the id out, or update ${type}/${id}`,
    { expression: `${type}.id` },
  )
}

const choosesIds: ReadonlySet<string> = new Set(['open', 'establishment', 'operator'])

/** Decision 57: an id of one's own choice is for system clients, operators and AUTH=open. */
function requireMayChooseIds(context: Context, { type, id }: TypedId): void {
  if (!choosesIds.has(context.store.caller.kind)) throw new NotFound(`${type}/${id}`)
}
