/** A server without national rules, the gate shut: whoever a test says is calling. */
import type { Test } from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { aDocumentReference, aPatient, type ServerOptions } from '../fixtures.ts'
import { establishment, professional } from './callers.ts'
import { createClock, gatedServer } from './gated-server.ts'

export const TRE_A07 =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
export const doctor = professional('10000000001')

/** Two patients, p1 and p2, whose documents a hospital's software deposits. */
export async function plainWorld(t: Test, surroundings: ServerOptions = {}) {
  const clock = createClock('2026-05-05T10:00:00Z')
  const gated = await gatedServer(t, establishment(), { clock, ...surroundings })
  const { as } = gated
  const put = async (resource: Resource, who: Caller = establishment()) => {
    const path = `/${resource.resourceType}/${String(resource.id)}`
    const answer = await as(who, 'PUT', path, resource)
    t.ok(answer.status < 300, answer.text)
  }
  for (const id of ['p1', 'p2']) await put(aPatient({ id }) as Resource)
  return { ...gated, put, clock }
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
