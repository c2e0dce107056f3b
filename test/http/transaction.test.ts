import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import {
  aDocumentReference,
  aPatient,
  aTransaction,
  anObservation,
  baseUrl,
  call,
  openServer,
  type Answer,
} from '../fixtures.ts'

const post = (url: string, resource: object, rest: JsonObject = {}) =>
  ({
    ...rest,
    resource,
    request: { method: 'POST', url, ...(rest.request as object) },
  }) as JsonObject
const put = (url: string, resource: object, rest: JsonObject = {}) =>
  ({
    ...rest,
    resource,
    request: { method: 'PUT', url, ...(rest.request as object) },
  }) as JsonObject
const ask = (method: string, url: string, rest: object = {}): JsonObject => ({
  request: { method, url, ...rest },
})
const identifier = (value: string) => [{ system: 'urn:test', value }]
const responses = ({ body }: Answer) => body.entry!.map(({ response }) => response as JsonObject)
const locations = (answer: Answer) =>
  responses(answer).map(({ location }) => String(location).split('/_history/')[0]!)

type Server = Awaited<ReturnType<typeof openServer>>
const send = (server: Server, entries: JsonObject[], headers: Record<string, string> = {}) =>
  call(server, 'POST', '', { body: aTransaction(...entries), headers })
const total = async (server: Server, type: string) =>
  (await call(server, 'GET', `/${type}${type.includes('?') ? '' : '?'}_summary=count`)).body.total

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

t.test('applies both kinds of patch in entries', async (t) => {
  const server = await openServer(t)
  const person = aPatient({ id: 'x', identifier: identifier('a') })
  await call(server, 'PUT', '/Patient/x', { body: person })
  const parameters: JsonObject = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'Patient.gender' },
          { name: 'value', valueCode: 'male' },
        ],
      },
    ],
  }
  const byId = await send(server, [{ ...ask('PATCH', 'Patient/x'), resource: parameters }])
  t.match(responses(byId), [{ status: '200 OK', location: 'Patient/x/_history/2' }])
  const operations = [{ op: 'add', path: '/name/0/text', value: 'z'.repeat(200_000) }]
  const binary: JsonObject = {
    resourceType: 'Binary',
    contentType: 'application/json-patch+json',
    data: Buffer.from(JSON.stringify(operations)).toString('base64'),
  }
  const byCondition = await send(server, [
    { ...ask('PATCH', 'Patient?identifier=urn:test|a'), resource: binary },
  ])
  t.match(responses(byCondition), [{ status: '200 OK', location: 'Patient/x/_history/3' }])
  const { body } = await call(server, 'GET', '/Patient/x')
  t.equal(body.gender, 'male')
  t.equal(String((body.name as JsonObject[])[0]!.text).length, 200_000)
})

const jsonPatchEntry = (operations: string): JsonObject => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(operations).toString('base64'),
})

t.test('keeps the digits of a JSON Patch in an entry, and reads it strictly', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Observation/o', { body: anObservation({ id: 'o' }) })
  const value = '[{"op":"add","path":"/valueQuantity","value":{"value":1.10}}]'
  const patched = await send(server, [
    { ...ask('PATCH', 'Observation/o'), resource: jsonPatchEntry(value) },
  ])
  t.equal(patched.status, 200)
  t.match((await call(server, 'GET', '/Observation/o')).text, '"value":1.10}')
  const twice = '[{"op":"remove","op":"test","path":"/valueQuantity"}]'
  const refused = await send(server, [
    { ...ask('PATCH', 'Observation/o'), resource: jsonPatchEntry(twice) },
  ])
  t.equal(refused.status, 422)
})

t.test('resolves the references that a patch writes', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Observation/o', { body: anObservation({ id: 'o' }) })
  const operations = (reference: string) =>
    `[{"op":"add","path":"/subject","value":{"reference":"${reference}"}}]`
  const answer = await send(server, [
    { ...ask('PATCH', 'Observation/o'), resource: jsonPatchEntry(operations('urn:uuid:p')) },
    post('Patient', aPatient(), { fullUrl: 'urn:uuid:p' }),
  ])
  t.equal(answer.status, 200)
  const [, created] = responses(answer)
  const { subject } = (await call(server, 'GET', '/Observation/o')).body
  t.match(subject, { reference: String(created!.location).replace(/\/_history.*/, '') })
  const dangling = await call(server, 'PATCH', '/Observation/o', {
    body: JSON.parse(operations('urn:uuid:nobody')),
    headers: { 'content-type': 'application/json-patch+json' },
  })
  t.match(dangling, {
    status: 422,
    body: { issue: [{ code: 'not-found', expression: ['Observation.subject.reference'] }] },
  })
})

t.test('answers 412 to a patch of another version than the one it names', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  const patch = jsonPatchEntry('[{"op":"add","path":"/active","value":true}]')
  const entry = {
    resource: patch,
    request: { ...(ask('PATCH', 'Patient/x').request as object), ifMatch: 'W/"1"' },
  }
  const refusal = { code: 'conflict', expression: ['Bundle.entry[0].request.ifMatch'] }
  t.match(responses(await send(server, [entry])), [{ status: '200 OK', etag: 'W/"2"' }])
  const replayed = await send(server, [entry])
  t.match(replayed, { status: 412, body: { issue: [refusal] } })
  const batch = await call(server, 'POST', '', {
    body: { resourceType: 'Bundle', type: 'batch', entry: [entry] },
  })
  t.match(responses(batch), [{ status: '412 Precondition Failed', outcome: { issue: [refusal] } }])
  t.match((await call(server, 'GET', '/Patient/x')).body, { meta: { versionId: '2' } })
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
