import t from 'tap'
import { aPatient, anObservation, baseUrl, call, openServer } from '../fixtures.ts'

const identifier = (value: string) => [{ system: 'urn:test', value }]
const jsonPatch = { 'content-type': 'application/json-patch+json' }

t.test('creates conditionally, once', async (t) => {
  const server = await openServer(t)
  const post = (ifNoneExist: string, value = 'a') =>
    call(server, 'POST', '/Patient', {
      body: aPatient({ identifier: identifier(value) }),
      headers: { 'if-none-exist': ifNoneExist },
    })
  const first = await post('identifier=urn:test|a')
  t.equal(first.status, 201)
  const second = await post('identifier=urn%3Atest%7Ca')
  t.equal(second.status, 200)
  t.equal(second.body.id, first.body.id)
  t.match(second.headers, {
    etag: 'W/"1"',
    'content-location': `${baseUrl}/Patient/${String(first.body.id)}/_history/1`,
  })
  t.equal(second.headers.location, undefined)
  t.equal((await post('Patient?identifier=urn:test|a')).status, 200, 'a whole URL')
  t.equal((await post('?identifier=urn:test|a')).status, 200)
  t.equal((await call(server, 'GET', '/Patient')).body.total, 1)
  await call(server, 'POST', '/Patient', { body: aPatient({ identifier: identifier('a') }) })
  const several = await post('identifier=urn:test|a')
  t.equal(several.status, 412)
  t.match(several.body.issue, [{ code: 'multiple-matches' }])
})

t.test('refuses a condition that says nothing or is not understood', async (t) => {
  const server = await openServer(t)
  for (const condition of ['', '?', '_format=json', '_count=1', 'nope=1', 'birthdate=x', '%zz=1']) {
    const { status, body } = await call(server, 'POST', '/Patient', {
      body: aPatient(),
      headers: { 'if-none-exist': condition, prefer: 'handling=lenient' },
    })
    t.equal(status, 400, condition)
    t.match(body, { resourceType: 'OperationOutcome' })
  }
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    for (const query of ['', '?', '?_format=json', '?nope=1', '?_count=3']) {
      const options = method === 'DELETE' ? {} : { body: method === 'PUT' ? aPatient() : [] }
      const { status } = await call(server, method, `/Patient${query}`, {
        ...options,
        headers: method === 'PATCH' ? jsonPatch : {},
      })
      t.equal(status, 400, `${method} ${query}`)
    }
  }
  t.equal((await call(server, 'GET', '/Patient')).body.total, 0)
})

t.test('creates one resource of two equal conditional creates at once', async (t) => {
  const server = await openServer(t)
  const post = () =>
    call(server, 'POST', '/Patient', {
      body: aPatient({ identifier: identifier('a') }),
      headers: { 'if-none-exist': 'identifier=urn:test|a' },
    })
  const answers = await Promise.all(Array.from({ length: 10 }, post))
  t.same(answers.map(({ status }) => status).toSorted(), [...Array(9).fill(200), 201])
  t.equal((await call(server, 'GET', '/Patient')).body.total, 1)
})

t.test('lets one of several writers over the same version through', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  const put = () =>
    call(server, 'PUT', '/Patient/x', {
      body: aPatient({ id: 'x' }),
      headers: { 'if-match': 'W/"1"' },
    })
  const answers = await Promise.all(Array.from({ length: 10 }, put))
  t.same(answers.map(({ status }) => status).toSorted(), [200, ...Array(9).fill(412)])
  t.equal((await call(server, 'GET', '/Patient/x')).headers.etag, 'W/"2"')
})

t.test('updates conditionally', async (t) => {
  const server = await openServer(t)
  const put = (over: object, query = 'identifier=urn:test|a') =>
    call(server, 'PUT', `/Patient?${query}`, {
      body: aPatient({ identifier: identifier('a'), ...over }),
    })
  const created = await put({})
  t.equal(created.status, 201, 'no match, no id: created')
  t.match(created.headers.location, /\/_history\/1$/)
  const updated = await put({ active: true })
  t.equal(updated.status, 200, 'one match')
  t.match(updated.body, { id: created.body.id, active: true, meta: { versionId: '2' } })
  t.equal((await put({ id: created.body.id })).status, 200, 'one match, its id')
  const other = await put({ id: 'other' })
  t.equal(other.status, 400, 'one match, another id')
  t.match(other.body.issue, [{ expression: ['Patient.id'] }])
  const chosen = await put({ id: 'chosen', identifier: identifier('b') }, 'identifier=urn:test|b')
  t.equal(chosen.status, 201, 'no match, an id: created under it')
  t.equal(chosen.body.id, 'chosen')
  const taken = await put({ id: 'chosen', identifier: identifier('c') }, 'identifier=urn:test|c')
  t.equal(taken.status, 409, 'no match, and an id that another resource bears')
  t.match(taken.body.issue, [{ code: 'conflict', expression: ['Patient.id'] }])
  t.match((await call(server, 'GET', '/Patient/chosen')).body, { identifier: identifier('b') })
  await call(server, 'POST', '/Patient', { body: aPatient({ identifier: identifier('a') }) })
  t.equal((await put({})).status, 412, 'several')
})

