import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aPatient, call, openServer } from '../fixtures.ts'

t.test('answers HEAD like GET, without the body', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  for (const path of [
    '/metadata',
    '/Patient/x',
    '/Patient/x/_history/1',
    '/Patient/x/_history',
    '/Patient/_history',
    '/_history',
    '/Patient',
    '/Patient?name=x',
    '?_type=Patient',
    '/Patient/nobody',
    '/Nothing/1',
  ]) {
    const get = await call(server, 'GET', path)
    const head = await call(server, 'HEAD', path)
    t.equal(head.status, get.status, path)
    t.equal(head.text, '')
    for (const name of ['content-type', 'etag', 'last-modified', 'content-location'])
      t.equal(head.headers[name], get.headers[name], `${path} ${name}`)
    if (
      !path.includes('history') &&
      !path.includes('?') &&
      get.status === 200 &&
      path !== '/Patient'
    )
      t.equal(head.headers['content-length'], get.headers['content-length'], path)
  }
})

t.test('tells by OPTIONS and Allow what is possible on a URL', async (t) => {
  const server = await openServer(t)
  const allowed: Record<string, string> = {
    '': 'GET, HEAD, OPTIONS, POST',
    '/metadata': 'GET, HEAD, OPTIONS',
    '/_search': 'OPTIONS, POST',
    '/_history': 'GET, HEAD, OPTIONS',
    '/Patient': 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT',
    '/Patient/_search': 'OPTIONS, POST',
    '/Patient/_history': 'GET, HEAD, OPTIONS',
    '/Patient/x': 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT',
    '/Patient/x/_history': 'GET, HEAD, OPTIONS',
    '/Patient/x/_history/1': 'GET, HEAD, OPTIONS',
  }
  const sorted = (allow: unknown) => String(allow).split(', ').toSorted().join(', ')
  for (const [path, methods] of Object.entries(allowed)) {
    const options = await call(server, 'OPTIONS', path)
    t.equal(options.status, 204, path)
    t.equal(sorted(options.headers.allow), methods, `OPTIONS ${path}`)
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']) {
      if (methods.includes(method)) continue
      const { status, headers, text } = await call(server, method, path)
      t.equal(status, 405, `${method} ${path}`)
      t.equal(sorted(headers.allow), methods)
      if (method !== 'HEAD') t.match(JSON.parse(text), { issue: [{ code: 'not-supported' }] })
    }
  }
})

t.test('lets pages of other origins call', async (t) => {
  const server = await openServer(t)
  const origin = 'https://app.example'
  const preflight = await call(server, 'OPTIONS', '/Patient/x', {
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'content-type,if-match,prefer',
    },
  })
  t.equal(preflight.status, 204)
  t.equal(preflight.headers['access-control-allow-origin'], '*')
  t.match(preflight.headers['access-control-allow-methods'], /PATCH/)
  t.match(preflight.headers['access-control-allow-headers'], /if-match/)
  const read = await call(server, 'GET', '/Patient/x', { headers: { origin } })
  t.equal(read.headers['access-control-allow-origin'], '*', 'also on errors')
  for (const name of ['ETag', 'Location', 'Content-Location', 'Last-Modified', 'X-Request-Id'])
    t.match(read.headers['access-control-expose-headers'], new RegExp(name))
  const strict = await openServer(t, { env: { CORS_ORIGINS: 'https://one.example' } })
  const other = await call(strict, 'GET', '/metadata', { headers: { origin } })
  t.not(other.headers['access-control-allow-origin'], origin)
  t.not(other.headers['access-control-allow-origin'], '*')
  const one = await call(strict, 'GET', '/metadata', { headers: { origin: 'https://one.example' } })
  t.equal(one.headers['access-control-allow-origin'], 'https://one.example')
})

t.test('lets no cache keep what it answers, but for what is public', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  for (const path of ['/Patient/x', '/Patient/y', '/Patient', '/_history', '/Patient/x/_history']) {
    const { headers } = await call(server, 'GET', path)
    t.equal(headers['cache-control'], 'private, no-store', path)
    t.match(headers.vary, /Authorization/, path)
    t.equal(headers['x-content-type-options'], 'nosniff', path)
  }
  const { headers } = await call(server, 'GET', '/metadata')
  t.equal(headers['cache-control'], undefined)
})

