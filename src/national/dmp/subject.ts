/**
 * The patient that a document is about, as a literal reference, so that the record, its closure and
 * its searches hold for it. Decisions 48, 63 and 81; MHD 4.2.3 ITI-105 (subject by identifier).
 */
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft } from '../../interactions/draft.ts'
import { objectsOf, relativeUrl, subjectOf } from './document-parts.ts'

/**
 * Rewrites the subject of a new fiche or lot: an absolute URL of this server becomes relative; a
 * logical or contained one that names exactly one Patient becomes that reference.
 */
export async function settleSubject(
  draft: Draft & { resource: Resource },
  context: Context,
): Promise<void> {
  const { subject } = draft.resource
  if (!isObject(subject)) return
  const text = subjectOf(draft.resource)
  if (text?.startsWith('#')) return settleContained(draft, { subject, text, context })
  if (text !== undefined) {
    const reference = relativeUrl(text, context.services.baseUrl)!
    if (reference !== text)
      draft.resource = { ...draft.resource, subject: { ...subject, reference } }
    return
  }
  const id = await findPatient(objectsOf(subject.identifier), context)
  if (id === undefined) return
  draft.resource = { ...draft.resource, subject: { ...subject, reference: `Patient/${id}` } }
}

/** The contained Patient stays as what the producer knew of the patient: sourcePatientInfo. */
async function settleContained(
  draft: Draft & { resource: Resource },
  { subject, text, context }: { subject: JsonObject; text: string; context: Context },
): Promise<void> {
  const contained = objectsOf(draft.resource.contained).find(
    ({ id, resourceType }) => resourceType === 'Patient' && `#${String(id)}` === text,
  )
  const id = contained && (await findPatient(objectsOf(contained.identifier), context))
  if (id === undefined) return
  draft.resource = { ...draft.resource, subject: { ...subject, reference: `Patient/${id}` } }
  if (draft.type !== 'DocumentReference') return
  const known = isObject(draft.resource.context) ? draft.resource.context : {}
  if (known.sourcePatientInfo !== undefined) return
  draft.resource = {
    ...draft.resource,
    context: { ...known, sourcePatientInfo: { reference: text } },
  }
}

/** The one Patient that bears one of the identifiers, each with its system (decision 32). */
async function findPatient(
  identifiers: readonly JsonObject[],
  context: Context,
): Promise<string | undefined> {
  const tokens = identifiers.flatMap(({ system, value }) =>
    typeof system === 'string' && typeof value === 'string' ? [{ system, value }] : [],
  )
  if (tokens.length === 0) return undefined
  const where = { kind: 'token', code: 'identifier', tokens } as const
  const { ids } = await context.store.matchReference('Patient', where, 2)
  return ids.length === 1 ? ids[0] : undefined
}
