/** The DMP's rules on documents, in the order in which a plan meets them. PDSm 3.1.1, PDSm4DMP 0.1.0. */
import { Gone } from '../../errors.ts'
import { parsePeriod } from '../../fhir/date-time.ts'
import type { Resource } from '../../fhir/resource.ts'
import { atDraft } from '../../interactions/at-entry.ts'
import type { Context, NationalRules } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { settleAttachment } from './attachment.ts'
import { checkAuthorTypes } from './author-types.ts'
import {
  dmpLabelsOf,
  requireFeedable,
  requireOpenRecord,
  requireSearchableRecord,
  withoutClosedRecords,
} from './closed-records.ts'
import { claimIdentifiers, depositClaim } from './deposit-identity.ts'
import { recognizeRetry } from './deposit-retry.ts'
import {
  comprehensiveProfile,
  folderProfile,
  simplifiedProfile,
  submissionSetProfile,
} from './dmp-codes.ts'
import { dmpIssue } from './dmp-issue.ts'
import { outwardFiche, settleDocumentFacts } from './document-facts.ts'
import {
  attachmentOf,
  entryUuidsOf,
  isDeposit,
  isDocumentReference,
  isGoverned,
  listKind,
} from './document-parts.ts'
import { formerBearer } from './former-names.ts'
import { requireMutable } from './immutability.ts'
import { checkKnownReferences } from './known-references.ts'
import { settleMetadataUpdate, withNewEntryUuid } from './metadata-update.ts'
import { checkDocumentCodes, checkLotCodes } from './producer-codes.ts'
import { checkWholeLot, isLot, recognizeDocuments } from './provide-bundle.ts'
import { settleReplacements } from './replacement.ts'
import { requireSearchMinimum } from './search-minimums.ts'
import { checkLabels, labelEntries, withLevel } from './security-labels.ts'
import { buildPublication, extractContent, type PublishedContent } from './simplified-publish.ts'
import { settleSubject } from './subject.ts'

export interface DmpRulesOptions {
  readonly isStoredSubmissionSet: (stored: StoredVersion) => boolean
}

export function createDmpRules({ isStoredSubmissionSet }: DmpRulesOptions): NationalRules {
  const means: Means = {
    isStoredSubmissionSet,
    published: new WeakMap(),
    deposits: new WeakMap(),
  }
  return {
    name: 'dmp',
    prepare: (plan, context) => prepare(plan, context, means),
    formerTarget: formerBearer,
    validationOf,
    check: (plan, context) => check(plan, context, means),
    isUnsearchable: (draft) => isDeletedLogically(draft) || isDepositedContent(draft),
    checkRead: async (version, context) => {
      await requireOpenRecord(version, context)
      await requireNotDeleted(version, context)
    },
    checkSearch: async (type, parameters, context) => {
      requireSearchMinimum(context.store.caller, type, parameters)
      await requireSearchableRecord(type, parameters, context)
    },
    checkPatch: (stored) =>
      requireMutable(
        { type: stored.type, id: stored.id, method: 'PATCH', stored },
        isStoredSubmissionSet(stored),
      ),
    checkHistory: requireOpenRecord,
    restrictSearch: withoutClosedRecords,
    labelsOf: dmpLabelsOf,
    entriesOf: labelEntries,
    outwardForm: outwardFiche,
  }
}

/** What is remembered of a plan between `prepare` and `check`. */
interface Means extends DmpRulesOptions {
  /** The bytes of a simplified publish. */
  readonly published: WeakMap<Draft, PublishedContent>
  /** The claim by which the deposit is known again. */
  readonly deposits: WeakMap<DraftPlan, string>
}

