import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aPatient, anObservation, call, openServer } from '../fixtures.ts'
import { ask, identifier, post, responses, send } from './entries.ts'

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
