import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import {
  aDocumentReference,
  aPatient,
  anObservation,
  baseUrl,
  call,
  openServer,
} from '../fixtures.ts'
import { ask, identifier, locations, post, put, responses, send, total } from './entries.ts'

t.test('answers each entry in its place', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/old', { body: aPatient({ id: 'old' }) })
  await call(server, 'PUT', '/Patient/gone', { body: aPatient({ id: 'gone' }) })
  const patch = {
    resourceType: 'Binary',
    contentType: 'application/json-patch+json',
    data: Buffer.from('[{"op":"add","path":"/active","value":true}]').toString('base64'),
  }
  const answer = await send(server, [
    ask('GET', 'Patient/old'),
    { ...ask('PATCH', 'Patient/old'), resource: patch as JsonObject },
    put('Patient/new', aPatient({ id: 'new' })),
    post('Observation', anObservation()),
    ask('DELETE', 'Patient/gone'),
    ask('DELETE', 'Patient/never'),
  ])
  t.equal(answer.status, 200)
  t.match(answer.body, { resourceType: 'Bundle', type: 'transaction-response' })
  const [read, patched, created, posted, deleted, nothing] = answer.body.entry!
  t.match(read, {
    fullUrl: `${baseUrl}/Patient/old`,
    resource: { id: 'old', active: true, meta: { versionId: '2' } },
    response: { status: '200 OK', etag: 'W/"2"' },
  })
  t.match(patched!.response, {
    status: '200 OK',
    location: 'Patient/old/_history/2',
    etag: 'W/"2"',
    lastModified: /^20/,
  })
  t.match(created!.response, { status: '201 Created', location: 'Patient/new/_history/1' })
  t.match(posted!.response, { status: '201 Created', location: /^Observation\/\w+\/_history\/1$/ })
  t.match(deleted!.response, { status: '204 No Content', etag: 'W/"2"' })
  t.same(nothing!.response, { status: '204 No Content' })
  t.equal(patched!.resource, undefined, 'writes are answered without the resource')
})

t.test('answers the resources or outcomes that Prefer asks for', async (t) => {
  const server = await openServer(t)
  const data = Buffer.from('hello').toString('base64')
  const entries = [
    post('Patient', aPatient()),
    post('Binary', { resourceType: 'Binary', contentType: 'text/plain', data }),
  ]
  const shown = await send(server, entries, { prefer: 'return=representation' })
  t.match(shown.body.entry, [
    { resource: { resourceType: 'Patient', meta: { versionId: '1' } } },
    { resource: { resourceType: 'Binary', data } },
  ])
  const told = await send(server, entries, { prefer: 'return=OperationOutcome' })
  t.match(told.body.entry, [{ response: { outcome: { resourceType: 'OperationOutcome' } } }, {}])
  t.equal(told.body.entry![0]!.resource, undefined)
})

t.test('deletes before it creates, creates before it updates, reads last', async (t) => {
  const server = await openServer(t)
  const old = { id: 'old', identifier: identifier('a') }
  await call(server, 'PUT', '/Patient/old', { body: aPatient(old) })
  const answer = await send(server, [
    ask('GET', 'Patient?identifier=urn:test|a'),
    put('Observation/o', anObservation({ id: 'o', subject: { reference: 'urn:uuid:p' } })),
    post('Patient', aPatient({ identifier: identifier('a') }), {
      fullUrl: 'urn:uuid:p',
      request: { ifNoneExist: 'identifier=urn:test|a' },
    }),
    ask('DELETE', 'Patient?identifier=urn:test|a'),
  ])
  t.equal(answer.status, 200, answer.text)
  const [found, , created, deleted] = answer.body.entry!
  t.match(deleted!.response, { status: '204 No Content', location: 'Patient/old/_history/2' })
  t.match(created!.response, { status: '201 Created' }, 'the condition meets what is left')
  t.match(found!.resource, { type: 'searchset', total: 1 })
  t.not(locations(answer)[2], 'Patient/old')
  t.match((await call(server, 'GET', '/Observation/o')).body, {
    subject: { reference: locations(answer)[2] },
  })
})

