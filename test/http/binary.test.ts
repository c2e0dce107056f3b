import t from 'tap'
import type { Test } from 'tap'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { aDocumentReference, aPatient, baseUrl, call, openServer } from '../fixtures.ts'

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256))
const pdf = { 'content-type': 'application/pdf' }
const asFhir = { accept: 'application/fhir+json' }

const stores: Record<string, (t: Test) => Promise<Server>> = {
  memory: (t) => openServer(t),
  sqlite: async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'binary-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    return openServer(t, { store: await openSqliteStore({ folder, groupDelayMs: 0 }) })
  },
}

const put = (server: Server, body: Buffer = bytes, headers: Record<string, string> = pdf) =>
  call(server, 'PUT', '/Binary/b', { body, headers })

for (const [name, open] of Object.entries(stores)) {
  t.test(`keeps native bytes and gives them back: ${name}`, async (t) => {
    const server = await open(t)
    const created = await call(server, 'POST', '/Binary', { body: bytes, headers: pdf })
    t.equal(created.status, 201)
    t.match(created.headers, { etag: 'W/"1"', location: /\/Binary\/\w+\/_history\/1$/ })
    t.match(created.body, {
      resourceType: 'Binary',
      contentType: 'application/pdf',
      data: bytes.toString('base64'),
    })
    const path = `/Binary/${String(created.body.id)}`
    const native = await call(server, 'GET', path)
    t.equal(native.status, 200)
    t.ok(native.bytes.equals(bytes))
    t.match(native.headers, {
      'content-type': 'application/pdf',
      'content-length': '1000',
      'accept-ranges': 'bytes',
      etag: `"${createHash('sha256').update(bytes).digest('hex')}"`,
      'last-modified': /GMT$/,
      'content-disposition': `attachment; filename="${String(created.body.id)}.pdf"`,
      'x-content-type-options': 'nosniff',
      vary: /Accept/i,
    })
    const resource = await call(server, 'GET', path, { headers: asFhir })
    t.same(resource.body, created.body)
    t.equal(resource.headers.etag, 'W/"1"')
    t.same((await call(server, 'GET', `${path}?_format=json`)).body, created.body)
    t.ok((await call(server, 'GET', `${path}/_history/1`)).bytes.equals(bytes))
  })

  t.test(`keeps a Binary resource, short or long: ${name}`, async (t) => {
    const server = await open(t)
    for (const size of [10, 100_000]) {
      const content = Buffer.alloc(size, 'é')
      const sent = {
        resourceType: 'Binary',
        id: 'b',
        contentType: 'text/plain',
        data: content.toString('base64'),
      }
      const answer = await call(server, 'PUT', '/Binary/b', { body: sent })
      t.match(answer.body, { data: sent.data })
      const native = await call(server, 'GET', '/Binary/b')
      t.ok(native.bytes.equals(content), `${size}`)
      t.equal(native.headers['content-length'], String(size))
      t.match((await call(server, 'GET', '/Binary/b', { headers: asFhir })).body, sent)
    }
    t.match((await call(server, 'GET', '/Binary/b/_history')).body.entry, [
      { resource: { data: Buffer.alloc(100_000, 'é').toString('base64') } },
      { resource: { data: Buffer.alloc(10, 'é').toString('base64') } },
    ])
  })

  t.test(`keeps no bytes, of which FHIR JSON says nothing: ${name}`, async (t) => {
    const server = await open(t)
    const body = { resourceType: 'Binary', id: 'b', contentType: 'text/plain' }
    const refused = await call(server, 'PUT', '/Binary/b', { body: { ...body, data: '' } })
    t.equal(refused.status, 422)
    t.match(refused.body, { issue: [{ expression: ['Binary.data'] }] })
    const headers = { 'content-type': 'text/plain' }
    const created = await call(server, 'PUT', '/Binary/b', { body: Buffer.alloc(0), headers })
    t.equal(created.status, 201)
    t.notOk('data' in created.body)
    const native = await call(server, 'GET', '/Binary/b')
    t.equal(native.headers['content-length'], '0')
    t.notOk('data' in (await call(server, 'GET', '/Binary/b', { headers: asFhir })).body)
  })

  t.test(`sends one range: ${name}`, async (t) => {
    const server = await open(t)
    await put(server)
    const etag = String((await call(server, 'GET', '/Binary/b')).headers.etag)
    const get = (range: string, headers: Record<string, string> = {}) =>
      call(server, 'GET', '/Binary/b', { headers: { range, ...headers } })
    const cases: [string, number, number][] = [
      ['bytes=0-99', 0, 99],
      ['bytes=900-', 900, 999],
      ['bytes=900-5000', 900, 999],
      ['bytes=-10', 990, 999],
      ['bytes=-5000', 0, 999],
      ['bytes=999-999', 999, 999],
      ['Bytes=0-0', 0, 0],
    ]
    for (const [range, start, end] of cases) {
      const { status, headers, bytes: part } = await get(range)
      t.equal(status, 206, range)
      t.equal(headers['content-range'], `bytes ${start}-${end}/1000`)
      t.equal(headers['content-length'], String(end - start + 1))
      t.ok(part.equals(bytes.subarray(start, end + 1)))
    }
    for (const range of ['bytes=0-1,5-6', 'items=0-1', 'bytes=9-2', 'bytes=-', 'bytes=a-b']) {
      const { status, bytes: whole } = await get(range)
      t.equal(status, 200, range)
      t.equal(whole.length, 1000)
    }
    for (const range of ['bytes=1000-', 'bytes=99999999999999999999-', 'bytes=-0']) {
      const { status, headers, body } = await get(range)
      t.equal(status, 416, range)
      t.equal(headers['content-range'], 'bytes */1000')
      t.match(body, { resourceType: 'OperationOutcome', issue: [{ expression: ['http.range'] }] })
    }
    t.equal((await get('bytes=0-9', { 'if-range': etag })).status, 206)
    t.equal((await get('bytes=0-9', { 'if-range': '"other"' })).status, 200)
    t.equal((await get('bytes=0-9', { 'if-none-match': etag })).status, 304)
    const head = await call(server, 'HEAD', '/Binary/b', { headers: { range: 'bytes=0-9' } })
    t.equal(head.status, 200, 'a range is for GET alone')
    t.equal(head.headers['content-length'], '1000')
    t.equal(head.text, '')
  })
}

