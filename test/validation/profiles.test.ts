/** What profiles may state, on small profiles made for the purpose. R4 profiling.html. */
import t from 'tap'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { aPatient, createCoreValidator, errorsOf } from './validators.ts'

const { registry, validator } = createCoreValidator()
const url = 'http://example.org/StructureDefinition/test'

/** The errors against a profile that adds these elements to a type. */
function check(type: string, elements: readonly JsonObject[], resource: Resource): string[] {
  registry.put({
    resourceType: 'StructureDefinition',
    id: 'test',
    url,
    name: 'Test',
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: [...elements] },
  })
  return errorsOf(validator.validate(resource, { profiles: [url] }))
}

const element = (id: string, rest: JsonObject = {}): JsonObject => ({
  id,
  path: id.replace(/:[^.]*/g, ''),
  ...(/:([^.:]*)$/.test(id) ? { sliceName: id.replace(/^.*:/, '') } : {}),
  ...rest,
})

const sliceBy = (type: string, path: string, rest: JsonObject = {}): JsonObject => ({
  slicing: { discriminator: [{ type, path }], rules: 'open', ...rest },
})

t.test('counts repetitions and required elements', async (t) => {
  const elements = [
    element('Patient.maritalStatus', { min: 1 }),
    element('Patient.telecom', { max: '0' }),
  ]
  t.same(check('Patient', elements, aPatient()), [
    'min-cardinality Patient',
    'max-cardinality Patient.telecom[0]',
  ])
})

t.test('names the element that is absent, or too many, in the sentence for people', async (t) => {
  const elements = [
    element('Patient.maritalStatus', { min: 1 }),
    element('Patient.birthDate', { max: '0' }),
  ]
  check('Patient', elements, aPatient())
  const found = validator.validate(aPatient(), { profiles: [url] })
  const texts = found.filter(({ rule }) => rule?.endsWith('-cardinality')).map(({ text }) => text)
  t.match(texts, [
    { fr: /manque : Patient.maritalStatus$/, en: /missing: Patient.maritalStatus$/ },
    { fr: /en trop.* : Patient.birthDate$/, en: /too many.*: Patient.birthDate$/ },
  ])
})

t.test('compares fixed and pattern values', async (t) => {
  const elements = [
    element('Patient.gender', { fixedCode: 'male' }),
    element('Patient.identifier', { patternIdentifier: { system: 'urn:oid:1.2' } }),
  ]
  t.same(check('Patient', elements, aPatient()), [
    'pattern-value Patient.identifier[0]',
    'fixed-value Patient.gender',
  ])
})

t.test('slices by value and counts each slice', async (t) => {
  const elements = [
    element('Patient.telecom', sliceBy('value', 'system')),
    element('Patient.telecom:phone', { min: 0, max: '1' }),
    element('Patient.telecom:phone.system', { min: 1, fixedCode: 'phone' }),
    element('Patient.telecom:mail', { min: 1, max: '1' }),
    element('Patient.telecom:mail.system', { min: 1, fixedCode: 'email' }),
  ]
  const telecom = [
    { system: 'phone', value: '1' },
    { system: 'phone', value: '2' },
  ]
  t.same(check('Patient', elements, aPatient({ telecom })), [
    'slice-max Patient',
    'slice-min Patient',
  ])
})

t.test('refuses what no slice of a closed slicing takes', async (t) => {
  const elements = [
    element('Patient.telecom', sliceBy('value', 'system', { rules: 'closed' })),
    element('Patient.telecom:mail', { min: 0, max: '1' }),
    element('Patient.telecom:mail.system', { min: 1, fixedCode: 'email' }),
  ]
  t.same(check('Patient', elements, aPatient()), ['slice-closed Patient.telecom[0]'])
})

t.test('keeps the order of ordered slices, and free values at the end', async (t) => {
  const slices = [
    element('Patient.telecom:mail', { min: 0, max: '*' }),
    element('Patient.telecom:mail.system', { min: 1, fixedCode: 'email' }),
    element('Patient.telecom:phone', { min: 0, max: '*' }),
    element('Patient.telecom:phone.system', { min: 1, fixedCode: 'phone' }),
  ]
  const ordered = element('Patient.telecom', sliceBy('value', 'system', { ordered: true }))
  const phoneFirst = [
    { system: 'phone', value: '1' },
    { system: 'email', value: 'a@b' },
  ]
  t.same(check('Patient', [ordered, ...slices], aPatient({ telecom: phoneFirst })), [
    'slice-order Patient.telecom[1]',
  ])
  const openAtEnd = element('Patient.telecom', sliceBy('value', 'system', { rules: 'openAtEnd' }))
  const faxFirst = [
    { system: 'fax', value: '1' },
    { system: 'email', value: 'a@b' },
  ]
  t.same(check('Patient', [openAtEnd, ...slices], aPatient({ telecom: faxFirst })), [
    'slice-open-at-end Patient.telecom[1]',
  ])
})