t.test('writes the new ids wherever a fullUrl stands', async (t) => {
  const server = await openServer(t)
  const narrative = '<div xmlns="http://www.w3.org/1999/xhtml"><a href="urn:uuid:p">p</a></div>'
  const answer = await send(server, [
    post('Patient', aPatient(), { fullUrl: 'urn:uuid:p' }),
    post(
      'Binary',
      { resourceType: 'Binary', contentType: 'text/plain', data: 'aGk=' },
      {
        fullUrl: 'urn:uuid:b',
      },
    ),
    post(
      'Practitioner',
      { resourceType: 'Practitioner' },
      {
        fullUrl: 'http://elsewhere.example/fhir/Practitioner/1',
      },
    ),
    post(
      'DocumentReference',
      aDocumentReference({
        text: { status: 'generated', div: narrative },
        identifier: [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:p' }],
        subject: { reference: 'urn:uuid:p' },
        author: [{ reference: 'Practitioner/1' }],
        authenticator: { reference: 'http://elsewhere.example/fhir/Practitioner/1/_history/7' },
        content: [{ attachment: { contentType: 'text/plain', url: 'urn:uuid:b' } }],
        extension: [
          { url: 'http://example.org/uri', valueUri: 'urn:uuid:p' },
          { url: 'http://example.org/uuid', valueUuid: 'urn:uuid:p' },
          { url: 'http://example.org/canonical', valueCanonical: 'urn:uuid:p' },
          { url: 'http://example.org/string', valueString: 'urn:uuid:p' },
        ],
        context: { related: [{ reference: 'urn:uuid:p#part' }] },
      }),
      { fullUrl: 'http://elsewhere.example/fhir/DocumentReference/1' },
    ),
  ])
  t.equal(answer.status, 200, answer.text)
  const [patient, binary, practitioner, document] = locations(answer)
  const { body } = await call(server, 'GET', `/${document!}`)
  t.match(body, {
    subject: { reference: patient },
    author: [{ reference: practitioner }],
    authenticator: { reference: `${practitioner!}/_history/1` },
    content: [{ attachment: { url: binary } }],
    extension: [
      { valueUri: patient },
      { valueUuid: patient },
      { valueCanonical: 'urn:uuid:p' },
      { valueString: 'urn:uuid:p' },
    ],
    context: { related: [{ reference: `${patient!}#part` }] },
    identifier: [{ value: 'urn:uuid:p' }],
    text: { div: narrative.replace('urn:uuid:p', patient!) },
  })
})

t.test('resolves conditional references against the store and the Bundle', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', {
    body: aPatient({ id: 'x', identifier: identifier('a') }),
  })
  const observation = (value: string) =>
    anObservation({ subject: { reference: `Patient?identifier=urn:test|${value}` } })
  const answer = await send(server, [
    post('Observation', observation('a')),
    post('Observation', observation('b')),
    post('Patient', aPatient({ identifier: identifier('b') })),
  ])
  t.equal(answer.status, 200, answer.text)
  const [first, second, patient] = locations(answer)
  t.match((await call(server, 'GET', `/${first!}`)).body, { subject: { reference: 'Patient/x' } })
  t.match((await call(server, 'GET', `/${second!}`)).body, { subject: { reference: patient } })
  for (const [name, entries] of Object.entries({
    none: [post('Observation', observation('z'))],
    several: [
      post('Observation', observation('a')),
      post('Patient', aPatient({ identifier: identifier('a') })),
    ],
    deleted: [post('Observation', observation('a')), ask('DELETE', 'Patient/x')],
  })) {
    const refused = await send(server, entries)
    t.equal(refused.status, 422, name)
    t.match(refused.body.issue, [
      {
        code: 'not-found',
        expression: ['Bundle.entry[0].resource.subject.reference'],
        diagnostics: /does not match exactly one/,
      },
    ])
  }
  t.equal(await total(server, 'Patient'), 2)
})

t.test('creates conditionally, also when the condition stands twice', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', {
    body: aPatient({ id: 'x', identifier: identifier('a') }),
  })
  const create = (value: string, fullUrl: string) =>
    post('Patient', aPatient({ identifier: identifier(value) }), {
      fullUrl,
      request: { ifNoneExist: `identifier=urn:test|${value}` },
    })
  const refer = (fullUrl: string) =>
    post('Observation', anObservation({ subject: { reference: fullUrl } }))
  const answer = await send(server, [
    create('a', 'urn:uuid:1'),
    create('b', 'urn:uuid:2'),
    create('b', 'urn:uuid:3'),
    refer('urn:uuid:1'),
    refer('urn:uuid:3'),
  ])
  t.equal(answer.status, 200, answer.text)
  const [old, made, same, first, second] = locations(answer)
  t.equal(old, 'Patient/x')
  t.equal(same, made)
  t.match(responses(answer), [
    { status: '200 OK' },
    { status: '201 Created' },
    { status: '200 OK' },
    {},
    {},
  ])
  t.match((await call(server, 'GET', `/${first!}`)).body.subject, { reference: 'Patient/x' })
  t.match((await call(server, 'GET', `/${second!}`)).body.subject, { reference: made })
  t.equal(await total(server, 'Patient'), 2)
  await call(server, 'POST', '/Patient', { body: aPatient({ identifier: identifier('a') }) })
  const several = await send(server, [create('a', 'urn:uuid:1')])
  t.equal(several.status, 412)
  t.match(several.body.issue, [{ code: 'multiple-matches', expression: ['Bundle.entry[0]'] }])
})

