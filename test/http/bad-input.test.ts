import t from 'tap'
import type { Test } from 'tap'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { aPatient, call, openServer } from '../fixtures.ts'

async function nothingStored(t: Test, server: Server): Promise<void> {
  const { body } = await call(server, 'GET', '/_history')
  t.equal(body.total, 0, 'nothing was stored')
}

t.test('names line and column of broken JSON', async (t) => {
  const server = await openServer(t)
  const cases: [string, RegExp][] = [
    ['{\n  "resourceType": "Patient",\n  "active": tru\n}', /line 3, column 1[34567]/],
    ['{"resourceType":"Patient",}', /line 1, column 2[67]/],
    ['', /./],
    ['   ', /./],
    ['{', /line 1/],
    ['{"resourceType":"Patient"} x', /line 1, column 28/],
    ["{'resourceType':'Patient'}", /line 1, column 2/],
    ['{"resourceType":"Patient","active":01}', /line 1/],
    ['{"resourceType":"Patient","x":NaN}', /line 1/],
    ['{"resourceType":"Patient","x":"a\tb"}', /line 1/],
    ['{"resourceType":"Patient","x":"\\x"}', /line 1/],
    ['{"resourceType":"Patient","active":true,"active":false}', /active/],
    ['{"resourceType":"Patient","__proto__":{"x":1}}', /__proto__/],
    ['{"resourceType":"Patient","name":[{"text":"\\ud800"}]}', /surrogate/i],
    ['{"resourceType":"Patient","name":[{"text":"\\udc00\\ud800"}]}', /surrogate/i],
  ]
  for (const [body, told] of cases) {
    for (const [method, path] of [
      ['POST', '/Patient'],
      ['PUT', '/Patient/x'],
      ['POST', ''],
    ] as const) {
      const answer = await call(server, method, path, { body })
      t.equal(answer.status, 400, body)
      t.match(answer.body, { resourceType: 'OperationOutcome', issue: [{ diagnostics: told }] })
    }
  }
  await nothingStored(t, server)
})

t.test('refuses what is no resource', async (t) => {
  const server = await openServer(t)
  for (const body of [
    'null',
    '5',
    '"x"',
    '[]',
    'true',
    '{}',
    '{"resourceType":5}',
    '{"resourceType":""}',
  ]) {
    const answer = await call(server, 'POST', '/Patient', { body })
    t.equal(answer.status, 400, body)
    t.match(answer.body.issue, [{ code: 'structure', diagnostics: /resource/ }])
  }
  const bytes = Buffer.concat([
    Buffer.from('{"resourceType":"Patient","x":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}'),
  ])
  const invalid = await call(server, 'POST', '/Patient', { body: bytes })
  t.equal(invalid.status, 400)
  t.match(invalid.body.issue, [{ diagnostics: /UTF-8/ }])
  const mark = Buffer.concat([
    Buffer.from([0xef, 0xbb, 0xbf]),
    Buffer.from('{"resourceType":"Patient"}'),
  ])
  t.match((await call(server, 'POST', '/Patient', { body: mark })).body, {})
})

t.test('refuses 100 000 levels, of objects, arrays and contained resources', async (t) => {
  const server = await openServer(t)
  const levels = 100_000
  for (const body of [
    `{"resourceType":"Patient","extension":${'['.repeat(levels)}${']'.repeat(levels)}}`,
    `{"resourceType":"Patient","contact":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`,
    `{"resourceType":"Patient","contained":${'[{"contained":'.repeat(levels)}1${'}]'.repeat(levels)}}`,
    '['.repeat(levels),
  ]) {
    const answer = await call(server, 'POST', '/Patient', { body })
    t.equal(answer.status, 400)
    t.match(answer.body.issue, [{ diagnostics: /within each other/ }])
  }
  const patch = await call(server, 'PATCH', '/Patient/x', {
    body: '['.repeat(levels),
    headers: { 'content-type': 'application/json-patch+json' },
  })
  t.equal(patch.status, 400)
  await nothingStored(t, server)
})

