/** Whatever is sent: never a 5xx, and every error is an OperationOutcome. */
import t from 'tap'
import fc from 'fast-check'
import type { JsonValue } from '../../src/fhir/resource.ts'
import { loadConfig } from '../../src/config.ts'
import { buildServer, type Server } from '../../src/server.ts'
import { aDocumentReference, aPatient, anObservation, call, openServer } from '../fixtures.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const types = ['Patient', 'Observation', 'DocumentReference', 'Binary', 'Bundle', 'List', 'Nothing']
const ids = ['x', 'y', 'a'.repeat(64), 'a'.repeat(65), 'a_b', '%zz', '%00', '..', '', '$validate']
const oneOf = <T>(...values: T[]) => fc.constantFrom(...values)

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  oneOf('\u0000', '__proto__', 'constructor', '%', '\\', '|', ',', '$', '2024-02-30', '1e999', '🌡'),
)

const segment = fc.oneof(
  { weight: 6, arbitrary: oneOf(...types) },
  { weight: 4, arbitrary: oneOf(...ids) },
  { weight: 3, arbitrary: oneOf('_history', '_search', 'metadata', '1', '2', '0', '$validate') },
  { weight: 1, arbitrary: oddText.map(encodeURIComponentSafely) },
)

const parameterName = fc.oneof(
  oneOf('name', 'identifier', 'subject', 'patient', 'patient.name', 'subject:Patient.name'),
  oneOf(
    'date',
    'birthdate',
    'code',
    'value-quantity',
    'code-value-quantity',
    '_id',
    '_lastUpdated',
  ),
  oneOf('_has:Observation:patient:code', '_sort', '_count', '_include', '_revinclude', '_summary'),
  oneOf('_elements', '_total', '_type', '_page', '_since', '_at', '_format', '_pretty', 'url'),
  oneOf('name:exact', 'name:contains', 'code:not', 'code:missing', 'code:in', 'name:nope', '_tag'),
  oddText,
)
const parameterValue = fc.oneof(
  oneOf(
    '',
    'a',
    'a|b',
    '|',
    'Patient/x',
    'ge2024',
    'gt5',
    '5.4|http://unitsofmeasure.org|mg',
    'true',
  ),
  oneOf(
    '-date',
    '_lastUpdated,-_id',
    '0',
    '-1',
    '99999999999',
    'Patient:organization',
    '*',
    'json',
  ),
  oneOf('text', 'count', 'accurate', 'a$b', '8867-4$gt5', '\\,', 'urn:oid:1.2|3', 'apsomething'),
  oddText,
)
const query = fc
  .array(fc.tuple(parameterName, parameterValue), { maxLength: 3 })
  .map((pairs) =>
    pairs
      .map(
        ([name, value]) => `${encodeURIComponentSafely(name)}=${encodeURIComponentSafely(value)}`,
      )
      .join('&'),
  )

const likelyPath = oneOf(
  '',
  '',
  '/Patient',
  '/Patient/x',
  '/Patient/x',
  '/Observation/x',
  '/DocumentReference',
  '/Binary/x',
  '/Binary',
  '/Patient?identifier=a',
  '/Patient/x/_history',
  '/_history',
  '/Patient/_search',
)
const oddPath = fc
  .tuple(fc.array(segment, { maxLength: 4 }), query)
  .map(([segments, search]) => `/${segments.join('/')}${search === '' ? '' : `?${search}`}`)

const typePath = oneOf('/Patient', '/Observation', '/DocumentReference', '/Binary')
const resourcePath = typePath.map((start) => `${start}/x`)
const likelySearch = fc
  .tuple(oneOf('/Patient', '/Observation', '', '/DocumentReference'), query)
  .map(([start, search]) => `${start}?${search}`)
const path = fc.oneof(
  { weight: 3, arbitrary: likelyPath },
  { weight: 2, arbitrary: likelySearch },
  { weight: 3, arbitrary: oddPath },
)

const contentTypes = [
  ...Array.from({ length: 12 }, () => 'application/fhir+json'),
  'application/json',
  'application/json-patch+json',
  'application/x-www-form-urlencoded',
  'application/pdf',
  'application/fhir+xml',
  'text/plain; charset=x',
  'nonsense',
]
const oddHeaders = {
  accept: oneOf('*/*', 'application/fhir+json', 'application/pdf', 'text/html', 'q=;;,', 'a/b;q=x'),
  prefer: oneOf(
    'return=minimal',
    'return=representation',
    'handling=lenient',
    'return=OperationOutcome',
    ';,=',
  ),
  'if-match': oneOf('W/"1"', '*', '1', '""', 'x,y', '"'),
  'if-none-match': oneOf('W/"1"', '*', '"x"', ','),
  'if-modified-since': oneOf('Wed, 18 Mar 2026 10:30:00 GMT', 'yesterday', '2026-01-01'),
  'if-none-exist': oneOf('identifier=a', '', '?', 'nope=1', '%zz', 'name:in=x'),
  'x-security-context': oneOf('Patient/x', 'Nothing/1', '', 'é', '#'),
  range: oneOf('bytes=0-1', 'bytes=5-', 'bytes=a', 'bytes=-0', 'x'),
  'accept-language': oneOf('en', 'de, fr', ';'),
}

