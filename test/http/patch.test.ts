import t from 'tap'
import type { Test } from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import { aPatient, anObservation, call, openServer } from '../fixtures.ts'

const jsonPatch = { 'content-type': 'application/json-patch+json' }

async function withPatient(t: Test, over: JsonObject = {}): Promise<Server> {
  const server = await openServer(t)
  await call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x', ...over }) })
  return server
}

const patch = (server: Server, body: unknown, headers: Record<string, string> = jsonPatch) =>
  call(server, 'PATCH', '/Patient/x', { body, headers })

function replaceGender(value: string): JsonObject {
  return {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'Patient.gender' },
          { name: 'value', valueCode: value },
        ],
      },
    ],
  }
}

t.test('applies a JSON Patch', async (t) => {
  const server = await withPatient(t)
  const { status, body, headers } = await patch(server, [
    { op: 'test', path: '/gender', value: 'female' },
    { op: 'replace', path: '/name/0/family', value: 'Durand' },
    { op: 'add', path: '/name/0/given/-', value: 'Zoé' },
    { op: 'remove', path: '/birthDate' },
  ])
  t.equal(status, 200)
  t.equal(headers.etag, 'W/"2"')
  t.match(body, { name: [{ family: 'Durand', given: ['Hélène', 'Zoé'] }] })
  t.equal(body.birthDate, undefined)
  const read = await call(server, 'GET', '/Patient/x')
  t.same(read.body, body)
  const history = await call(server, 'GET', '/Patient/x/_history')
  t.match(history.body.entry![0], { request: { method: 'PATCH', url: 'Patient/x' } })
})

// R4 http.html#update: an update "creates a new current version", and a patch is one.
t.test('makes a version of an update and of a patch that change nothing', async (t) => {
  const server = await withPatient(t)
  const { body } = await call(server, 'GET', '/Patient/x')
  const update = await call(server, 'PUT', '/Patient/x', { body })
  const nothing = await patch(server, [])
  const tested = await patch(server, [{ op: 'test', path: '/gender', value: 'female' }])
  const fhirPath = { 'content-type': 'application/fhir+json' }
  const parameters = await patch(server, { resourceType: 'Parameters' }, fhirPath)
  t.match(
    [update, nothing, tested, parameters],
    [2, 3, 4, 5].map((version) => ({ status: 200, headers: { etag: `W/"${version}"` } })),
  )
})

t.test('applies a FHIRPath Patch', async (t) => {
  const server = await withPatient(t)
  for (const type of ['application/fhir+json', 'application/json']) {
    const { status, body } = await patch(server, replaceGender('male'), { 'content-type': type })
    t.equal(status, 200)
    t.match(body, { gender: 'male' })
  }
})

t.test('answers a patch as Prefer asks', async (t) => {
  const server = await withPatient(t)
  const operations = [{ op: 'add', path: '/active', value: true }]
  const minimal = await patch(server, operations, { ...jsonPatch, prefer: 'return=minimal' })
  t.equal(minimal.status, 200)
  t.equal(minimal.text, '')
  t.equal(minimal.headers.etag, 'W/"2"')
  t.match(
    (await patch(server, operations, { ...jsonPatch, prefer: 'return=OperationOutcome' })).body,
    {
      resourceType: 'OperationOutcome',
    },
  )
})

t.test('refuses a patch that cannot be applied, and changes nothing', async (t) => {
  const server = await withPatient(t)
  const cases: [string, unknown, Record<string, string>, number][] = [
    ['a failed test', [{ op: 'test', path: '/gender', value: 'male' }], jsonPatch, 422],
    ['a path that leads nowhere', [{ op: 'remove', path: '/contact/0' }], jsonPatch, 422],
    ['an unknown operation', [{ op: 'mend', path: '/gender' }], jsonPatch, 422],
    ['no list', { op: 'remove', path: '/gender' }, jsonPatch, 422],
    ['another id', [{ op: 'replace', path: '/id', value: 'y' }], jsonPatch, 422],
    ['another type', [{ op: 'replace', path: '/resourceType', value: 'Group' }], jsonPatch, 422],
    ['broken JSON', '[{"op":', jsonPatch, 400],
    ['__proto__', '[{"op":"add","path":"/active","value":{"__proto__":{}}}]', jsonPatch, 400],
    [
      'a resource that is no Parameters',
      aPatient(),
      { 'content-type': 'application/fhir+json' },
      422,
    ],
    [
      'operations outside parameter',
      { resourceType: 'Parameters', operation: [] },
      { 'content-type': 'application/fhir+json' },
      422,
    ],
    ['XML Patch', '<diff/>', { 'content-type': 'application/xml-patch+xml' }, 415],
    ['a merge patch', {}, { 'content-type': 'application/merge-patch+json' }, 415],
    ['a compressed patch', [], { ...jsonPatch, 'content-encoding': 'gzip' }, 415],
    [
      'a UTF-16 patch',
      replaceGender('male'),
      { 'content-type': 'application/fhir+json; charset=utf-16' },
      415,
    ],
  ]
  for (const [name, body, headers, expected] of cases) {
    const answer = await patch(server, body, headers)
    t.equal(answer.status, expected, `${name}: ${answer.text}`)
    t.match(answer.body, { resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] })
    if (expected === 422)
      t.match(
        answer.body.issue,
        [{ details: { coding: [{ code: 'patch' }], text: /PATCH/ } }],
        name,
      )
  }
  t.equal((await call(server, 'GET', '/Patient/x')).headers.etag, 'W/"1"')
})

