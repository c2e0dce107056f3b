/** What is mutated: the French examples and some resources of our own, without their profiles. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { JsonObject, JsonValue, Resource } from '../../src/fhir/resource.ts'
import { isObject } from '../../src/fhir/resource.ts'

export interface Original {
  readonly name: string
  readonly resource: Resource
}

const examplesFolder = '../shared/examples/fr'

/** HAPI knows no extension of R5, so it would refuse every mutant of these. */
const refusedByHapi = /\/Slot-ExampleSlotCPTS[12]\.json$/

const text = {
  status: 'generated',
  div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Anne</p></div>',
}

const patient: Resource = {
  resourceType: 'Patient',
  id: 'p1',
  text,
  contained: [{ resourceType: 'Practitioner', id: 'gp', name: [{ family: 'Petit' }] }],
  identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.10', value: '180032A00400150' }],
  active: true,
  name: [{ use: 'official', family: 'Martin', given: ['Anne', 'Marie'] }],
  telecom: [{ system: 'phone', value: '0601020304', period: { start: '2020-01-01' } }],
  gender: 'female',
  birthDate: '1980-02-29',
  deceasedBoolean: false,
  address: [{ use: 'home', line: ['1 rue A'], city: 'Lyon', postalCode: '69001', country: 'FRA' }],
  multipleBirthInteger: 1,
  photo: [{ contentType: 'image/png', data: 'iVBORw==' }],
  contact: [{ name: { family: 'Durand' }, gender: 'male' }],
  communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'fr' }] } }],
  generalPractitioner: [{ reference: '#gp' }],
  link: [{ other: { reference: 'Patient/p2' }, type: 'seealso' }],
}

const documentReference: Resource = {
  resourceType: 'DocumentReference',
  id: 'd1',
  masterIdentifier: { use: 'usual', system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.3' },
  status: 'current',
  type: { coding: [{ system: 'http://example.org/types', code: '11490-0' }] },
  subject: { reference: 'Patient/p1' },
  date: '2024-05-01T10:00:00+02:00',
  author: [{ reference: 'Practitioner/p3' }],
  relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/d0' } }],
  content: [
    {
      attachment: {
        contentType: 'application/pdf',
        language: 'fr-FR',
        url: 'Binary/b1',
        size: 12,
        hash: 'Kq5sNclPz7QV2+lfQIuc6R7oRu0=',
        creation: '2024-05-01',
      },
    },
  ],
  context: { period: { start: '2024-04-01', end: '2024-04-02' } },
}

const observation: Resource = {
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { coding: [{ system: 'http://example.org/codes', code: 'glucose' }], text: 'Glucose' },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2024-05-01T10:00:00Z',
  issued: '2024-05-01T10:00:00.000Z',
  performer: [{ reference: 'Practitioner/p3' }],
  valueQuantity: {
    value: 5.1,
    unit: 'mmol/L',
    system: 'http://unitsofmeasure.org',
    code: 'mmol/L',
  },
  referenceRange: [
    {
      low: { value: 3.9, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
      high: { value: 5.5, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    },
  ],
  component: [
    {
      code: { text: 'Method' },
      valueString: 'strip',
    },
  ],
}

const transaction: Resource = {
  resourceType: 'Bundle',
  id: 'b1',
  type: 'transaction',
  entry: [
    {
      fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
      resource: { ...patient, id: 'p9' },
      request: { method: 'POST', url: 'Patient' },
    },
    {
      fullUrl: 'urn:uuid:5f6d0b5e-49a8-4d1f-9d3e-0b7a0a3b7d11',
      resource: {
        ...observation,
        subject: { reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
      },
      request: { method: 'POST', url: 'Observation', ifNoneExist: 'identifier=1' },
    },
  ],
}

const searchset: Resource = {
  resourceType: 'Bundle',
  id: 'b2',
  type: 'searchset',
  total: 1,
  link: [{ relation: 'self', url: 'http://example.org/fhir/Patient?name=martin' }],
  entry: [
    {
      fullUrl: 'http://example.org/fhir/Patient/p1',
      resource: patient,
      search: { mode: 'match', score: 1 },
    },
  ],
}

export function readOriginals(): Original[] {
  const own = [patient, documentReference, observation, transaction, searchset].map((resource) => ({
    name: `own/${resource.resourceType}-${resource.id}`,
    resource,
  }))
  // Many examples are alike: ours must not be lost among them.
  return [...Array.from({ length: 6 }, () => own).flat(), ...readExamples()]
}

function readExamples(): Original[] {
  if (!existsSync(examplesFolder)) return []
  const files = globSync(`${examplesFolder}/*/*.json`)
    .filter((file) => !refusedByHapi.test(file))
    .toSorted()
  return files.map((file) => ({
    name: `${file.split('/').at(-2)}/${basename(file, '.json')}`,
    resource: withoutProfiles(JSON.parse(readFileSync(file, 'utf8'))) as Resource,
  }))
}

/** The same value without any meta.profile, at all depths: this compares R4 itself. */
function withoutProfiles(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutProfiles)
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const [key, item] of Object.entries(value)) {
    const kept = key === 'meta' && isObject(item) ? without(item, 'profile') : item
    if (key !== 'meta' || !isObject(kept) || Object.keys(kept).length > 0) {
      copy[key] = withoutProfiles(kept)
    }
  }
  return copy
}

function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
}
