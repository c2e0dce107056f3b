/**
 * Y replaces X: X is superseded in the same plan, by the caller's PATCH entry or by the server.
 * PDSm 3.1.1 flux 01 (remplacement), PDSm4DMP TD2.1; decisions 7 and 75.
 */
import { parseReference } from '../../fhir/reference.ts'
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import { allOf } from '../../search/search-request.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { dmpIssue } from './dmp-issue.ts'
import {
  isDeposit,
  objectsOf,
  patientIdOfSubject,
  relativeUrl,
  subjectOf,
} from './document-parts.ts'
import { withNewEntryUuid, wholeResource } from './metadata-update.ts'

/** Checks every replacement of a plan, and adds the draft that supersedes where the caller sent none. */
export async function settleReplacements(plan: DraftPlan, context: Context): Promise<void> {
  const replaced = new Map<string, Draft>()
  for (const draft of plan.drafts.filter(isDeposit)) {
    const targets = objectsOf(draft.resource.relatesTo).filter(({ code }) => code === 'replaces')
    if (targets.length > 1) {
      draft.issues.push(
        dmpIssue({
          rule: 'constr-bind-relatesTo',
          expression: 'DocumentReference.relatesTo',
          diagnostics: `The DocumentReference replaces ${targets.length} documents; it may replace one`,
        }),
      )
    }
    for (const target of targets) await settleOne(plan, context, { draft, target, replaced })
  }
}

interface Replacement {
  readonly draft: Draft & { resource: Resource }
  readonly target: JsonObject
  readonly replaced: Map<string, Draft>
}

async function settleOne(
  plan: DraftPlan,
  context: Context,
  { draft, target, replaced }: Replacement,
): Promise<void> {
  const index = objectsOf(draft.resource.relatesTo).indexOf(target)
  const expression = `DocumentReference.relatesTo[${index}].target`
  const id = await findTarget(context, draft, target)
  const patch = plan.drafts.find(
    (other) => other.type === 'DocumentReference' && other.id === id && other.method === 'PATCH',
  )
  const stored =
    id === undefined
      ? undefined
      : (patch?.stored ?? (await context.store.readVisible('DocumentReference', id)))
  const problem = problemOf(context, draft, stored) ?? problemOfPatch(patch)
  if (id === undefined || !stored || problem !== undefined) {
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-replaced-target',
        code: 'not-found',
        expression,
        diagnostics:
          problem ?? 'relatesTo.target leads to no document of this patient that is known here',
      }),
    )
    return
  }
  if (replaced.has(id)) {
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-replaced-twice',
        expression,
        diagnostics: `DocumentReference/${id} is replaced by two DocumentReferences of this lot`,
      }),
    )
    return
  }
  replaced.set(id, draft)
  // The stored fiche names its target by reference, so that the link survives a new entryUUID.
  draft.resource = { ...draft.resource, relatesTo: withReference(draft.resource, index, id) }
  if (!patch) plan.drafts.push(await superseding(plan, context, stored))
}

function withReference(resource: Resource, index: number, id: string): JsonObject[] {
  return objectsOf(resource.relatesTo).map((relation, place) =>
    place === index && isObject(relation.target)
      ? { ...relation, target: { ...relation.target, reference: `DocumentReference/${id}` } }
      : relation,
  )
}

/** By reference, or by `identifier` (entryUUID or uniqueId) within the patient's record. */
async function findTarget(
  context: Context,
  draft: Draft & { resource: Resource },
  { target }: JsonObject,
): Promise<string | undefined> {
  if (!isObject(target)) return undefined
  if (typeof target.reference === 'string') {
    const reference = parseReference(target.reference, context.services.baseUrl)
    return reference.kind === 'local' && reference.type === 'DocumentReference'
      ? reference.id
      : undefined
  }
  const patientId = patientIdOfSubject(draft.resource)
  if (
    !isObject(target.identifier) ||
    typeof target.identifier.value !== 'string' ||
    patientId === undefined
  )
    return undefined
  const { system, value } = target.identifier
  const token = { value, ...(typeof system === 'string' ? { system } : {}) }
  const patient = { type: 'Patient', id: patientId }
  const { ids } = await context.store.matchVisible('DocumentReference', {
    where: allOf([
      { kind: 'token', code: 'identifier', tokens: [token] },
      { kind: 'reference', code: 'patient', references: [patient] },
    ]),
    max: 2,
    patients: [patientId],
  })
  return ids.length === 1 ? ids[0] : undefined
}

/** Why a visible target cannot be replaced; undefined when it can, or is not there. */
function problemOf(
  context: Context,
  draft: Draft & { resource: Resource },
  stored: StoredVersion | undefined,
): string | undefined {
  if (!stored || stored.deleted || stored.envelope.status === 'entered-in-error') {
    return 'relatesTo.target leads to no document of this patient that is known here'
  }
  const target = toResource(context, stored)
  if (patientOf(target, context) !== patientOf(draft.resource, context))
    return 'relatesTo.target is a document of another patient'
  return target.status === 'current'
    ? undefined
    : `relatesTo.target is ${String(target.status)}, not current`
}

/** The PATCH entry beside a replacement is there to supersede. */
function problemOfPatch(patch: Draft | undefined): string | undefined {
  const status = patch?.resource?.status
  return patch === undefined || status === 'superseded'
    ? undefined
    : `the PATCH entry leaves the replaced document ${String(status)}; it must set superseded`
}

function patientOf(resource: Resource, { services }: Context): string | undefined {
  return relativeUrl(subjectOf(resource), services.baseUrl)
}

async function superseding(
  plan: DraftPlan,
  context: Context,
  stored: StoredVersion,
): Promise<Draft> {
  const { type, id, versionId, envelope } = stored
  const superseded = {
    ...(await wholeResource({ type, id, stored }, context)),
    status: 'superseded',
  }
  return {
    method: 'PATCH',
    type,
    id,
    versionId: versionId + 1,
    resource: envelope.rules?.includes('dmp') ? withNewEntryUuid(plan, superseded) : superseded,
    stored,
    blobs: [],
    issues: [],
    governedBy: new Set(),
    isImplied: true,
  }
}
