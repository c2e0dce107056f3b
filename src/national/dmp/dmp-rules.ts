/** The DMP's rules on documents, in the order in which a plan meets them. PDSm 3.1.1, PDSm4DMP 0.1.0. */
import { Gone } from '../../errors.ts'
import { isObject, type Resource } from '../../fhir/resource.ts'
import type { Context, NationalRules } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { settleAttachment } from './attachment.ts'
import {
  closedLabelOf,
  requireFeedable,
  requireOpenRecord,
  requireSearchableRecord,
} from './closed-records.ts'
import { claimIdentifiers } from './deposit-identity.ts'
import {
  comprehensiveProfile,
  folderProfile,
  simplifiedProfile,
  submissionSetProfile,
} from './dmp-codes.ts'
import { dmpIssue } from './dmp-issue.ts'
import {
  attachmentOf,
  entryUuidOf,
  isDocumentReference,
  isGoverned,
  listKind,
  patientIdOfSubject,
  withEntryUuid,
} from './document-parts.ts'
import { requireMutable } from './immutability.ts'
import { settleMetadataUpdate } from './metadata-update.ts'
import { checkDocumentCodes, checkLotCodes } from './producer-codes.ts'
import { isLot, recognizeDocuments } from './provide-bundle.ts'
import { settleReplacements } from './replacement.ts'
import { requireSearchMinimum } from './search-minimums.ts'
import { checkLabels, withLevel } from './security-labels.ts'
import { buildPublication, extractContent, type PublishedContent } from './simplified-publish.ts'

export interface DmpRulesOptions {
  readonly isStoredSubmissionSet: (stored: StoredVersion) => boolean
}

export function createDmpRules({ isStoredSubmissionSet }: DmpRulesOptions): NationalRules {
  const published = new WeakMap<Draft, PublishedContent>()
  return {
    name: 'dmp',
    prepare: (plan, context) => prepare(plan, context, { published, isStoredSubmissionSet }),
    validationOf: (draft, plan) => validationOf(draft, plan),
    check: (plan, context) => check(plan, context, published),
    isUnsearchable: isDeletedLogically,
    checkRead: async (version, context) => {
      await requireOpenRecord(version, context)
      await requireNotDeleted(version, context)
    },
    checkSearch: async (type, parameters, context) => {
      requireSearchMinimum(context.store.caller, type, parameters)
      await requireSearchableRecord(type, parameters, context)
    },
    labelsOf: closedLabelOf,
  }
}

interface Means extends DmpRulesOptions {
  readonly published: WeakMap<Draft, PublishedContent>
}

async function prepare(plan: DraftPlan, context: Context, means: Means): Promise<void> {
  for (const draft of plan.drafts) {
    requireMutable(draft, draft.stored !== undefined && means.isStoredSubmissionSet(draft.stored))
  }
  recognizeDocuments(plan)
  for (const draft of plan.drafts) {
    if (isGoverned(draft)) await requireFeedable(draft, context)
  }
  for (const draft of plan.drafts) {
    if (!isDocumentReference(draft) || !isGoverned(draft)) continue
    if (draft.method === 'PATCH') await settleMetadataUpdate(draft, context)
    else if (draft.method === 'POST') await settleDeposit(draft, { plan, context, means })
  }
}

interface Deposit {
  readonly plan: DraftPlan
  readonly context: Context
  readonly means: Means
}

/** Fills in what the server knows of a new fiche (decisions 5, 6 and 69). */
async function settleDeposit(
  draft: Draft & { resource: Resource },
  { plan, context, means }: Deposit,
): Promise<void> {
  if (isLot(plan)) settleAttachment(draft, plan, context)
  else {
    const content = await extractContent(draft, context)
    if (content) means.published.set(draft, content)
  }
  settleDate(draft, context)
  const { securityLabel } = draft.resource
  if (Array.isArray(securityLabel))
    draft.resource = { ...draft.resource, securityLabel: [...withLevel(securityLabel)] }
}

function settleDate(draft: Draft & { resource: Resource }, context: Context): void {
  if (draft.resource.date !== undefined) return
  const creation = attachmentOf(draft.resource)?.creation
  const date =
    typeof creation === 'string' && creation.length > 10
      ? creation
      : new Date(context.services.now()).toISOString()
  draft.resource = { ...draft.resource, date }
  draft.issues.push(
    dmpIssue({
      rule: 'pdsm-date',
      severity: 'warning',
      code: 'required',
      expression: 'DocumentReference.date',
      diagnostics: `date is absent; it was set to ${date}`,
    }),
  )
}