t.test('gives a client its own request id back beside ours', async (t) => {
  const server = await openServer(t)
  const { headers } = await call(server, 'GET', '/Patient/y', {
    headers: { 'x-request-id': 'mine-1' },
  })
  t.equal(headers['x-correlation-id'], 'mine-1')
  t.not(headers['x-request-id'], 'mine-1')
  const odd = await call(server, 'GET', '/Patient/y', { headers: { 'x-request-id': 'a b' } })
  t.equal(odd.headers['x-correlation-id'], undefined)
})

t.test('answers 404 with an OperationOutcome for what it does not know', async (t) => {
  const server = await openServer(t)
  for (const path of [
    '/Nothing',
    '/Nothing/1',
    '/patient/1',
    '/Patient/x/y',
    '/Patient/x/_history/1/2',
    '/Patient/x/$nothing',
    '/$nothing',
    '/Patient/$nothing',
    '/Resource',
    '/DomainResource/1',
    '/__proto__',
    '/constructor/1',
    '/a/b/c/d/e/f',
  ]) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, body } = await call(server, method, path)
      t.ok(
        status === 404 || status === 405 || (status === 400 && method === 'DELETE'),
        `${method} ${path}: ${status}`,
      )
      t.match(body, { resourceType: 'OperationOutcome', issue: [{ diagnostics: /./ }] })
    }
  }
  t.equal((await call(server, 'GET', '/Nothing')).status, 404)
  t.equal((await call(server, 'GET', '/Patient/')).status, 200, 'a slash at the end')
  const outside = await server.app.inject({ url: '/nowhere' })
  t.equal(outside.statusCode, 404)
  t.match(outside.json(), { resourceType: 'OperationOutcome' })
})

t.test('answers broken and endless URLs', async (t) => {
  const server = await openServer(t)
  const cases: [string, number][] = [
    ['/Patient/%zz', 400],
    ['/Patient?name=%E0%A4%A', 400],
    ['/Patient?%zz=1', 400],
    ['/%', 400],
    [`/Patient/${'a'.repeat(65)}`, 404],
    [`/Patient/${'a'.repeat(5000)}`, 404],
    [`/${'a'.repeat(5000)}`, 404],
    [`/Patient?name=${'a'.repeat(100_000)}`, 200],
    [`/Patient?${'name=a&'.repeat(1000)}`, 400],
    [`/Patient?${'a'.repeat(100_000)}=1`, 400],
    ['/Patient/%00', 404],
    ['/Patient/x%2Fy', 404],
    ['/Patient?name=%00', 200],
  ]
  for (const [path, expected] of cases) {
    const { status, text } = await call(server, 'GET', path)
    t.equal(status, expected, path.slice(0, 40))
    if (status !== 200) t.match(JSON.parse(text), { resourceType: 'OperationOutcome' })
    t.ok(text.length < 210_000)
    if (status >= 400) t.ok(text.length < 6_000, 'errors do not echo everything')
  }
})

t.test('answers in FHIR JSON or says that it cannot', async (t) => {
  const server = await openServer(t)
  const get = async (accept: string | undefined, query = '') => {
    const headers = accept === undefined ? {} : { accept }
    const { status, body } = await call(server, 'GET', `/metadata${query}`, { headers })
    if (status !== 200) t.match(body, { resourceType: 'OperationOutcome' })
    return status
  }
  for (const accept of [
    undefined,
    '',
    '*/*',
    'application/*',
    'application/json',
    'application/fhir+json',
    'APPLICATION/FHIR+JSON; charset=utf-8',
    'application/fhir+json; fhirVersion=4.0',
    'application/fhir+json; fhirVersion=5.0, application/fhir+json; fhirVersion=4.0',
    'application/fhir+xml, application/fhir+json;q=0.2',
    'text/html, */*;q=0.1',
  ])
    t.equal(await get(accept), 200, String(accept))
  for (const accept of [
    'application/fhir+xml',
    'text/html',
    'application/fhir+json;q=0',
    'application/fhir+json; fhirVersion=5.0',
    'nonsense',
  ])
    t.equal(await get(accept), 406, accept)
  t.equal(await get('application/fhir+xml', '?_format=json'), 200, '_format comes first')
  t.equal(await get('*/*', '?_format=application/fhir+json'), 200)
  t.equal(await get('*/*', '?_format=application/fhir%2Bjson'), 200)
  t.equal(await get('*/*', '?_format=xml'), 406)
  t.equal(await get('*/*', '?_format=ttl'), 406)
})