t.test('slices by existence, by type and by pattern', async (t) => {
  const byPeriod = [
    element('Patient.telecom', sliceBy('exists', 'period')),
    element('Patient.telecom:dated', { min: 0, max: '1' }),
    element('Patient.telecom:dated.period', { min: 1 }),
    element('Patient.telecom:dated.rank', { min: 1 }),
  ]
  t.same(check('Patient', byPeriod, aPatient()), ['min-cardinality Patient.telecom[0]'])
  const byType = [
    element('Patient.deceased[x]', sliceBy('type', '$this', { rules: 'closed' })),
    element('Patient.deceased[x]:deceasedBoolean', { type: [{ code: 'boolean' }] }),
  ]
  t.same(check('Patient', byType, aPatient({ deceasedDateTime: '2020' })), [
    'slice-closed Patient.deceased',
  ])
  const byNameOfType = [
    element('Parameters.parameter.value[x]', sliceBy('type', '$this', { rules: 'closed' })),
    element('Parameters.parameter.value[x]:valueString', { type: [{ code: 'string' }] }),
  ]
  const parameters = (value: JsonObject) => ({
    resourceType: 'Parameters',
    parameter: [{ name: 'p', ...value }],
  })
  t.same(check('Parameters', byNameOfType, parameters({ valueString: 'x' })), [])
  t.same(check('Parameters', byNameOfType, parameters({ valueCode: 'x' })), [
    'slice-closed Parameters.parameter[0].value',
  ])
  const marital = { coding: [{ system: 'http://example.org', code: 'x' }] }
  const byPattern = [
    element('Patient.identifier', sliceBy('pattern', 'type')),
    element('Patient.identifier:odd', { min: 1 }),
    element('Patient.identifier:odd.type', { min: 1, patternCodeableConcept: marital }),
  ]
  t.same(check('Patient', byPattern, aPatient()), ['slice-min Patient'])
  const identifier = [{ type: { ...marital, text: 'x' }, value: '1' }]
  t.same(check('Patient', byPattern, aPatient({ identifier })), [])
})

t.test('checks lengths and bounds', async (t) => {
  const elements = [
    element('Patient.name.family', { maxLength: 3 }),
    element('Patient.birthDate', { minValueDate: '1990-01-01' }),
  ]
  t.same(check('Patient', elements, aPatient()), [
    'max-length Patient.name[0].family',
    'min-value Patient.birthDate',
  ])
})

t.test('evaluates invariants of the profile', async (t) => {
  const constraint = [
    { key: 'two-given', severity: 'error', human: 'Three names', expression: 'given.count() = 3' },
  ]
  const elements = [element('Patient.name', { constraint })]
  t.same(check('Patient', elements, aPatient()), ['two-given Patient.name[0]'])
})

t.test('tells a profile that is not known from one that is for another type', async (t) => {
  const unknown = validator.validate(aPatient(), { profiles: ['http://example.org/none'] })
  t.same(errorsOf(unknown), ['profile-not-found Patient'])
  const stated = aPatient({ meta: { profile: ['http://example.org/none'] } })
  t.match(
    validator.validate(stated).map(({ rule, severity }) => `${severity} ${rule}`),
    ['warning profile-unknown'],
  )
  t.same(check('Observation', [], aPatient()), ['profile-wrong-type Patient'])
})

t.test('forgets a profile when it is replaced', async (t) => {
  t.same(check('Patient', [element('Patient.birthDate', { max: '0' })], aPatient()), [
    'max-cardinality Patient.birthDate',
  ])
  t.same(check('Patient', [element('Patient.gender', { max: '1' })], aPatient()), [])
})

t.test('relaxes a rule for one element of one profile only', async (t) => {
  const relaxed = createCoreValidator({
    [`${url}#Patient.maritalStatus min-cardinality`]: 'warning',
    'dom-6': 'off',
  })
  relaxed.registry.put(registry.resolve('StructureDefinition', url)!.resource as Resource)
  check('Patient', [element('Patient.maritalStatus', { min: 1 })], aPatient())
  relaxed.registry.put(registry.resolve('StructureDefinition', url)!.resource as Resource)
  const issues = relaxed.validator.validate(aPatient(), { profiles: [url] })
  t.same(
    issues.map(({ rule, severity }) => `${severity} ${rule}`),
    ['warning min-cardinality'],
  )
})