t.test('answers 404 and 410 to a patch of what is not there', async (t) => {
  const server = await withPatient(t)
  const body = [{ op: 'add', path: '/active', value: true }]
  const options = { body, headers: jsonPatch }
  t.equal((await call(server, 'PATCH', '/Patient/y', options)).status, 404)
  await call(server, 'DELETE', '/Patient/x')
  t.equal((await call(server, 'PATCH', '/Patient/x', options)).status, 410)
})

t.test('keeps decimals that a patch does not touch, and those that it brings', async (t) => {
  const server = await openServer(t)
  const text = JSON.stringify(anObservation({ id: 'o' })).replace('72', '72.00')
  await call(server, 'PUT', '/Observation/o', { body: text })
  const body = '[{"op":"add","path":"/referenceRange","value":[{"low":{"value":1.50,"unit":"x"}}]}]'
  const { text: answer } = await call(server, 'PATCH', '/Observation/o', {
    body,
    headers: jsonPatch,
  })
  t.match(answer, /"value":72\.00/)
  t.match(answer, /"value":1\.50/)
})

t.test('patches with a long base64 text', async (t) => {
  const server = await withPatient(t)
  const data = Buffer.alloc(200_000, 7).toString('base64')
  const json = [{ op: 'add', path: '/photo', value: [{ contentType: 'image/png', data }] }]
  t.match((await patch(server, json)).body, { photo: [{ data }] })
  const parameters = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'add' },
          { name: 'path', valueString: 'Patient' },
          { name: 'name', valueString: 'photo' },
          { name: 'value', valueAttachment: { contentType: 'image/jpeg', data } },
        ],
      },
    ],
  }
  const { status, body } = await patch(server, parameters, {
    'content-type': 'application/fhir+json',
  })
  t.equal(status, 200, JSON.stringify(body).slice(0, 300))
  t.same((body.photo as JsonObject[])[1], { contentType: 'image/jpeg', data })
})

t.test('keeps every digit of a decimal that a patch sets, moves or copies', async (t) => {
  const server = await openServer(t)
  const observation = anObservation({
    id: 'd',
    valueQuantity: { value: 0 },
    effectiveDateTime: '2024',
  })
  const put = JSON.stringify(observation).replace('"value":0', '"value":1.10')
  const text = async (body: string, type = 'application/json-patch+json') => {
    await call(server, 'PUT', '/Observation/d', { body: put })
    const headers = { 'content-type': type }
    const { status, text } = await call(server, 'PATCH', '/Observation/d', { body, headers })
    t.equal(status, 200, text)
    return /"valueQuantity":(\{.*?\})/.exec(text)?.[1]
  }
  const at = '/valueQuantity/value'
  t.equal(await text(`[{"op":"replace","path":"${at}","value":2.500}]`), '{"value":2.500}')
  t.equal(await text(`[{"op":"replace","path":"${at}","value":1.1}]`), '{"value":1.1}')
  t.equal(
    await text(`[{"op":"copy","from":"/valueQuantity","path":"/valueQuantity"}]`),
    '{"value":1.10}',
  )
  const there = '{"op":"add","path":"/referenceRange","value":[{"low":{"unit":"g"}}]}'
  const away = `{"op":"move","from":"${at}","path":"/referenceRange/0/low/value"}`
  const back = `{"op":"move","from":"/referenceRange/0/low/value","path":"${at}"}`
  t.equal(await text(`[${there},${away},${back}]`), '{"value":1.10}')
  const fhirPath = (path: string, value: string) =>
    `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[
      {"name":"type","valueCode":"replace"},{"name":"path","valueString":"${path}"},
      {"name":"value",${value}}]}]}`
  const fhir = 'application/fhir+json'
  t.equal(
    await text(fhirPath('Observation.value.value', '"valueDecimal":3.1400'), fhir),
    '{"value":3.1400}',
  )
  t.equal(
    await text(fhirPath('Observation.value', '"valueQuantity":{"value":1e2}'), fhir),
    '{"value":1e2}',
  )
})
