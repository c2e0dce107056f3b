/**
 * ITI-65: a transaction with a SubmissionSet. Its fiches, lots, classeurs and bytes come under the
 * DMP's rules. PDSm 3.1.1 flux 01, MHD 4.2.3 ITI-65; decisions 2 and 73.
 */
import type { Issue } from '../../fhir/operation-outcome.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { dmpIssue, dmpRefusal } from './dmp-issue.ts'
import {
  attachmentOf,
  isDocumentReference,
  listKind,
  namesPdsmProfile,
  namesSimplifiedProfile,
  subjectOf,
} from './document-parts.ts'

/** Marks what the DMP's rules govern, and refuses what may not enter this way. */
export function recognizeDocuments(plan: DraftPlan): void {
  const lots = plan.drafts.filter(
    (draft) =>
      draft.method === 'POST' && draft.resource && listKind(draft.resource) === 'submissionset',
  )
  if (plan.kind === 'transaction' && lots.length > 0) recognizeLot(plan, lots)
  else for (const draft of plan.drafts) recognizeAlone(draft)
}

/** Whether a plan is a lot of ITI-65. */
export function isLot(plan: DraftPlan): boolean {
  return (
    plan.kind === 'transaction' &&
    plan.drafts.some(
      (draft) =>
        draft.method === 'POST' &&
        draft.resource !== undefined &&
        listKind(draft.resource) === 'submissionset',
    )
  )
}

function recognizeAlone(draft: Draft): void {
  if (!isDocumentReference(draft) || draft.stored || draft.method === 'PATCH') return
  const isSimplified = namesSimplifiedProfile(draft.resource)
  if (isSimplified) {
    draft.governedBy.add('dmp')
    return
  }
  if (!namesPdsmProfile(draft.resource)) return
  throw dmpRefusal(422, {
    rule: 'pdsm-comprehensive-alone',
    expression: 'DocumentReference.meta.profile',
    diagnostics:
      'A comprehensive DocumentReference enters in a transaction (ITI-65), with its List and its Binary, not alone',
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
  for (const draft of plan.drafts) {
    if (!mayStandInLot(draft)) {
      draft.issues.push(
        dmpIssue({
          rule: 'pdsm-lot-entries',
          expression: draft.type,
          diagnostics: `A ${draft.method} of ${draft.type} may not stand in a lot`,
        }),
      )
    }
    if (draft.type !== 'Patient' && draft.method !== 'PATCH') draft.governedBy.add('dmp')
  }
  checkWhole(plan, lots[0]!)
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
  return (
    method === 'POST' && (type === 'DocumentReference' || type === 'Binary' || type === 'Bundle')
  )
}

function checkWhole(plan: DraftPlan, lot: Draft): void {
  const fiches = plan.drafts.filter(
    (draft) => isDocumentReference(draft) && draft.method === 'POST',
  )
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
  const patient = subjectOf(lot.resource!)
  for (const draft of plan.drafts) {
    if (
      draft.method === 'PATCH' ||
      !draft.resource ||
      (draft.type !== 'DocumentReference' && draft.type !== 'List')
    )
      continue
    if (subjectOf(draft.resource) === patient) continue
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-same-patient',
        expression: `${draft.type}.subject`,
        diagnostics: `${draft.type}.subject is ${subjectOf(draft.resource) ?? 'absent'}, but the lot is about ${patient ?? 'nobody'}`,
      }),
    )
  }
  for (const issue of unreferencedDocuments(plan, fiches)) issue.draft.issues.push(issue.issue)
}

function unreferencedDocuments(
  plan: DraftPlan,
  fiches: readonly Draft[],
): readonly { draft: Draft; issue: Issue }[] {
  const urls = new Set(fiches.map(({ resource }) => attachmentOf(resource!)?.url))
  return plan.drafts
    .filter(
      (draft) =>
        (draft.type === 'Binary' || draft.type === 'Bundle') &&
        !urls.has(`${draft.type}/${draft.id}`),
    )
    .map((draft) => ({
      draft,
      issue: dmpIssue({
        rule: 'pdsm-unreferenced-document',
        expression: draft.type,
        diagnostics: `No DocumentReference of the lot leads to this ${draft.type}`,
      }),
    }))
}
