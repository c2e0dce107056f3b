import t from 'tap'
import { aPatient, baseUrl, call, openServer } from '../fixtures.ts'

const now = () => Date.parse('2026-03-18T10:30:00.500Z')

t.test('creates with the id, version and time of the server', async (t) => {
  const server = await openServer(t, { now })
  const sent = aPatient({
    id: 'mine',
    meta: { versionId: '9', lastUpdated: '1999-01-01T00:00:00Z', tag: [{ code: 'a' }] },
  })
  const { status, headers, body } = await call(server, 'POST', '/Patient', { body: sent })
  t.equal(status, 201)
  t.match(body.id, /^[0-9a-z]{28}$/)
  t.not(body.id, 'mine')
  t.same(body.meta, {
    versionId: '1',
    lastUpdated: '2026-03-18T10:30:00.500Z',
    tag: [{ code: 'a' }],
  })
  t.match(headers, {
    location: `${baseUrl}/Patient/${String(body.id)}/_history/1`,
    'content-location': `${baseUrl}/Patient/${String(body.id)}/_history/1`,
    etag: 'W/"1"',
    'last-modified': 'Wed, 18 Mar 2026 10:30:00 GMT',
    'content-type': 'application/fhir+json; charset=utf-8',
  })
})

t.test('reads back what was created, also by version', async (t) => {
  const server = await openServer(t)
  const created = (await call(server, 'POST', '/Patient', { body: aPatient() })).body
  const read = await call(server, 'GET', `/Patient/${String(created.id)}`)
  t.equal(read.status, 200)
  t.same(read.body, created)
  t.match(read.headers, { etag: 'W/"1"', 'last-modified': /GMT$/ })
  const vread = await call(server, 'GET', `/Patient/${String(created.id)}/_history/1`)
  t.equal(vread.status, 200)
  t.same(vread.body, created)
  t.equal(vread.headers.etag, 'W/"1"')
})

t.test('keeps decimals, the order of elements and accents to the letter', async (t) => {
  const server = await openServer(t)
  const text =
    '{"resourceType":"Observation","status":"final","code":{"text":"Température à l’aisselle 🌡"},"valueQuantity":{"value":37.10,"unit":"Cel"},"referenceRange":[{"low":{"value":1e-3},"high":{"value":12345678901234567890}}]}'
  const { body, text: answer } = await call(server, 'POST', '/Observation', { body: text })
  const read = await call(server, 'GET', `/Observation/${String(body.id)}`)
  t.ok(read.text.includes(text.slice('{"resourceType":"Observation",'.length, -1)), read.text)
  t.equal(read.text, answer)
})

t.test('updates, and keeps the earlier version', async (t) => {
  const server = await openServer(t)
  const { id } = (await call(server, 'POST', '/Patient', { body: aPatient() })).body
  const path = `/Patient/${String(id)}`
  const update = await call(server, 'PUT', path, { body: aPatient({ id: id!, active: true }) })
  t.equal(update.status, 200)
  t.match(update.body, { id, active: true, meta: { versionId: '2' } })
  t.match(update.headers, { etag: 'W/"2"', 'last-modified': /GMT$/ })
  t.equal(update.headers.location, undefined, 'Location is for what is created')
  t.equal((await call(server, 'GET', `${path}/_history/1`)).body.active, undefined)
  t.equal((await call(server, 'GET', `${path}/_history/2`)).body.active, true)
  t.equal((await call(server, 'GET', path)).body.active, true)
})

t.test('creates by PUT under an id of the client', async (t) => {
  const server = await openServer(t)
  const { status, headers, body } = await call(server, 'PUT', '/Patient/a-1.B', {
    body: aPatient({ id: 'a-1.B' }),
  })
  t.equal(status, 201)
  t.equal(headers.location, `${baseUrl}/Patient/a-1.B/_history/1`)
  t.match(body, { id: 'a-1.B', meta: { versionId: '1' } })
})

t.test('refuses an update whose ids do not fit', async (t) => {
  const server = await openServer(t)
  const put = async (id: string, body: object) => call(server, 'PUT', `/Patient/${id}`, { body })
  const missing = await put('x', aPatient())
  t.equal(missing.status, 400)
  t.match(missing.body.issue, [{ expression: ['Patient.id'], diagnostics: /must be "x"/ }])
  t.match((await put('x', aPatient({ id: 'y' }))).body.issue, [{ diagnostics: /"y".*"x"/ }])
  t.equal((await put('x', aPatient({ id: 5 }))).status, 400)
  const long = 'a'.repeat(65)
  t.equal((await put(long, aPatient({ id: long }))).status, 400)
  const wrong = await put('a_b', aPatient({ id: 'a_b' }))
  t.equal(wrong.status, 400)
  t.match(wrong.body.issue, [{ diagnostics: /no id: 1 to 64 letters/ }])
  t.equal((await call(server, 'GET', '/Patient')).body.total, 0)
})

