/** Queries and extraction meet: what a query means is found in a resource as it is written. */
import t from 'tap'
import type { Resource } from '../../src/fhir/resource.ts'
import { createIndexExtractor } from '../../src/search/index-entries.ts'
import type { Candidate } from '../../src/search/matcher.ts'
import { matchesClause } from '../../src/search/matcher.ts'
import { parse, registry } from './registry.ts'

const extract = createIndexExtractor({
  registry,
  timeZone: 'UTC',
  baseUrl: 'http://localhost/fhir',
})

function finds(resource: Resource, query: string): boolean {
  const { where } = parse(resource.resourceType, query).request
  const candidate: Candidate = {
    type: resource.resourceType,
    id: String(resource.id),
    lastUpdated: 0,
    entries: extract(resource),
    envelope: { patients: [], authors: [], labels: [], depositor: {}, depositedAt: 0 },
  }
  return matchesClause(where, candidate, { find: () => undefined, all: () => [] })
}

const patient: Resource = {
  resourceType: 'Patient',
  id: '1',
  meta: { profile: ['http://profile|2.1.0'], tag: [{ system: 's', code: 't' }] },
  active: true,
  name: [{ family: "L'Hôpital-Durand", given: ['Éric'] }],
  gender: 'male',
  birthDate: '1980-05-02',
  identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.8', value: '180' }],
  generalPractitioner: [{ reference: 'http://localhost/fhir/Practitioner/9' }],
  managingOrganization: { identifier: { system: 'f', value: '7' } },
}

const document: Resource = {
  resourceType: 'DocumentReference',
  id: '2',
  status: 'current',
  contained: [
    { resourceType: 'Practitioner', id: 'p', name: [{ family: 'Martin' }] },
    { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: '#p' } },
  ],
  subject: { reference: 'Patient/1' },
  author: [{ reference: '#r' }, { reference: '#p' }],
  content: [{ attachment: { contentType: 'text/plain' } }],
}

const observation: Resource = {
  resourceType: 'Observation',
  id: '3',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '1' }] },
  valueQuantity: { value: 5.4, system: 'http://unitsofmeasure.org', code: 'mg', unit: 'milligram' },
}

const questionnaire: Resource = {
  resourceType: 'Questionnaire',
  id: '4',
  url: 'http://example.org/Q',
  version: '1.0-Beta',
  status: 'active',
}

const appointment: Resource = {
  resourceType: 'Appointment',
  id: '5',
  status: 'booked',
  start: '2026-03-01T10:00:00Z',
  end: '2026-03-01T10:30:00Z',
}

const found: [Resource, string[]][] = [
  [
    appointment,
    [
      'date=2026-03-01T10:00:00Z',
      'date=2026-03-01T10:00:00.000Z',
      'date=2026-03-01T11:00:00.0%2B01:00',
      'date=le2026-03-01T10:00:00.000Z',
      'date=ne2026-03-01T10:00:00.001Z',
      'date=eb2026-03-01T10:00:00.001Z',
    ],
  ],
  [
    questionnaire,
    [
      'version=1.0-beta',
      'version=1.0-Beta',
      'version=|1.0-BETA',
      'version:not=1.0',
      'url=http://example.org/Q|1.0-BETA',
    ],
  ],
  [
    patient,
    [
      'name=lhopital durand',
      'name:contains=DURAND',
      'family=l%27hop',
      'given:exact=Éric',
      'gender=male',
      'gender=|male',
      'gender:not=female',
      'gender=http://hl7.org/fhir/administrative-gender|male',
      'active=true',
      'birthdate=1980',
      'birthdate=le1980-05-02',
      'identifier=urn:oid:1.2.250.1.213.1.4.8|180',
      'identifier=180',
      'general-practitioner=9',
      'general-practitioner=Practitioner/9',
      'general-practitioner:Practitioner=9',
      'organization:identifier=f|7',
      'organization:missing=false',
      'link:missing=true',
      '_tag=s|t',
      '_profile=http://profile',
      '_profile=http://profile|2.1.0',
      '_id=1',
    ],
  ],
  [
    document,
    [
      'patient=1',
      'patient=Patient/1',
      'subject:Patient=1',
      'author.family=martin',
      'author:Practitioner.family=mart',
      'author.practitioner.family=martin',
      'author:missing=false',
      'status=current',
    ],
  ],
  [
    observation,
    [
      'code=http://loinc.org|1',
      'code=http://loinc.org|',
      'value-quantity=5.4||mg',
      'value-quantity=5.4|http://unitsofmeasure.org|mg',
      'value-quantity=5.4||milligram',
      'value-quantity=gt5,lt1',
      'code-value-quantity=http://loinc.org|1$5.4',
      'status=|final',
    ],
  ],
]

const notFound: [Resource, string[]][] = [
  [
    appointment,
    [
      'date=gt2026-03-01T10:00:00.000Z',
      'date=2026-03-01T10:00:00.001Z',
      'date=ne2026-03-01T10:00:00.000Z',
    ],
  ],
  [questionnaire, ['version=1.0', 'version:not=1.0-beta', 'url=http://example.org/q']],
  [
    patient,
    [
      'name:exact=éric',
      'gender=Male',
      'birthdate=1980-06',
      'identifier=urn:oid:1.2|180',
      'general-practitioner=Organization/9',
      'organization=7',
      'organization:missing=true',
      '_profile=http://profile|2.2.0',
      'gender=male&active=false',
    ],
  ],
  [document, ['author.family=durand', 'patient=2', 'author:missing=true', 'status:not=current']],
  [
    observation,
    ['code=|1', 'value-quantity=5.0||mg', 'code-value-quantity=1$6', 'value-quantity=5.4||g'],
  ],
]

t.test('finds what the resource says', async (t) => {
  for (const [resource, queries] of found)
    for (const query of queries) t.ok(finds(resource, query), query)
})

t.test('finds nothing that the resource does not say', async (t) => {
  for (const [resource, queries] of notFound)
    for (const query of queries) t.notOk(finds(resource, query), query)
})
