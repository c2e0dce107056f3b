/** What searches over HTTP are tried on. */
import type { Test } from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import {
  aDocumentReference,
  aTransaction,
  anObservation,
  call,
  openServer,
  type Answer,
} from '../fixtures.ts'

export const loinc = 'http://loinc.org'
export const now = () => Date.parse('2026-03-18T10:30:00Z')

export const people: JsonObject[] = [
  {
    id: 'anna',
    name: [{ family: 'Lefèvre-Dûpont', given: ['Anna'] }],
    gender: 'female',
    birthDate: '1974-12-25',
    identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.10', value: '1' }],
    managingOrganization: { reference: 'Organization/clinic' },
    meta: { tag: [{ system: 'urn:tag', code: 'a' }], profile: ['http://example.org/profile'] },
  },
  {
    id: 'bruno',
    name: [{ family: "D'Anjou", given: ['Bruno'] }],
    gender: 'male',
    birthDate: '1980',
    meta: { security: [{ system: 'urn:label', code: 'R' }] },
  },
  { id: 'chloe', name: [{ family: 'Zola', given: ['Chloé'] }], birthDate: '2001-02-03' },
]

export const measures: JsonObject[] = [
  measure('o1', 'anna', 70, '2026-01-01T08:00:00+01:00'),
  measure('o2', 'anna', 80.5, '2026-02-01'),
  measure('o3', 'bruno', 90, '2026-03'),
]

export function measure(id: string, patient: string, value: number, date: string): JsonObject {
  return {
    id,
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: date,
    valueQuantity: { value, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
  }
}

export async function withData(t: Test): Promise<Server> {
  const server = await openServer(t, { now })
  const put = (resource: JsonObject) => ({
    resource,
    request: { method: 'PUT', url: `${String(resource.resourceType)}/${String(resource.id)}` },
  })
  const { status, text } = await call(server, 'POST', '', {
    body: aTransaction(
      put({ resourceType: 'Organization', id: 'clinic', name: 'Clinique Ste-Anne' }),
      ...people.map((person) => put({ resourceType: 'Patient', ...person })),
      ...measures.map((one) => put(anObservation(one))),
      put(
        aDocumentReference({
          id: 'd1',
          subject: { reference: 'Patient/anna' },
          date: '2026-03-01T10:00:00Z',
          relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/d0' } }],
          content: [{ attachment: { url: 'http://example.org/1' }, format: { code: 'f' } }],
        }),
      ),
      put(aDocumentReference({ id: 'd0', status: 'superseded' })),
      put({
        resourceType: 'ValueSet',
        id: 'v',
        url: 'http://example.org/vs/one',
        status: 'active',
      }),
      put({
        resourceType: 'RiskAssessment',
        id: 'r',
        status: 'final',
        subject: { reference: 'Patient/bruno' },
        prediction: [{ probabilityDecimal: 0.25 }],
      }),
    ),
  })
  if (status !== 200) throw new Error(text)
  return server
}

export const idsOf = ({ body }: Answer, mode = 'match') =>
  (body.entry ?? [])
    .filter(({ search }) => (search as JsonObject).mode === mode)
    .map(({ resource }) => String((resource as JsonObject).id))