t.test('refuses a body of another type than the URL', async (t) => {
  const server = await openServer(t)
  for (const [method, path] of [
    ['POST', '/Observation'],
    ['PUT', '/Observation/x'],
    ['PUT', '/Observation?code=a'],
  ] as const) {
    const { status, body } = await call(server, method, path, { body: aPatient({ id: 'x' }) })
    t.equal(status, 400, `${method} ${path}`)
    t.match(body.issue, [{ diagnostics: /Patient.*Observation/, expression: ['resourceType'] }])
  }
})

t.test('deletes: reads answer 410, a second delete succeeds, an update creates anew', async (t) => {
  const server = await openServer(t)
  const path = '/Patient/x'
  await call(server, 'PUT', path, { body: aPatient({ id: 'x' }) })
  const deleted = await call(server, 'DELETE', path)
  t.equal(deleted.status, 204)
  t.equal(deleted.headers.etag, 'W/"2"')
  t.equal(deleted.text, '')
  const read = await call(server, 'GET', path)
  t.equal(read.status, 410)
  t.match(read.body, { resourceType: 'OperationOutcome', issue: [{ code: 'deleted' }] })
  t.equal((await call(server, 'GET', `${path}/_history/2`)).status, 410)
  t.equal((await call(server, 'GET', `${path}/_history/1`)).status, 200)
  t.equal((await call(server, 'GET', '/Patient')).body.total, 0)
  t.equal((await call(server, 'DELETE', path)).status, 204)
  t.equal((await call(server, 'GET', `${path}/_history`)).body.total, 2, 'nothing was added')
  t.equal((await call(server, 'DELETE', '/Patient/never')).status, 204)
  const again = await call(server, 'PUT', path, { body: aPatient({ id: 'x' }) })
  t.equal(again.status, 201)
  t.equal(again.headers.etag, 'W/"3"')
  t.equal(again.headers.location, `${baseUrl}/Patient/x/_history/3`)
})

t.test('answers 404 for what never was', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  for (const path of [
    '/Patient/y',
    '/Observation/x',
    '/Patient/x/_history/2',
    '/Patient/x/_history/0',
    '/Patient/x/_history/01',
    '/Patient/x/_history/a',
    '/Patient/x/_history/99999999999999999999',
    '/Patient/y/_history',
    '/Patient/y/_history/1',
  ]) {
    const { status, body } = await call(server, 'GET', path)
    t.equal(status, 404, path)
    t.match(body, { resourceType: 'OperationOutcome', issue: [{ code: 'not-found' }] })
  }
})

t.test('writes only over the version that If-Match names', async (t) => {
  const server = await openServer(t)
  const path = '/Patient/x'
  const put = (ifMatch: string) =>
    call(server, 'PUT', path, {
      body: aPatient({ id: 'x' }),
      headers: { 'if-match': ifMatch },
    })
  const early = await put('W/"1"')
  t.equal(early.status, 412, 'there is nothing yet')
  t.equal((await put('*')).status, 412)
  await call(server, 'PUT', path, { body: aPatient({ id: 'x' }) })
  t.equal((await put('W/"1"')).status, 200)
  const stale = await put('W/"1"')
  t.equal(stale.status, 412)
  t.match(stale.body.issue, [
    { code: 'conflict', diagnostics: /W\/"2"/, expression: ['http.if-match'] },
  ])
  t.equal((await put('"2"')).status, 200, 'strong form')
  t.equal((await put('3')).status, 200, 'bare')
  t.equal((await put('W/"1", W/"4"')).status, 200, 'a list')
  t.equal((await put('*')).status, 200)
  t.equal((await put('W/"6" x')).status, 400)
  const headers = { 'if-match': 'W/"1"' }
  t.equal((await call(server, 'DELETE', path, { headers })).status, 412)
  const body = [{ op: 'add', path: '/active', value: true }]
  const patchHeaders = { ...headers, 'content-type': 'application/json-patch+json' }
  t.equal((await call(server, 'PATCH', path, { body, headers: patchHeaders })).status, 412)
  t.equal((await call(server, 'GET', path)).headers.etag, 'W/"6"')
  t.equal((await call(server, 'DELETE', path, { headers: { 'if-match': 'W/"6"' } })).status, 204)
})

t.test('only creates with If-None-Match: *', async (t) => {
  const server = await openServer(t)
  const put = () =>
    call(server, 'PUT', '/Patient/x', {
      body: aPatient({ id: 'x' }),
      headers: { 'if-none-match': '*' },
    })
  t.equal((await put()).status, 201)
  const second = await put()
  t.equal(second.status, 412)
  t.match(second.body.issue, [{ expression: ['http.if-none-match'] }])
  await call(server, 'DELETE', '/Patient/x')
  t.equal((await put()).status, 201)
})