t.test('updates native bytes under conditions', async (t) => {
  const server = await openServer(t)
  t.equal((await put(server)).status, 201)
  const other = Buffer.from('other')
  const update = await put(server, other, { 'content-type': 'text/plain', 'if-match': 'W/"1"' })
  t.equal(update.status, 200)
  t.match(update.body, { id: 'b', contentType: 'text/plain', data: other.toString('base64') })
  const read = await call(server, 'GET', '/Binary/b')
  t.equal(read.text, 'other')
  t.match(read.headers, { 'content-type': 'text/plain', 'content-disposition': /b\.txt/ })
  t.equal((await put(server, bytes, { ...pdf, 'if-match': 'W/"1"' })).status, 412)
  const byContent = await put(server, bytes, { ...pdf, 'if-match': String(read.headers.etag) })
  t.equal(byContent.status, 200, 'the tag of the bytes counts as well')
  t.ok((await call(server, 'GET', '/Binary/b/_history/2')).bytes.equals(other))
  t.equal((await put(server, bytes, { ...pdf, 'if-none-match': '*' })).status, 412)
  const minimal = await put(server, bytes, { ...pdf, prefer: 'return=minimal' })
  t.equal(minimal.text, '')
  t.equal((await call(server, 'DELETE', '/Binary/b')).status, 204)
  t.equal((await call(server, 'GET', '/Binary/b')).status, 410)
  t.equal((await call(server, 'GET', '/Binary/c')).status, 404)
})

t.test('answers 304 by content or by time', async (t) => {
  const now = () => Date.parse('2026-03-18T10:30:00Z')
  const server = await openServer(t, { now })
  await put(server)
  const etag = String((await call(server, 'GET', '/Binary/b')).headers.etag)
  const get = async (headers: Record<string, string>) =>
    (await call(server, 'GET', '/Binary/b', { headers })).status
  t.equal(await get({ 'if-none-match': etag }), 304)
  t.equal(await get({ 'if-none-match': `W/${etag}` }), 304)
  t.equal(await get({ 'if-none-match': '*' }), 304)
  t.equal(await get({ 'if-none-match': '"x"' }), 200)
  t.equal(await get({ 'if-modified-since': 'Wed, 18 Mar 2026 10:30:00 GMT' }), 304)
  t.equal(await get({ 'if-modified-since': 'Wed, 18 Mar 2026 10:29:59 GMT' }), 200)
  t.equal(await get({ 'if-none-match': 'W/"1"', ...asFhir }), 304)
})

t.test('chooses the form by Accept', async (t) => {
  const server = await openServer(t)
  await put(server)
  const get = async (accept: string) => {
    const { status, headers } = await call(server, 'GET', '/Binary/b', { headers: { accept } })
    return status === 200 ? String(headers['content-type']).split(';')[0] : status
  }
  t.equal(await get('*/*'), 'application/pdf')
  t.equal(await get('application/pdf'), 'application/pdf')
  t.equal(await get('application/*'), 'application/pdf')
  t.equal(await get('application/fhir+json'), 'application/fhir+json')
  t.equal(await get('application/json'), 'application/fhir+json')
  t.equal(await get('application/fhir+json, */*;q=0.1'), 'application/fhir+json')
  t.equal(await get('application/fhir+json;q=0.5, application/pdf'), 'application/pdf')
  t.equal(await get('text/html, application/xhtml+xml, */*;q=0.8'), 'application/pdf')
  t.equal(await get('image/png'), 406)
  t.equal(await get('application/pdf;q=0'), 406)
  t.equal(await get('application/fhir+xml'), 406)
})

