/** ITI-105: one document with its bytes inside. Decisions 2, 5, 48, 67, 69, 73; MHD ITI-105. */
import t from 'tap'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import { call } from '../../fixtures.ts'
import {
  aPublish,
  attachmentOf,
  brokenRules,
  entryUuidOf,
  get,
  labelCodes,
  openRecord,
  patient,
  patientUrl,
  post,
  read,
  sha1,
} from './record.ts'

const bytes = Buffer.from('Compte rendu')

t.test('takes the bytes out, and makes the Binary and the lot', async (t) => {
  const server = await openRecord(t)
  const answer = await post(server, '/DocumentReference', aPublish())
  t.equal(answer.status, 201)
  const fiche = answer.body as unknown as Resource
  t.match(fiche.meta, { versionId: '1', lastUpdated: /Z$/ })
  t.notOk((fiche.meta as JsonObject).profile, 'what is kept is no simplified publish')
  const { url, hash, size, data } = attachmentOf(fiche)
  t.equal(data, undefined)
  t.equal(hash, sha1(bytes))
  t.equal(size, bytes.length)
  t.match(entryUuidOf(fiche), /^urn:uuid:/)
  t.same(labelCodes(fiche), ['N'])
  const path = String(url).slice('http://localhost:8080/fhir'.length)
  const read = await get(server, path, { accept: 'text/plain' })
  t.equal(read.text, 'Compte rendu')
  const lots = await get(server, `/List?patient=${patientUrl}&code=submissionset&status=current`)
  t.equal(lots.body.total, 1)
  t.match(lots.body.entry![0]!.resource, {
    entry: [{ item: { reference: `DocumentReference/${String(fiche.id)}` } }],
  })
})

t.test('takes a document that is larger than what is kept in memory', async (t) => {
  const server = await openRecord(t)
  const large = Buffer.alloc(200_000, 'é')
  const answer = await post(
    server,
    '/DocumentReference',
    aPublish({}, { data: large.toString('base64'), hash: sha1(large), size: large.length }),
  )
  t.equal(answer.status, 201)
  const { url } = attachmentOf(answer.body as unknown as Resource)
  const path = String(url).slice('http://localhost:8080/fhir'.length)
  t.ok((await get(server, path, { accept: 'text/plain' })).bytes.equals(large))
})

t.test(
  'answers a retry like the first time, and refuses another with the identifier',
  async (t) => {
    const server = await openRecord(t)
    const publish = aPublish()
    delete publish.date
    const first = await post(server, '/DocumentReference', publish)
    const sequence = server.store.sequence()
    const again = await post(server, '/DocumentReference', publish)
    t.equal(again.status, 201)
    t.equal(again.headers.location, first.headers.location)
    t.equal(again.text, first.text)
    t.equal(server.store.sequence(), sequence)
    const other = aPublish({}, { data: Buffer.from('autre').toString('base64') })
    const refused = await post(server, '/DocumentReference', other)
    t.equal(refused.status, 409)
    t.same(brokenRules(refused), ['pdsm-master-identifier'])
  },
)

