/**
 * The patch interaction, by id and conditional, in JSON Patch and FHIRPath Patch.
 * R4 http.html#patch, fhirpatch.html.
 */
import { Gone, NotFound, UnprocessableResource } from '../errors.ts'
import { patchRule } from '../fhir/request-rule-texts.ts'
import type { Resource } from '../fhir/resource.ts'
import { parseJson } from '../json/parse.ts'
import { renderSlots } from '../json/slots.ts'
import { applyPatch } from '../patch/apply-patch.ts'
import type { PatchBody } from '../patch/patch-format.ts'
import type { OutboxEvent } from '../store/commit-plan.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { noIdentities, type Identities } from './bundle-identities.ts'
import { resolveReferences } from './bundle-references.ts'
import { commitDrafts } from './commit-drafts.ts'
import { findByCondition } from './conditions.ts'
import type { Context } from './context.ts'
import { createDraftPlan, type Draft, type DraftPlan } from './draft.ts'
import { findFormerTarget } from './former-target.ts'
import type { Outcome } from './outcome.ts'
import { requireIfMatch, type Preconditions } from './preconditions.ts'
import { checkRead } from './read.ts'
import { requireIdForm } from './requested-resource.ts'

export interface PatchRequest extends Preconditions {
  readonly type: string
  readonly target: { readonly id: string } | { readonly query: string }
  readonly patch: PatchBody
  /** See `Draft.isLabelling`. */
  readonly isLabelling?: true
  /** Told once the change stands. */
  readonly events?: readonly OutboxEvent[]
}

export async function patch(context: Context, request: PatchRequest): Promise<Outcome> {
  context.store.requireMay('update', request.type)
  const { versions } = await commitDrafts(context, async () => {
    const plan = createDraftPlan('single')
    plan.drafts.push(await draftPatch(context, plan, request))
    plan.events.push(...(request.events ?? []))
    return plan
  })
  const [[draft, version]] = [...versions] as [[Draft, StoredVersion]]
  return { status: 200, version, issues: draft.issues }
}

export interface PatchDraftRequest extends PatchRequest {
  readonly entryIndex?: number
  /** Of the transaction: a patch may refer to what another entry creates. */
  readonly identities?: Identities
}

/** A draft of the next version. Throws 404 when nothing is there, 410 when it was deleted. */
export async function draftPatch(
  context: Context,
  plan: DraftPlan,
  request: PatchDraftRequest,
): Promise<Draft> {
  const { type, entryIndex } = request
  // The answer shows the whole resource, unless it is one of a transaction's.
  if (entryIndex === undefined || context.preferences.return === 'representation')
    context.store.requireMay('read', type)
  const id = await findPatchTarget(context, plan, request)
  const reference = `${type}/${id}`
  const stored = await context.store.readVisible(type, id)
  if (!stored) throw new NotFound(reference)
  requireIfMatch(request.ifMatch, stored)
  if (stored.deleted) throw new Gone(reference)
  await checkRead(context, stored)
  for (const rule of context.services.rules) rule.checkPatch?.(stored)
  const patched = applyPatch(toResource(context, stored), request.patch, context.services.registry)
  requireSameId(patched, stored)
  const identities = request.identities ?? noIdentities()
  const resource = await resolveReferences(context, plan, {
    resource: patched,
    identities,
    at: entryIndex === undefined ? type : `Bundle.entry[${entryIndex}].resource`,
  })
  return {
    method: 'PATCH',
    type,
    id,
    versionId: stored.versionId + 1,
    resource,
    stored,
    blobs: [],
    issues: [],
    governedBy: new Set(),
    ...(stored.blob ? { blob: stored.blob } : {}),
    ...(request.isLabelling ? { isLabelling: true } : {}),
    ...(entryIndex === undefined ? {} : { entryIndex }),
  }
}

/** An id never changes; a patch that says otherwise must not pass for done. */
function requireSameId(resource: Resource, { type, id }: StoredVersion): void {
  if (resource.id === id) return
  throw new UnprocessableResource(`A patch cannot change the id of ${type}/${id}`, {
    code: 'invariant',
    expression: `${type}.id`,
    rule: patchRule,
  })
}

async function findPatchTarget(
  context: Context,
  plan: DraftPlan,
  { type, target }: PatchRequest,
): Promise<string> {
  if ('id' in target) {
    requireIdForm(target.id)
    return target.id
  }
  const { id, precondition } = await findByCondition(context, type, target.query)
  plan.preconditions.push(precondition)
  if (id !== undefined) return id
  const refusal = new NotFound(`A ${type} that matches the condition`)
  return findFormerTarget(context, plan, { type, query: target.query, refusal })
}

/** A stored version as an object again, links absolute. */
export function toResource(context: Context, version: StoredVersion): Resource {
  const bytes = renderSlots(version.body, version.slots, context.services.baseUrl)
  return parseJson(bytes).resource
}
