import { createHash } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import t from 'tap'
import { demoPeople, demoResources } from '../../src/demo/demo-data.ts'
import type { JsonObject, JsonValue, Resource } from '../../src/fhir/resource.ts'
import { isObject } from '../../src/fhir/resource.ts'
import { checkMatricule } from '../../src/national/ins/matricule.ts'
import { objectsIn } from '../../src/national/ins/patient-elements.ts'
import { checkRegistryIdentifier } from '../../src/national/ins/registry-keys.ts'
import { identityTrust, isQualifiedIdentity } from '../../src/national/ins/trust-status.ts'
import { checkXml } from './check-xml.ts'

const options = { seed: 'test', today: '2026-03-18' }
const bundles = [...demoResources(options)]
const resources = bundles.flatMap(({ entry }) => entry.map(({ resource }) => resource))
const ofType = (type: string) => resources.filter(({ resourceType }) => resourceType === type)

t.test('gives the same bytes for the same seed and day, others for another seed', async (t) => {
  const digest = (seed: string) => {
    const hash = createHash('sha256')
    for (const bundle of demoResources({ ...options, seed })) hash.update(JSON.stringify(bundle))
    return hash.digest('hex')
  }
  t.equal(digest('test'), digest('test'))
  t.not(digest('test'), digest('other'))
})

t.test('holds the people and records that were promised', async (t) => {
  t.equal(ofType('Patient').length, 50)
  t.equal(ofType('Practitioner').length, 12)
  t.equal(ofType('PractitionerRole').length, 12)
  t.equal(ofType('Organization').length, 4)
  t.equal(ofType('DocumentReference').length, ofType('Binary').length)
  t.ok(ofType('DocumentReference').length >= 100)
  for (const type of [
    'Observation',
    'AllergyIntolerance',
    'Condition',
    'Immunization',
    'MedicationRequest',
    'Encounter',
    'Appointment',
  ])
    t.ok(ofType(type).length > 5, type)
  t.same(
    demoPeople(options).patients.map(({ resource }) => resource),
    ofType('Patient'),
  )
})

t.test('gives every patient a qualified identity with a right test INS of nobody', async (t) => {
  const seen = new Set<string>()
  for (const { ins, resource } of demoPeople(options).patients) {
    t.equal(checkMatricule(ins.value), 'ok', ins.value)
    t.match(ins.system, /\.10$/)
    t.match(ins.value.slice(5, 10), /^(..999|97.99)$/, 'no commune and no country has this code')
    t.notOk(seen.has(ins.value))
    seen.add(ins.value)
    t.equal(identityTrust(resource).status, 'qualifiee')
    t.ok(isQualifiedIdentity(resource))
    t.ok(String(resource.birthDate) < options.today)
  }
})

t.test('has right keys in all registers, in contained resources too', async (t) => {
  const counts: Record<string, number> = {}
  const check = (resource: Resource) => {
    for (const { system, value } of objectsIn(resource.identifier)) {
      const found = checkRegistryIdentifier(
        { system: String(system), value: String(value) },
        resource.resourceType,
      )
      if (!found) continue
      counts[found.registry] = (counts[found.registry] ?? 0) + 1
      if (found.result !== 'ok') t.fail(`${found.registry} ${String(value)}: ${found.result}`)
    }
    for (const contained of objectsIn(resource.contained)) check(contained as Resource)
  }
  resources.forEach(check)
  t.same(Object.keys(counts).toSorted(), ['FINESS', 'IDNPS', 'IDNST', 'RPPS', 'SIREN'])
})

/** All reference texts in a value. */
function references(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'reference' && typeof member === 'string' ? [member] : references(member),
  )
}

t.test('refers only to what the same transaction or an earlier one brings', async (t) => {
  const known = new Set<string>()
  for (const { entry } of bundles) {
    for (const { resource, fullUrl } of entry) {
      known.add(
        typeof fullUrl === 'string' ? fullUrl : `${resource.resourceType}/${String(resource.id)}`,
      )
    }
    for (const { resource } of entry) {
      const contained = new Set(objectsIn(resource.contained).map(({ id }) => `#${String(id)}`))
      const broken = references(resource).filter((text) => !known.has(text) && !contained.has(text))
      t.same(broken, [])
      const used = new Set(references(resource))
      t.same(
        [...contained].filter((id) => !used.has(id)),
        [],
        'nothing is contained in vain',
      )
    }
  }
})

