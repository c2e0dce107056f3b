/** What the gate of src/access decides: on reading, searching and writing each resource. */
import { decide, explain, type Explanation } from '../../../src/access/patient-decision.ts'
import { holds, toClause } from '../../../src/access/predicate.ts'
import type { RuleAction } from '../../../src/access/rules/rule.ts'
import { FhirError } from '../../../src/errors.ts'
import { matchesClause, type Lookup } from '../../../src/search/matcher.ts'
import { everything, type Clause } from '../../../src/search/search-request.ts'
import type { PlannedWrite } from '../../../src/store/commit-plan.ts'
import { aSearch, aWrite } from '../../store/plans.ts'
import { labels } from './random-worlds.ts'
import { entriesOf, type Gate, type Item } from './world.ts'

const refusals: readonly number[] = [401, 403, 405]

/** Whether the gate let it pass: a refusal is an answer, any other error is a fault. */
async function passes(work: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await work()) !== false
  } catch (error) {
    if (error instanceof FhirError && refusals.includes(error.status)) return false
    throw error
  }
}

export function mayRead({ guard }: Gate, { type, id }: Item): Promise<boolean> {
  return passes(async () => (await guard.read(type, id)) !== undefined)
}

/** The patients that a search names. */
export function namedBy({ type, envelope, random }: Item): readonly string[] {
  const [own] = envelope.patients
  if (random.named === 'nobody' || own === undefined) return []
  if (random.named === 'its patient' || type === 'Patient') return [own]
  const other = envelope.patients[1] ?? (own === 'p1' ? 'p2' : 'p1')
  return [own, other]
}

export function maySearch({ guard }: Gate, item: Item): Promise<boolean> {
  const where = whereNames(item.type, namedBy(item))
  return passes(async () => {
    const page = await guard.search(aSearch({ types: [item.type], where }))
    return page.matches.some(({ id }) => id === item.id)
  })
}

function whereNames(type: string, named: readonly string[]): Clause {
  if (named.length === 0) return everything
  if (type === 'Patient') return { kind: 'id', ids: named }
  return {
    kind: 'reference',
    code: 'patient',
    references: named.map((id) => ({ type: 'Patient', id })),
  }
}

/** Whether a search that names these patients would come upon the resource, were all permitted. */
export function isSearched({ envelope }: Item, named: readonly string[]): boolean {
  return named.length === 0 || named.some((id) => envelope.patients.includes(id))
}

export interface Attempt {
  readonly write: PlannedWrite
  readonly isCreate: boolean
  /** Labels for professionals, or archiving, of a document under DMP rules (decision 45). */
  readonly isMask: boolean
}

/** The write that is tried on a resource, as a plan would hold it. */
export function attemptOn({ type, id, envelope, isDeleted, owner, random }: Item): Attempt {
  const isNew = random.change === 'create' && !isDeleted
  const change = isDeleted ? 'create' : random.change
  const patients =
    change === 'move' && !owner && type !== 'Patient' && envelope.patients.length > 0
      ? random.movedTo
      : envelope.patients
  const isPatch = ['archive', 'mask', 'hide', 'status'].includes(change)
  const method = change === 'delete' ? 'DELETE' : isPatch ? 'PATCH' : 'PUT'
  // A new patient, or one whose record is there already.
  const newId = isNew && type === 'Patient' && random.keepsPatients ? 'p4' : id
  const write = aWrite({
    type,
    id: newId,
    versionId: isNew ? 1 : 2,
    entries: entriesOf(patients, []),
    envelope: {
      ...envelope,
      patients: isNew && type === 'Patient' ? [newId] : patients,
      labels: changedLabels(change, envelope.labels),
      ...(change === 'status' ? { status: 'preliminary' } : {}),
    },
    more: { method: isNew ? 'POST' : method },
  })
  const isGoverned = envelope.rules?.includes('dmp') ?? false
  return {
    write,
    isCreate: change === 'create',
    isMask: isGoverned && (change === 'mask' || change === 'archive'),
  }
}

function changedLabels(
  change: Item['random']['change'],
  before: readonly string[],
): readonly string[] {
  if (change !== 'mask' && change !== 'hide') return before
  const label = change === 'mask' ? labels.maskedToProfessionals : labels.hiddenFromPatient
  return before.includes(label) ? before.filter((other) => other !== label) : [...before, label]
}

export function mayWrite({ store, session }: Gate, { write }: Attempt): Promise<boolean> {
  return passes(async () => {
    const stored = write.versionId === 1 ? undefined : await store.read(write.type, write.id)
    await session.requireWrite(write, stored, false)
  })
}

const noOthers: Lookup = { find: () => undefined, all: () => [] }

/** The rules alone, by two projections of one predicate: a test, and a clause for the matcher. */
export async function mayConsult({ session }: Gate, item: Item) {
  const { type, id, envelope, entries } = item
  const relations = await Promise.all(envelope.patients.map((patient) => session.relation(patient)))
  const predicate = decide(session.input('consult', type, relations))
  const candidate = { type, id, lastUpdated: session.now, entries, envelope }
  return {
    tested: holds(predicate, envelope, id),
    matched: matchesClause(toClause(predicate), candidate, noOthers),
  }
}

/** The third projection. */
export async function explainOn(
  { session }: Gate,
  action: RuleAction,
  { type, id, envelope }: Item,
): Promise<Explanation> {
  const relations = await Promise.all(envelope.patients.map((patient) => session.relation(patient)))
  return explain(session.input(action, type, relations), envelope, id)
}
