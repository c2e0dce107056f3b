/** A server under national rules with the gate shut: whoever a test says is calling. */
import type { Test } from 'tap'
import type { AccessRecord } from '../../src/access/access-record.ts'
import type { Caller } from '../../src/auth/caller.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { ServerOptions } from '../fixtures.ts'
import { people } from '../national/dmp/record.ts'
import { establishment, hospital, operator } from './callers.ts'
import { createClock, gatedServer } from './gated-server.ts'

/** National rules on, the gate shut, a directory and two patients. */
export async function nationalWorld(t: Test, surroundings: ServerOptions = {}) {
  const clock = createClock('2026-03-18T10:30:00Z')
  const gated = await gatedServer(t, operator, { national: true, clock, ...surroundings })
  const { as } = gated
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
  const record = (over: Partial<AccessRecord>, id = people.patients[0]!.id) =>
    gated.record(id, over)
  return { ...gated, record, clock }
}