async function prepare(plan: DraftPlan, context: Context, means: Means): Promise<void> {
  for (const draft of plan.drafts) {
    const isSubmissionSet = draft.stored !== undefined && means.isStoredSubmissionSet(draft.stored)
    atDraft(draft, () => requireMutable(draft, isSubmissionSet))
  }
  recognizeDocuments(plan)
  const deposit = depositClaim(plan, context)
  if (deposit !== undefined) means.deposits.set(plan, deposit)
  for (const draft of plan.drafts) {
    if (draft.method !== 'PATCH' && draft.resource && isGoverned(draft))
      await settleSubject(draft as Draft & { resource: Resource }, context)
  }
  for (const draft of plan.drafts) {
    if (isGoverned(draft)) await atDraft(draft, () => requireFeedable(draft, context))
  }
  await recognizeRetry(plan, context, deposit)
  if (plan.replay) return
  checkWholeLot(plan)
  for (const draft of plan.drafts) {
    if (isSubmitted(draft, 'submissionset') && isGoverned(draft)) {
      checkLotCodes(draft)
      checkAuthorTypes(draft, 'submissionset')
    }
    if (!isDocumentReference(draft) || !isGoverned(draft)) continue
    if (draft.method === 'PATCH')
      await atDraft(draft, () => settleMetadataUpdate(plan, draft, context))
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
  checkFiche(draft, !isLot(plan))
  settleDate(draft, context)
  const { securityLabel } = draft.resource
  // A comprehensive fiche must bring a label of its own: validation says so.
  if (Array.isArray(securityLabel) || (securityLabel === undefined && !isLot(plan)))
    draft.resource = { ...draft.resource, securityLabel: [...withLevel(securityLabel ?? [])] }
}

/** Decisions 5 and 73: from the creation of the document, else when it was received. */
function settleDate(draft: Draft & { resource: Resource }, context: Context): void {
  if (draft.resource.date !== undefined) return
  const creation = attachmentOf(draft.resource)?.creation
  const { now, timeZone } = context.services
  const period = typeof creation === 'string' ? parsePeriod(creation, timeZone) : undefined
  const isInstant = typeof creation === 'string' && creation.includes('T')
  const date = period && isInstant ? String(creation) : new Date(period?.low ?? now()).toISOString()
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
  if (isSubmitted(draft, 'submissionset')) return { profiles: [submissionSetProfile] }
  return listKind(draft.resource) === 'folder' ? { profiles: [folderProfile] } : {}
}

/** The first try of the same deposit may be stored while this one is planned: that is a retry too. */
async function check(plan: DraftPlan, context: Context, means: Means): Promise<void> {
  let refusal: unknown
  try {
    await checkDeposits(plan, context, means)
  } catch (error) {
    refusal = error
  }
  if (refusal !== undefined || hasErrors(plan))
    await recognizeRetry(plan, context, means.deposits.get(plan))
  if (refusal !== undefined && !plan.replay) throw refusal
}

function hasErrors({ drafts }: DraftPlan): boolean {
  return drafts.some(({ issues }) => issues.some(({ severity }) => severity === 'error'))
}

async function checkDeposits(plan: DraftPlan, context: Context, means: Means): Promise<void> {
  settleDocumentFacts(plan, context)
  // Those that came, not those that the checks add.
  const submitted = plan.drafts.filter(
    (draft) => isGoverned(draft) && draft.resource && draft.method !== 'PATCH',
  )
  for (const draft of submitted) {
    const content = means.published.get(draft)
    if (content && isDeposit(draft)) buildPublication(plan, draft, content, context)
    if (isDeposit(draft) || draft.type === 'List')
      await checkKnownReferences(plan, draft as Draft & { resource: Resource }, context)
  }
  await settleReplacements(plan, context)
  if (hasErrors(plan)) return
  await claimIdentifiers(plan, context, means.deposits.get(plan))
  for (const draft of plan.drafts.filter(isDeposit)) {
    if (entryUuidsOf(draft.resource).length === 0)
      draft.resource = withNewEntryUuid(plan, draft.resource)
  }
}

/** A List that a lot brought, not one that the server made. */
function isSubmitted(draft: Draft, kind: string): draft is Draft & { resource: Resource } {
  return (
    draft.entryIndex !== undefined &&
    draft.resource !== undefined &&
    listKind(draft.resource) === kind
  )
}

/** What can be told of a fiche by itself, so that it is told beside what validation finds. */
function checkFiche(draft: Draft & { resource: Resource }, isSimplified: boolean): void {
  checkDocumentCodes(draft, isSimplified)
  checkAuthorTypes(draft, isSimplified ? 'simplified' : 'comprehensive')
  draft.issues.push(...checkLabels(draft.resource.securityLabel))
  if (draft.resource.custodian !== undefined) return
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

/** Bytes are reached through their fiche, which knows whether they are hidden, closed or deleted. */
function isDepositedContent(draft: Draft): boolean {
  return (draft.type === 'Binary' || draft.type === 'Bundle') && isGoverned(draft)
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
  const owner = await context.store.readForRules(
    'DocumentReference',
    envelope.owner.slice('DocumentReference/'.length),
  )
  if (!owner || owner.deleted || owner.envelope.status === 'entered-in-error')
    throw new Gone(`${type}/${id}`)
}
