/** Closed records: neither read nor fed while `Patient.active` is false. Decision 27. */
import { parseReference } from '../../fhir/reference.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft } from '../../interactions/draft.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { dmpRefusal } from './dmp-issue.ts'
import { patientIdOfSubject } from './document-parts.ts'

/** In the envelope of a Patient whose record is closed. */
export const closedLabel = 'urn:passerelle:record|closed'

/** The label of a draft that closes a record, or keeps it closed. */
export function closedLabelOf({ type, resource }: Draft): readonly string[] {
  return type === 'Patient' && resource?.active === false ? [closedLabel] : []
}

/** Throws 403 when one of the patients' records is closed. */
export async function requireOpenRecords(
  patientIds: readonly string[],
  context: Context,
): Promise<void> {
  for (const id of patientIds) {
    const patient = await context.store.read('Patient', id)
    if (patient?.envelope.labels.includes(closedLabel)) throw closedRecord()
  }
}

/** Of a governed resource that is read. */
export async function requireOpenRecord(
  { envelope }: StoredVersion,
  context: Context,
): Promise<void> {
  if (envelope.rules?.includes('dmp')) await requireOpenRecords(envelope.patients, context)
}

/** Of a governed resource that is written: the patient before and after. */
export async function requireFeedable(draft: Draft, context: Context): Promise<void> {
  const subject = draft.resource && patientIdOfSubject(draft.resource)
  const before = draft.stored?.envelope.patients ?? []
  await requireOpenRecords(
    subject === undefined || before.includes(subject) ? before : [...before, subject],
    context,
  )
}

/** Of a search within one patient's record, named by id or by identifier. */
export async function requireSearchableRecord(
  type: string,
  parameters: readonly (readonly [string, string])[],
  context: Context,
): Promise<void> {
  if (type !== 'DocumentReference' && type !== 'List') return
  for (const [name, value] of parameters) {
    if (/^(patient|subject)(:Patient)?$/.test(name)) {
      await requireOpenRecords(
        value.split(',').flatMap((text) => patientIdIn(text, context.services.baseUrl)),
        context,
      )
    } else if (/^(patient|subject)(:Patient)?\.identifier$/.test(name)) {
      await requireOpenRecords(await patientsByIdentifier(value, context), context)
    }
  }
}

function patientIdIn(text: string, baseUrl: string): readonly string[] {
  const reference = parseReference(text.includes('/') ? text : `Patient/${text}`, baseUrl)
  return reference.kind === 'local' && reference.type === 'Patient' ? [reference.id] : []
}

async function patientsByIdentifier(value: string, context: Context): Promise<readonly string[]> {
  const separator = value.indexOf('|')
  if (separator < 0) return []
  const token = { system: value.slice(0, separator), value: value.slice(separator + 1) }
  const { ids } = await context.store.match(
    'Patient',
    { kind: 'token', code: 'identifier', tokens: [token] },
    2,
  )
  return ids
}

function closedRecord(): Error {
  return dmpRefusal(403, {
    rule: 'dmp-closed-record',
    code: 'forbidden',
    expression: 'Patient.active',
    diagnostics: 'The record of this patient is closed: its documents are neither read nor fed',
  })
}