t.test('reads FHIR JSON bodies and refuses others with 415', async (t) => {
  const server = await openServer(t)
  const text = JSON.stringify(aPatient())
  const send = (headers: Record<string, string>, method = 'POST', path = '/Patient') =>
    call(server, method, path, { body: text, headers })
  for (const type of [
    'application/fhir+json',
    'application/json',
    'application/fhir+json; charset=UTF-8',
    'application/fhir+json; fhirVersion=4.0',
    'Application/FHIR+JSON;charset="utf-8"',
  ])
    t.equal((await send({ 'content-type': type })).status, 201, type)
  for (const headers of [
    { 'content-type': 'application/fhir+xml' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'application/fhir+json; charset=iso-8859-1' },
    { 'content-type': 'application/fhir+json; fhirVersion=3.0' },
    { 'content-type': 'nonsense' },
    { 'content-type': 'application/fhir+json', 'content-encoding': 'gzip' },
  ]) {
    const { status, body } = await send(headers)
    t.equal(status, 415, JSON.stringify(headers))
    t.match(body, { resourceType: 'OperationOutcome', issue: [{ code: 'not-supported' }] })
  }
  for (const [method, path] of [
    ['PUT', '/Patient/x'],
    ['PUT', '/Patient?name=x'],
    ['PATCH', '/Patient/x'],
    ['POST', ''],
    ['POST', '/Patient/_search'],
  ] as const)
    t.equal((await send({ 'content-type': 'text/plain' }, method, path)).status, 415, path)
  const bare = await server.app.inject({ method: 'POST', url: '/fhir/Patient', payload: text })
  t.equal(bare.statusCode, 415)
  t.match(bare.json(), { issue: [{ diagnostics: /no Content-Type/ }] })
  const empty = await server.app.inject({
    method: 'POST',
    url: '/fhir/Patient',
    headers: { 'content-type': 'application/fhir+json' },
  })
  t.equal(empty.statusCode, 400)
})

t.test('tells errors in the language asked for, with a request id', async (t) => {
  const server = await openServer(t)
  const { headers, body } = await call(server, 'GET', '/Patient/nobody')
  t.ok(headers['x-request-id'])
  t.equal(body.id, headers['x-request-id'])
  t.equal(headers['content-type'], 'application/fhir+json; charset=utf-8')
})

t.test(
  '$validate takes Parameters as its input, except where Parameters is the type',
  async (t) => {
    const server = await openServer(t)
    const parameters = (...parameter: JsonObject[]) => ({ resourceType: 'Parameters', parameter })
    const validate = (type: string, body: unknown) =>
      call(server, 'POST', `/${type}/$validate`, { body })
    const fine = await validate('Patient', parameters({ name: 'resource', resource: aPatient() }))
    t.equal(fine.status, 200)
    for (const [body, diagnostics] of [
      [parameters({ name: 'profile', valueUri: 'http://example.org/p' }), /needs a resource/],
      [{ resourceType: 'Parameters' }, /needs a resource/],
      [parameters({ name: 'ressource', resource: aPatient() }), /"ressource" is not one of them/],
      [{ resourceType: 'Parameters', parameter: 'x' }, /list of objects/],
    ] as const) {
      const answer = await validate('Patient', body)
      t.equal(answer.status, 400)
      t.match(answer.body.issue, [{ severity: 'error', diagnostics }])
    }
    const itself = await validate('Parameters', parameters({ name: 'x', valueString: 'y' }))
    t.match(itself.body.issue, [{ severity: 'information' }])
  },
)