t.test('refuses what the profile forbids', async (t) => {
  const server = await openRecord(t)
  const cases: [string, Resource][] = [
    ['min-cardinality', withoutData(aPublish())],
    ['max-cardinality', aPublish({ identifier: [{ value: 'x' }] })],
    ['max-cardinality', aPublish({}, { url: 'http://example.org/1' })],
    ['dmp-hash', aPublish({}, { hash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=' })],
    ['dmp-size', aPublish({}, { size: 3 })],
    ['pattern-value', aPublish({ status: 'superseded' })],
    ['pdsm-label', aPublish({ securityLabel: [{ coding: [{ system: 'urn:x', code: 'N' }] }] })],
    ['pdsm-subject', aPublish({ subject: { reference: 'Patient/nobody' } })],
  ]
  for (const [rule, publish] of cases) {
    const answer = await post(server, '/DocumentReference', publish)
    t.equal(answer.status, 422, rule)
    t.ok(brokenRules(answer).includes(rule), `${rule}: ${brokenRules(answer).join(', ')}`)
  }
  t.equal((await get(server, '/DocumentReference?_summary=count')).body.total, 0)
})

function withoutData(publish: Resource): Resource {
  const { data: _, ...attachment } = attachmentOf(publish)
  return { ...publish, content: [{ attachment }] }
}

t.test('warns of a producer code that is recommended otherwise', async (t) => {
  const server = await openRecord(t)
  const facilityType = { coding: [{ system: 'http://snomed.info/sct', code: '22232009' }] }
  const answer = await call(server, 'POST', '/DocumentReference', {
    body: aPublish({ context: { facilityType } }),
    headers: { prefer: 'return=OperationOutcome' },
  })
  t.equal(answer.status, 201)
  t.match(answer.text, /constr-bind-ProducteurDoc/)
  t.match(answer.text, /pdsm-custodian/)
})

t.test('sets the date from the creation, else from the reception', async (t) => {
  const now = () => Date.parse('2026-03-20T08:00:00Z')
  const server = await openRecord(t, { now })
  const cases: [string | undefined, string][] = [
    ['2026-03-18T10:30:00+01:00', '2026-03-18T10:30:00+01:00'],
    ['2026-03-18', '2026-03-17T23:00:00.000Z'],
    [undefined, '2026-03-20T08:00:00.000Z'],
  ]
  for (const [index, [creation, date]] of cases.entries()) {
    const publish = aPublish(
      { masterIdentifier: { value: `m${index}` } },
      creation === undefined ? {} : { creation },
    )
    delete publish.date
    const answer = await post(server, '/DocumentReference', publish)
    t.equal(answer.status, 201, answer.text)
    t.equal((answer.body as JsonObject).date, date)
  }
})

t.test('finds the patient by condition, by identifier and in a contained Patient', async (t) => {
  const server = await openRecord(t)
  const { system, value } = patient.ins
  const contained = aPublish().contained as JsonObject[]
  const subjects: JsonObject[] = [
    { subject: { reference: `Patient?identifier=${system}|${value}` } },
    { subject: { identifier: { system, value } } },
    {
      subject: { reference: '#patient' },
      contained: [
        ...contained,
        { resourceType: 'Patient', id: 'patient', identifier: [{ system, value }] },
      ],
    },
  ]
  for (const [index, subject] of subjects.entries()) {
    const publish = aPublish({ masterIdentifier: { value: `m${index}` }, ...subject })
    const answer = await post(server, '/DocumentReference', publish)
    t.equal(answer.status, 201, answer.text)
    const fiche = await read(server, `DocumentReference/${String((answer.body as JsonObject).id)}`)
    t.match(fiche.subject, { reference: patientUrl })
  }
  const found = await get(
    server,
    `/DocumentReference?patient.identifier=${system}|${value}&status=current`,
  )
  t.equal(found.body.total, 3)
  const stranger = aPublish({ subject: { identifier: { system, value: '180017599900137' } } })
  t.equal((await post(server, '/DocumentReference', stranger)).status, 422)
})

t.test('takes a simplified publish in a transaction and in a batch', async (t) => {
  const server = await openRecord(t)
  for (const type of ['transaction', 'batch']) {
    const entry = [
      {
        resource: aPublish({ masterIdentifier: { value: type } }),
        request: { method: 'POST', url: 'DocumentReference' },
      },
    ]
    const answer = await post(server, '', { resourceType: 'Bundle', type, entry })
    t.match(answer.body.entry, [{ response: { status: '201 Created' } }], type)
  }
  t.equal((await get(server, `/List?patient=${patientUrl}`)).body.total, 2)
})

t.test('answers the same publish sent 10 times at once with one document', async (t) => {
  const server = await openRecord(t)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => post(server, '/DocumentReference', aPublish())),
  )
  for (const answer of answers) {
    t.equal(answer.status, 201)
    t.equal(answer.headers.location, answers[0]!.headers.location)
  }
  t.equal((await get(server, '/DocumentReference')).body.total, 1)
})
