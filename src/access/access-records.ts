/** Access records in the store: read by patient, found by who is blocked or represents. */
import { isObject } from '../fhir/resource.ts'
import { parseJson } from '../json/parse.ts'
import { serializeStored } from '../json/serialize.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import type { Clause } from '../search/search-request.ts'
import type { PlannedWrite } from '../store/commit-plan.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { accessRecordType, emptyAccessRecord, type AccessRecord } from './access-record.ts'

export interface StoredAccessRecord {
  readonly record: AccessRecord
  /** 0: none is stored yet. */
  readonly versionId: number
}

/** The record of a patient; the empty one where none is stored. */
export async function readAccessRecord(
  store: ResourceStore,
  patientId: string,
): Promise<StoredAccessRecord> {
  const version = await store.read(accessRecordType, patientId)
  if (!version || version.deleted)
    return { record: emptyAccessRecord, versionId: version?.versionId ?? 0 }
  return parsedOnce(store, patientId, version)
}

const parsedMax = 10_000
const parsedRecords = new WeakMap<ResourceStore, Map<string, StoredAccessRecord>>()

/** A version never changes, so it is parsed once; which version counts was read just now. */
function parsedOnce(
  store: ResourceStore,
  patientId: string,
  { versionId, body }: StoredVersion,
): StoredAccessRecord {
  let known = parsedRecords.get(store)
  if (!known || known.size >= parsedMax) parsedRecords.set(store, (known = new Map()))
  const last = known.get(patientId)
  if (last?.versionId === versionId) return last
  const { record } = parseJson(body).resource
  if (!isObject(record)) throw new Error(`AccessRecord/${patientId} cannot be read`)
  const read = {
    record: { ...emptyAccessRecord, ...(record as unknown as AccessRecord) },
    versionId,
  }
  known.set(patientId, read)
  return read
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
  values: readonly string[],
): Promise<readonly string[]> {
  if (values.length === 0) return []
  const where: Clause = { kind: 'token', code, tokens: values.map((value) => ({ value })) }
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
