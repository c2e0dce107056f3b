/**
 * From drafts to a durable commit: content settled, rules asked, resources validated, entries and
 * envelopes computed, one plan committed. A conflict with another writer plans again (design §3).
 */
import { computeEnvelope } from '../access/envelope.ts'
import { Conflict, UnprocessableResource } from '../errors.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import { parseReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import { replaceReferences, walkReferences } from '../fhir/walk-references.ts'
import { baseUrlMark, serializeStored } from '../json/serialize.ts'
import {
  PlanConflict,
  type CommitPlan,
  type CommitResult,
  type PlannedWrite,
} from '../store/commit-plan.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { settleContent } from './binary-content.ts'
import { checkReferences } from './check-references.ts'
import type { Context } from './context.ts'
import type { Draft, DraftPlan } from './draft.ts'
import type { OutwardForm } from './rules.ts'
import { validateDraft } from './validate-draft.ts'

const attemptsMax = 4

/** The version that each draft became, in the drafts' order. */
export type CommittedDrafts = ReadonlyMap<Draft, StoredVersion>

export interface CommittedPlan {
  readonly plan: DraftPlan
  readonly versions: CommittedDrafts
}

/**
 * Plans and commits. `makePlan` reads the store and is called again when another writer was faster.
 * Throws Conflict after four tries, and whatever planning throws.
 */
export async function commitDrafts(
  context: Context,
  makePlan: () => Promise<DraftPlan>,
): Promise<CommittedPlan> {
  for (let attempt = 1; ; attempt++) {
    const plan = await makePlan()
    await completePlan(context, plan)
    if (plan.replay) return { plan, versions: plan.replay }
    if (plan.drafts.length === 0 && !plan.accessChange) return { plan, versions: new Map() }
    const commitPlan = await buildCommitPlan(context, plan)
    const stored = plan.drafts.flatMap((draft) => draft.stored ?? [])
    try {
      const result = plan.accessChange
        ? await context.store.commitAccessRecord(plan.accessChange, commitPlan)
        : await context.store.commit(commitPlan, stored)
      context.services.definitions.follow(plan.drafts)
      return { plan, versions: await committedVersions(context, plan, { commitPlan, result }) }
    } catch (error) {
      if (!(error instanceof PlanConflict)) throw error
      if (attempt >= attemptsMax) {
        throw new Conflict(
          'Other writers changed the same resources at the same time; nothing was stored: retry',
          {
            cause: error,
          },
        )
      }
    }
  }
}

async function completePlan(context: Context, plan: DraftPlan): Promise<void> {
  const { rules } = context.services
  for (const draft of plan.drafts) if (draft.type === 'Binary') await settleContent(context, draft)
  for (const rule of rules) await rule.prepare?.(plan, context)
  if (plan.replay) return
  for (const draft of plan.drafts) {
    if (draft.type !== 'Binary') await settleContent(context, draft)
    validateDraft(context, draft, plan)
  }
  refuseErrors(plan)
  for (const rule of rules) await rule.check?.(plan, context)
  if (plan.replay) return
  await checkReferences(context, plan)
  refuseErrors(plan)
}

function refuseErrors(plan: DraftPlan): void {
  const issues = plan.drafts.flatMap((draft) => draft.issues.map((issue) => locate(issue, draft)))
  if (!issues.some(({ severity }) => severity === 'error' || severity === 'fatal')) return
  throw new UnprocessableResource('The resource breaks a rule', { issues })
}

/** An issue of a Bundle's entry, told from the Bundle's root. */
export function locate(issue: Issue, draft: Draft): Issue {
  if (draft.entryIndex === undefined) return issue
  const root = `Bundle.entry[${draft.entryIndex}].resource`
  const expression = (issue.expression ?? [draft.type]).map((path) =>
    path.startsWith('Bundle.entry[')
      ? path
      : root + path.slice(path.match(/^[A-Za-z]*/)![0].length),
  )
  return { ...issue, expression }
}

