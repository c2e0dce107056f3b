import t from 'tap'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { createCoreValidator, errorsOf } from './validators.ts'

const { validator } = createCoreValidator({ 'dom-6': 'off' })
const base = 'http://example.org/fhir'
const patientUrl = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'

const composition: JsonObject = {
  resourceType: 'Composition',
  id: 'c1',
  status: 'final',
  type: { text: 'Summary' },
  subject: { reference: 'Patient/p1' },
  author: [{ reference: 'Practitioner/d1' }],
  date: '2024-01-01',
  title: 'Summary',
}
const patient: JsonObject = { resourceType: 'Patient', id: 'p1', gender: 'female' }
const practitioner: JsonObject = { resourceType: 'Practitioner', id: 'd1' }

const entry = (resource: JsonObject, fullUrl?: string): JsonObject => ({
  fullUrl: fullUrl ?? `${base}/${String(resource.resourceType)}/${String(resource.id)}`,
  resource,
})

function check(type: string, entries: JsonObject[], rest: JsonObject = {}): string[] {
  const resource: Resource = { resourceType: 'Bundle', type, entry: entries, ...rest }
  return errorsOf(validator.validate(resource))
}

const document = {
  identifier: { system: 'urn:ietf:rfc:3986', value: patientUrl },
  timestamp: '2024-01-01T00:00:00Z',
}

t.test('accepts a document whose references lead to its entries', async (t) => {
  const entries = [entry(composition), entry(patient), entry(practitioner)]
  t.same(check('document', entries, document), [])
})

t.test('finds references that lead nowhere, and entries that nothing leads to', async (t) => {
  const entries = [entry(composition), entry(patient), entry(practitioner, 'http://other/x/1')]
  t.same(check('document', entries, document), [
    'reference-unresolved Bundle.entry[0].resource.author[0]',
    'bundle-reachability Bundle.entry[2]',
  ])
})

t.test('asks a document to begin with a Composition, a message with a MessageHeader', async (t) => {
  t.ok(check('document', [entry(patient)], document).includes('bundle-rule Bundle.entry[0]'))
  t.ok(check('message', [entry(patient)]).includes('bundle-rule Bundle.entry[0]'))
})

t.test('asks for absolute fullUrls that end in the type and id', async (t) => {
  t.same(check('collection', [entry(patient, 'Patient/p1')]), ['bundle-rule Bundle.entry[0]'])
  t.same(check('collection', [entry(patient, `${base}/Patient/p2`)]), [
    'bundle-rule Bundle.entry[0]',
  ])
  t.same(check('collection', [entry(patient, `${base}/Person/p1`)]), [
    'bundle-rule Bundle.entry[0]',
  ])
  t.same(check('collection', [entry(patient, `${base}/Dossier/p1`)]), [])
  t.same(check('collection', [{ resource: patient }]), ['bundle-rule Bundle.entry[0]'])
})

t.test('resolves urns inside the Bundle only', async (t) => {
  const subject = { reference: patientUrl }
  const observation: JsonObject = {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: { text: 'x' },
    subject,
  }
  t.same(check('collection', [entry(observation), entry(patient, patientUrl)]), [])
  t.same(check('collection', [entry(observation)]), [
    'reference-unresolved Bundle.entry[0].resource.subject',
  ])
  t.same(errorsOf(validator.validate(observation as Resource)), [])
})

t.test('refuses the same fullUrl twice, and a transaction without requests', async (t) => {
  const twice = check('collection', [entry(patient), entry(patient)])
  t.same(twice, ['bdl-7 Bundle'])
  t.ok(check('transaction', [entry(patient)]).includes('bdl-3 Bundle'))
})

t.test('checks resources inside as if they stood alone', async (t) => {
  t.same(check('collection', [entry({ ...patient, gender: 'x' })]), [
    'required-binding Bundle.entry[0].resource.gender',
  ])
  t.same(check('collection', [entry({ resourceType: 'Patent', id: 'x' })]), [
    'unknown-resource-type Bundle.entry[0].resource',
  ])
})