const oddHeader = fc.oneof(
  ...Object.entries(oddHeaders).map(([name, value]) =>
    value.map((text) => [name, text] as [string, string]),
  ),
)
const headers = fc
  .tuple(oneOf(...contentTypes), fc.array(oddHeader, { maxLength: 2 }))
  .map(([type, others]) => ({ 'content-type': type, ...Object.fromEntries(others) }))

/** Resources with a part swapped for something that does not belong there. */
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>
const resource = fc
  .tuple(
    oneOf(aPatient({ id: 'x' }), anObservation({ id: 'x' }), aDocumentReference({ id: 'x' }), {
      resourceType: 'Binary',
      id: 'x',
      contentType: 'text/plain',
      data: 'aGk=',
    }),
    oneOf(
      'id',
      'meta',
      'name',
      'code',
      'subject',
      'content',
      'identifier',
      'extension',
      'contained',
      'data',
      'text',
      '_birthDate',
    ),
    fc.option(json),
  )
  .map(([whole, key, value]) => (value === null ? whole : { ...whole, [key]: value }) as JsonValue)
const entry = fc.record(
  {
    fullUrl: fc.oneof(oneOf('urn:uuid:1', 'urn:uuid:2', 'http://x/Patient/1'), json),
    resource: fc.oneof({ weight: 4, arbitrary: resource }, { weight: 1, arbitrary: json }),
    request: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          method: oneOf(...methods),
          url: fc.oneof(path, oneOf('Patient', 'Patient/x', 'Observation?code=a')),
        }),
      },
      { weight: 1, arbitrary: json },
    ),
  },
  { requiredKeys: ['request'] },
)
const bundle = fc.record({
  resourceType: oneOf('Bundle'),
  type: oneOf('transaction', 'batch', 'document'),
  entry: fc.oneof(
    { weight: 5, arbitrary: fc.array(entry, { maxLength: 4 }) },
    { weight: 1, arbitrary: json },
  ),
}) as fc.Arbitrary<JsonValue>
const patch = fc.array(
  fc.record({
    op: oneOf('add', 'replace', 'remove', 'test', 'move', 'copy', 'x'),
    path: oneOf('/name/0', '/active', '/', '', '/id', '/__proto__/x', '/name/-', '/meta', '~2'),
    from: oneOf('/name', '/x', ''),
    value: json,
  }),
  { maxLength: 3 },
) as fc.Arbitrary<JsonValue>
const body = fc.oneof(
  resource.map((value) => JSON.stringify(value)),
  bundle.map((value) => JSON.stringify(value)),
  patch.map((value) => JSON.stringify(value)),
  json.map((value) => JSON.stringify(value)),
  query,
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  resource.map((value) => JSON.stringify(value).slice(0, -3)),
)

const text = (value: fc.Arbitrary<JsonValue>) => value.map((one) => JSON.stringify(one))
const fhir = { 'content-type': 'application/fhir+json' }

/** Method, path, headers and body; half of them fit each other. */
const request = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(oneOf(...methods), path, headers, body) },
  { weight: 2, arbitrary: fc.tuple(oneOf('POST'), oneOf(''), oneOf(fhir), text(bundle)) },
  { weight: 2, arbitrary: fc.tuple(oneOf('PUT'), resourcePath, oneOf(fhir), text(resource)) },
  { weight: 1, arbitrary: fc.tuple(oneOf('POST'), typePath, headers, text(resource)) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      oneOf('PATCH'),
      oneOf('/Patient/x', '/Patient?name=a'),
      oneOf({ 'content-type': 'application/json-patch+json' }),
      text(patch),
    ),
  },
) as fc.Arbitrary<[string, string, Record<string, string>, string | Buffer]>

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '/')
}

async function neverFails(server: Server, numRuns: number): Promise<void> {
  for (const id of ['x', 'y']) {
    await call(server, 'PUT', `/Patient/${id}`, { body: aPatient({ id }) })
    await call(server, 'PUT', `/Binary/${id}`, {
      body: 'bytes',
      headers: { 'content-type': 'application/pdf' },
    })
  }
  const check = async ([method, url, given, sent]: readonly [
    string,
    string,
    Record<string, string>,
    string | Buffer,
  ]) => {
    const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'
    const options = { headers: given, ...(hasBody ? { body: sent } : {}) }
    const answer = await call(server, method, url, options)
    if (answer.status >= 500) throw new Error(`${answer.status}: ${answer.text}`)
    if (answer.status < 400 || method === 'HEAD') return
    const { resourceType, issue } = answer.body
    if (resourceType !== 'OperationOutcome') throw new Error(`no outcome: ${answer.text}`)
    if (!issue?.every(({ diagnostics }) => String(diagnostics).length > 10))
      throw new Error(`an issue says nothing: ${answer.text}`)
  }
  await fc.assert(fc.asyncProperty(request, check), { numRuns })
}

t.test('never fails, whatever is sent', async (t) => {
  await neverFails(await openServer(t), 3000)
  t.pass('3 000 requests')
})

t.test('never fails under validation and the national rules', async (t) => {
  const config = loadConfig({
    AUTH: 'open',
    STORE_URL: 'memory:',
    LOG_LEVEL: 'silent',
    DEMO_DATA: 'off',
  })
  const server = await buildServer(config)
  t.teardown(() => server.close())
  await neverFails(server, 1500)
  t.pass('1 500 requests')
})
