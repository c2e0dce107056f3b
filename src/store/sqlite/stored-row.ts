/** Rows of `version` as stored versions. What few callers ask for is read when it is asked for. */
import type { Envelope, StoredVersion, WriteMethod } from '../stored-version.ts'
import type { Extra } from './packed-plan.ts'
import { deleteMethod, methods } from './packed-plan.ts'
import { versionMax } from './schema.ts'
import type { Row } from './statements.ts'

/** The columns that `storedVersion` takes, of a row of `version` under the alias `v`. */
export const versionColumns =
  'v.vid, v.seq, v.time, v.method, v.extra, v.envelope, v.withheld, v.body'

export function versionIdOf(vid: number): number {
  return vid % (versionMax + 1)
}

const noSlots: readonly number[] = []
const methodNames: readonly WriteMethod[] = methods

/** `at` is the place of the first of `versionColumns` in the row. */
export function storedVersion(type: string, id: string, row: Row, at: number): StoredVersion {
  const method = row[at + 3] as number
  const extra = row[at + 4] as string | null
  const envelopeText = row[at + 5] as string
  let envelope: Envelope | undefined
  let patients: readonly string[] | undefined
  const version: StoredVersion = {
    type,
    id,
    versionId: versionIdOf(row[at] as number),
    lastUpdated: row[at + 2] as number,
    sequence: row[at + 1] as number,
    method: methodNames[method]!,
    deleted: method === deleteMethod,
    body: asBuffer(row[at + 7] as Uint8Array),
    slots: noSlots,
    // Parsed when it is asked for; an own property, so that copies of the object have it.
    get envelope() {
      envelope ??= JSON.parse(envelopeText) as Envelope
      return envelope
    },
    get patients() {
      patients ??= leadingPatients(envelopeText)
      return patients
    },
  }
  return extra === null ? version : withExtra(version, JSON.parse(extra) as Extra, row[at + 6])
}

const patientsStart = '{"patients":['

/** An envelope begins with its patients, whom every trace asks for; ids need no escapes. */
function leadingPatients(envelopeText: string): readonly string[] {
  const end = envelopeText.indexOf(']')
  const ids = envelopeText.slice(patientsStart.length, end)
  if (!envelopeText.startsWith(patientsStart) || ids.includes('\\'))
    return (JSON.parse(envelopeText) as Envelope).patients
  return ids === '' ? [] : ids.slice(1, -1).split('","')
}

function withExtra(
  version: StoredVersion,
  { slots, withheldSlots, blob, recreated }: Extra,
  withheld: Row[number] | undefined,
): StoredVersion {
  return Object.assign(
    version,
    slots ? { slots } : {},
    blob ? { blob } : {},
    recreated ? { recreated } : {},
    withheldSlots
      ? { withheld: { body: asBuffer(withheld as Uint8Array), slots: withheldSlots } }
      : {},
  )
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
