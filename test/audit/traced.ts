/** What was traced on a server, in short. */
import type { Test } from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import { aPatient, call, openServer } from '../fixtures.ts'

/** What a trace says, in one line: `read R 0 Patient/1`. */
export function lineOf(event: JsonObject): string {
  const {
    subtype,
    action,
    outcome,
    entity = [],
  } = event as {
    subtype: { code: string }[]
    action: string
    outcome: string
    entity?: { what?: { reference: string } }[]
  }
  const touched = entity.flatMap(({ what }) => what?.reference ?? [])
  return [subtype[0]!.code, action, outcome, ...touched].join(' ')
}

export async function tracesOf(server: Server, query = ''): Promise<JsonObject[]> {
  const answer = await call(server, 'GET', `/AuditEvent?date=ge2000-01-01&_count=1000${query}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return (answer.body.entry ?? []).map(({ resource }) => resource as JsonObject).toReversed()
}

/** What was traced while something was done, oldest first. */
export async function during(server: Server, act: () => Promise<unknown>): Promise<JsonObject[]> {
  const keys = async () => {
    await server.audit.ledger.settle()
    const { traces } = server.audit.journal
    const query = { patients: [], asOf: traces.newest() }
    return traces.page(query, { max: 10_000 }).map(({ key }) => key)
  }
  const before = new Set(await keys())
  await act()
  const during = new Set((await keys()).filter((key) => !before.has(key)))
  return (await tracesOf(server)).filter(({ id }) => during.has(id as string))
}

export async function aServer(t: Test) {
  let time = Date.UTC(2026, 0, 1)
  const server = await openServer(t, { now: () => (time += 1000) })
  const create = async (resource: JsonObject) =>
    (await call(server, 'POST', `/${resource.resourceType as string}`, { body: resource })).body
      .id as string
  const patient = await create(aPatient())
  return { server, create, patient }
}
