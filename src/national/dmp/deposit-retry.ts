/**
 * The same deposit sent again after a lost answer is answered as the first time, and stores nothing.
 * It is recognised before anything else is asked of it: its target is superseded since. Decision 4.
 */
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { findByMaster } from './deposit-identity.ts'
import { dmpRefusal } from './dmp-issue.ts'
import {
  attachmentOf,
  isDeposit,
  listKind,
  masterIdentifierOf,
  patientIdOfSubject,
  relativeUrl,
} from './document-parts.ts'

/** Sets `plan.replay` when the deposit was stored before. Throws 409 when a document of it is gone. */
export async function recognizeRetry(
  plan: DraftPlan,
  context: Context,
  deposit: string | undefined,
): Promise<void> {
  if (deposit === undefined || !(await context.store.isClaimed(deposit))) return
  if (!(await namesKnownPatients(plan, context))) return
  const replay = await findReplay(plan, context)
  if (!replay) throw goneSince(plan)
  plan.replay = replay
}

/** Whoever may not name the patient learns nothing of what was deposited for them. */
async function namesKnownPatients(plan: DraftPlan, { store }: Context): Promise<boolean> {
  for (const { resource } of plan.drafts.filter(isDeposit)) {
    const id = patientIdOfSubject(resource)
    // A Patient that the lot brings has a new id at each try; the first one is looked up below.
    if (id === undefined || bringsPatient(plan, id)) continue
    if (!(await store.readReferenced('Patient', id))) return false
  }
  return true
}

function bringsPatient({ drafts }: DraftPlan, patientId: string): boolean {
  return drafts.some(
    ({ method, type, id }) => method === 'POST' && type === 'Patient' && id === patientId,
  )
}

/** Decision 88: a retry after the document was deleted. */
function goneSince(plan: DraftPlan): Error {
  const [fiche] = plan.drafts.filter(isDeposit)
  return dmpRefusal(409, {
    rule: 'pdsm-master-identifier',
    code: 'duplicate',
    expression: 'DocumentReference.masterIdentifier',
    diagnostics: `The document with the masterIdentifier ${masterIdentifierOf(fiche!.resource)} was stored before, and is no longer here; nothing was stored`,
  })
}

/** What a first try stored: all of one commit. */
interface FirstTry {
  readonly sequence: number
  /** Version 1 of each fiche. */
  readonly fiches: ReadonlyMap<Draft, StoredVersion>
  /** Which stored content stands for which of this request. */
  readonly contents: ReadonlyMap<string, string>
}

async function findReplay(
  plan: DraftPlan,
  context: Context,
): Promise<ReadonlyMap<Draft, StoredVersion> | undefined> {
  const first = await findFirstTry(plan, context)
  if (!first) return undefined
  const replay = new Map<Draft, StoredVersion>()
  for (const draft of plan.drafts) {
    const version = first.fiches.get(draft) ?? (await findCounterpart(draft, context, first))
    if (version?.sequence !== first.sequence) return undefined
    replay.set(draft, version)
  }
  return replay
}

async function findFirstTry(plan: DraftPlan, context: Context): Promise<FirstTry | undefined> {
  const { baseUrl } = context.services
  const fiches = new Map<Draft, StoredVersion>()
  const contents = new Map<string, string>()
  for (const draft of plan.drafts.filter(isDeposit)) {
    const version = await findByMaster(draft, context)
    if (!version) return undefined
    fiches.set(draft, version)
    const own = relativeUrl(attachmentOf(draft.resource)?.url, baseUrl)
    const kept = relativeUrl(attachmentOf(toResource(context, version))?.url, baseUrl)
    if (own !== undefined && kept !== undefined) contents.set(own, kept)
  }
  const [version] = fiches.values()
  return version && { sequence: version.sequence, fiches, contents }
}

async function findCounterpart(
  { type, id, method, resource }: Draft,
  context: Context,
  first: FirstTry,
): Promise<StoredVersion | undefined> {
  if (method !== 'POST') return versionOfCommit(context, { type, id }, first.sequence)
  if (type === 'List') return findList(context, first, resource && listKind(resource))
  const [fiche] = first.fiches.values()
  const kept =
    type === 'Patient'
      ? patientIdOfSubject(toResource(context, fiche!))
      : first.contents.get(`${type}/${id}`)?.slice(type.length + 1)
  return kept === undefined ? undefined : context.store.readVisibleVersion(type, kept, 1)
}

/** The lot, or a new classeur, by the documents that it names. */
async function findList(
  context: Context,
  { fiches, sequence }: FirstTry,
  kind: string | undefined,
): Promise<StoredVersion | undefined> {
  const references = [...fiches.values()].map(({ id }) => ({ type: 'DocumentReference', id }))
  const where = { kind: 'reference', code: 'item', references } as const
  const { ids } = await context.store.matchForRules('List', where, 100)
  for (const id of ids) {
    const version = await context.store.readVisibleVersion('List', id, 1)
    if (version?.sequence === sequence && listKind(toResource(context, version)) === kind)
      return version
  }
  return undefined
}

/** How many later versions are looked through for the one that a first try made. */
const laterVersionsMax = 50

/** What a resource was after the commit: its newest version of then. */
export async function versionOfCommit(
  context: Context,
  { type, id }: { type: string; id: string },
  sequence: number,
): Promise<StoredVersion | undefined> {
  let version = await context.store.readVisible(type, id)
  for (let step = 0; version && step < laterVersionsMax; step++) {
    if (version.sequence <= sequence) return version
    version = await context.store.readVisibleVersion(type, id, version.versionId - 1)
  }
  return undefined
}
