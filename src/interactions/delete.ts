/** The delete interaction, by id and conditional. R4 http.html#delete, http.html#cdelete. */
import { Conflict } from '../errors.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import type { TypedId } from '../fhir/resource.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { commitDrafts } from './commit-drafts.ts'
import { findByCondition } from './conditions.ts'
import type { Context } from './context.ts'
import { createDraftPlan, type Draft, type DraftPlan } from './draft.ts'
import type { Outcome } from './outcome.ts'
import { requireIfMatch, type Preconditions } from './preconditions.ts'
import { checkRead } from './read.ts'
import { findReferrers } from './referrers.ts'
import { requireIdForm } from './requested-resource.ts'

export interface DeleteRequest extends Preconditions {
  readonly type: string
  readonly target: { readonly id: string } | { readonly query: string }
}

/** Deleting what is not there, or no longer, succeeds without a new version. */
export async function deleteResource(context: Context, request: DeleteRequest): Promise<Outcome> {
  context.store.requireMay('delete', request.type)
  const { versions } = await commitDrafts(context, async () => {
    const plan = createDraftPlan('single')
    const draft = await draftDelete(context, plan, request)
    if (draft) plan.drafts.push(draft)
    return plan
  })
  const version = [...versions.values()][0]
  return version ? { status: 204, version, issues: [deletedIssue(version)] } : { status: 204 }
}

/** A draft of a tombstone; undefined when there is nothing to delete. */
export async function draftDelete(
  context: Context,
  plan: DraftPlan,
  request: DeleteRequest & { readonly entryIndex?: number },
): Promise<Draft | undefined> {
  const { type, target, entryIndex } = request
  let id: string | undefined
  if ('id' in target) {
    requireIdForm(target.id)
    id = target.id
  } else {
    const condition = await findByCondition(context, type, target.query)
    plan.preconditions.push(condition.precondition)
    id = condition.id
  }
  if (id === undefined) {
    requireIfMatch(request.ifMatch, undefined)
    return undefined
  }
  const stored = await context.store.readVisible(type, id)
  requireIfMatch(request.ifMatch, stored)
  if (!stored || stored.deleted) return undefined
  await checkRead(context, stored)
  if (context.services.checksReferencesOnDelete) await requireUnreferenced(context, stored)
  return {
    method: 'DELETE',
    type,
    id,
    versionId: stored.versionId + 1,
    resource: undefined,
    stored,
    blobs: [],
    issues: [],
    governedBy: new Set(),
    ...(entryIndex === undefined ? {} : { entryIndex }),
  }
}

/** REFERENTIAL_INTEGRITY=delete (decision 63): 409 with the referrers that the caller may see. */
async function requireUnreferenced(context: Context, stored: StoredVersion): Promise<void> {
  const { type, id, envelope } = stored
  const referrers = await findReferrers(context, { type, id, patients: envelope.patients }, 10)
  if (referrers.length === 0) return
  throw new Conflict(`${type}/${id} is referred to by ${referrers.join(', ')}; nothing was deleted`)
}

function deletedIssue({ type, id }: TypedId): Issue {
  return {
    severity: 'information',
    code: 'informational',
    diagnostics: `${type}/${id} has been deleted`,
  }
}
