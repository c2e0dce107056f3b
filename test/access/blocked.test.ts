/** A block counts on every way to a document, not in searches alone; an include is no way round. */
import t, { type Test } from 'tap'
import type { AccessRecord } from '../../src/access/access-record.ts'
import { aDocumentReference, aPatient } from '../fixtures.ts'
import { anonymous, app, citizen, establishment, operator, professional } from './callers.ts'
import { gatedServer } from './gated-server.ts'

async function world(t: Test) {
  const gated = await gatedServer(t, establishment())
  const { as } = gated
  const record = (over: Partial<AccessRecord>) => gated.record('p1', over)
  await as(establishment(), 'PUT', '/Patient/p1', aPatient({ id: 'p1' }))
  await as(operator, 'PUT', '/Organization/o1', {
    resourceType: 'Organization',
    id: 'o1',
    name: 'CHU',
  })
  const document = aDocumentReference({
    id: 'd1',
    subject: { reference: 'Patient/p1' },
    custodian: { reference: 'Organization/o1' },
  })
  t.equal((await as(establishment(), 'PUT', '/DocumentReference/d1', document)).status, 201)
  return { as, record }
}

t.test(
  'a blocked professional reads nothing by id either, by name or by organisation',
  async (t) => {
    const { as, record } = await world(t)
    const doctor = professional('10000000001')
    const authorized = [{ party: doctor.practitioner!, period: { start: 0 }, recordedBy: 'p1' }]
    await record({ authorized })
    t.equal((await as(doctor, 'GET', '/DocumentReference/d1')).status, 200)
    for (const party of [doctor.practitioner!, doctor.organization!]) {
      await record({ authorized, blocked: [{ party, since: 0 }] })
      t.equal((await as(doctor, 'GET', '/DocumentReference/d1')).status, 404, party)
      t.equal((await as(doctor, 'GET', '/DocumentReference/d1/_history')).status, 404, party)
    }
  },
)

t.test(
  'a blocked establishment’s search is refused, not empty; it still finds the Patient',
  async (t) => {
    const { as, record } = await world(t)
    const search = '/DocumentReference?patient=p1&status=current'
    t.equal((await as(establishment(), 'GET', search)).body.total, 1)
    await record({ blocked: [{ party: establishment().organization!, since: 0 }] })
    t.equal((await as(establishment(), 'GET', search)).status, 403)
    t.equal((await as(establishment(), 'GET', '/Patient?_id=p1')).body.total, 1)
    const document = aDocumentReference({ subject: { reference: 'Patient/p1' } })
    t.equal((await as(establishment(), 'POST', '/DocumentReference', document)).status, 201)
  },
)

t.test(
  'a closed record is 403 to an application and to an emergency too (decision 27)',
  async (t) => {
    const { as, record } = await world(t)
    const consent = {
      client: 'app-1',
      purpose: 'x',
      types: ['DocumentReference'],
      period: { start: 0 },
    }
    await record({ apps: [consent] })
    for (const search of ['/DocumentReference', '/DocumentReference?patient=p1']) {
      t.equal((await as(app('p1'), 'GET', search)).body.total, 1)
      await record({ apps: [consent], closed: { since: 0, reason: 'x' } })
      t.equal((await as(app('p1'), 'GET', search)).status, 403)
      t.equal((await as(citizen('p1'), 'GET', search)).body.total, 1)
      await record({ apps: [consent] })
    }
    await record({ closed: { since: 0, reason: 'x' } })
    const emergency = await as(
      professional('10000000001'),
      'POST',
      '/Patient/p1/$emergency-access',
      {
        resourceType: 'Parameters',
        parameter: [{ name: 'mode', valueCode: 'centre_15' }],
      },
    )
    t.equal(emergency.status, 403)
  },
)

t.test('an operator finds no patient data through what refers to an organisation', async (t) => {
  const { as } = await world(t)
  const found = await as(operator, 'GET', '/Organization?_revinclude=DocumentReference:custodian')
  t.ok(found.status === 403 || found.body.entry?.length === 1, found.text)
})

t.test('nobody validates without a token', async (t) => {
  const { as } = await world(t)
  t.equal((await as(anonymous, 'POST', '/Patient/$validate', aPatient())).status, 401)
})
