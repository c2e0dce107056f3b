/** From drafts to a commit plan: pure data that a store can check and apply. design §3. */
import { computeEnvelope } from '../access/envelope.ts'
import { pathBelow } from '../fhir/own-url.ts'
import type { Resource } from '../fhir/resource.ts'
import { replaceReferences } from '../fhir/walk-references.ts'
import { baseUrlMark, serializeStored } from '../json/serialize.ts'
import type { CommitPlan, PlannedWrite } from '../store/commit-plan.ts'
import { atDraft } from './at-entry.ts'
import { findContentReferrers, isContent, ownerOf, type Owner } from './content-owner.ts'
import type { Context } from './context.ts'
import type { Draft, DraftPlan } from './draft.ts'
import type { OutwardForm } from './rules.ts'
import { Turns } from './turns.ts'

/** Extracts entries and envelopes, and writes the bytes. */
export async function buildCommitPlan(context: Context, plan: DraftPlan): Promise<CommitPlan> {
  const writes: PlannedWrite[] = Array.from({ length: plan.drafts.length })
  // Contents last: their envelope repeats the patients of the resource that they belong to.
  const order = plan.drafts.map((_, index) => index)
  order.sort((a, b) => Number(isContent(plan.drafts[a]!)) - Number(isContent(plan.drafts[b]!)))
  const referrers = findContentReferrers(context, plan)
  const findOwner = (draft: Draft) =>
    atDraft(draft, () => ownerOf(context, plan, { draft, referrers }))
  const turns = new Turns()
  for (const index of order) {
    if (turns.isOver) await turns.next()
    const draft = plan.drafts[index]!
    const owner = isContent(draft) ? await findOwner(draft) : undefined
    writes[index] = await buildWrite(context, plan, { draft, owner })
  }
  return {
    preconditions: plan.preconditions,
    writes,
    claims: plan.claims,
    events: plan.events,
  }
}

async function buildWrite(
  context: Context,
  plan: DraftPlan,
  { draft, owner }: { draft: Draft; owner: Owner | undefined },
): Promise<PlannedWrite> {
  const { method, type, id, versionId, resource, stored, blob } = draft
  if (!resource) return buildTombstone(draft)
  const { services } = context
  const outward = await findOutwardForm(context, plan, draft)
  // Whoever does not receive an INS does not find it either (decision 56).
  const indexed = outward?.isIndexed ? outward.form : resource
  const entries = [
    ...services.extract(indexed),
    ...services.rules.flatMap((rule) => rule.entriesOf?.(indexed, draft) ?? []),
  ]
  draft.envelope = computeEnvelope({
    rules: [...(stored?.envelope.rules ?? []), ...draft.governedBy],
    extraLabels: services.rules.flatMap((rule) => rule.labelsOf?.(draft) ?? []),
    resource,
    id,
    entries,
    compartmentCodes: services.registry.patientCompartment(type),
    caller: context.store.caller,
    now: services.now(),
    previous: stored?.envelope,
    owner,
  })
  const place = { id, versionId, writtenAt: draft.writtenAt }
  const unsearchable = services.rules.some((rule) => rule.isUnsearchable?.(draft))
  return {
    method,
    type,
    id,
    versionId,
    ...serializeStored(markBaseUrl(resource, services.baseUrl), place),
    entries: unsearchable ? [] : entries,
    envelope: draft.envelope,
    ...(unsearchable ? { unsearchable } : {}),
    ...(stored?.deleted ? { recreated: true } : {}),
    ...(blob ? { blob } : {}),
    ...(draft.isLabelling ? { isLabelling: true } : {}),
    ...(outward
      ? {
          withheld: serializeStored(markBaseUrl(outward.form, services.baseUrl), place),
        }
      : {}),
  }
}

/** A tombstone keeps the envelope of what it ends. */
function buildTombstone(draft: Draft): PlannedWrite {
  const { method, type, id, versionId } = draft
  const { envelope } = draft.stored!
  draft.envelope = envelope
  return {
    method,
    type,
    id,
    versionId,
    body: Buffer.alloc(0),
    lastUpdatedOffset: -1,
    slots: [],
    entries: [],
    envelope,
  }
}

async function findOutwardForm(
  context: Context,
  plan: DraftPlan,
  draft: Draft,
): Promise<OutwardForm | undefined> {
  for (const rule of context.services.rules) {
    const outward = await rule.outwardForm?.(draft, plan, context)
    if (outward) return outward
  }
  return undefined
}

/** Links to this server keep working when BASE_URL changes. A document Bundle is left as it is. */
function markBaseUrl(resource: Resource, baseUrl: string): Resource {
  if (resource.resourceType === 'Bundle') return resource
  return replaceReferences(resource, (text) => {
    const path = pathBelow(text, baseUrl)
    return path === undefined ? text : `${baseUrlMark}/${path}`
  })
}