function validationOf(
  draft: Draft,
  plan: DraftPlan,
): { profiles?: readonly string[]; baseOnly?: boolean } {
  if (!draft.resource || !isGoverned(draft)) return {}
  // A change of metadata was checked element by element; a document deleted logically has no profile.
  if (draft.method === 'PATCH') return { baseOnly: true }
  if (draft.type === 'DocumentReference')
    return { profiles: [isLot(plan) ? comprehensiveProfile : simplifiedProfile] }
  const kind = listKind(draft.resource)
  if (kind === 'submissionset' && draft.entryIndex !== undefined)
    return { profiles: [submissionSetProfile] }
  return kind === 'folder' ? { profiles: [folderProfile] } : {}
}

async function check(
  plan: DraftPlan,
  context: Context,
  published: WeakMap<Draft, PublishedContent>,
): Promise<void> {
  for (const draft of [...plan.drafts]) {
    if (!isGoverned(draft) || !draft.resource || draft.method === 'PATCH') continue
    if (isDocumentReference(draft)) await checkDeposit(draft, { plan, context, published })
    else if (listKind(draft.resource) === 'submissionset' && draft.entryIndex !== undefined)
      checkLotCodes(draft as Draft & { resource: Resource })
  }
  await settleReplacements(plan, context)
  if (plan.drafts.some(({ issues }) => issues.some(({ severity }) => severity === 'error'))) return
  await claimIdentifiers(plan, context)
  if (plan.replay) return
  for (const draft of plan.drafts) {
    if (!isDocumentReference(draft) || draft.method !== 'POST' || !isGoverned(draft)) continue
    if (entryUuidOf(draft.resource) === undefined)
      draft.resource = withEntryUuid(draft.resource, `urn:uuid:${crypto.randomUUID()}`)
  }
}

async function checkDeposit(
  draft: Draft & { resource: Resource },
  {
    plan,
    context,
    published,
  }: { plan: DraftPlan; context: Context; published: WeakMap<Draft, PublishedContent> },
): Promise<void> {
  const form = published.get(draft)
  if (form) buildPublication(plan, draft, form, context)
  checkDocumentCodes(draft, !isLot(plan))
  draft.issues.push(...checkLabels(draft.resource.securityLabel))
  if (draft.resource.custodian === undefined) {
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-custodian',
        severity: 'warning',
        code: 'required',
        expression: 'DocumentReference.custodian',
        diagnostics:
          'custodian is absent; it should name the organisation responsible for the document',
      }),
    )
  }
  await requireKnownPatient(plan, draft, context)
}

/** Decision 63: documents under DMP rules always check their patient. */
async function requireKnownPatient(
  plan: DraftPlan,
  draft: Draft & { resource: Resource },
  context: Context,
): Promise<void> {
  const id = patientIdOfSubject(draft.resource)
  if (id === undefined) {
    // A logical subject is legitimate in ITI-105; no subject at all is for validation to say.
    if (!isObject(draft.resource.subject) || isObject(draft.resource.subject.identifier)) return
  } else {
    if (plan.drafts.some((other) => other.type === 'Patient' && other.id === id && other.resource))
      return
    const patient = await context.store.read('Patient', id)
    if (patient && !patient.deleted) return
  }
  draft.issues.push(
    dmpIssue({
      rule: 'pdsm-subject',
      code: 'not-found',
      expression: 'DocumentReference.subject',
      diagnostics: `subject ${JSON.stringify((draft.resource.subject as { reference?: string }).reference)} leads to no Patient that is known here`,
    }),
  )
}

function isDeletedLogically(draft: Draft): boolean {
  return (
    draft.type === 'DocumentReference' &&
    isGoverned(draft) &&
    draft.resource?.status === 'entered-in-error'
  )
}

/** Decision 9: a document deleted logically is gone, and so are its bytes. */
async function requireNotDeleted(version: StoredVersion, context: Context): Promise<void> {
  const { type, id, envelope } = version
  if (!envelope.rules?.includes('dmp')) return
  if (type === 'DocumentReference' && envelope.status === 'entered-in-error')
    throw new Gone(`${type}/${id}`)
  if (type === 'DocumentReference' || !envelope.owner?.startsWith('DocumentReference/')) return
  const owner = await context.store.read(
    'DocumentReference',
    envelope.owner.slice('DocumentReference/'.length),
  )
  if (!owner || owner.deleted || owner.envelope.status === 'entered-in-error')
    throw new Gone(`${type}/${id}`)
}
