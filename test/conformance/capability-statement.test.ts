import fhirpath, { type Model } from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4/index.js'
import t from 'tap'
import {
  createCapabilityStatement,
  type ServedInteractions,
} from '../../src/conformance/capability-statement.ts'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { isObject, type JsonObject } from '../../src/fhir/resource.ts'

const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
registry.put({
  resourceType: 'StructureDefinition',
  id: 'p',
  url: 'https://example.fr/StructureDefinition/p',
  kind: 'resource',
  derivation: 'constraint',
  type: 'Patient',
})
const routes: ServedInteractions = {
  interactions: ['read', 'vread', 'search-type', 'search-type', 'create'],
  systemInteractions: ['transaction', 'batch'],
  operations: [
    { name: 'validate', definition: 'http://hl7.org/fhir/OperationDefinition/v', scope: 'all' },
    { name: 'convert', definition: 'http://hl7.org/fhir/OperationDefinition/c', scope: 'system' },
    { name: 'match', definition: 'http://hl7.org/fhir/OperationDefinition/m', scope: ['Patient'] },
  ],
  formats: ['application/fhir+json', 'application/fhir+xml'],
  patchFormats: ['application/json-patch+json'],
  versioning: 'versioned-update',
  conditionalDelete: 'single',
  updateCreate: true,
}

const statement = createCapabilityStatement({
  registry,
  routes,
  baseUrl: 'http://localhost:8080/fhir',
  version: '0.1.0',
  date: '2026-01-01T00:00:00Z',
})
const rest = (statement.rest as JsonObject[])[0]!
const resources = rest.resource as JsonObject[]
const of = (type: string) => resources.find((resource) => resource.type === type)!

t.test('lists every type with its interactions and parameters', async (t) => {
  t.equal(resources.length, 146)
  const patient = of('Patient')
  t.same(
    patient.interaction,
    ['read', 'vread', 'search-type', 'create'].map((code) => ({ code })),
  )
  const parameters = patient.searchParam as JsonObject[]
  t.match(
    parameters.find(({ name }) => name === 'birthdate'),
    { type: 'date', definition: 'http://hl7.org/fhir/SearchParameter/individual-birthdate' },
  )
  t.equal(parameters.length, registry.searchParameters('Patient').size)
  t.match(patient, { versioning: 'versioned-update', updateCreate: true, readHistory: true })
  t.match(patient, { conditionalCreate: false, conditionalDelete: 'single' })
})

t.test('says that units are not converted', async (t) => {
  const parameters = of('Observation').searchParam as JsonObject[]
  for (const { name, type, documentation } of parameters)
    t.equal(documentation !== undefined, type === 'quantity', String(name))
})

t.test('derives includes from reference parameters', async (t) => {
  const { searchInclude, searchRevInclude } = of('Patient')
  t.same(searchInclude, ['Patient:general-practitioner', 'Patient:link', 'Patient:organization'])
  // Canonicals are not followed, and so not promised.
  const canonical = 'QuestionnaireResponse:questionnaire'
  t.notOk((of('QuestionnaireResponse').searchInclude as string[]).includes(canonical))
  t.notOk((of('Questionnaire').searchRevInclude as string[]).includes(canonical))
  t.ok((searchRevInclude as string[]).includes('Observation:patient'))
  t.notOk((searchRevInclude as string[]).includes('Observation:encounter'))
})

t.test('shows loaded profiles and the operations of each level', async (t) => {
  t.same(of('Patient').supportedProfile, ['https://example.fr/StructureDefinition/p'])
  t.notOk('supportedProfile' in of('Observation'))
  const names = (owner: JsonObject) => (owner.operation as JsonObject[]).map(({ name }) => name)
  t.same(names(rest), ['convert'])
  t.same(names(of('Patient')), ['validate', 'match'])
  t.same(names(of('Account')), ['validate'])
})

t.test('serves only the types it is told to, without search when there is none', async (t) => {
  const small = createCapabilityStatement({
    registry,
    routes: { ...routes, interactions: ['read'], resourceTypes: ['Patient'] },
    baseUrl: 'http://localhost/fhir',
    version: '1',
    date: '2026-01-01',
  })
  const [only, ...others] = (small.rest as JsonObject[])[0]!.resource as JsonObject[]
  t.equal(others.length, 0)
  for (const key of ['searchParam', 'searchInclude', 'searchRevInclude']) t.notOk(key in only!)
})

/** Every invariant and cardinality of the official definition, checked by the reference engine. */
t.test('is a valid R4 CapabilityStatement', async (t) => {
  const { snapshot } = registry.typeDefinition('CapabilityStatement')!
  const elements = (snapshot as JsonObject).element as JsonObject[]
  for (const { path, constraint, min } of elements) {
    if (String(path).includes('contained')) continue
    const nodes = path === 'CapabilityStatement' ? '$this' : String(path).slice(20)
    const parent = nodes.includes('.') ? nodes.slice(0, nodes.lastIndexOf('.')) : '$this'
    const child = nodes.slice(nodes.lastIndexOf('.') + 1).replace('[x]', '')
    const evaluate = (text: string) =>
      fhirpath.evaluate(statement, text, {}, r4 as Model) as unknown[]
    if (min === 1 && nodes !== '$this')
      t.same(evaluate(`${parent}.where(${child}.empty()).count()`), [0], `${String(path)} is there`)
    for (const rule of (Array.isArray(constraint) ? constraint : []).filter(isObject)) {
      if (!String(rule.key).startsWith('cpb')) continue
      t.same(evaluate(`${nodes}.all(${String(rule.expression)})`), [true], String(rule.key))
    }
  }
})