t.test('bounds a body, and a document in it', async (t) => {
  const env = { BODY_BYTES_MAX: '300000', DOCUMENT_BYTES_MAX: '100000' }
  const server = await openServer(t, { env })
  const long = (size: number) => aPatient({ name: [{ text: 'x'.repeat(size) }] })
  const photo = (size: number) => aPatient({ photo: [{ data: 'AAAA'.repeat(size / 4) }] })
  t.equal((await call(server, 'POST', '/Patient', { body: long(250_000) })).status, 201)
  const large = await call(server, 'POST', '/Patient', { body: long(300_000) })
  t.equal(large.status, 413)
  t.match(large.body.issue, [{ code: 'too-long', diagnostics: /300000/ }])
  t.equal((await call(server, 'POST', '/Patient', { body: photo(133_000) })).status, 201)
  const document = await call(server, 'POST', '/Patient', { body: photo(140_000) })
  t.equal(document.status, 413)
  t.match(document.body.issue, [{ expression: [/photo/], diagnostics: /100000/ }])
  const headers = { 'content-type': 'application/json-patch+json' }
  const patch = await call(server, 'PATCH', '/Patient/x', {
    body: `[${' '.repeat(300_000)}]`,
    headers,
  })
  t.equal(patch.status, 413)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const search = `name=${'x'.repeat(1_000_001)}`
  const wide = await openServer(t)
  t.equal(
    (await call(wide, 'POST', '/Patient/_search', { body: search, headers: form })).status,
    413,
  )
  t.equal((await call(server, 'GET', '/_history')).body.total, 2)
})

/** A listening server over SQLite, and where it keeps its blobs. */
async function listen(t: Test, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'bad-input-'))
  const store = await openSqliteStore({ folder, groupDelayMs: 0 })
  const server = await openServer(t, { store, env })
  t.teardown(() => rmSync(folder, { recursive: true }))
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.app.server.address() as AddressInfo
  const blobs = () =>
    readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ).length
  return { server, port, blobs }
}

/** Sends raw bytes and gives all that comes back. */
function talk(
  port: number,
  pieces: readonly (string | Buffer)[],
  hangsUp = false,
): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', async () => {
      for (const piece of pieces) {
        if (socket.destroyed) break
        socket.write(piece)
        await pause(5)
      }
      if (hangsUp) socket.destroy()
    })
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      if (/\r\n\r\n[^]*\}$/.test(answer)) socket.end()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function until(isTrue: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (isTrue()) return true
    await pause(10)
  }
  return false
}

const head = (method: string, path: string, type: string, length: number) =>
  `${method} /fhir${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`

t.test('stores nothing of a client that hangs up in the middle, and lives on', async (t) => {
  const { server, port, blobs } = await listen(t)
  const fhir = 'application/fhir+json'
  const data = Buffer.alloc(300_000, 1).toString('base64')
  const binary = JSON.stringify({ resourceType: 'Binary', contentType: 'text/plain', data })
  const entry = {
    resource: JSON.parse(binary) as JsonObject,
    request: { method: 'POST', url: 'Binary' },
  }
  const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [entry] })
  const cases: [string, string, string, string][] = [
    ['POST', '/Binary', fhir, binary],
    ['POST', '', fhir, bundle],
    ['POST', '/Binary', 'application/pdf', data],
    ['PUT', '/Binary/b', 'application/pdf', data],
    ['POST', '/Patient', fhir, JSON.stringify(aPatient())],
    ['PATCH', '/Patient/x', 'application/json-patch+json', '[{"op":"test"}]'],
    ['POST', '/Patient/_search', 'application/x-www-form-urlencoded', 'name=a'],
  ]
  for (const [method, path, type, body] of cases) {
    const start = body.slice(0, Math.ceil(body.length / 2))
    await talk(port, [head(method, path, type, body.length), start], true)
    await talk(port, [head(method, path, type, body.length)], true)
  }
  t.ok(await until(() => blobs() === 0), 'no blob is left')
  await nothingStored(t, server)
  t.equal((await call(server, 'POST', '/Binary', { body: binary })).status, 201)
  t.equal(blobs(), 1)
})

