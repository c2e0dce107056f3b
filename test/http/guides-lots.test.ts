/**
 * The guides' own lots go through as plain FHIR, with the repairs that each needs stated here:
 * bytes come back equal, a document Bundle equal as JSON less what the server owns.
 */
import t from 'tap'
import type { Test } from 'tap'
import { existsSync, readFileSync } from 'node:fs'
import { isObject, type JsonObject, type JsonValue } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import { aPatient, baseUrl, call, openServer } from '../fixtures.ts'

const examples = new URL('../../../shared/examples/fr/', import.meta.url)
const skip = existsSync(examples) ? false : '../shared/examples/fr is absent'

const pdsm4dmp = 'ans.fhir.fr.pdsm4dmp-0.1.0/'
const mhd = 'ihe.iti.mhd-4.2.3/'

interface Lot {
  readonly name: string
  readonly file: string
  /** Resources that the lot leans on, stored before it by PUT. */
  readonly before: () => readonly JsonObject[]
  /** What the published file lacks or repeats; each with its reason. */
  readonly repairs: readonly { readonly why: string; readonly apply: (lot: LotBundle) => void }[]
  readonly statuses: readonly string[]
}

interface LotBundle extends JsonObject {
  entry: (JsonObject & { resource: JsonObject; request: { method: string; url: string } })[]
}

const exPatient = () => [example(`${mhd}Patient-ex-patient.json`)]
const uniqueMasterIdentifiers = {
  why: 'all MHD examples share one masterIdentifier; each document needs its own',
  apply: (lot: LotBundle) => {
    for (const [index, { resource }] of lot.entry.entries()) {
      if (resource.resourceType !== 'DocumentReference') continue
      const identifier = resource.masterIdentifier as JsonObject
      identifier.value = `${String(identifier.value)}.${index}`
    }
  },
}

const lots: readonly Lot[] = [
  {
    name: 'PDSm4DMP TD2.1, replacement of document X',
    file: `${pdsm4dmp}Bundle-example-td2-1-remplacement.json`,
    before: () => [
      aPatient({
        id: 'patient-x',
        identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.8', value: '123456789012345' }],
      }),
      // Published as it is afterwards; a document that is replaced is current before.
      { ...example(`${pdsm4dmp}DocumentReference-doc-x-id.json`), status: 'current' },
    ],
    repairs: [],
    statuses: ['201', '201', '200', '201'],
  },
  {
    name: 'MHD minimal',
    file: `${mhd}Bundle-ex-minimalProvideDocumentBundleSimple.json`,
    before: () => [],
    repairs: [uniqueMasterIdentifiers],
    statuses: ['201', '201', '201', '201'],
  },
  {
    name: 'MHD minimal, contained',
    file: `${mhd}Bundle-ex-minimalProvideDocumentBundleSimpleContained.json`,
    before: () => [],
    repairs: [uniqueMasterIdentifiers],
    statuses: ['201', '201', '201'],
  },
  {
    name: 'MHD comprehensive, several documents',
    file: `${mhd}Bundle-ex-comprehensiveProvideDocumentBundleMultiple.json`,
    before: exPatient,
    repairs: [uniqueMasterIdentifiers],
    statuses: ['201', '201', '201', '201', '201'],
  },
  {
    name: 'MHD comprehensive, a FHIR document',
    file: `${mhd}Bundle-ex-comprehensiveProvideDocumentBundleDocument.json`,
    before: () => [],
    repairs: [],
    statuses: ['201', '201', '201'],
  },
  {
    name: 'MHD add to folder',
    file: `${mhd}Bundle-ex-ProvideDocumentBundle-addToFolder.json`,
    before: exPatient,
    repairs: [
      uniqueMasterIdentifiers,
      {
        why: 'the PUT of the folder has no id in its URL: that of its resource is meant',
        apply: (lot) => {
          const folder = lot.entry.find(({ request }) => request.method === 'PUT')!
          folder.request.url = `List/${String(folder.resource.id)}`
        },
      },
    ],
    statuses: ['201', '201', '201', '201'],
  },
]

function example(file: string): JsonObject {
  return JSON.parse(readFileSync(new URL(file, examples), 'utf8')) as JsonObject
}

/** Stores the lot and gives, for each entry, where it went. */
async function provide(t: Test, server: Server, lot: Lot): Promise<readonly string[]> {
  for (const resource of lot.before()) {
    const path = `/${String(resource.resourceType)}/${String(resource.id)}`
    t.equal((await call(server, 'PUT', path, { body: resource })).status, 201, path)
  }
  const bundle = example(lot.file) as LotBundle
  for (const { apply } of lot.repairs) apply(bundle)
  const { status, body, text } = await call(server, 'POST', '', { body: bundle })
  t.equal(status, 200, status === 200 ? lot.name : text)
  const responses = (body.entry ?? []).map(({ response }) => response as JsonObject)
  t.same(
    responses.map((response) => String(response.status).slice(0, 3)),
    lot.statuses,
  )
  return responses.map(({ location }) => String(location).split('/_history/')[0]!)
}

function* linksIn(value: JsonValue): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* linksIn(item)
  if (!isObject(value)) return
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'string' && (key === 'reference' || key === 'url')) yield member
    else if (typeof member === 'object') yield* linksIn(member)
  }
}

for (const lot of lots) {
  t.test(`takes ${lot.name}`, { skip }, async (t) => {
    const server = await openServer(t)
    const sent = example(lot.file) as LotBundle
    const locations = await provide(t, server, lot)
    for (const [index, { resource }] of sent.entry.entries()) {
      const path = `/${locations[index]!}`
      if (resource.resourceType === 'Binary') {
        const { bytes, headers } = await call(server, 'GET', path)
        t.ok(bytes.equals(Buffer.from(String(resource.data), 'base64')), `the bytes of ${path}`)
        t.equal(headers['content-type'], resource.contentType)
        continue
      }
      const { body } = await call(server, 'GET', path)
      if (resource.resourceType === 'Bundle') {
        const { id: _, meta: _meta, ...rest } = body
        const { id: _sentId, meta: _sentMeta, ...expected } = resource
        t.same(rest, expected, 'the document as it was sent')
        continue
      }
      const left = [...linksIn(body)].filter((link) => /^urn:uuid:|\?/.test(link))
      t.same(left, [], `${path}: each link leads to a stored resource`)
    }
  })
}

t.test('finds the replacement and what it replaced, each by its status', { skip }, async (t) => {
  const server = await openServer(t)
  const [list, document, , binary] = await provide(t, server, lots[0]!)
  const { body } = await call(server, 'GET', `/${document!}`)
  t.match(body, {
    subject: { reference: 'Patient/patient-x' },
    relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/doc-x-id' } }],
    content: [{ attachment: { url: binary } }],
  })
  const ins = 'urn:oid:1.2.250.1.213.1.4.8|123456789012345'
  const found = async (query: string) =>
    (await call(server, 'GET', `/${query}`)).body.entry!.map(({ fullUrl }) =>
      String(fullUrl).slice(baseUrl.length + 1),
    )
  t.same(await found(`DocumentReference?patient.identifier=${ins}&status=current`), [document])
  const old = await call(server, 'GET', '/DocumentReference/doc-x-id')
  t.match(old.body, { status: 'superseded', meta: { versionId: '2' } })
  t.match((await call(server, 'GET', '/DocumentReference/doc-x-id/_history/1')).body, {
    status: 'current',
  })
  t.same(await found(`List?item=${document!}`), [list])
})
