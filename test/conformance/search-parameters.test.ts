import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { splitUnion } from '../../src/conformance/search-parameters.ts'

const core = loadCoreDefinitions({ cacheDir: '.cache' })
const registry = createRegistry({ core })

t.test('splits a union outside brackets and strings only', async (t) => {
  t.same(splitUnion("(A.b as C) | A.d.where(e = 'x|y' or (f | g).exists())|A.h[0]"), [
    '(A.b as C)',
    "A.d.where(e = 'x|y' or (f | g).exists())",
    'A.h[0]',
  ])
})

t.test('keeps only the alternatives that concern the type', async (t) => {
  const observation = registry.searchParameters('Observation')
  t.match(observation.get('patient'), {
    type: 'reference',
    expression: 'Observation.subject.where(resolve() is Patient)',
    targets: ['Patient'],
  })
  t.equal(observation.get('code')?.expression, 'Observation.code')
  const medication = registry.searchParameters('MedicationRequest').get('code')
  t.equal(medication?.expression, '(MedicationRequest.medication as CodeableConcept)')
  const names = registry.searchParameters('InsurancePlan').get('name')
  t.equal(names?.expression, 'name | alias')
})

t.test('tells references by canonical URL from others', async (t) => {
  const isCanonical = (type: string, code: string) =>
    registry.searchParameters(type).get(code)!.isCanonical ?? false
  for (const [type, code] of [
    ['QuestionnaireResponse', 'questionnaire'],
    ['ActivityDefinition', 'composed-of'],
    ['ConceptMap', 'source'],
    ['PlanDefinition', 'definition'],
    ['Measure', 'depends-on'],
  ] as const) {
    t.ok(isCanonical(type, code), code)
  }
  for (const [type, code] of [
    ['Observation', 'patient'],
    ['Bundle', 'composition'],
    ['Consent', 'source-reference'],
    ['MedicationRequest', 'medication'],
    ['Provenance', 'target'],
  ] as const) {
    t.notOk(isCanonical(type, code), code)
  }
})

t.test('tells tokens that have no system from others', async (t) => {
  const hasNoSystem = (type: string, code: string) =>
    registry.searchParameters(type).get(code)!.hasNoSystem ?? false
  for (const code of ['active', 'telecom', 'phone', 'email']) t.ok(hasNoSystem('Patient', code))
  for (const code of ['identifier', 'gender', 'language', 'deceased', '_tag'])
    t.notOk(hasNoSystem('Patient', code), code)
  t.notOk(hasNoSystem('Observation', 'value-concept'))
})

t.test('ignores the case of tokens that are plain strings', async (t) => {
  const ignoresCase = (type: string, code: string) =>
    registry.searchParameters(type).get(code)!.ignoresCase ?? false
  for (const [type, code] of [
    ['Questionnaire', 'version'],
    ['Medication', 'lot-number'],
    ['StructureDefinition', 'path'],
  ] as const)
    t.ok(ignoresCase(type, code), code)
  for (const code of ['identifier', 'gender', 'phone', 'active', '_id'])
    t.notOk(ignoresCase('Patient', code), code)
  t.notOk(ignoresCase('Observation', 'combo-value-concept'))
})

t.test('gives every type the parameters of Resource that have an expression', async (t) => {
  for (const type of [...registry.resourceTypes, 'Resource']) {
    const codes = [...registry.searchParameters(type).keys()].filter((code) => code[0] === '_')
    t.same(
      codes.toSorted(),
      ['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag'],
      type,
    )
  }
  t.equal(registry.searchParameters('Nothing').size, 0)
})

t.test('loses no official parameter of any type', async (t) => {
  const withoutExpression = new Set(['_text', '_content', '_query'])
  for (const { url, resource } of registry.list('SearchParameter')) {
    if (withoutExpression.has(String(resource.code))) continue
    for (const base of resource.base as string[]) {
      const parameter = registry.searchParameters(base).get(String(resource.code))
      if (!parameter?.urls.includes(url)) t.fail(`${url} is lost on ${base}`)
    }
  }
})

t.test('types the components of a composite by their own definitions', async (t) => {
  t.match(registry.searchParameters('Observation').get('code-value-date'), {
    type: 'composite',
    expression: 'Observation',
    components: [
      { type: 'token', expression: 'code' },
      { type: 'date', expression: 'value.as(dateTime) | value.as(Period)' },
    ],
  })
  t.match(registry.searchParameters('DocumentReference').get('relationship')?.components, [
    { type: 'token', expression: 'code' },
    { type: 'reference', expression: 'target' },
  ])
})

t.test('joins definitions that share a code, and drops what cannot be used', async (t) => {
  const registry = createRegistry({ core })
  const stored = {
    resourceType: 'SearchParameter',
    id: 'source',
    url: 'https://example.fr/SearchParameter/source',
    status: 'active',
    code: 'source',
    base: ['List'],
    type: 'reference',
    expression: "List.extension.where(url = 'https://example.fr/x').value | List.source",
    target: ['Organization'],
  }
  const before = registry.searchParameters('List').get('source')!
  registry.put(stored)
  const after = registry.searchParameters('List').get('source')!
  t.same(after.urls, [...before.urls, stored.url])
  t.equal(
    after.expression,
    `List.source | List.extension.where(url = 'https://example.fr/x').value`,
  )
  t.same(after.targets, [...new Set([...before.targets, 'Organization'])])
  registry.put({ ...stored, type: 'token' })
  t.same(registry.searchParameters('List').get('source'), before)
  registry.put({ ...stored, status: 'draft' })
  t.same(registry.searchParameters('List').get('source'), before)
  const component = [{ definition: 'https://example.fr/absent', expression: 'code' }]
  registry.put({ ...stored, code: 'broken', type: 'composite', expression: 'List', component })
  t.notOk(registry.searchParameters('List').has('broken'))
})