t.test('answers a refused body although it is still on its way', async (t) => {
  const { server, port, blobs } = await listen(t, {
    BODY_BYTES_MAX: '200000',
    DOCUMENT_BYTES_MAX: '100000',
  })
  const piece = Buffer.alloc(60_000, 'A')
  const refused: [path: string, type: string, start: string, status: number, pieces?: number][] = [
    ['/Binary', 'application/pdf', '', 413],
    ['/Binary', 'application/fhir+json', '{"resourceType":"Binary","data":"', 413],
    ['/Patient', 'application/fhir+json', '{"resourceType":"Patient","id":"', 413],
    ['/Patient', 'application/fhir+json', '{"resourceType":x', 400, 3],
    ['/Patient', 'text/plain', '', 415],
    ['/Nothing', 'application/fhir+json', '', 404],
  ]
  for (const [path, type, start, status, pieces = 10] of refused) {
    const answer = await talk(port, [
      head('POST', path, type, pieces * piece.length + start.length),
      start,
      ...Array.from({ length: pieces }, () => piece),
    ])
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), `${path} ${type}`)
    t.match(answer, /"resourceType":"OperationOutcome"/)
  }
  t.ok(await until(() => blobs() === 0))
  await nothingStored(t, server)
})

t.test('echoes only what a FHIR string may hold', async (t) => {
  const server = await openServer(t)
  for (const path of [
    '/Patient/%00%08',
    '/Patient?birthdate=%1b',
    `/Patient?birthdate=${'a'.repeat(78)}${'%F0%9F%98%80'.repeat(3)}`,
    `/Patient?${'%F0%9F%98%80'.repeat(2_001)}=x`,
    '/Patient?%00=x',
  ]) {
    const { text, body } = await call(server, 'GET', path)
    t.match(body, { resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] })
    t.notMatch(text, /\\u0000|\\b|\\u001b|\\ud[89a-f]/i, path)
    const again = await call(server, 'POST', '/OperationOutcome', { body })
    t.equal(again.status, 201, again.text)
  }
})

t.test('answers a body that is declared too long before it is sent', async (t) => {
  const { server, port, blobs } = await listen(t, {
    BODY_BYTES_MAX: '200000',
    DOCUMENT_BYTES_MAX: '100000',
  })
  for (const [method, path, type, length] of [
    ['POST', '/Patient', 'application/fhir+json', 200_001],
    ['POST', '', 'application/fhir+json', 3e11],
    ['POST', '/Binary', 'application/pdf', 100_001],
    ['PATCH', '/Patient/x', 'application/json-patch+json', 200_001],
  ] as const) {
    const answer = await talk(port, [head(method, path, type, length)])
    t.match(answer, /^HTTP\/1.1 413 /, `${method} ${path} ${type}`)
    t.match(answer, /"code":"too-long"/)
  }
  t.ok(await until(() => blobs() === 0))
  await nothingStored(t, server)
})

t.test('answers what is no HTTP with an OperationOutcome', async (t) => {
  const { server, port } = await listen(t)
  const cases: [string, number][] = [
    [`GET /fhir/Patient?name=${'a'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    ['NONSENSE\r\n\r\n', 400],
    ['BREW /fhir/Patient HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['GET /fhir/Patient HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n', 400],
    ['POST /fhir/Patient HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n', 400],
    ['GET /fhir/Patient/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
  ]
  for (const [request, status] of cases) {
    const answer = await talk(port, [request])
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), request.slice(0, 40))
    t.match(answer, /"resourceType":"OperationOutcome"/)
  }
  t.equal((await call(server, 'GET', '/metadata')).status, 200)
})

t.test('answers the next request of a connection after a long body that was refused', async (t) => {
  const { port } = await listen(t)
  const body = `{"resourceType":"Patient",x${' '.repeat(3_000_000)}}`
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let answers = ''
  const both = new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      answers += String(data)
      if (answers.split('HTTP/1.1 ').length === 3) resolve()
    })
  })
  const head = 'Host: x\r\nContent-Type: application/fhir+json\r\n'
  socket.write(
    `POST /fhir/Patient HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`,
  )
  socket.write('GET /fhir/Patient/nobody HTTP/1.1\r\nHost: x\r\n\r\n')
  await both
  t.match(answers, /^HTTP\/1.1 400 /)
  t.match(answers, /HTTP\/1.1 404 /)
})
