/** A server without national rules, the gate shut: whoever a test says is calling. */
import type { Test } from 'tap'
import { emptyAccessRecord, type AccessRecord } from '../../src/access/access-record.ts'
import { planAccessRecord, readAccessRecord } from '../../src/access/access-records.ts'
import type { Caller } from '../../src/auth/caller.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { aDocumentReference, aPatient, call, openServer, type ServerOptions } from '../fixtures.ts'
import { establishment, professional } from './callers.ts'

export const TRE_A07 =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
export const doctor = professional('10000000001')

/** Two patients, p1 and p2, whose documents a hospital's software deposits. */
export async function plainWorld(t: Test, surroundings: ServerOptions = {}) {
  let caller: Caller = establishment()
  const clock = { now: Date.parse('2026-05-05T10:00:00Z') }
  const store = createMemoryStore({ now: () => clock.now })
  const server = await openServer(t, {
    store,
    now: () => clock.now,
    authenticate: () => caller,
    ...surroundings,
  })
  const as = async (who: Caller, method: string, path: string, body?: unknown, headers = {}) => {
    caller = who
    clock.now += 1000
    return call(server, method, path, body === undefined ? { headers } : { headers, body })
  }
  const put = async (resource: Resource, who: Caller = establishment()) => {
    const path = `/${resource.resourceType}/${String(resource.id)}`
    const answer = await as(who, 'PUT', path, resource)
    t.ok(answer.status < 300, answer.text)
  }
  const record = async (patient: string, over: Partial<AccessRecord>) => {
    const before = await readAccessRecord(store, patient)
    const next = { ...emptyAccessRecord, ...over }
    const write = planAccessRecord(patient, before, next, clock.now)
    await store.commit({ preconditions: [], writes: [write], claims: [], events: [] })
  }
  for (const id of ['p1', 'p2']) await put(aPatient({ id }) as Resource)
  return { as, put, record, clock, store, server }
}

export function doc(id: string, patient: string, over: JsonObject = {}): Resource {
  return aDocumentReference({
    id,
    subject: { reference: `Patient/${patient}` },
    date: '2026-05-01',
    ...over,
  })
}

export function labelled(code: string): JsonObject {
  return { securityLabel: [{ coding: [{ system: TRE_A07, code }] }] }
}

/** An answer less what differs in every answer, and less the id that was asked for. */
export function sameBut(text: string, ...ids: readonly string[]): string {
  let left = text.replace(/"resourceType":"OperationOutcome","id":"[^"]*"/g, '')
  for (const id of ids) left = left.replaceAll(id, '·')
  return left
}
