/** Closed records: neither read nor fed while `Patient.active` is false. Decision 27. */
import { parseReference } from '../../fhir/reference.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft } from '../../interactions/draft.ts'
import type { Clause } from '../../search/search-request.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { dmpRefusal } from './dmp-issue.ts'
import { isGoverned, patientIdOfSubject } from './document-parts.ts'

/** In the envelope of a Patient whose record is closed. */
export const closedLabel = 'urn:passerelle:record|closed'

/** In the envelope of what the DMP's rules govern, so that a search can keep it out. */
const governedLabel = 'urn:passerelle:rules|dmp'

/** Of a draft: that it closes a record or keeps it closed; that it is governed. */
export function dmpLabelsOf(draft: Draft): readonly string[] {
  if (draft.type === 'Patient') return draft.resource?.active === false ? [closedLabel] : []
  return isGoverned(draft) ? [governedLabel] : []
}

/** Throws 403 when one of the patients' records is closed. */
async function requireOpenRecords(patientIds: readonly string[], context: Context): Promise<void> {
  for (const id of patientIds) {
    const patient = await context.store.readForRules('Patient', id)
    if (patient?.envelope.labels.includes(closedLabel)) throw closedRecord()
  }
}

/**
 * Where nobody is told apart `active` alone closes a record; elsewhere the access record does, and
 * lets the patient read on.
 */
function activeDecides({ store }: Context): boolean {
  return store.caller.kind === 'open'
}

/** Of a governed resource that is read. */
export async function requireOpenRecord(
  { envelope }: StoredVersion,
  context: Context,
): Promise<void> {
  if (activeDecides(context) && envelope.rules?.includes('dmp'))
    await requireOpenRecords(envelope.patients, context)
}

const outsideClosedRecords: Clause = {
  kind: 'not',
  clause: {
    kind: 'and',
    clauses: [
      { kind: 'envelope', field: 'labels', operator: 'in', values: [governedLabel] },
      {
        kind: 'chain',
        code: 'patient',
        type: 'Patient',
        inner: { kind: 'token', code: 'active', tokens: [{ value: 'false' }] },
      },
    ],
  },
}

/** A search that names no patient finds nothing of closed records. */
export function withoutClosedRecords(
  type: string,
  parameters: SearchParameters,
  context: Context,
): Clause | undefined {
  if (!activeDecides(context) || !isOfDocuments(type)) return undefined
  return parameters.some(([name]) => namesPatient.test(name)) ? undefined : outsideClosedRecords
}

type SearchParameters = readonly (readonly [string, string])[]

const namesPatient = /^(patient|subject)(:Patient)?(\.identifier)?$/

function isOfDocuments(type: string): boolean {
  return type === 'DocumentReference' || type === 'List'
}

/** Of a governed resource that is written: the patient before and after. */
export async function requireFeedable(draft: Draft, context: Context): Promise<void> {
  if (!activeDecides(context)) return
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
  parameters: SearchParameters,
  context: Context,
): Promise<void> {
  if (!activeDecides(context) || !isOfDocuments(type)) return
  for (const [name, value] of parameters) {
    if (/^(patient|subject)(:Patient)?$/.test(name)) {
      await requireOpenRecords(
        value.split(',').flatMap((text) => patientIdIn(text, context.services.baseUrl)),
        context,
      )
    } else if (/^(patient|subject)(:Patient)?\.identifier$/.test(name)) {
      await requireOpenByIdentifier(value, context)
    }
  }
}

function patientIdIn(text: string, baseUrl: string): readonly string[] {
  const reference = parseReference(text.includes('/') ? text : `Patient/${text}`, baseUrl)
  return reference.kind === 'local' && reference.type === 'Patient' ? [reference.id] : []
}

/** One search for both: whom the identifier names, and whether their record is closed. */
async function requireOpenByIdentifier(value: string, context: Context): Promise<void> {
  const separator = value.indexOf('|')
  if (separator < 0) return
  const token = { system: value.slice(0, separator), value: value.slice(separator + 1) }
  const closed: Clause = {
    kind: 'and',
    clauses: [
      { kind: 'token', code: 'identifier', tokens: [token] },
      { kind: 'envelope', field: 'labels', operator: 'in', values: [closedLabel] },
    ],
  }
  const { ids } = await context.store.matchForRules('Patient', closed, 1)
  if (ids.length > 0) throw closedRecord()
}

function closedRecord(): Error {
  return dmpRefusal(403, {
    rule: 'dmp-closed-record',
    code: 'forbidden',
    expression: 'Patient.active',
    diagnostics: 'The record of this patient is closed: its documents are neither read nor fed',
  })
}
