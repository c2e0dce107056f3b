/**
 * Who is who in a transaction: the id that each entry gets, before any reference is written, and
 * what conditions find in the Bundle itself. R4 http.html#trules.
 */
import type { MatchedIds } from '../access/guard-parts.ts'
import { InvalidRequest } from '../errors.ts'
import { atEntry } from './at-entry.ts'
import { candidatesFor, createCandidate, type Candidate } from './bundle-candidates.ts'
import { requireWriteTarget } from './bundle-entries.ts'
import { chooseIds } from './choose-ids.ts'
import { findByCondition, parseCondition, requireQuery } from './conditions.ts'
import type { Context } from './context.ts'
import type { DraftPlan } from './draft.ts'
import type { EntryRequest } from './entry-request.ts'
import type { Outcome } from './outcome.ts'
import { requireReadable } from './read.ts'

export interface Identities {
  /** What each fullUrl became (`Type/id`). */
  readonly fullUrls: Map<string, string>
  /** The id chosen for each entry that creates, by index. */
  readonly newIds: Map<number, string>
  readonly candidates: readonly Candidate[]
  /** Conditional creates whose condition an earlier entry of the Bundle meets: index by index. */
  readonly repeated: ReadonlyMap<number, number>
  /** Resources (`Type/id`) that the plan deletes before all else. */
  readonly deleted: ReadonlySet<string>
  /** Conditional references already resolved, by their text. */
  readonly resolved: Map<string, string>
}

/** Outside a transaction. */
export function noIdentities(): Identities {
  return {
    fullUrls: new Map(),
    newIds: new Map(),
    candidates: [],
    repeated: new Map(),
    deleted: new Set(),
    resolved: new Map(),
  }
}

export interface IdentifyInput {
  readonly entries: readonly EntryRequest[]
  readonly deleted: ReadonlySet<string>
  /** Filled with the answers to entries that write nothing. */
  readonly outcomes: Map<number, Outcome>
}

/** Gives every entry that creates its id, so that references to it can be written. */
export async function identify(
  context: Context,
  plan: DraftPlan,
  { entries, deleted, outcomes }: IdentifyInput,
): Promise<Identities> {
  const work: Work = { deleted, outcomes, fullUrls: new Map(), candidates: [], repeated: new Map() }
  // Creates come first, as they are carried out first.
  for (const method of ['POST', 'PUT'] as const) {
    for (const entry of entries) {
      if (entry.method !== method) continue
      await atEntry(entry.index, () => identifyEntry(context, plan, work, entry))
    }
  }
  const newIds = chooseIds(context, work.candidates, work.fullUrls)
  for (const [index, original] of work.repeated) {
    const { fullUrl } = entries.find((entry) => entry.index === index)!
    const { type } = work.candidates.find(({ entry }) => entry.index === original)!
    if (fullUrl !== undefined) work.fullUrls.set(fullUrl, `${type}/${newIds.get(original)}`)
  }
  return { ...work, newIds, resolved: new Map() }
}

interface Work {
  readonly deleted: ReadonlySet<string>
  readonly outcomes: Map<number, Outcome>
  readonly fullUrls: Map<string, string>
  readonly candidates: Candidate[]
  readonly repeated: Map<number, number>
}

async function identifyEntry(
  context: Context,
  plan: DraftPlan,
  work: Work,
  entry: EntryRequest,
): Promise<void> {
  const target = requireWriteTarget(entry)
  const { type } = target
  const reference =
    target.kind === 'instance'
      ? `${type}/${target.id}`
      : target.kind === 'condition'
        ? await identifyUpdate(context, work, { entry, ...target })
        : await identifyCreate(context, plan, work, { entry, type })
  if (reference === undefined) return
  if (entry.fullUrl !== undefined) work.fullUrls.set(entry.fullUrl, reference)
}

/** The reference when something matches; undefined when a candidate was added, or is repeated. */
async function identifyCreate(
  context: Context,
  plan: DraftPlan,
  work: Work,
  { entry, type }: { entry: EntryRequest; type: string },
): Promise<string | undefined> {
  if (entry.ifNoneExist !== undefined) {
    const query = requireQuery(entry.ifNoneExist)
    const { id, precondition } = await findByCondition(context, type, query, work.deleted)
    plan.preconditions.push(precondition)
    if (id !== undefined) {
      const version = await requireReadable(context, { type, id })
      work.outcomes.set(entry.index, { status: 200, version })
      return `${type}/${id}`
    }
    const [original] = candidatesFor(work.candidates, type, parseCondition(context, type, query))
    if (original) {
      work.repeated.set(entry.index, original.entry.index)
      return undefined
    }
  }
  work.candidates.push(createCandidate(context, entry, type))
  return undefined
}

async function identifyUpdate(
  context: Context,
  work: Work,
  { entry, type, query }: { entry: EntryRequest; type: string; query: string },
): Promise<string | undefined> {
  const { id } = await findByCondition(context, type, query)
  const own = entry.resource?.id
  const known = id ?? (typeof own === 'string' ? own : undefined)
  if (known !== undefined) return `${type}/${known}`
  const [other] = candidatesFor(work.candidates, type, parseCondition(context, type, query))
  if (other) {
    throw new InvalidRequest(
      `Bundle.entry[${other.entry.index}] and Bundle.entry[${entry.index}] both write the ${type} that the condition names; a transaction may write a resource once`,
      { code: 'duplicate', expression: `Bundle.entry[${entry.index}].request.url` },
    )
  }
  work.candidates.push(createCandidate(context, entry, type))
  return undefined
}

/**
 * The ids that a conditional reference means, in the store and in the Bundle, but for what the
 * Bundle deletes; more than one, or none, is for the caller to refuse.
 */
export async function findReferenced(
  context: Context,
  plan: DraftPlan,
  identities: Identities,
  { type, query }: { type: string; query: string },
): Promise<ReadonlySet<string>> {
  const clause = parseCondition(context, type, query)
  const { candidates, newIds, deleted } = identities
  const inBundle = candidatesFor(candidates, type, clause)
  const found: MatchedIds = await context.store.matchReference(type, clause, 2 + deleted.size)
  plan.preconditions.push(found.precondition)
  return new Set([
    ...found.ids.filter((id) => !deleted.has(`${type}/${id}`)),
    ...inBundle.map(({ entry }) => newIds.get(entry.index)!),
  ])
}