t.test('answers writes as Prefer asks', async (t) => {
  const server = await openServer(t)
  const post = (prefer: string) =>
    call(server, 'POST', '/Patient', { body: aPatient(), headers: { prefer } })
  const minimal = await post('return=minimal')
  t.equal(minimal.status, 201)
  t.equal(minimal.text, '')
  t.match(minimal.headers, { location: /Patient/, etag: 'W/"1"', 'last-modified': /GMT/ })
  const outcome = await post('return=OperationOutcome')
  t.equal(outcome.status, 201)
  t.match(outcome.body, { resourceType: 'OperationOutcome', issue: [{ severity: 'information' }] })
  t.match((await post('respond-sync; return="representation"')).body, { resourceType: 'Patient' })
  t.match((await post('return=nonsense')).body, { resourceType: 'Patient' })
  const { id } = (await post('return=representation')).body
  const path = `/Patient/${String(id)}`
  const update = await call(server, 'PUT', path, {
    body: aPatient({ id: id! }),
    headers: { prefer: 'return=minimal' },
  })
  t.equal(update.status, 200)
  t.equal(update.text, '')
  t.equal((await post('Return=minimal')).text, '', 'RFC 7240: names of preferences ignore case')
  const headers = { prefer: 'return=OperationOutcome' }
  const deleted = await call(server, 'DELETE', path, { headers })
  t.equal(deleted.status, 200)
  t.match(deleted.body, { resourceType: 'OperationOutcome', issue: [{ diagnostics: /deleted/ }] })
})

t.test('answers 304 to a reader who has the version', async (t) => {
  const server = await openServer(t, { now })
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  const get = async (headers: Record<string, string>, path = '/Patient/x') =>
    (await call(server, 'GET', path, { headers })).status
  t.equal(await get({ 'if-none-match': 'W/"1"' }), 304)
  t.equal(await get({ 'if-none-match': '"1"' }), 304)
  t.equal(await get({ 'if-none-match': '*' }), 304)
  t.equal(await get({ 'if-none-match': 'W/"3", W/"1"' }), 304)
  t.equal(await get({ 'if-none-match': 'W/"2"' }), 200)
  t.equal(await get({ 'if-none-match': '"what else, a tag"' }), 200, 'a foreign tag')
  t.equal(await get({ 'if-none-match': 'W/"1"' }, '/Patient/x/_history/1'), 304)
  t.equal(await get({ 'if-modified-since': 'Wed, 18 Mar 2026 10:30:00 GMT' }), 304)
  t.equal(await get({ 'if-modified-since': 'Wed, 18 Mar 2026 10:29:59 GMT' }), 200)
  t.equal(await get({ 'if-modified-since': '2026-03-18T10:30:00.500Z' }), 304)
  t.equal(await get({ 'if-modified-since': '2026-03-18T10:30:00.499Z' }), 200)
  t.equal(await get({ 'if-modified-since': 'yesterday' }), 200, 'RFC 9110 ignores what is no date')
  t.equal(
    await get({
      'if-none-match': 'W/"2"',
      'if-modified-since': 'Wed, 18 Mar 2026 10:30:00 GMT',
    }),
    200,
    'If-None-Match counts first',
  )
  const { headers, text } = await call(server, 'GET', '/Patient/x', {
    headers: { 'if-none-match': 'W/"1"' },
  })
  t.match(headers, { etag: 'W/"1"', 'last-modified': /GMT/ })
  t.equal(text, '')
})

t.test('shows a part of a resource where that is asked for', async (t) => {
  const server = await openServer(t)
  const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' }
  const contact = [{ name: { text: 'Z' } }]
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x', text, contact }) })
  const keys = async (query: string) =>
    Object.keys((await call(server, 'GET', `/Patient/x?${query}`)).body).toSorted()
  const summary = ['birthDate', 'gender', 'id', 'meta', 'name', 'resourceType']
  t.same(await keys('_summary=true'), summary)
  t.same(await keys('_summary=text'), ['id', 'meta', 'resourceType', 'text'])
  t.same(await keys('_summary=data'), [...summary, 'contact'].toSorted())
  t.same(await keys('_elements=gender'), ['gender', 'id', 'meta', 'resourceType'])
  t.match((await call(server, 'GET', '/Patient/x?_elements=gender')).body.meta, {
    tag: [{ code: 'SUBSETTED' }],
  })
  t.match((await call(server, 'GET', '/Patient/x?_pretty=true')).text, /\n  "id": "x"/)
  const absent = await call(server, 'GET', '/Patient/nobody?_pretty=true')
  t.equal(absent.status, 404)
  t.match(absent.text, /\n  "resourceType": "OperationOutcome"/)
  for (const query of ['_summary=x', '_summary=count', '_elements=nope', '_pretty=maybe', 'a=b']) {
    const { status, body } = await call(server, 'GET', `/Patient/x?${query}`)
    t.equal(status, 400, query)
    t.match(body.issue, [{ expression: [`http.${query.split('=')[0]}`] }])
  }
})
