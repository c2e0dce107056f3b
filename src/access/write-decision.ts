/** Who may write what: decided on what is stored and on what would be (decisions 23, 33, 45, 53 to 55). */
import { Forbidden, UnprocessableResource } from '../errors.ts'
import type { PlannedWrite } from '../store/commit-plan.ts'
import type { Envelope, StoredVersion } from '../store/stored-version.ts'
import type { Caller } from '../auth/caller.ts'
import { decideForPatient, withoutPatient, type DecisionInput } from './patient-decision.ts'
import type { PatientRelation } from './patient-relation.ts'
import type { ResourceClass } from './resource-classes.ts'
import { holds, or } from './predicate.ts'
import type { RuleAction } from './rules/rule.ts'

/** What the decision needs of a request's session. */
export interface WriteFacts {
  readonly caller: Caller
  classOf(type: string): ResourceClass
  relation(patientId: string): Promise<PatientRelation>
  input(action: RuleAction, type: string, relations: readonly PatientRelation[]): DecisionInput
}

const closedLabel = 'urn:passerelle:record|closed'

export async function requireWriteAllowed(
  session: WriteFacts,
  write: PlannedWrite,
  stored: StoredVersion | undefined,
): Promise<void> {
  const before = stored && !stored.deleted ? stored.envelope : undefined
  if (session.classOf(write.type) !== 'patient') return
  if (write.type === 'Patient') requirePatientRules(session, write, before)
  if (!before) await requireFeeding(session, write)
  else await requireChange(session, write, before)
}

/** What a write asks of scopes and classes. */
export function writeActionOf(
  { method }: PlannedWrite,
  stored: StoredVersion | undefined,
): 'create' | 'update' | 'delete' {
  if (method === 'DELETE') return 'delete'
  return stored && !stored.deleted ? 'update' : 'create'
}

function requirePatientRules(
  { caller }: WriteFacts,
  write: PlannedWrite,
  before: Envelope | undefined,
): void {
  if (!before && caller.kind !== 'establishment' && caller.kind !== 'operator') {
    throw new Forbidden('Only an establishment’s software or the operator may create a Patient')
  }
  const wasClosed = before?.labels.includes(closedLabel) ?? false
  if (wasClosed !== write.envelope.labels.includes(closedLabel)) {
    throw new UnprocessableResource(
      'Patient.active follows the record: use $close-record or $reopen-record',
      {
        code: 'business-rule',
        expression: 'Patient.active',
      },
    )
  }
}

async function requireFeeding(
  session: WriteFacts,
  { type, id, envelope }: PlannedWrite,
): Promise<void> {
  const { caller } = session
  if (caller.kind === 'operator') return
  const patients = type === 'Patient' ? [] : envelope.patients
  if (patients.length === 0) {
    // A Patient of its own, or a resource of nobody: professionals and establishments alone.
    if (caller.kind === 'establishment' || (caller.kind === 'professional' && type !== 'Patient'))
      return
    throw new Forbidden(
      `This caller may create ${type} resources only for a patient that it may act for`,
    )
  }
  for (const patient of patients) {
    if (!(await isAllowed(session, 'feed', { type, id, envelope, patient }))) {
      throw new Forbidden(`This caller may not feed the record of Patient/${patient}`)
    }
  }
}

async function requireChange(
  session: WriteFacts,
  write: PlannedWrite,
  before: Envelope,
): Promise<void> {
  const { type, id } = write
  if (session.caller.kind === 'operator') return
  const action = neededRight(write, before)
  const ofNobody = withoutPatient(session.input(action, type, []))
  for (const envelope of [before, write.envelope]) {
    if (envelope.patients.length === 0 && !holds(ofNobody, envelope, id)) throw refused(write)
    for (const patient of envelope.patients) {
      const isOpen = await isAllowed(session, action, {
        type,
        id,
        envelope: { ...envelope, labels: before.labels, depositor: before.depositor },
        patient,
      })
      if (!isOpen) throw refused(write)
    }
  }
}

/**
 * A document's labels for professionals and its archiving are the patient's, the depositor's and the
 * treating physician's to change; all else is the depositor's (decision 45). A PATCH of a document
 * that the DMP's rules do not govern may change anything: there `$mask` alone is known to label.
 */
function neededRight(
  { method, envelope, isLabelling }: PlannedWrite,
  before: Envelope,
): RuleAction {
  const isBound = isLabelling || before.rules?.includes('dmp')
  if (method !== 'PATCH' || !isBound || before.status !== envelope.status) return 'change'
  const changed = [
    ...before.labels.filter((label) => !envelope.labels.includes(label)),
    ...envelope.labels.filter((label) => !before.labels.includes(label)),
  ]
  const mayBeAnybodys = (label: string) =>
    /\|(MASQUE_PS|MASQUE_PSOCIAL|MASQUE_PT|N|R|V)$/.test(label)
  return changed.every(mayBeAnybodys) ? 'metadata' : 'change'
}

async function isAllowed(
  session: WriteFacts,
  action: RuleAction,
  {
    type,
    id,
    envelope,
    patient,
  }: { type: string; id: string; envelope: Envelope; patient: string },
): Promise<boolean> {
  const relation = await session.relation(patient)
  const predicate = decideForPatient(session.input(action, type, [relation]), relation)
  const withChange =
    action === 'metadata'
      ? or(predicate, decideForPatient(session.input('change', type, [relation]), relation))
      : predicate
  return holds(withChange, envelope, id)
}

function refused({ type, id, method }: PlannedWrite): Forbidden {
  return new Forbidden(
    `This caller may not ${method === 'DELETE' ? 'delete' : 'change'} ${type}/${id}`,
  )
}