t.test('updates conditionally over the version that If-Match names', async (t) => {
  const server = await openServer(t)
  const put = (ifMatch?: string) =>
    call(server, 'PUT', '/Patient?identifier=urn:test|a', {
      body: aPatient({ identifier: identifier('a') }),
      headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
    })
  t.equal((await put('W/"1"')).status, 412, 'nothing to match')
  t.equal((await put()).status, 201)
  t.equal((await put('W/"1"')).status, 200)
  t.equal((await put('W/"1"')).status, 412)
})

t.test('patches conditionally', async (t) => {
  const server = await openServer(t)
  const patch = () =>
    call(server, 'PATCH', '/Patient?identifier=urn:test|a', {
      body: [{ op: 'add', path: '/active', value: true }],
      headers: jsonPatch,
    })
  const none = await patch()
  t.equal(none.status, 404)
  t.match(none.body.issue, [{ code: 'not-found' }])
  await call(server, 'PUT', '/Patient/x', {
    body: aPatient({ id: 'x', identifier: identifier('a') }),
  })
  const one = await patch()
  t.equal(one.status, 200)
  t.match(one.body, { id: 'x', active: true, meta: { versionId: '2' } })
  await call(server, 'POST', '/Patient', { body: aPatient({ identifier: identifier('a') }) })
  t.equal((await patch()).status, 412)
})

t.test('deletes conditionally', async (t) => {
  const server = await openServer(t)
  const remove = (headers = {}) =>
    call(server, 'DELETE', '/Patient?identifier=urn:test|a', { headers })
  t.equal((await remove()).status, 204, 'nothing to delete')
  t.equal((await remove({ 'if-match': 'W/"1"' })).status, 412, 'nothing that is this version')
  for (const id of ['x', 'y'])
    await call(server, 'PUT', `/Patient/${id}`, {
      body: aPatient({ id, identifier: identifier('a') }),
    })
  t.equal((await remove()).status, 412, 'several')
  await call(server, 'DELETE', '/Patient/x')
  t.equal((await remove({ 'if-match': 'W/"4"' })).status, 412)
  t.equal((await remove({ 'if-match': 'W/"1"' })).status, 204)
  t.equal((await call(server, 'GET', '/Patient/y')).status, 410)
})

t.test('resolves a conditional reference of a single write', async (t) => {
  const server = await openServer(t)
  const subject = { reference: 'Patient?identifier=urn:test|a' }
  const post = () => call(server, 'POST', '/Observation', { body: anObservation({ subject }) })
  const none = await post()
  t.equal(none.status, 422)
  t.match(none.body.issue, [{ expression: ['Observation.subject.reference'] }])
  await call(server, 'PUT', '/Patient/x', {
    body: aPatient({ id: 'x', identifier: identifier('a') }),
  })
  t.match((await post()).body, { subject: { reference: 'Patient/x' } })
  await call(server, 'POST', '/Patient', { body: aPatient({ identifier: identifier('a') }) })
  const several = await post()
  t.equal(several.status, 422)
  t.equal(several.body.issue![0]!.diagnostics, none.body.issue![0]!.diagnostics, 'one wording')
  const unknown = anObservation({ subject: { reference: 'Nobody?identifier=a' } })
  t.equal((await call(server, 'POST', '/Observation', { body: unknown })).status, 422)
  const urn = anObservation({ id: 'o', subject: { reference: 'urn:uuid:1' } })
  const put = await call(server, 'PUT', '/Observation/o', { body: urn })
  t.equal(put.status, 422)
  t.match(put.body.issue, [{ diagnostics: /urn:uuid:1/ }])
})

t.test('checks references on write and on delete where that is set', async (t) => {
  const server = await openServer(t, { env: { REFERENTIAL_INTEGRITY: 'write,delete' } })
  const body = anObservation({ subject: { reference: 'Patient/x' } })
  const lost = await call(server, 'POST', '/Observation', { body })
  t.equal(lost.status, 422)
  t.match(lost.body.issue, [{ code: 'not-found', expression: ['Observation.subject.reference'] }])
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  const { status, body: stored } = await call(server, 'POST', '/Observation', { body })
  t.equal(status, 201)
  const refused = await call(server, 'DELETE', '/Patient/x')
  t.equal(refused.status, 409)
  t.match(refused.body.issue, [{ diagnostics: new RegExp(`Observation/${String(stored.id)}`) }])
  await call(server, 'DELETE', `/Observation/${String(stored.id)}`)
  t.equal((await call(server, 'DELETE', '/Patient/x')).status, 204)
})

t.test('refuses If-None-Exist where nothing would look at it', async (t) => {
  const server = await openServer(t)
  const headers = { 'if-none-exist': 'identifier=urn:test|a' }
  for (const [method, path] of [
    ['PUT', '/Patient/x'],
    ['PUT', '/Patient?identifier=urn:test|b'],
    ['PATCH', '/Patient/x'],
    ['DELETE', '/Patient/x'],
  ] as const) {
    const body = method === 'DELETE' ? undefined : aPatient({ id: 'x' })
    const answer = await call(server, method, path, { headers, ...(body ? { body } : {}) })
    t.equal(answer.status, 400, `${method} ${path}`)
    t.match(answer.body.issue, [{ expression: ['http.if-none-exist'] }])
  }
  t.equal((await call(server, 'GET', '/_history')).body.total, 0)
})
