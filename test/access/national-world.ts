/** A server under national rules with the gate shut: whoever a test says is calling. */
import type { Test } from 'tap'
import { emptyAccessRecord, type AccessRecord } from '../../src/access/access-record.ts'
import { planAccessRecord, readAccessRecord } from '../../src/access/access-records.ts'
import type { Caller } from '../../src/auth/caller.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { call, openServer, type ServerOptions } from '../fixtures.ts'
import { people } from '../national/dmp/record.ts'
import { establishment, hospital, operator } from './callers.ts'

/** National rules on, the gate shut, a directory and two patients. */
export async function nationalWorld(t: Test, surroundings: ServerOptions = {}) {
  let caller: Caller = operator
  const clock = { now: Date.parse('2026-03-18T10:30:00Z') }
  const store = createMemoryStore({ now: () => clock.now })
  const server = await openServer(t, {
    national: true,
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
  const entryOf = (resource: JsonObject) => ({
    resource,
    request: { method: 'PUT', url: `${String(resource.resourceType)}/${String(resource.id)}` },
  })
  const send = async (who: Caller, resources: JsonObject[]) => {
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry: resources.map(entryOf) }
    const answer = await as(who, 'POST', '', bundle)
    if (answer.status !== 200) throw new Error(answer.text)
  }
  await send(operator, [
    ...people.establishments.map(({ resource }) => resource),
    ...people.professionals.flatMap(({ practitioner, role }) => [practitioner, role]),
  ])
  await send(
    establishment(hospital),
    people.patients.map(({ resource }) => resource),
  )
  const record = async (over: Partial<AccessRecord>, id = people.patients[0]!.id) => {
    const before = await readAccessRecord(store, id)
    const write = planAccessRecord(id, before, { ...emptyAccessRecord, ...over }, clock.now)
    await store.commit({ preconditions: [], writes: [write], claims: [], events: [] })
  }
  return { as, record, clock, store, server }
}
