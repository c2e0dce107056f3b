/**
 * masterIdentifier is unique among the documents of the depositing organisation, an entryUUID among
 * all. Claims keep both, exact under concurrency and for good. Decisions 4, 74 and 88.
 */
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import type { Envelope, StoredVersion } from '../../store/stored-version.ts'
import { depositFingerprint } from './deposit-fingerprint.ts'
import { dmpRefusal } from './dmp-issue.ts'
import {
  entryUuidClaim,
  entryUuidsOf,
  isDeposit,
  masterIdentifierOf,
  patientIdOfSubject,
} from './document-parts.ts'

/** The claim by which the same deposit is known again; undefined where it names no document. */
export function depositClaim(plan: DraftPlan, context: Context): string | undefined {
  const fiches = plan.drafts.filter(isDeposit)
  if (fiches.length === 0) return undefined
  if (fiches.some(({ resource }) => masterIdentifierOf(resource) === undefined)) return undefined
  return `deposit|${organizationOf(context, fiches[0]!)}|${depositFingerprint(plan, context)}`
}

/** Adds the claims of a deposit. Throws 409 for a name that is taken. */
export async function claimIdentifiers(
  plan: DraftPlan,
  context: Context,
  deposit: string | undefined,
): Promise<void> {
  if (deposit !== undefined) plan.claims.push(deposit)
  for (const draft of plan.drafts.filter(isDeposit)) {
    for (const [claim, element] of claimsOf(draft, context)) {
      if (plan.claims.includes(claim)) throw takenName(draft, claim, element, 'of the same lot')
      if (await context.store.isClaimed(claim))
        throw takenName(draft, claim, element, await bearerOf(draft, context, element))
      plan.claims.push(claim)
    }
  }
}

type Element = 'masterIdentifier' | 'identifier'

function claimsOf(draft: { resource: Resource }, context: Context): [string, Element][] {
  const { resource } = draft
  const master = masterIdentifierOf(resource)
  return [
    ...(master === undefined
      ? []
      : ([[masterClaim(organizationOf(context, draft), master), 'masterIdentifier']] as [
          string,
          Element,
        ][])),
    ...entryUuidsOf(resource).map((value): [string, Element] => [
      entryUuidClaim(value),
      'identifier',
    ]),
  ]
}

function masterClaim(organization: string, master: string): string {
  return `masterIdentifier|${organization}|${master}`
}

/** A citizen's deposit has the patient for organisation; who has none stands alone (decision 4). */
function organizationOf({ store }: Context, { resource }: { resource: Resource }): string {
  const { organization, person, user } = store.caller
  if (organization !== undefined) return organization
  return person === undefined ? (user ?? '') : `Patient/${patientIdOfSubject(resource) ?? ''}`
}

/** The same of what was stored. */
function organizationOfStored({ depositor, patients }: Envelope): string {
  const { organization, user } = depositor
  if (organization !== undefined) return organization
  return user?.startsWith('Patient/') ? `Patient/${patients[0] ?? ''}` : (user ?? '')
}

/** Names the document only where the caller may read it (decision 4). */
async function bearerOf(
  draft: Draft & { resource: Resource },
  context: Context,
  element: Element,
): Promise<string> {
  const found = element === 'masterIdentifier' ? await findByMaster(draft, context) : undefined
  return found ? `DocumentReference/${found.id}` : 'stored before'
}

function takenName(
  draft: Draft & { resource: Resource },
  claim: string,
  element: Element,
  bearer: string,
): Error {
  const isMaster = element === 'masterIdentifier'
  const root =
    draft.entryIndex === undefined
      ? 'DocumentReference'
      : `Bundle.entry[${draft.entryIndex}].resource`
  const value = isMaster ? masterIdentifierOf(draft.resource) : claim.slice('entryUUID|'.length)
  return dmpRefusal(409, {
    rule: isMaster ? 'pdsm-master-identifier' : 'pdsm-entry-uuid',
    code: 'duplicate',
    expression: `${root}.${element}`,
    diagnostics: `Another document (${bearer}) already has the ${isMaster ? 'masterIdentifier' : 'entryUUID'} ${value}; nothing was stored`,
  })
}

/** Version 1 of the caller's organisation's document with the same masterIdentifier, if visible. */
export async function findByMaster(
  draft: { resource: Resource },
  context: Context,
): Promise<StoredVersion | undefined> {
  const master = masterIdentifierOf(draft.resource)
  if (master === undefined) return undefined
  const separator = master.indexOf('|')
  const token = { system: master.slice(0, separator), value: master.slice(separator + 1) }
  const where = { kind: 'token', code: 'identifier', tokens: [token] } as const
  const { ids } = await context.store.matchForRules('DocumentReference', where, 20)
  for (const id of ids) {
    const first = await context.store.readVisibleVersion('DocumentReference', id, 1)
    if (!first?.envelope.rules?.includes('dmp')) continue
    if (organizationOfStored(first.envelope) !== organizationOf(context, draft)) continue
    if (masterIdentifierOf(toResource(context, first)) === master) return first
  }
  return undefined
}
