/**
 * masterIdentifier is unique among the documents of the depositing organisation; the same deposit
 * sent again is answered as the first time. Decisions 4, 74 and 88.
 */
import { isObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { dmpRefusal } from './dmp-issue.ts'
import {
  attachmentOf,
  entryUuidOf,
  isDocumentReference,
  masterIdentifierOf,
  withAttachment,
} from './document-parts.ts'

/** Throws 409 for a taken identifier; recognises a retry, and then sets `plan.replay`. */
export async function claimIdentifiers(plan: DraftPlan, context: Context): Promise<void> {
  const organization = context.store.caller.organization ?? ''
  const taken: { draft: Draft & { resource: Resource }; id: string }[] = []
  for (const draft of plan.drafts) {
    if (!isDocumentReference(draft) || draft.method !== 'POST' || !draft.governedBy.has('dmp'))
      continue
    const master = masterIdentifierOf(draft.resource)
    if (master !== undefined) {
      plan.claims.push(`masterIdentifier|${organization}|${master}`)
      const id = await findByMaster(context, organization, master)
      if (id !== undefined) taken.push({ draft, id })
    }
    const uuid = entryUuidOf(draft.resource)
    if (uuid !== undefined) plan.claims.push(`entryUUID|${uuid}`)
  }
  if (taken.length > 0) await replayOrRefuse(plan, context, taken)
  else await requireFreeClaims(plan, context)
}

/** Where the index cannot tell (a document deleted since), the claim itself does. */
async function requireFreeClaims(plan: DraftPlan, context: Context): Promise<void> {
  for (const claim of plan.claims) {
    if (await context.store.isClaimed(claim)) throw takenClaim(claim)
  }
}

export function takenClaim(claim: string): Error {
  const isUuid = claim.startsWith('entryUUID|')
  const value = claim.slice(claim.lastIndexOf('|') + 1)
  return dmpRefusal(409, {
    rule: isUuid ? 'pdsm-entry-uuid' : 'pdsm-master-identifier',
    code: 'duplicate',
    expression: isUuid ? 'DocumentReference.identifier' : 'DocumentReference.masterIdentifier',
    diagnostics: `Another document already has the ${isUuid ? 'entryUUID' : 'masterIdentifier'} ${value}; nothing was stored`,
  })
}

async function findByMaster(
  context: Context,
  organization: string,
  master: string,
): Promise<string | undefined> {
  const separator = master.indexOf('|')
  const { ids } = await context.store.match(
    'DocumentReference',
    {
      kind: 'token',
      code: 'identifier',
      tokens: [{ system: master.slice(0, separator), value: master.slice(separator + 1) }],
    },
    20,
  )
  for (const id of ids) {
    const first = await context.store.readVersion('DocumentReference', id, 1)
    if (!first?.envelope.rules?.includes('dmp')) continue
    if ((first.envelope.depositor.organization ?? '') !== organization) continue
    if (masterIdentifierOf(toResource(context, first)) === master) return id
  }
  return undefined
}

async function replayOrRefuse(
  plan: DraftPlan,
  context: Context,
  taken: readonly { draft: Draft & { resource: Resource }; id: string }[],
): Promise<void> {
  const replay = await findReplay(plan, context, taken)
  if (replay) {
    plan.replay = replay
    return
  }
  const [{ draft, id }] = taken as [{ draft: Draft & { resource: Resource }; id: string }]
  throw dmpRefusal(409, {
    rule: 'pdsm-master-identifier',
    code: 'duplicate',
    expression:
      draft.entryIndex === undefined
        ? 'DocumentReference.masterIdentifier'
        : `Bundle.entry[${draft.entryIndex}].resource.masterIdentifier`,
    diagnostics: `DocumentReference/${id} already has the masterIdentifier ${masterIdentifierOf(draft.resource)}; nothing was stored`,
  })
}

/** The first versions that this same deposit made; undefined when anything differs. */
async function findReplay(
  plan: DraftPlan,
  context: Context,
  taken: readonly { draft: Draft & { resource: Resource }; id: string }[],
): Promise<ReadonlyMap<Draft, StoredVersion> | undefined> {
  const replay = new Map<Draft, StoredVersion>()
  /** What this request's new ids stand for among what is stored. */
  const renamed = new Map<string, string>()
  for (const { draft, id } of taken) {
    const newest = await context.store.read('DocumentReference', id)
    const first = await context.store.readVersion('DocumentReference', id, 1)
    // A retry after the document was deleted is 409 (decision 88).
    if (!first || !newest || newest.deleted || newest.envelope.status === 'entered-in-error')
      return undefined
    replay.set(draft, first)
    renamed.set(`DocumentReference/${draft.id}`, `DocumentReference/${id}`)
    await renameContent(context, draft, first, renamed)
  }
  for (const draft of plan.drafts) {
    if (replay.has(draft) || draft.method === 'PATCH') continue
    const stored = await findCounterpart(context, draft, renamed)
    if (!stored) return undefined
    replay.set(draft, stored)
    renamed.set(`${draft.type}/${draft.id}`, `${draft.type}/${stored.id}`)
  }
  for (const [draft, stored] of replay)
    if (!isSameDeposit(context, draft, { stored, renamed })) return undefined
  for (const draft of plan.drafts)
    if (draft.method === 'PATCH' && draft.stored) replay.set(draft, draft.stored)
  return replay
}

async function renameContent(
  context: Context,
  draft: Draft,
  first: StoredVersion,
  renamed: Map<string, string>,
): Promise<void> {
  const own = relativeUrl(context, attachmentOf(draft.resource!)?.url)
  const kept = relativeUrl(context, attachmentOf(toResource(context, first))?.url)
  if (own !== undefined && kept !== undefined) renamed.set(own, kept)
}

function relativeUrl(context: Context, url: JsonValue | undefined): string | undefined {
  if (typeof url !== 'string') return undefined
  const prefix = `${context.services.baseUrl}/`
  return url.startsWith(prefix) ? url.slice(prefix.length) : url
}

/** The stored twin of a Binary or document Bundle (by its fiche), or of the lot (by its entries). */
async function findCounterpart(
  context: Context,
  draft: Draft,
  renamed: ReadonlyMap<string, string>,
): Promise<StoredVersion | undefined> {
  const kept = renamed.get(`${draft.type}/${draft.id}`)
  if (kept !== undefined)
    return context.store.readVersion(draft.type, kept.slice(draft.type.length + 1), 1)
  if (draft.type !== 'List' || !draft.resource) return undefined
  const documentId = [...renamed.values()]
    .find((text) => text.startsWith('DocumentReference/'))
    ?.slice('DocumentReference/'.length)
  if (documentId === undefined) return undefined
  const { ids } = await context.store.match(
    'List',
    {
      kind: 'reference',
      code: 'item',
      references: [{ type: 'DocumentReference', id: documentId }],
    },
    20,
  )
  for (const id of ids) {
    const first = await context.store.readVersion('List', id, 1)
    if (first && isSameDeposit(context, draft, { stored: first, renamed })) return first
  }
  return undefined
}

function isSameDeposit(
  context: Context,
  draft: Draft,
  { stored, renamed }: { stored: StoredVersion; renamed: ReadonlyMap<string, string> },
): boolean {
  if (draft.type === 'Binary' && draft.blob?.sha256 !== stored.blob?.sha256) return false
  const sent = comparable(context, draft.resource!, renamed)
  return sent === comparable(context, toResource(context, stored), new Map())
}

/** A resource as a text to compare: less id, meta, narrative and what the server made itself. */
function comparable(
  context: Context,
  resource: Resource,
  renamed: ReadonlyMap<string, string>,
): string {
  const { id: _, meta: __, text: ___, identifier, ...rest } = resource
  const prefix = `${context.services.baseUrl}/`
  const attachment = attachmentOf(resource)
  const plain = attachment ? withAttachment(rest as Resource, withoutData(attachment)) : rest
  const own = Array.isArray(identifier)
    ? identifier.filter(
        (one) =>
          !(isObject(one) && one.use === 'official' && String(one.value).startsWith('urn:uuid:')),
      )
    : []
  return JSON.stringify(sorted({ ...plain, identifier: own }), (_key, value: unknown) => {
    if (typeof value !== 'string') return value
    const text = value.startsWith(prefix) ? value.slice(prefix.length) : value
    return renamed.get(text) ?? text
  })
}

function withoutData({
  data: _,
  ...attachment
}: {
  data?: JsonValue
  [key: string]: JsonValue | undefined
}) {
  return attachment as Record<string, JsonValue>
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key]!)]),
  )
}
