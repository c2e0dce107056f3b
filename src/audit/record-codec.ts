/**
 * Audit records as bytes. The first byte names the form; a form is never changed, only followed by
 * another, because old segments are read for ever.
 */
import { hash } from 'node:crypto'
import type { Envelope } from '../store/stored-version.ts'
import { ByteReader, ByteWriter } from './byte-writer.ts'
import type { AuditAgent, AuditRecord, SubmittedTrace, TraceContent } from './journal.ts'

const ownForm = 1
const submittedForm = 2

const actions = ['C', 'R', 'U', 'D', 'E'] as const
const outcomes = ['success', 'refused', 'failed'] as const
const purposes = ['bris_de_glace', 'centre_15'] as const
const agentFields = [
  'user',
  'practitioner',
  'profession',
  'organization',
  'client',
  'display',
] as const

/** Bits of the byte that says which optional fields follow. */
const has = { purpose: 1, reason: 2, patient: 4, omitted: 8, query: 16, sequence: 32 } as const

const scratch = new ByteWriter()

/** Records one after the other, each after its length: what goes to the audit thread and into plans. */
export function packRecords(records: readonly AuditRecord[]): Uint8Array {
  scratch.length = 0
  for (const record of records) {
    const at = scratch.skipUint32()
    writeRecord(scratch, record)
    scratch.setUint32(at, scratch.length - at - 4)
  }
  return new Uint8Array(scratch.bytes)
}

export function packTraces(traces: readonly SubmittedTrace[]): Uint8Array {
  scratch.length = 0
  for (const { body, ...head } of traces) {
    const at = scratch.skipUint32()
    scratch.byte(submittedForm)
    scratch.text(JSON.stringify(head))
    scratch.raw(body)
    scratch.setUint32(at, scratch.length - at - 4)
  }
  return new Uint8Array(scratch.bytes)
}

/** The payloads of a pack. */
export function* unpack(pack: Uint8Array): Generator<Buffer> {
  const bytes = Buffer.from(pack.buffer, pack.byteOffset, pack.byteLength)
  let at = 0
  while (at < bytes.length) {
    const size = bytes.readUInt32LE(at)
    yield bytes.subarray(at + 4, at + 4 + size)
    at += 4 + size
  }
}

function writeRecord(out: ByteWriter, record: AuditRecord): void {
  const { purpose, reason, patient, entitiesOmitted, query, sequence, agent } = record
  out.byte(ownForm)
  out.byte(
    (purpose === undefined ? 0 : has.purpose) |
      (reason === undefined ? 0 : has.reason) |
      (patient === undefined ? 0 : has.patient) |
      (entitiesOmitted === undefined ? 0 : has.omitted) |
      (query === undefined ? 0 : has.query) |
      (sequence === undefined ? 0 : has.sequence),
  )
  out.text(record.requestId)
  out.varint(record.part)
  out.varint(record.recorded)
  out.text(record.interaction)
  out.byte(actions.indexOf(record.action) * 8 + outcomes.indexOf(record.outcome))
  out.varint(record.status)
  writeAgent(out, agent)
  if (purpose !== undefined) out.byte(purposes.indexOf(purpose))
  if (reason !== undefined) out.text(reason)
  if (patient !== undefined) out.text(patient)
  out.varint(record.entities.length)
  for (const entity of record.entities) out.text(entity)
  if (entitiesOmitted !== undefined) out.varint(entitiesOmitted)
  if (query !== undefined) out.text(query)
  if (sequence !== undefined) out.varint(sequence)
}

function writeAgent(out: ByteWriter, agent: AuditAgent): void {
  let fields = 0
  for (const [bit, name] of agentFields.entries()) if (agent[name] !== undefined) fields |= 1 << bit
  out.byte(fields)
  out.text(agent.kind)
  for (const name of agentFields) {
    const value = agent[name]
    if (value !== undefined) out.text(value)
  }
}

/** Throws when the bytes are of no known form. */
export function decodePayload(payload: Buffer): TraceContent {
  const reader = new ByteReader(payload)
  const form = reader.byte()
  if (form === ownForm) return { kind: 'own', record: readRecord(reader) }
  if (form === submittedForm) {
    const head = JSON.parse(reader.text()) as Omit<SubmittedTrace, 'body'> & { envelope: Envelope }
    return { kind: 'submitted', trace: { ...head, body: payload.subarray(reader.position) } }
  }
  throw new Error(`an audit record has the unknown form ${form}`)
}

