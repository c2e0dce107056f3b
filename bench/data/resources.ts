/** Plain R4 resources, each a little different, as a hospital's software sends them. */
import { createRandom, type Random } from '../../src/demo/random.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'

export const documentTypes = ['11488-4', '34112-3', '11502-2', '57833-6'] as const
export const mainDocumentType = `http://loinc.org|${documentTypes[0]}`
export const patientIdentifierSystem = 'https://hospital.example.org/ipp'
export const searchedSince = '2021-01-01'

const families = ['Lefèvre', 'Durand', 'Bélanger', 'Moreau', 'Girard', 'Noël', 'Fontaine', 'Hubert']
const givens = ['Élodie', 'Chloé', 'Hervé', 'Zoé', 'Anaïs', 'Jérôme', 'Lucie', 'Paul']
const towns = ['Lyon', 'Nîmes', 'Orléans', 'Besançon', 'Créteil', 'Évry', 'Angers', 'Metz']

export function patientId(index: number): string {
  return `bench-patient-${index}`
}

export function patientIdentifier(index: number): string {
  return `IPP-${100_000 + index}`
}

export function aPatient(index: number, random: Random): Resource {
  return {
    resourceType: 'Patient',
    id: patientId(index),
    identifier: [
      { use: 'usual', system: patientIdentifierSystem, value: patientIdentifier(index) },
    ],
    active: true,
    name: [
      { use: 'official', family: random.pick(families), given: [random.pick(givens), random.pick(givens)] },
    ],
    telecom: [{ system: 'phone', value: `01 02 ${index}`, use: 'home' }],
    gender: random.chance(0.5) ? 'female' : 'male',
    birthDate: aDay(random, 1940, 2015),
    address: [{ use: 'home', line: ['12 rue du Port'], city: random.pick(towns), postalCode: '69001', country: 'FR' }],
    generalPractitioner: [{ reference: `Practitioner/bench-practitioner-${random.integer(0, 49)}` }],
    managingOrganization: { reference: 'Organization/bench-organization-0' },
  }
}

export function aDocumentReference(patient: number, random: Random): Resource {
  const date = anInstant(random)
  const type = random.chance(0.6) ? documentTypes[0] : random.pick(documentTypes)
  return {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${random.uuid()}` },
    identifier: [{ system: 'https://hospital.example.org/document', value: random.uuid() }],
    status: 'current',
    docStatus: 'final',
    type: concept('http://loinc.org', type, 'Compte rendu'),
    category: [concept('https://hospital.example.org/category', `C${random.integer(1, 9)}`, 'Catégorie')],
    subject: { reference: `Patient/${patientId(patient)}` },
    date,
    author: [{ reference: `Practitioner/bench-practitioner-${random.integer(0, 49)}`, display: 'Dr Anaïs Moreau' }],
    authenticator: { reference: `Practitioner/bench-practitioner-${random.integer(0, 49)}` },
    custodian: { reference: 'Organization/bench-organization-0' },
    description: `Compte rendu du ${date.slice(0, 10)}, service de médecine`,
    securityLabel: [concept('http://terminology.hl7.org/CodeSystem/v3-Confidentiality', 'N', 'normal')],
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          language: 'fr-FR',
          url: `https://hospital.example.org/documents/${random.uuid()}`,
          size: random.integer(1000, 90_000),
          hash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
          title: 'Compte rendu',
          creation: date,
        },
        format: { system: 'urn:oid:1.3.6.1.4.1.19376.1.2.3', code: 'urn:ihe:iti:xds:2017:mimeTypeSufficient' },
      },
    ],
    context: {
      event: [concept('https://hospital.example.org/act', `A${random.integer(1, 99)}`, 'Acte')],
      period: { start: date },
      facilityType: concept('https://hospital.example.org/facility', 'SA01', 'Hôpital'),
      practiceSetting: concept('https://hospital.example.org/setting', 'ETABLISSEMENT', 'Établissement'),
    },
  }
}

export function anObservation(patient: number, random: Random): Resource {
  const low = random.integer(60, 90)
  const component = (code: string, display: string, value: number) => ({
    code: concept('http://loinc.org', code, display),
    valueQuantity: { value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
  })
  return {
    resourceType: 'Observation',
    identifier: [{ system: 'https://hospital.example.org/observation', value: random.uuid() }],
    status: 'final',
    category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs', 'Vital Signs')],
    code: concept('http://loinc.org', '85354-9', 'Pression artérielle'),
    subject: { reference: `Patient/${patientId(patient)}` },
    effectiveDateTime: anInstant(random),
    performer: [{ reference: `Practitioner/bench-practitioner-${random.integer(0, 49)}` }],
    component: [component('8480-6', 'Systolique', low + 45), component('8462-4', 'Diastolique', low)],
  }
}

export function aCondition(patient: number, random: Random): Resource {
  return {
    resourceType: 'Condition',
    clinicalStatus: concept('http://terminology.hl7.org/CodeSystem/condition-clinical', 'active', 'Active'),
    verificationStatus: concept('http://terminology.hl7.org/CodeSystem/condition-ver-status', 'confirmed', 'Confirmed'),
    category: [concept('http://terminology.hl7.org/CodeSystem/condition-category', 'problem-list-item', 'Problem List Item')],
    code: concept('http://hl7.org/fhir/sid/icd-10', `I${random.integer(10, 99)}`, 'Maladie'),
    subject: { reference: `Patient/${patientId(patient)}` },
    onsetDateTime: aDay(random, 2001, 2025),
    recordedDate: aDay(random, 2019, 2025),
  }
}

function concept(system: string, code: string, display: string): JsonObject {
  return { coding: [{ system, code, display }] }
}

function aDay(random: Random, from: number, to: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${random.integer(from, to)}-${two(random.integer(1, 12))}-${two(random.integer(1, 28))}`
}

function anInstant(random: Random): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${aDay(random, 2019, 2025)}T${two(random.integer(7, 20))}:${two(random.integer(0, 59))}:00+01:00`
}

/** Bodies for single creates; a number gives another one. */
export function createBodies(label: string, count: number, patients: number): string[] {
  const random = createRandom(`create/${label}`)
  return Array.from({ length: count }, () =>
    JSON.stringify(aDocumentReference(random.integer(0, patients - 1), random)),
  )
}
