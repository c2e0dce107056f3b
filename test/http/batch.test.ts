import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aPatient, anObservation, call, openServer } from '../fixtures.ts'

const ask = (method: string, url: string, rest: JsonObject = {}): JsonObject => ({
  ...rest,
  request: { method, url, ...(rest.request as object) },
})
const identifier = [{ system: 'urn:test', value: 'a' }]

t.test('does each entry of a batch for itself', async (t) => {
  const server = await openServer(t)
  const data = Buffer.alloc(100_000, 'x').toString('base64')
  const binary = { resourceType: 'Binary', contentType: 'text/plain', data }
  const entry = [
    ask('POST', 'Patient', { resource: aPatient({ identifier }) }),
    ask('POST', 'Patient', {
      resource: aPatient(),
      request: { ifNoneExist: 'identifier=urn:test|a' },
    }),
    ask('PUT', 'Patient/x', { resource: aPatient({ id: 'y' }) }),
    ask('PUT', 'Patient/x', { resource: aPatient({ id: 'x' }), request: { ifNoneMatch: '*' } }),
    ask('PUT', 'Patient/x', { resource: aPatient({ id: 'x' }), request: { ifMatch: 'W/"7"' } }),
    ask('GET', 'Patient/x'),
    ask('GET', 'Patient/nobody'),
    ask('GET', 'Patient?nope=1'),
    ask('DELETE', 'Patient/x'),
    ask('GET', 'Patient/x'),
    ask('POST', 'Binary', { resource: binary }),
    ask('PATCH', 'Patient?identifier=urn:test|a', {
      resource: {
        resourceType: 'Binary',
        contentType: 'application/json-patch+json',
        data: Buffer.from('[{"op":"add","path":"/active","value":true}]').toString('base64'),
      },
    }),
    { resource: aPatient() },
    ask('POST', 'Observation', {
      resource: anObservation({ subject: { reference: 'Patient?identifier=urn:test|a' } }),
    }),
  ] as JsonObject[]
  const { status, body } = await call(server, 'POST', '', {
    body: { resourceType: 'Bundle', type: 'batch', entry },
  })
  t.equal(status, 200)
  t.equal(body.type, 'batch-response')
  const answers = body.entry!.map(({ response }) => response as JsonObject)
  t.same(
    answers.map((answer) => String(answer.status).slice(0, 3)),
    [201, 200, 400, 201, 412, 200, 404, 400, 204, 410, 201, 200, 400, 201].map(String),
  )
  t.match(answers[2], {
    status: '400 Bad Request',
    outcome: { issue: [{ expression: ['Bundle.entry[2].resource.id'] }] },
  })
  t.match(answers[4], {
    outcome: { issue: [{ expression: ['Bundle.entry[4].request.ifMatch'] }] },
  })
  t.match(answers[12], { outcome: { issue: [{ expression: ['Bundle.entry[12]'] }] } })
  t.match(answers[11], { location: /^Patient\/\w+\/_history\/2$/ })
  const stored = await call(server, 'GET', `/${String(answers[10]!.location).split('/_')[0]!}`)
  t.equal(stored.bytes.toString('base64'), data)
})

t.test('refuses references between the entries of a batch', async (t) => {
  const server = await openServer(t)
  const entry = [
    ask('POST', 'Patient', { resource: aPatient(), fullUrl: 'urn:uuid:p' }),
    ask('POST', 'Observation', {
      resource: anObservation({ subject: { reference: 'urn:uuid:p' } }),
    }),
    ask('POST', 'Observation', {
      resource: anObservation({ subject: { reference: 'urn:uuid:q' } }),
    }),
  ] as JsonObject[]
  const { body } = await call(server, 'POST', '', {
    body: { resourceType: 'Bundle', type: 'batch', entry },
  })
  t.match(body.entry, [
    { response: { status: '201 Created' } },
    {
      response: {
        status: /^422/,
        outcome: {
          issue: [
            {
              diagnostics: /only a transaction/,
              expression: ['Bundle.entry[1].resource.subject.reference'],
            },
          ],
        },
      },
    },
    { response: { status: /^422/ } },
  ])
})

t.test('refuses what an entry would ask for in vain', async (t) => {
  const server = await openServer(t)
  const put = { resource: aPatient({ id: 'x' }) }
  const cases: [entry: JsonObject, diagnostics: RegExp, place: string][] = [
    [
      ask('POST', 'Patient', { resource: aPatient(), request: { ifNonExist: 'x' } }),
      /"ifNonExist"/,
      '.request',
    ],
    [{ ...ask('GET', 'Patient'), ressource: {} }, /"ressource"/, ''],
    [{ ...ask('GET', 'Patient'), modifierExtension: [] }, /"modifierExtension"/, ''],
    [
      ask('PUT', 'Patient/x', { ...put, request: { ifNoneExist: 'identifier=1' } }),
      /no meaning for PUT/,
      '.request.ifNoneExist',
    ],
    [
      ask('POST', 'Patient', { resource: aPatient(), request: { ifMatch: 'W/"1"' } }),
      /no meaning for POST/,
      '.request.ifMatch',
    ],
    [
      ask('GET', 'Patient/x', { request: { ifMatch: 'W/"1"' } }),
      /takes ifNoneMatch and/,
      '.request.ifMatch',
    ],
    [
      ask('DELETE', 'Patient/x', { request: { ifNoneMatch: '*' } }),
      /no meaning for DELETE/,
      '.request.ifNoneMatch',
    ],
  ]
  for (const [entry, diagnostics, place] of cases) {
    const issue = [{ severity: 'error', diagnostics, expression: [`Bundle.entry[0]${place}`] }]
    const send = (type: string) =>
      call(server, 'POST', '', { body: { resourceType: 'Bundle', type, entry: [entry] } })
    const alone = await send('batch')
    t.match(alone.body.entry, [{ response: { status: /^400/, outcome: { issue } } }])
    const whole = await send('transaction')
    t.equal(whole.status, 400)
    t.match(whole.body.issue, issue)
  }
  const bundle = { resourceType: 'Bundle', type: 'batch', entries: [] }
  const answer = await call(server, 'POST', '', { body: bundle })
  t.equal(answer.status, 400)
  t.match(answer.body.issue, [{ diagnostics: /"entries"/, expression: ['Bundle'] }])
  t.equal((await call(server, 'GET', '/_history')).body.total, 0)
})
