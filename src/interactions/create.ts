/** The create interaction, also conditional. R4 http.html#create, http.html#ccreate. */
import type { Resource } from '../fhir/resource.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import { resolveConditionalSubject } from './bundle-references.ts'
import { commitDrafts } from './commit-drafts.ts'
import { findByCondition, requireQuery } from './conditions.ts'
import type { Context } from './context.ts'
import { createDraftPlan, newDraft, type Draft } from './draft.ts'
import type { Outcome } from './outcome.ts'
import { patientIdOf } from './patient-of.ts'
import { requireReadable } from './read.ts'
import { requireType } from './requested-resource.ts'

export interface CreateRequest {
  readonly type: string
  readonly body: ParsedBody
  /** The query of If-None-Exist. */
  readonly ifNoneExist?: string | undefined
  /** The content of a Binary posted as native bytes. */
  readonly blob?: BlobReference
  readonly securityContext?: string | undefined
}

export async function create(context: Context, request: CreateRequest): Promise<Outcome> {
  const { type, body, ifNoneExist } = request
  context.store.requireMay('create', type)
  requireType(body, type)
  let existing: string | undefined
  const { versions } = await commitDrafts(context, async () => {
    const plan = createDraftPlan('single')
    if (ifNoneExist !== undefined) {
      const condition = await findByCondition(context, type, requireQuery(ifNoneExist))
      existing = condition.id
      if (existing !== undefined) return plan
      plan.preconditions.push(condition.precondition)
    }
    const resource = await resolveConditionalSubject(context, body.resource, plan)
    plan.drafts.push(draftCreate(context, { ...request, resource }))
    return plan
  })
  if (existing !== undefined) {
    return { status: 200, version: await requireReadable(context, { type, id: existing }) }
  }
  const [[draft, version]] = [...versions] as [[Draft, Awaited<ReturnType<typeof requireReadable>>]]
  return { status: 201, created: true, version, issues: draft.issues }
}

/** The draft of a create, under a new id unless one is given. */
export function draftCreate(
  context: Context,
  { type, resource, body, blob, securityContext }: CreateRequest & { resource: Resource },
  id = context.services.makeId(
    type === 'Patient' ? undefined : patientIdOf(resource, context.services.baseUrl),
  ),
  entryIndex?: number,
): Draft {
  return {
    ...newDraft(type, id, resource),
    blobs: body.blobs,
    ...(blob ? { blob } : {}),
    ...(securityContext === undefined ? {} : { securityContext }),
    ...(entryIndex === undefined ? {} : { entryIndex }),
  }
}