t.test('updates and deletes conditionally', async (t) => {
  const server = await openServer(t)
  const person = (value: string) => aPatient({ identifier: identifier(value) })
  await call(server, 'PUT', '/Patient/x', { body: { ...person('a'), id: 'x' } })
  await call(server, 'PUT', '/Patient/y', { body: { ...person('b'), id: 'y' } })
  const answer = await send(server, [
    put('Patient?identifier=urn:test|a', person('a'), { fullUrl: 'urn:uuid:a' }),
    put('Patient?identifier=urn:test|c', person('c'), { fullUrl: 'urn:uuid:c' }),
    ask('DELETE', 'Patient?identifier=urn:test|b'),
    post('Observation', anObservation({ subject: { reference: 'urn:uuid:c' } })),
    post('Observation', anObservation({ subject: { reference: 'urn:uuid:a' } })),
  ])
  t.equal(answer.status, 200, answer.text)
  const [updated, created, deleted, first, second] = responses(answer)
  t.match(updated, { status: '200 OK', location: 'Patient/x/_history/2' })
  t.match(created, { status: '201 Created' })
  t.match(deleted, { status: '204 No Content', location: 'Patient/y/_history/2' })
  const subject = async (response: JsonObject) =>
    (await call(server, 'GET', `/${String(response.location).split('/_')[0]!}`)).body.subject
  t.same(await subject(first!), { reference: locations(answer)[1] })
  t.same(await subject(second!), { reference: 'Patient/x' })
})

t.test('writes over the versions that ifMatch and ifNoneMatch allow', async (t) => {
  const server = await openServer(t)
  const entry = (request: JsonObject) => put('Patient/x', aPatient({ id: 'x' }), { request })
  t.equal((await send(server, [entry({ ifMatch: 'W/"1"' })])).status, 412)
  t.equal((await send(server, [entry({ ifNoneMatch: '*' })])).status, 200)
  t.equal((await send(server, [entry({ ifMatch: 'W/"1"' })])).status, 200)
  const stale = await send(server, [post('Patient', aPatient()), entry({ ifMatch: 'W/"1"' })])
  t.equal(stale.status, 412)
  t.match(stale.body.issue, [{ expression: ['Bundle.entry[1].request.ifMatch'] }])
  t.equal((await send(server, [entry({ ifNoneMatch: '*' })])).status, 412)
  t.equal(await total(server, 'Patient'), 1)
})

t.test('reads all kinds of URLs in entries', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  const answer = await send(server, [
    ask('GET', 'metadata'),
    ask('GET', 'Patient/x'),
    ask('GET', `${baseUrl}/Patient/x`),
    ask('GET', '/Patient/x/_history/1'),
    ask('GET', 'Patient/x/_history'),
    ask('GET', 'Patient?_count=1'),
    ask('GET', '?_type=Patient,Observation'),
    ask('GET', '_history'),
    ask('HEAD', 'Patient/x'),
    ask('GET', 'Patient/x', { ifNoneMatch: 'W/"1"' }),
  ])
  t.equal(answer.status, 200, answer.text.slice(0, 500))
  const shown = answer.body.entry!.map(({ resource }) =>
    resource ? String((resource as JsonObject).type ?? (resource as JsonObject).resourceType) : '',
  )
  t.same(shown, [
    'CapabilityStatement',
    'Patient',
    'Patient',
    'Patient',
    'history',
    'searchset',
    'searchset',
    'history',
    '',
    '',
  ])
  t.match(responses(answer).at(-1), { status: '304 Not Modified', etag: 'W/"1"' })
})

t.test('takes 1 000 entries in one transaction, Binaries and references among them', async (t) => {
  const server = await openServer(t)
  const entries: JsonObject[] = [
    post('Patient', aPatient({ identifier: identifier('a') }), { fullUrl: 'urn:uuid:p' }),
  ]
  for (let index = 0; index < 333; index++) {
    const data = Buffer.from(`text ${index}`).toString('base64')
    entries.push(
      post(
        'DocumentReference',
        aDocumentReference({
          subject: { reference: 'urn:uuid:p' },
          content: [{ attachment: { url: `urn:uuid:b${index}` } }],
        }),
      ),
      post(
        'Binary',
        { resourceType: 'Binary', contentType: 'text/plain', data },
        {
          fullUrl: `urn:uuid:b${index}`,
        },
      ),
      post(
        'Observation',
        anObservation({
          subject: { reference: 'Patient?identifier=urn:test|a' },
        }),
      ),
    )
  }
  const startedAt = Date.now()
  const answer = await send(server, entries)
  t.equal(answer.status, 200)
  t.equal(answer.body.entry!.length, 1000)
  t.ok(responses(answer).every(({ status }) => status === '201 Created'))
  const types = locations(answer).map((location) => location.split('/')[0])
  t.same(types.slice(0, 4), ['Patient', 'DocumentReference', 'Binary', 'Observation'])
  t.comment(`${Date.now() - startedAt} ms`)
  t.ok(Date.now() - startedAt < 8_000, `${Date.now() - startedAt} ms`)
  t.equal(await total(server, 'Observation?patient.identifier=urn:test|a&'), 333)
})
