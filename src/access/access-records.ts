/** Access records in the store: read by patient, found by who is blocked or represents. */
import { isObject } from '../fhir/resource.ts'
import { parseJson } from '../json/parse.ts'
import { serializeStored } from '../json/serialize.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import type { Clause } from '../search/search-request.ts'
import type { PlannedWrite } from '../store/commit-plan.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import { accessRecordType, type StoredVersion } from '../store/stored-version.ts'
import { emptyAccessRecord, type AccessRecord } from './access-record.ts'

export interface StoredAccessRecord {
  readonly record: AccessRecord
  /** 0: none is stored yet. */
  readonly versionId: number
}

/** What was read of access records while none of them changed. */
interface KnownRecords {
  readonly epoch: number
  readonly byPatient: Map<string, StoredAccessRecord>
  readonly found: Map<string, readonly string[]>
}

const knownMax = 10_000
const knownRecords = new WeakMap<ResourceStore, KnownRecords>()

/**
 * To be asked before reading: what a commit changes meanwhile is kept under the epoch before it, and
 * read again.
 */
function knownOf(store: ResourceStore): KnownRecords {
  const epoch = store.accessEpoch()
  const known = knownRecords.get(store)
  const isUsable =
    known?.epoch === epoch && known.byPatient.size < knownMax && known.found.size < knownMax
  if (isUsable) return known
  const fresh = { epoch, byPatient: new Map(), found: new Map() }
  knownRecords.set(store, fresh)
  return fresh
}

/** The record of a patient; the empty one where none is stored. */
export async function readAccessRecord(
  store: ResourceStore,
  patientId: string,
): Promise<StoredAccessRecord> {
  const { byPatient } = knownOf(store)
  const known = byPatient.get(patientId)
  if (known) return known
  const version = await store.read(accessRecordType, patientId)
  const read = version ? parseRecord(patientId, version) : noRecord
  byPatient.set(patientId, read)
  return read
}

const noRecord: StoredAccessRecord = { record: emptyAccessRecord, versionId: 0 }

function parseRecord(
  patientId: string,
  { versionId, body, deleted }: StoredVersion,
): StoredAccessRecord {
  if (deleted) return { record: emptyAccessRecord, versionId }
  const { record } = parseJson(body).resource
  if (!isObject(record)) throw new Error(`AccessRecord/${patientId} cannot be read`)
  return { record: { ...emptyAccessRecord, ...(record as unknown as AccessRecord) }, versionId }
}

/** The next version of a record, as a write of a plan. */
export function planAccessRecord(
  patientId: string,
  previous: StoredAccessRecord,
  record: AccessRecord,
  now: number,
): PlannedWrite {
  const versionId = previous.versionId + 1
  const resource = {
    resourceType: accessRecordType,
    record: JSON.parse(JSON.stringify(record)) as never,
  }
  return {
    method: versionId === 1 ? 'POST' : 'PUT',
    type: accessRecordType,
    id: patientId,
    versionId,
    ...serializeStored(resource, { id: patientId, versionId }),
    entries: entriesOf(record),
    envelope: { patients: [], authors: [], depositor: {}, labels: [], depositedAt: now },
  }
}

function entriesOf(record: AccessRecord): readonly IndexEntry[] {
  return [
    ...record.blocked.map(({ party }): IndexEntry => ({
      kind: 'token',
      code: 'blocked',
      value: party,
    })),
    ...record.representatives.map(({ person }): IndexEntry => ({
      kind: 'token',
      code: 'representative',
      value: person,
    })),
    ...(record.closed ? [{ kind: 'token', code: 'closed', value: 'true' } as const] : []),
  ]
}

const foundMax = 10_000

/** The patients whose record says something; throws when they are too many to be listed. */
export async function patientsWhere(
  store: ResourceStore,
  code: 'blocked' | 'representative' | 'closed',
  value: string,
): Promise<readonly string[]> {
  const { found } = knownOf(store)
  const key = `${code} ${value}`
  const known = found.get(key)
  if (known) return known
  const ids = await findPatients(store, { kind: 'token', code, tokens: [{ value }] })
  found.set(key, ids)
  return ids
}

async function findPatients(store: ResourceStore, where: Clause): Promise<readonly string[]> {
  const page = await store.search({
    types: [accessRecordType],
    where,
    sort: [],
    count: foundMax,
    includes: [],
    includesMax: 0,
    total: 'none',
    timeoutMs: 5_000,
  })
  if (page.next !== undefined) throw new Error('Too many access records to be listed')
  return page.matches.map(({ id }) => id)
}
