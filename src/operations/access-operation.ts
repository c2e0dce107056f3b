/**
 * The named operations on a patient's access record: the only way its facts change (decision 54).
 * Each is one plan: the change, its trace and an outbox event. decisions.md, "Named operations".
 */
import type { AccessRecord } from '../access/access-record.ts'
import type { PatientRelation } from '../access/patient-relation.ts'
import { relationOf } from '../access/patient-relation.ts'
import { Forbidden, NotAuthenticated, NotFound, UnprocessableResource } from '../errors.ts'
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { commitDrafts } from '../interactions/commit-drafts.ts'
import type { Context } from '../interactions/context.ts'
import { createDraftPlan, type Draft, type DraftPlan } from '../interactions/draft.ts'
import { toResource } from '../interactions/patch.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { OperationInput } from './operation-input.ts'

export interface AccessOperation {
  /** Without the `$`. */
  readonly name: string
  /** What is asked of whom: throws Forbidden. Told the relation of the caller to the patient. */
  readonly allow: (facts: OperationFacts) => boolean
  /** The next record; throws InvalidRequest or Forbidden. */
  readonly apply: (record: AccessRecord, facts: OperationFacts) => AccessRecord
  /** The parameters that name a citizen, whose Patient must be there. */
  readonly people?: readonly string[]
  /** What goes with the record: the mirrored Patient.active. */
  readonly mirrorsActive?: boolean
}

export interface OperationFacts {
  readonly context: Context
  readonly patientId: string
  readonly relation: PatientRelation
  readonly input: OperationInput
  readonly now: number
}

/** Runs an operation; the answer is the resulting state. Throws 401, 403, 404 and 400. */
export async function runAccessOperation(
  context: Context,
  operation: AccessOperation,
  { patientId, body }: { readonly patientId: string; readonly body: Resource | undefined },
): Promise<JsonObject> {
  requirePerson(context)
  const input = new OperationInput(operation.name, body)
  const { plan } = await commitDrafts(context, () =>
    planChange(context, operation, { patientId, input }),
  )
  return describeRecord(plan.accessChange!.next)
}

async function planChange(
  context: Context,
  operation: AccessOperation,
  { patientId, input }: { readonly patientId: string; readonly input: OperationInput },
): Promise<DraftPlan> {
  const { store, services } = context
  const now = services.now()
  const previous = await store.readAccessRecord(patientId)
  const relation = relationOf(store.caller, patientId, previous.record, now)
  const facts: OperationFacts = { context, patientId, relation, input, now }
  if (store.caller.kind !== 'open' && !operation.allow(facts)) throw refused(operation)
  const patient = await store.readForRules('Patient', patientId)
  if (!patient || patient.deleted) throw new NotFound(`Patient/${patientId}`)
  for (const name of operation.people ?? []) await requirePatient(facts, name)
  const next = operation.apply(previous.record, facts)
  const plan = createDraftPlan('single')
  plan.accessChange = { patientId, previous, next }
  const by = store.caller.user ?? store.caller.client ?? store.caller.kind
  const { treatingPhysician } = next
  plan.events.push({
    kind: `access-${operation.name}`,
    // Whoever sends notices tells the treating physician of emergencies too (decision 21).
    data: { patient: patientId, by, ...(treatingPhysician ? { treatingPhysician } : {}) },
  })
  if (operation.mirrorsActive)
    plan.drafts.push(mirrorActive(context, patient, next.closed === undefined))
  return plan
}

/** Nobody is given rights that would wait for whoever creates a Patient under that id. */
async function requirePatient({ context, input }: OperationFacts, name: string): Promise<void> {
  const id = input.person(name)
  const patient = await context.store.readForRules('Patient', id)
  if (patient && !patient.deleted) return
  throw new UnprocessableResource(`The parameter "${name}" names Patient/${id}, who is not here`, {
    expression: `Parameters.parameter.where(name='${name}')`,
  })
}

/** Decision 27: Patient.active mirrors the record, in the same plan. */
function mirrorActive(context: Context, patient: StoredVersion, active: boolean): Draft {
  const { type, id, versionId } = patient
  return {
    method: 'PUT',
    type,
    id,
    versionId: versionId + 1,
    resource: { ...toResource(context, patient), active },
    stored: patient,
    blobs: [],
    issues: [],
    governedBy: new Set(),
  }
}

/**
 * What stands on a patient's access record, for the patient and whoever represents them. Others get
 * the same refusal whether there is such a patient or not.
 */
export async function showAccessRecord(context: Context, patientId: string): Promise<JsonObject> {
  requirePerson(context)
  const { store, services } = context
  context.trace?.named([patientId])
  const { record } = await store.readAccessRecord(patientId)
  const { isSelf, isRepresentative } = relationOf(store.caller, patientId, record, services.now())
  const { kind } = store.caller
  if (kind !== 'open' && !(kind === 'citizen' && (isSelf || isRepresentative)))
    throw new Forbidden('Only the patient, or whoever represents them, reads the access record')
  const patient = await store.readForRules('Patient', patientId)
  if (!patient || patient.deleted) throw new NotFound(`Patient/${patientId}`)
  return describeRecord(record)
}

function requirePerson({ store }: Context): void {
  if (store.caller.kind === 'anonymous') {
    throw new NotAuthenticated('This needs an access token', {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  if (store.caller.kind === 'app') {
    throw new Forbidden('A third-party application does not change who has access')
  }
}

function refused({ name }: AccessOperation): Forbidden {
  return new Forbidden(`This caller may not call $${name} for this patient`)
}

/** The state of a record as Parameters. */
export function describeRecord(record: AccessRecord): JsonObject {
  const parameter: JsonObject[] = [
    ...record.blocked.map(({ party, since }) =>
      part('blocked', [identifier('party', party), instant('since', since)]),
    ),
    ...record.authorized.map(({ party, period }) =>
      part('authorized', [identifier('party', party), periodOf(period)]),
    ),
    ...record.representatives.map(({ person, kind, period }) =>
      part('representative', [
        { name: 'person', valueReference: { reference: `Patient/${person}` } },
        { name: 'kind', valueCode: kind },
        periodOf(period),
      ]),
    ),
    ...record.emergencies.map(({ party, mode, period }) =>
      part('emergency', [
        identifier('party', party),
        { name: 'mode', valueCode: mode },
        periodOf(period),
      ]),
    ),
    ...record.apps.map(({ client, purpose, types, period }) =>
      part('app', [
        { name: 'client', valueString: client },
        { name: 'purpose', valueString: purpose },
        ...types.map((type) => ({ name: 'type', valueCode: type })),
        periodOf(period),
      ]),
    ),
    { name: 'opposesEmergency', valueBoolean: record.opposesEmergency },
    { name: 'closed', valueBoolean: record.closed !== undefined },
  ]
  if (record.treatingPhysician)
    parameter.push(identifier('treatingPhysician', record.treatingPhysician))
  return { resourceType: 'Parameters', parameter }
}

function part(name: string, parts: JsonObject[]): JsonObject {
  return { name, part: parts }
}

function identifier(name: string, party: string): JsonObject {
  const separator = party.indexOf('|')
  return {
    name,
    valueIdentifier: { system: party.slice(0, separator), value: party.slice(separator + 1) },
  }
}

function instant(name: string, time: number): JsonObject {
  return { name, valueInstant: new Date(time).toISOString() }
}

function periodOf({ start, end }: { readonly start: number; readonly end?: number }): JsonObject {
  return {
    name: 'period',
    valuePeriod: {
      start: new Date(start).toISOString(),
      ...(end === undefined ? {} : { end: new Date(end).toISOString() }),
    },
  }
}
