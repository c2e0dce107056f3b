/**
 * ITI-65: a transaction with a SubmissionSet. Its fiches, lots, classeurs and bytes come under the
 * DMP's rules. PDSm 3.1.1 flux 01, MHD 4.2.3 ITI-65; decisions 2 and 73.
 */
import { isObject, type Resource } from '../../fhir/resource.ts'
import { atDraft } from '../../interactions/at-entry.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { dmpIssue, dmpRefusal } from './dmp-issue.ts'
import {
  attachmentOf,
  isDeposit,
  isDocumentReference,
  isGoverned,
  listKind,
  namesPdsmProfile,
  namesSimplifiedProfile,
  objectsOf,
  subjectOf,
} from './document-parts.ts'

/** Marks what the DMP's rules govern, and refuses what may not enter this way. */
export function recognizeDocuments(plan: DraftPlan): void {
  const lots = lotsOf(plan)
  if (lots.length === 0)
    for (const draft of plan.drafts) atDraft(draft, () => recognizeAlone(draft))
  else recognizeLot(plan, lots)
}

/** Whether a plan is a lot of ITI-65. */
export function isLot(plan: DraftPlan): boolean {
  return lotsOf(plan).length > 0
}

function lotsOf({ kind, drafts }: DraftPlan): readonly (Draft & { resource: Resource })[] {
  return kind === 'transaction' ? drafts.filter(isNewLot) : []
}

function isNewLot(draft: Draft): draft is Draft & { resource: Resource } {
  return (
    draft.method === 'POST' &&
    draft.resource !== undefined &&
    listKind(draft.resource) === 'submissionset'
  )
}

function recognizeAlone(draft: Draft): void {
  if (!isDocumentReference(draft) || isGoverned(draft)) return
  if (draft.method === 'POST' && namesSimplifiedProfile(draft.resource)) {
    draft.governedBy.add('dmp')
    return
  }
  if (!namesPdsmProfile(draft.resource)) return
  throw dmpRefusal(422, {
    rule: 'pdsm-comprehensive-alone',
    expression: 'DocumentReference.meta.profile',
    diagnostics:
      draft.method === 'POST'
        ? 'A comprehensive DocumentReference enters in a transaction (ITI-65), with its List and its Binary, not alone'
        : `A DocumentReference of PDSm enters by POST (ITI-65 or ITI-105), not by ${draft.method}`,
  })
}

function recognizeLot(plan: DraftPlan, lots: readonly Draft[]): void {
  if (lots.length > 1) {
    throw dmpRefusal(422, {
      rule: 'pdsm-one-submissionset',
      expression: `Bundle.entry[${lots[1]!.entryIndex}].resource.code`,
      diagnostics: `The transaction has ${lots.length} SubmissionSets; it must have exactly one`,
    })
  }
  const patients = plan.drafts.filter(({ type }) => type === 'Patient')
  for (const draft of plan.drafts) {
    if (!mayStandInLot(draft) || patients.indexOf(draft) > 0) {
      draft.issues.push(
        dmpIssue({
          rule: 'pdsm-lot-entries',
          expression: draft.type,
          diagnostics:
            draft.type === 'Patient'
              ? 'A lot holds one Patient at most'
              : `A ${draft.method} of ${draft.type} may not stand in a lot`,
        }),
      )
    }
    if (draft.type !== 'Patient' && draft.method !== 'PATCH') draft.governedBy.add('dmp')
  }
}

function mayStandInLot({ method, type, resource }: Draft): boolean {
  if (method === 'PATCH') return type === 'DocumentReference'
  if (type === 'Patient') return method === 'POST' || method === 'PUT'
  if (type === 'List') {
    const kind = resource && listKind(resource)
    return (
      (kind === 'submissionset' && method === 'POST') ||
      (kind === 'folder' && (method === 'POST' || method === 'PUT'))
    )
  }
  // Of Bundles, FHIR documents only.
  if (type === 'Bundle') return method === 'POST' && resource?.type === 'document'
  return method === 'POST' && (type === 'DocumentReference' || type === 'Binary')
}

/** What a lot must be as a whole; nothing for other plans. Subjects are settled before. */
export function checkWholeLot(plan: DraftPlan): void {
  const [lot] = lotsOf(plan)
  if (!lot) return
  const fiches = plan.drafts.filter(isDeposit)
  const updatesFolder = plan.drafts.some((draft) => draft.type === 'List' && draft !== lot)
  if (fiches.length === 0 && !updatesFolder) {
    lot.issues.push(
      dmpIssue({
        rule: 'pdsm-one-document',
        expression: 'List.entry',
        diagnostics: 'The lot has no DocumentReference and updates no Folder',
      }),
    )
  }
  checkSamePatient(plan, lot)
  checkMembers(lot, fiches)
  checkReferencedContents(plan, fiches)
}

function checkSamePatient(plan: DraftPlan, lot: Draft & { resource: Resource }): void {
  const patient = subjectOf(lot.resource)
  for (const draft of plan.drafts) {
    const { type, method, resource } = draft
    if (method === 'PATCH' || !resource || !['DocumentReference', 'List'].includes(type)) continue
    if (subjectOf(resource) === patient) continue
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-same-patient',
        expression: `${type}.subject`,
        diagnostics: `${type}.subject is ${subjectOf(resource) ?? 'absent'}, but the lot is about ${patient ?? 'nobody'}`,
      }),
    )
  }
}

/** A document that its lot does not name would be seen without its lot, and the lot without it. */
function checkMembers(lot: Draft & { resource: Resource }, fiches: readonly Draft[]): void {
  const members = new Set(
    objectsOf(lot.resource.entry).map(({ item }) => isObject(item) && item.reference),
  )
  for (const fiche of fiches) {
    if (members.has(`DocumentReference/${fiche.id}`)) continue
    lot.issues.push(
      dmpIssue({
        rule: 'pdsm-lot-members',
        expression: 'List.entry',
        diagnostics: `List.entry does not name the DocumentReference of Bundle.entry[${fiche.entryIndex}]`,
      }),
    )
  }
}

function checkReferencedContents(
  plan: DraftPlan,
  fiches: readonly (Draft & { resource: Resource })[],
): void {
  const urls = new Set(fiches.map(({ resource }) => attachmentOf(resource)?.url))
  for (const draft of plan.drafts) {
    const { type, id } = draft
    if ((type !== 'Binary' && type !== 'Bundle') || urls.has(`${type}/${id}`)) continue
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-unreferenced-document',
        expression: type,
        diagnostics: `No DocumentReference of the lot leads to this ${type}`,
      }),
    )
  }
}
