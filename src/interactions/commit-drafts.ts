/**
 * From drafts to a durable commit: content settled, rules asked, resources validated, entries and
 * envelopes computed, one plan committed. A conflict with another writer plans again (design §3).
 */
import { Conflict, UnprocessableResource } from '../errors.ts'
import { isError, type Issue } from '../fhir/operation-outcome.ts'
import {
  PlanConflict,
  type CommitPlan,
  type CommitResult,
  type PlannedWrite,
} from '../store/commit-plan.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { settleContent } from './binary-content.ts'
import { buildCommitPlan } from './build-commit-plan.ts'
import { checkReferences } from './check-references.ts'
import type { Context } from './context.ts'
import type { Draft, DraftPlan } from './draft.ts'
import { Turns } from './turns.ts'
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
        : await context.store.commit(commitPlan, stored, impliedWrites(plan, commitPlan))
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

function impliedWrites({ drafts }: DraftPlan, { writes }: CommitPlan): ReadonlySet<PlannedWrite> {
  return new Set(writes.filter((_, index) => drafts[index]!.isImplied))
}

async function completePlan(context: Context, plan: DraftPlan): Promise<void> {
  const { rules } = context.services
  for (const draft of plan.drafts) if (draft.type === 'Binary') await settleContent(context, draft)
  for (const rule of rules) await rule.prepare?.(plan, context)
  if (plan.replay) return
  for (const refusal of plan.retryOnly) throw refusal
  const turns = new Turns()
  for (const draft of plan.drafts) {
    if (turns.isOver) await turns.next()
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
  if (!plan.drafts.some((draft) => draft.issues.some(isError))) return
  const issues = plan.drafts.flatMap((draft) => draft.issues.map((issue) => locate(issue, draft)))
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
