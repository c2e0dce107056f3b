/**
 * What a search must name, and what it takes to look into the record that it names. Decisions 18, 23,
 * 25, 27 and 58.
 */
import type { Caller } from '../auth/caller.ts'
import { Forbidden } from '../errors.ts'
import type { Clause } from '../search/search-request.ts'
import type { NamedPatients } from './decision.ts'
import { exactIdentifier } from './named-patients.ts'
import type { PatientRelation } from './patient-relation.ts'
import { closedRecord, noCareRelation, noConsent } from './refusals.ts'
import type { ResourceClass } from './resource-classes.ts'

export interface NamingFacts {
  readonly caller: Caller
  classOf(type: string): ResourceClass
  relation(patientId: string): Promise<PatientRelation>
}

/** Whether the caller or their organisation deposited a document of the patient. */
type HasDeposited = (patientId: string) => Promise<boolean>

export interface AskedSearch {
  readonly types: readonly string[]
  readonly named: NamedPatients
  readonly where: Clause
}

/** Throws Forbidden. */
export async function requireNamed(
  facts: NamingFacts,
  hasDeposited: HasDeposited,
  search: AskedSearch,
): Promise<void> {
  const { caller } = facts
  const { types, named } = search
  if (types.every((type) => facts.classOf(type) !== 'patient')) return
  if (caller.kind === 'app') await requireConsent(facts, types)
  if (caller.kind === 'app' && caller.patient !== undefined)
    await requireOpen(facts, { ...search, named: [caller.patient] })
  if (caller.kind === 'establishment') {
    await requireUnblocked(facts, search)
    await requireOpen(facts, search)
  }
  if (caller.kind !== 'professional') return
  if (!named) throw new Forbidden('A professional’s search on patient data must name one patient')
  // The same refusal whether the record exists or not (decision 58).
  if (named.length !== 1) throw noCareRelation()
  const relation = await facts.relation(named[0]!)
  if (!mayLook(relation) && !(await findsOwn(relation, search, hasDeposited)))
    throw noCareRelation()
  await requireOpen(facts, search)
}

function mayLook(relation: PatientRelation): boolean {
  const { isBlocked, isAuthorized, isTreatingPhysician, emergency } = relation
  return !isBlocked && (isAuthorized || isTreatingPhysician || emergency !== undefined)
}

/**
 * TD3.1b: whoever fed the record finds, by its identifier, what they deposited; consulting the record
 * asks for the relation all the same (decisions 18 and 23).
 */
async function findsOwn(
  { isBlocked, patientId }: PatientRelation,
  { types, where }: AskedSearch,
  hasDeposited: HasDeposited,
): Promise<boolean> {
  return (
    !isBlocked &&
    exactIdentifier(where) !== undefined &&
    types.every((type) => type === 'DocumentReference' || type === 'List') &&
    (await hasDeposited(patientId))
  )
}

/** Without the patient's consent to one of the types at least, an application finds nothing. */
async function requireConsent(facts: NamingFacts, types: readonly string[]): Promise<void> {
  const { patient } = facts.caller
  const consented = patient === undefined ? [] : (await facts.relation(patient)).appTypes
  if (!types.some((type) => consented?.includes(type))) throw noConsent()
}

/**
 * As a blocked professional is (decision 19): refused, where every record named would stay empty. The
 * Patient is still found, for feeding.
 */
async function requireUnblocked(facts: NamingFacts, { types, named }: AskedSearch): Promise<void> {
  if (!named || named.length === 0 || types.every((type) => type === 'Patient')) return
  const relations = await Promise.all(named.map((id) => facts.relation(id)))
  if (relations.every(({ isBlocked }) => isBlocked)) throw noCareRelation()
}

async function requireOpen(facts: NamingFacts, { types, named }: AskedSearch): Promise<void> {
  if (types.every((type) => type === 'Patient')) return
  for (const id of named ?? []) if ((await facts.relation(id)).isClosed) throw closedRecord()
}