t.test('uses each id and each document identifier once', async (t) => {
  const ids = resources.flatMap(({ resourceType, id }) =>
    id ? [`${resourceType}/${String(id)}`] : [],
  )
  t.equal(new Set(ids).size, ids.length)
  const identifiers = [...ofType('DocumentReference'), ...ofType('List')].flatMap((resource) =>
    [resource.masterIdentifier ?? null, ...objectsIn(resource.identifier)]
      .filter(isObject)
      .map(({ value }) => value),
  )
  t.equal(new Set(identifiers).size, identifiers.length)
  t.equal(
    new Set(bundles.flatMap(({ entry }) => entry.map(({ fullUrl }) => fullUrl ?? {}))).size,
    resources.length,
  )
})

function attachmentOf(fiche: Resource): JsonObject {
  return objectsIn(fiche.content)[0]!.attachment as JsonObject
}

t.test('publishes documents whose size and hash are those of their bytes', async (t) => {
  for (const { entry } of bundles.filter(({ meta }) => meta)) {
    const [list, fiche, binary] = entry
    t.same(
      entry.map(({ resource }) => resource.resourceType),
      ['List', 'DocumentReference', 'Binary'],
    )
    t.ok(
      entry.every(
        ({ request, resource }) =>
          request.method === 'POST' && request.url === resource.resourceType,
      ),
    )
    t.same(list!.resource.subject, fiche!.resource.subject)
    const attachment = attachmentOf(fiche!.resource)
    const bytes = Buffer.from(String(binary!.resource.data), 'base64')
    t.equal(attachment.url, binary!.fullUrl)
    t.equal(attachment.size, bytes.length)
    t.equal(attachment.hash, createHash('sha1').update(bytes).digest('base64'))
    t.equal(attachment.contentType, binary!.resource.contentType)
  }
})

const bytesOf = (contentType: string) =>
  ofType('Binary')
    .filter((binary) => binary.contentType === contentType)
    .map(({ data }) => Buffer.from(String(data), 'base64'))

t.test('writes CDA documents that are well-formed and name the patient', async (t) => {
  const documents = bytesOf('application/xml')
  t.ok(documents.length > 40)
  for (const bytes of documents) {
    const text = bytes.toString('utf8')
    t.equal(checkXml(text), undefined)
    t.match(text, /<id root="1\.2\.250\.1\.213\.1\.4\.10" extension="\d[\dAB]{14}"\/>/)
  }
  t.match(documents.join(''), /É/, 'accents are kept')
})

t.test('writes PDF files whose table of objects is right', async (t) => {
  const files = bytesOf('application/pdf')
  t.ok(files.length > 40)
  for (const bytes of files) {
    const text = bytes.toString('latin1')
    t.match(text, /^%PDF-1\.4\n/)
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1])
    t.equal(text.slice(start, start + 5), 'xref\n')
    const offsets = [...text.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) =>
      Number(offset),
    )
    t.equal(offsets.length, 7)
    for (const [index, offset] of offsets.entries())
      t.ok(text.startsWith(`${index + 1} 0 obj\n`, offset))
    const [, length, stream] = /<< \/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/.exec(text)!
    t.equal(stream!.length, Number(length))
    t.match(text, /\/WinAnsiEncoding/)
  }
  t.match(
    files.map((bytes) => bytes.toString('latin1')).join(''),
    /Médecin|médecin|numéro|né\(e\\\)|n\xe9/,
  )
})

const hasPdfToText = spawnSync('pdftotext', ['-v']).error === undefined

t.test(
  'writes PDF files that pdftotext reads',
  { skip: !hasPdfToText && 'no pdftotext here' },
  async (t) => {
    const [input] = bytesOf('application/pdf')
    const text = execFileSync('pdftotext', ['-', '-'], { input }).toString('utf8')
    t.match(text, /Document de démonstration/)
  },
)
