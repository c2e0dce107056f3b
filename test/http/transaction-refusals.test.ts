import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aPatient, aTransaction, anObservation, call, openServer } from '../fixtures.ts'
import { ask, identifier, post, put, send, total } from './entries.ts'

t.test('stores nothing when one entry cannot be done', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', {
    body: aPatient({ id: 'x', identifier: identifier('a') }),
  })
  const good = post('Patient', aPatient(), { fullUrl: 'urn:uuid:p' })
  const refer = (reference: string) =>
    post('Observation', anObservation({ subject: { reference } }))
  const parameters = { resourceType: 'Parameters' }
  const same = put('Patient/x', aPatient({ id: 'x' }))
  const cases: [string, JsonObject, number, string][] = [
    ['an unknown urn', refer('urn:uuid:nobody'), 422, '.resource.subject.reference'],
    ['another type', post('Observation', aPatient()), 400, '.resource'],
    ['another id', put('Patient/z', aPatient({ id: 'y' })), 400, '.resource.id'],
    ['no id', put('Patient/z', aPatient()), 400, '.resource.id'],
    ['a wrong id', put('Patient/a_b', aPatient({ id: 'a_b' })), 400, '.request.url'],
    ['an unknown type', post('Nothing', { resourceType: 'Nothing' }), 400, '.request.url'],
    ['a POST to an id', post('Patient/1', aPatient()), 400, '.request.url'],
    ['a POST with a condition', post('Patient?name=x', aPatient()), 400, '.request.url'],
    ['a PUT to a type', put('Patient', aPatient()), 400, '.request.url'],
    ['a PUT with both', put('Patient/x?name=x', aPatient({ id: 'x' })), 400, '.request.url'],
    ['a DELETE of a type', ask('DELETE', 'Patient'), 400, '.request.url'],
    ['a DELETE of the system', ask('DELETE', ''), 400, '.request.url'],
    ['no method', { resource: aPatient(), request: { url: 'Patient' } }, 400, '.request.method'],
    ['an unknown method', ask('TRACE', 'Patient/x'), 400, '.request.method'],
    ['no url', { resource: aPatient(), request: { method: 'POST' } }, 400, '.request.url'],
    ['no request', { resource: aPatient() }, 400, ''],
    ['no resource', ask('POST', 'Patient'), 400, '.resource'],
    ['a number for an entry', 5 as never, 400, ''],
    ['a fullUrl that is no text', post('Patient', aPatient(), { fullUrl: 5 }), 400, '.fullUrl'],
    ['the same fullUrl', post('Patient', aPatient(), { fullUrl: 'urn:uuid:p' }), 400, '.fullUrl'],
    ['a patch of nothing', { ...ask('PATCH', 'Patient/no'), resource: parameters }, 404, ''],
    ['a patch that is none', { ...ask('PATCH', 'Patient/x'), resource: aPatient() }, 422, ''],
    ['a read of nothing', ask('GET', 'Patient/no'), 404, '.request.url'],
    ['a read of a version', ask('GET', 'Patient/x/_history/9'), 404, '.request.url'],
    ['a history of nothing', ask('GET', 'Patient/no/_history'), 404, ''],
    ['an unknown parameter', ask('GET', 'Patient?nope=1'), 400, '.request.url'],
    ['a broken query', ask('GET', 'Patient?name=%E0%A4%A'), 400, ''],
    ['an operation', ask('GET', 'Patient/x/$everything'), 400, '.request.url'],
    [
      'an ifMatch of no form',
      put('Patient/x', aPatient({ id: 'x' }), { request: { ifMatch: '"' } }),
      400,
      '.request.ifMatch',
    ],
    [
      'an ifMatch that is no text',
      put('Patient/x', aPatient({ id: 'x' }), { request: { ifMatch: 1 } }),
      400,
      '.request.ifMatch',
    ],
    [
      'an empty ifNoneExist',
      post('Patient', aPatient(), { request: { ifNoneExist: '' } }),
      400,
      '.request.ifNoneExist',
    ],
  ]
  for (const [name, bad, status, where] of cases) {
    const answer = await send(server, [good, bad])
    t.equal(answer.status, status, `${name}: ${answer.text.slice(0, 300)}`)
    t.same(answer.body.issue?.[0]?.expression, [`Bundle.entry[1]${where}`], name)
  }
  const twice = await send(server, [good, same, { ...ask('DELETE', 'Patient/x') }])
  t.equal(twice.status, 400)
  t.match(twice.body.issue, [{ code: 'duplicate', expression: ['Bundle.entry[1].request.url'] }])
  const resolved = await send(server, [
    good,
    same,
    put('Patient?identifier=urn:test|a', aPatient()),
  ])
  t.equal(resolved.status, 400, 'a condition that means the same resource')
  const created = put('Patient?identifier=urn:test|n', aPatient({ identifier: identifier('n') }))
  t.equal((await send(server, [created, created])).status, 400, 'two that would create the same')
  t.equal(await total(server, 'Patient'), 1)
  t.equal((await call(server, 'GET', '/_history')).body.total, 1)
})

t.test('refuses what is no batch or transaction', async (t) => {
  const server = await openServer(t, { env: { BUNDLE_ENTRIES_MAX: '3' } })
  const cases: [unknown, number][] = [
    [aPatient(), 400],
    [{ resourceType: 'Bundle' }, 400],
    [{ resourceType: 'Bundle', type: 'document' }, 400],
    [{ resourceType: 'Bundle', type: 'transaction', entry: {} }, 400],
    [{ resourceType: 'Bundle', type: 'batch', entry: 'x' }, 400],
    [aTransaction(...Array.from({ length: 4 }, () => ask('GET', 'metadata'))), 422],
    [
      {
        ...aTransaction(...Array.from({ length: 4 }, () => ask('GET', 'metadata'))),
        type: 'batch',
      },
      422,
    ],
  ]
  for (const [body, status] of cases) {
    const answer = await call(server, 'POST', '', { body })
    t.equal(answer.status, status, JSON.stringify(body).slice(0, 80))
    t.match(answer.body, { resourceType: 'OperationOutcome', issue: [{ expression: [/./] }] })
  }
  const empty = await call(server, 'POST', '', { body: aTransaction() })
  t.equal(empty.status, 200)
  t.same(empty.body, { resourceType: 'Bundle', type: 'transaction-response' })
})