async function buildCommitPlan(context: Context, plan: DraftPlan): Promise<CommitPlan> {
  const writes: PlannedWrite[] = Array.from({ length: plan.drafts.length })
  // Contents last: their envelope repeats the patients of the resource that they belong to.
  const order = plan.drafts.map((_, index) => index)
  order.sort((a, b) => Number(isContent(plan.drafts[a]!)) - Number(isContent(plan.drafts[b]!)))
  for (const index of order) writes[index] = await buildWrite(context, plan, plan.drafts[index]!)
  return {
    preconditions: plan.preconditions,
    writes,
    claims: plan.claims,
    events: plan.events,
  }
}

/** A Binary, or a Bundle that rules took for the content of a document. */
function isContent({ type, governedBy }: Draft): boolean {
  return type === 'Binary' || (type === 'Bundle' && governedBy.size > 0)
}

async function buildWrite(context: Context, plan: DraftPlan, draft: Draft): Promise<PlannedWrite> {
  const { method, type, id, versionId, resource, stored, blob } = draft
  if (!resource) {
    const envelope = stored!.envelope
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
    owner: isContent(draft) ? await ownerOf(context, plan, draft) : undefined,
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
    ...(blob ? { blob } : {}),
    ...(outward
      ? {
          withheld: serializeStored(markBaseUrl(outward.form, services.baseUrl), place),
        }
      : {}),
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
  const prefix = `${baseUrl}/`
  return replaceReferences(resource, (text) =>
    text.startsWith(prefix) ? baseUrlMark + text.slice(baseUrl.length) : text,
  )
}

/** The resource a content was created with: its security context, or what refers to it in the plan. */
async function ownerOf(
  context: Context,
  plan: DraftPlan,
  draft: Draft,
): Promise<{ reference: string; patients: readonly string[] } | undefined> {
  const own = `${draft.type}/${draft.id}`
  for (const other of plan.drafts) {
    if (other === draft || !other.resource || other.type === 'List') continue
    let refers = false
    walkReferences(other.resource, ({ text }) => {
      refers ||=
        text === own ||
        text === `${context.services.baseUrl}/${own}` ||
        text === `${baseUrlMark}/${own}`
    })
    if (refers)
      return { reference: `${other.type}/${other.id}`, patients: other.envelope?.patients ?? [] }
  }
  if (draft.securityContext === undefined) return undefined
  const target = parseReference(draft.securityContext, context.services.baseUrl)
  if (target.kind !== 'local') throw unknownSecurityContext(draft.securityContext)
  const inPlan = plan.drafts.find(({ type, id }) => type === target.type && id === target.id)
  const envelope = inPlan?.envelope ?? (await context.store.read(target.type, target.id))?.envelope
  if (!envelope) throw unknownSecurityContext(draft.securityContext)
  return { reference: `${target.type}/${target.id}`, patients: envelope.patients }
}

function unknownSecurityContext(text: string): UnprocessableResource {
  return new UnprocessableResource(`The security context ${text} is not known here`, {
    code: 'not-found',
    expression: 'Binary.securityContext',
  })
}

/** What each draft became, as this caller may see it. */
async function committedVersions(
  context: Context,
  plan: DraftPlan,
  { commitPlan, result }: { commitPlan: CommitPlan; result: CommitResult },
): Promise<CommittedDrafts> {
  const versions = new Map<Draft, StoredVersion>()
  for (const [index, draft] of plan.drafts.entries()) {
    versions.set(
      draft,
      await context.store.present(toStoredVersion(commitPlan.writes[index]!, result)),
    )
  }
  return versions
}

function toStoredVersion(
  write: PlannedWrite,
  { sequence, lastUpdated }: CommitResult,
): StoredVersion {
  const { type, id, versionId, method, slots, blob, envelope, withheld } = write
  return {
    type,
    id,
    versionId,
    method,
    sequence,
    lastUpdated,
    envelope,
    slots,
    deleted: method === 'DELETE',
    body: stampTime(write.body, write.lastUpdatedOffset, lastUpdated),
    ...(withheld
      ? {
          withheld: {
            body: stampTime(withheld.body, withheld.lastUpdatedOffset, lastUpdated),
            slots: withheld.slots,
          },
        }
      : {}),
    ...(blob ? { blob } : {}),
  }
}

function stampTime(body: Uint8Array, offset: number, lastUpdated: number): Buffer {
  const stamped = Buffer.from(body)
  if (offset >= 0) stamped.write(new Date(lastUpdated).toISOString(), offset, 'latin1')
  return stamped
}