t.test('keeps the security context, says it again, and refuses an unknown one', async (t) => {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  await call(server, 'PUT', '/DocumentReference/d', {
    body: aDocumentReference({ id: 'd', subject: { reference: 'Patient/x' } }),
  })
  for (const reference of ['DocumentReference/d', `${baseUrl}/DocumentReference/d`]) {
    const headers = { ...pdf, 'x-security-context': reference }
    const { status, body } = await call(server, 'POST', '/Binary', { body: bytes, headers })
    t.equal(status, 201)
    t.match(body, { securityContext: { reference } })
    const read = await call(server, 'GET', `/Binary/${String(body.id)}`)
    t.equal(read.headers['x-security-context'], reference)
    const stored = await server.store.read('Binary', String(body.id))
    t.match(stored!.envelope, { owner: 'DocumentReference/d', patients: ['x'] })
  }
  await call(server, 'DELETE', '/DocumentReference/d')
  for (const reference of [
    'DocumentReference/d',
    'Patient/nobody',
    'Nothing/1',
    'x',
    '#a',
    'urn:uuid:1',
  ]) {
    const headers = { ...pdf, 'x-security-context': reference }
    const native = await call(server, 'POST', '/Binary', { body: bytes, headers })
    t.equal(native.status, 422, reference)
    t.match(native.body.issue, [{ code: 'not-found', expression: ['Binary.securityContext'] }])
    const body = {
      resourceType: 'Binary',
      contentType: 'text/plain',
      securityContext: { reference },
    }
    t.equal((await call(server, 'POST', '/Binary', { body })).status, 422, reference)
  }
  const headers = { 'x-security-context': 'Patient/x' }
  const body = {
    resourceType: 'Binary',
    contentType: 'text/plain',
    securityContext: { reference: 'Patient/y' },
  }
  t.equal((await call(server, 'POST', '/Binary', { body, headers })).status, 400)
})

t.test('refuses what is no Binary', async (t) => {
  const server = await openServer(t)
  const send = async (headers: Record<string, string>, body: unknown = bytes) =>
    (await call(server, 'POST', '/Binary', { body, headers })).status
  t.equal(await send({ 'content-type': 'application/fhir+xml' }), 415, 'a resource as XML')
  t.equal(await send({ ...pdf, 'content-encoding': 'gzip' }), 415)
  t.equal(await send({ 'content-type': 'nonsense' }), 415)
  t.equal(await send({ 'content-type': `text/plain; x=${'a'.repeat(300)}` }), 400)
  const binary = { resourceType: 'Binary', contentType: 'text/plain' }
  t.equal(await send({}, { ...binary, data: '§§' }), 422)
  t.equal(await send({}, { ...binary, data: 5 }), 422)
  t.equal(await send({}, { ...binary, data: 'x'.repeat(100_001) }), 400)
  t.equal(await send({}, binary), 201, 'without data it is allowed')
  t.equal((await call(server, 'GET', '/Binary?_summary=count')).body.total, 1)
})

t.test('bounds a document, and leaves no blob of one that is too large', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'binary-'))
  const store = await openSqliteStore({ folder, groupDelayMs: 0 })
  const server = await openServer(t, { store, env: { DOCUMENT_BYTES_MAX: '150000' } })
  t.teardown(() => rmSync(folder, { recursive: true }))
  const large = Buffer.alloc(150_001)
  const native = await call(server, 'POST', '/Binary', { body: large, headers: pdf })
  t.equal(native.status, 413)
  t.match(native.body.issue, [{ code: 'too-long', diagnostics: /150000/ }])
  const body = { resourceType: 'Binary', contentType: 'text/plain', data: large.toString('base64') }
  const resource = await call(server, 'POST', '/Binary', { body })
  t.equal(resource.status, 413)
  t.match(resource.body.issue, [{ expression: [/data/] }])
  const blobs = readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true })
  t.same(
    blobs.filter((entry) => entry.isFile()),
    [],
  )
  const fits = await call(server, 'POST', '/Binary', { body: large.subarray(1), headers: pdf })
  t.equal(fits.status, 201)
})

t.test('shows the content in searches, as far as one page may carry it', async (t) => {
  const server = await openServer(t, { env: { DOCUMENT_BYTES_MAX: '2500' } })
  for (const id of ['1', '2', '3'])
    await call(server, 'PUT', `/Binary/${id}`, { body: bytes, headers: pdf })
  const { body } = await call(server, 'GET', '/Binary?_sort=_id')
  const data = bytes.toString('base64')
  t.match(body.entry, [{ resource: { data } }, { resource: { data } }, {}])
  const last = body.entry![2]!.resource as JsonObject
  t.equal(last.data, undefined)
  t.match(last, { contentType: 'application/pdf', meta: { tag: [{ code: 'SUBSETTED' }] } })
  const summary = await call(server, 'GET', '/Binary?_sort=_id&_summary=true')
  t.equal((summary.body.entry![0]!.resource as JsonObject).data, undefined)
})
