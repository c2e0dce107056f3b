/** FHIR documents in lots: hash and size of the bytes that are served. Decisions 6, 70 and 80. */
import t from 'tap'
import { aLot } from '../../../src/demo/main-job.ts'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import { call } from '../../fixtures.ts'
import {
  attachmentOf,
  brokenRules,
  entriesOf,
  ficheOf,
  get,
  isArchivedUrl,
  jobOf,
  locations,
  openRecord,
  patch,
  patient,
  patientUrl,
  post,
  read,
  setStatus,
  sha1,
} from './record.ts'

/** A lot whose second document is a FHIR document. */
function aDocumentLot(seed: string, facts: JsonObject = {}) {
  const lot = aLot(jobOf(seed))
  const binary = entriesOf(lot, 'Binary')[1]!
  binary.resource = aDocument()
  binary.request = { method: 'POST', url: 'Bundle' }
  const fiche = ficheOf(lot, 1)
  const { hash: _, size: __, ...attachment } = attachmentOf(fiche)
  const [content] = fiche.content as JsonObject[]
  content!.attachment = { ...attachment, contentType: 'application/fhir+json', ...facts }
  return lot
}

function aDocument(): Resource {
  const { id: _, meta: __, ...resource } = patient.resource
  return {
    resourceType: 'Bundle',
    meta: {
      tag: [{ system: 'http://example.org', code: 'x' }],
      lastUpdated: '2020-01-01T00:00:00Z',
    },
    identifier: {
      system: 'urn:ietf:rfc:3986',
      value: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
    },
    type: 'document',
    timestamp: '2026-03-18T10:30:00Z',
    entry: [
      {
        fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1',
        resource: {
          resourceType: 'Composition',
          status: 'final',
          type: { coding: [{ system: 'http://loinc.org', code: '60591-5' }] },
          subject: { reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e2' },
          date: '2026-03-18T10:30:00Z',
          author: [{ display: 'Dr Martin' }],
          title: 'Synthèse médicale',
        },
      },
      { fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e2', resource },
    ],
  }
}

t.test('announces hash and size of what a read gives', async (t) => {
  const server = await openRecord(t)
  const answer = await post(server, '', aDocumentLot('a'))
  t.equal(answer.status, 200, answer.text)
  const made = locations(answer)
  const { url, hash, size } = attachmentOf(await read(server, made[2]!))
  t.equal(url, `http://localhost:8080/fhir/${made[4]}`)
  for (const accept of ['application/fhir+json', '*/*']) {
    const document = await get(server, `/${made[4]}`, { accept })
    t.equal(document.status, 200)
    t.equal(sha1(document.bytes), hash)
    t.equal(document.bytes.length, size)
    t.match(document.body, {
      id: made[4]!.slice(7),
      meta: { versionId: '1', tag: [{ code: 'x' }] },
    })
  }
})

t.test('answers a retry, and warns where hash or size were stated', async (t) => {
  const server = await openRecord(t)
  const lot = aDocumentLot('a', { hash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=', size: 1 })
  const first = await post(server, '', lot)
  t.equal(first.status, 200)
  t.match(first.text, /dmp-document-facts/)
  const again = await post(server, '', lot)
  t.same(locations(again), locations(first))
})

t.test(
  'holds a document Bundle like any content: immutable, gone when deleted, closed',
  async (t) => {
    const server = await openRecord(t)
    const made = locations(await post(server, '', aDocumentLot('a')))
    const bundle = `/${made[4]}`
    for (const method of ['PUT', 'DELETE']) {
      const options = method === 'PUT' ? { body: { ...aDocument(), id: made[4]!.slice(7) } } : {}
      const answer = await call(server, method, bundle, options)
      t.equal(answer.status, 405, method)
    }
    t.equal((await get(server, '/Bundle')).body.total, 0, 'found by its fiche only')
    const stored = await read(server, patientUrl)
    await call(server, 'PUT', `/${patientUrl}`, { body: { ...stored, active: false } })
    t.equal((await get(server, bundle)).status, 403)
    await call(server, 'PUT', `/${patientUrl}`, { body: stored })
    await patch(server, made[2]!, [{ op: 'replace', path: '/status', value: 'entered-in-error' }])
    t.equal((await get(server, bundle)).status, 410)
  },
)

t.test('takes documents only, and only as FHIR JSON', async (t) => {
  const server = await openRecord(t)
  const collection = aDocumentLot('a')
  collection.entry[4]!.resource.type = 'collection'
  const refused = await post(server, '', collection)
  t.equal(refused.status, 422)
  t.ok(brokenRules(refused).includes('pdsm-lot-entries'))
  const xml = await post(server, '', aDocumentLot('b', { contentType: 'application/fhir+xml' }))
  t.equal(xml.status, 422)
  t.ok(brokenRules(xml).includes('dmp-content-type'))
})

t.test('keeps the announced hash true while the INS is withheld, and afterwards', async (t) => {
  const server = await openRecord(t)
  const made = locations(await post(server, '', aDocumentLot('a')))
  const matches = async () => {
    const document = await get(server, `/${made[4]}`)
    const { hash, size } = attachmentOf(await read(server, made[2]!))
    t.equal(sha1(document.bytes), hash)
    t.equal(document.bytes.length, size)
    return document.text.includes(patient.ins.value)
  }
  t.equal(await matches(), true)
  await setStatus(server, 'DOUT')
  t.equal(await matches(), false)
  const archived = { url: isArchivedUrl, valueBoolean: true }
  const metadata = await patch(server, made[2]!, [
    { op: 'add', path: '/extension/-', value: archived },
  ])
  t.equal(metadata.status, 200)
  t.equal(await matches(), false, 'after a change of metadata')
  await setStatus(server, 'VALI')
  t.equal(await matches(), true, 'and when the identity is qualified again')
})
