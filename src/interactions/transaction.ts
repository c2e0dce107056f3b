/**
 * The transaction interaction: all entries, or none. Order: DELETE, POST, PUT and PATCH, GET.
 * R4 http.html#transaction, http.html#trules.
 */
import { NotFound } from '../errors.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import { commitDrafts } from './commit-drafts.ts'
import type { Context } from './context.ts'
import { createDraftPlan, type Draft } from './draft.ts'
import { requireEntries } from './bundle-entries.ts'
import { parseEntryRequest, type EntryRequest } from './entry-request.ts'
import { atEntry } from './at-entry.ts'
import type { Outcome } from './outcome.ts'
import { planEntries, type PlannedEntries } from './plan-entries.ts'
import { prepareRead, requireAnswer, runRead } from './read-entry.ts'
import { renderResponseBundle, type EntryOutcome } from './response-bundle.ts'

export async function transaction(context: Context, body: ParsedBody): Promise<Outcome> {
  const entries = requireEntries(context, body.resource).map((entry, index) =>
    parseEntryRequest(entry, index, context.services),
  )
  const reads = entries.filter(({ method }) => method === 'GET' || method === 'HEAD')
  const writes = entries.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
  for (const entry of reads) atEntry(entry.index, () => prepareRead(context, entry))
  let planned: PlannedEntries | undefined
  const { plan, versions } = await commitDrafts(context, async () => {
    const draftPlan = createDraftPlan('transaction', body.resource)
    planned = await planEntries(context, draftPlan, { entries: writes, blobs: body.blobs })
    await requireReadsPossible(context, reads, draftPlan.drafts)
    return draftPlan
  })
  const outcomes: EntryOutcome[] = Array.from({ length: entries.length })
  for (const { index } of writes) {
    const { drafts, outcomes: others, repeated } = planned!
    const original = repeated.get(index)
    const draft = drafts.get(original ?? index)
    const version = draft && versions.get(draft)
    if (!draft || !version) outcomes[index] = { outcome: others.get(index)! }
    else if (original !== undefined) outcomes[index] = { outcome: { status: 200, version } }
    else outcomes[index] = { outcome: outcomeOf(draft, version) }
  }
  for (const entry of reads) outcomes[entry.index] = await runRead(context, entry)
  return {
    status: 200,
    body: await renderResponseBundle(context, 'transaction-response', outcomes),
    issues: unplaced(plan.drafts),
  }
}

function outcomeOf(draft: Draft, version: NonNullable<Outcome['version']>): Outcome {
  if (draft.method === 'DELETE') return { status: 204, version }
  const created =
    draft.method === 'POST' || ((!draft.stored || draft.stored.deleted) && draft.method === 'PUT')
  return { status: created ? 201 : 200, created, version, issues: draft.issues }
}

/** Issues of drafts that rules added, and that no entry of the answer shows. */
function unplaced(drafts: readonly Draft[]): NonNullable<Outcome['issues']> {
  return drafts.filter(({ entryIndex }) => entryIndex === undefined).flatMap(({ issues }) => issues)
}

/**
 * A GET of what is not there, or that is refused, fails the whole transaction before anything is
 * written: afterwards nothing could be taken back.
 */
async function requireReadsPossible(
  context: Context,
  reads: readonly EntryRequest[],
  drafts: readonly Draft[],
): Promise<void> {
  for (const entry of reads) {
    const { target, index } = entry
    const draft = drafts.find((one) => isAbout(one, target))
    if (target.kind === 'instance' || target.kind === 'version') {
      if (!(await isReadable(context, target, draft))) throw absent(target, index)
    } else if (!draft) await atEntry(index, () => requireAnswer(context, entry))
  }
}

function isAbout({ type, id }: Draft, target: EntryRequest['target']): boolean {
  return 'id' in target && type === target.type && id === target.id
}

type ReadTarget = Extract<EntryRequest['target'], { kind: 'instance' | 'version' }>

async function isReadable(
  context: Context,
  target: ReadTarget,
  draft: Draft | undefined,
): Promise<boolean> {
  if (draft?.resource && isVersionOf(draft, target)) return true
  return !(draft && target.kind === 'instance') && isStored(context, target)
}

function absent(target: ReadTarget, index: number): NotFound {
  const version = target.kind === 'version' ? `/_history/${target.versionId}` : ''
  return new NotFound(`${target.type}/${target.id}${version}`, {
    expression: `Bundle.entry[${index}].request.url`,
  })
}

function isVersionOf(draft: Draft, target: ReadTarget): boolean {
  return target.kind === 'instance' || target.versionId === String(draft.versionId)
}

async function isStored(context: Context, target: ReadTarget): Promise<boolean> {
  const { type, id } = target
  const version =
    target.kind === 'instance'
      ? await context.store.read(type, id)
      : await context.store.readVersion(type, id, Number(target.versionId))
  return version !== undefined && !version.deleted
}