function readRecord(reader: ByteReader): AuditRecord {
  const fields = reader.byte()
  const requestId = reader.text()
  const part = reader.varint()
  const recorded = reader.varint()
  const interaction = reader.text()
  const deed = reader.byte()
  const status = reader.varint()
  const agent = readAgent(reader)
  const purpose = fields & has.purpose ? purposes[reader.byte()]! : undefined
  const reason = fields & has.reason ? reader.text() : undefined
  const patient = fields & has.patient ? reader.text() : undefined
  const entities = Array.from({ length: reader.varint() }, () => reader.text())
  const entitiesOmitted = fields & has.omitted ? reader.varint() : undefined
  const query = fields & has.query ? reader.text() : undefined
  const sequence = fields & has.sequence ? reader.varint() : undefined
  return {
    requestId,
    part,
    recorded,
    interaction,
    action: actions[deed >> 3]!,
    outcome: outcomes[deed & 7]!,
    status,
    agent,
    entities,
    ...(purpose === undefined ? {} : { purpose }),
    ...(reason === undefined ? {} : { reason }),
    ...(patient === undefined ? {} : { patient }),
    ...(entitiesOmitted === undefined ? {} : { entitiesOmitted }),
    ...(query === undefined ? {} : { query }),
    ...(sequence === undefined ? {} : { sequence }),
  }
}

function readAgent(reader: ByteReader): AuditAgent {
  const fields = reader.byte()
  const agent: { -readonly [K in keyof AuditAgent]: AuditAgent[K] } = { kind: reader.text() }
  for (const [bit, name] of agentFields.entries()) {
    if (fields & (1 << bit)) agent[name] = reader.text()
  }
  return agent
}

/**
 * The key of a trace: six bytes of time, so that neighbours in time are neighbours in the index, and
 * ten of a hash that says nothing of how many traces there are. The same record has the same key.
 */
export function keyOf(content: TraceContent): Buffer {
  if (content.kind === 'submitted')
    return makeKey(timeOfSubmitted(content.trace), `submitted\0${content.trace.id}`)
  const { recorded, requestId, part } = content.record
  return makeKey(recorded, `${requestId}\0${part}`)
}

function makeKey(time: number, name: string): Buffer {
  const key = Buffer.allocUnsafe(16)
  key.writeUIntBE(Math.min(Math.max(0, time), 2 ** 48 - 1), 0, 6)
  hash('sha256', name, 'buffer').copy(key, 6, 0, 10)
  return key
}

/** A submitted trace stands where its own `recorded` says. */
export function timeOfSubmitted({ envelope, received }: SubmittedTrace): number {
  return envelope.date ?? received
}

export interface TracePatient {
  readonly id: string
  readonly isSubject: boolean
}

/** The patients of a trace: those it is about, and one who acted. */
export function patientsOf(content: TraceContent): readonly TracePatient[] {
  if (content.kind === 'submitted')
    return content.trace.envelope.patients.map((id) => ({ id, isSubject: true }))
  return patientsOfOwn(content.record.patient, content.record.agent.user)
}

function patientsOfOwn(patient: string | undefined, user: string | undefined): TracePatient[] {
  const patients: TracePatient[] = []
  if (patient !== undefined) patients.push({ id: patient, isSubject: true })
  const actor = user?.startsWith('Patient/') ? user.slice('Patient/'.length) : undefined
  if (actor !== undefined && actor !== patient) patients.push({ id: actor, isSubject: false })
  return patients
}

/** R4 valueset-audit-event-outcome: refused is 8 (it ended there), failed 4. */
export const outcomeCodes = { success: '0', refused: '8', failed: '4' } as const

/** The action and outcome that searches compare. */
export function deedOf(content: TraceContent): { action: string; outcome: string } {
  if (content.kind === 'own') {
    const { action, outcome } = content.record
    return { action, outcome: outcomeCodes[outcome] }
  }
  const { action, outcome } = JSON.parse(content.trace.body.toString('utf8')) as {
    action?: string
    outcome?: string
  }
  return { action: action ?? '', outcome: outcome ?? '' }
}

/** What a trace is found by. */
export interface TraceFacts {
  readonly key: Buffer
  readonly action: string
  readonly outcome: string
  readonly patients: readonly TracePatient[]
  readonly submittedId?: string
}

/** The facts of a payload, of our own without making the whole record. Throws as `decodePayload`. */
export function readFacts(payload: Buffer): TraceFacts {
  if (payload[0] === ownForm) return readOwnFacts(new ByteReader(payload, 1))
  const content = decodePayload(payload)
  return {
    key: keyOf(content),
    ...deedOf(content),
    patients: patientsOf(content),
    ...(content.kind === 'submitted' ? { submittedId: content.trace.id } : {}),
  }
}

function readOwnFacts(reader: ByteReader): TraceFacts {
  const fields = reader.byte()
  const requestId = reader.text()
  const part = reader.varint()
  const recorded = reader.varint()
  reader.skipText()
  const deed = reader.byte()
  reader.varint()
  const { user } = readAgent(reader)
  if (fields & has.purpose) reader.byte()
  if (fields & has.reason) reader.skipText()
  const patient = fields & has.patient ? reader.text() : undefined
  return {
    key: makeKey(recorded, `${requestId}\0${part}`),
    action: actions[deed >> 3]!,
    outcome: outcomeCodes[outcomes[deed & 7]!],
    patients: patientsOfOwn(patient, user),
  }
}
