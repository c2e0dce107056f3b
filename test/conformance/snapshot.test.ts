import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'

const core = loadCoreDefinitions({ cacheDir: '.cache' })
const url = 'https://example.fr/StructureDefinition/p'

/** The elements of a profile that is stored with a differential only, by id. */
function complete(element: JsonObject[], type = 'Patient', problems: string[] = []) {
  const registry = createRegistry({ core, onProblem: (problem) => problems.push(problem) })
  registry.put(profile(element, type))
  const { snapshot } = registry.resolve('StructureDefinition', url)!.resource as {
    snapshot: { element: JsonObject[] }
  }
  return new Map(snapshot.element.map((each) => [String(each.id), each]))
}

function profile(element: JsonObject[], type = 'Patient', id = 'p') {
  return {
    resourceType: 'StructureDefinition',
    id,
    url: `https://example.fr/StructureDefinition/${id}`,
    kind: 'resource',
    type,
    derivation: 'constraint',
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    differential: { element },
  }
}

const at = (id: string, rest: JsonObject = {}): JsonObject => ({
  id,
  path: id
    .split('.')
    .map((part) => part.split(':')[0])
    .join('.'),
  ...(id.includes(':', id.lastIndexOf('.'))
    ? { sliceName: id.slice(id.lastIndexOf(':') + 1) }
    : {}),
  ...rest,
})

t.test('overrides what the differential names and adds its constraints', async (t) => {
  const rule = { key: 'p-1', severity: 'error', human: 'x', expression: 'name.exists()' }
  const elements = complete([
    at('Patient', { constraint: [rule] }),
    at('Patient.name', { min: 1, mustSupport: true }),
  ])
  t.match(elements.get('Patient.name'), { min: 1, max: '*', mustSupport: true })
  const constraints = elements.get('Patient')!.constraint as JsonObject[]
  t.match(constraints.at(-1), { ...rule, source: url })
  t.ok(constraints.some(({ key }) => key === 'dom-2'))
})

t.test('opens a datatype to constrain what is in it', async (t) => {
  const elements = complete([at('Patient.name.family', { min: 1 })])
  t.match(elements.get('Patient.name.family'), { min: 1, base: { path: 'HumanName.family' } })
  t.match(elements.get('Patient.name.given'), { min: 0, max: '*', path: 'Patient.name.given' })
})

t.test('gives slices what is said of all items, and no lower bound', async (t) => {
  const elements = complete([
    at('Patient.identifier', { min: 1, slicing: { rules: 'open', discriminator: [] } }),
    at('Patient.identifier.system', { min: 1 }),
    at('Patient.identifier:a', { max: '1' }),
    at('Patient.identifier:a.value', { min: 1 }),
    at('Patient.identifier:b'),
    at('Patient.identifier:a/c', { min: 1 }),
  ])
  t.match(elements.get('Patient.identifier:a'), { min: 0, max: '1', sliceName: 'a' })
  t.match(elements.get('Patient.identifier:a.system'), { min: 1 })
  t.match(elements.get('Patient.identifier:a.value'), { min: 1 })
  t.match(elements.get('Patient.identifier:b.value'), { min: 0 })
  t.match(elements.get('Patient.identifier:a/c.value'), { min: 1 }, 'a slice of a slice')
  const order = [...elements.keys()].filter((id) => /^Patient\.identifier:[^.]*$/.test(id))
  t.same(
    order,
    ['a', 'a/c', 'b'].map((name) => `Patient.identifier:${name}`),
  )
})

t.test('slices extensions by url and opens the extension of a slice', async (t) => {
  const extension = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace'
  const elements = complete([
    at('Patient.extension:place', { type: [{ code: 'Extension', profile: [extension] }] }),
    at('Patient.extension:place.value[x].city', { min: 1 }),
  ])
  t.match(elements.get('Patient.extension')?.slicing, {
    discriminator: [{ type: 'value', path: 'url' }],
    rules: 'open',
  })
  t.match(elements.get('Patient.extension:place.url'), { fixedUri: extension })
  t.match(elements.get('Patient.extension:place.value[x].city'), { min: 1 })
})

t.test('restricts a choice to the types that it is named by', async (t) => {
  const named = complete(
    [at('Observation.valueQuantity.code', { min: 1 }), at('Observation.valueString', { max: '1' })],
    'Observation',
  )
  const choice = named.get('Observation.value[x]')!
  t.same(
    (choice.type as JsonObject[]).map(({ code }) => code),
    ['Quantity', 'string'],
  )
  t.match(choice.slicing, { rules: 'closed', discriminator: [{ type: 'type', path: '$this' }] })
  t.match(named.get('Observation.value[x]:valueQuantity'), { type: [{ code: 'Quantity' }] })
  t.match(named.get('Observation.value[x]:valueQuantity.code'), { min: 1 })
  const sliced = complete([at('Observation.value[x]:valueString', { max: '1' })], 'Observation')
  t.ok((sliced.get('Observation.value[x]')!.type as JsonObject[]).length > 10, 'a slice leaves it')
  t.match(sliced.get('Observation.value[x]:valueString'), { type: [{ code: 'string' }] })
})

t.test('follows a content reference', async (t) => {
  const id = 'Questionnaire.item.item.linkId'
  t.match(complete([at(id, { maxLength: 9 })], 'Questionnaire').get(id), { min: 1, maxLength: 9 })
})

t.test('reports what has no place, and goes on', async (t) => {
  const problems: string[] = []
  const elements = complete(
    [at('Patient.nothing', { min: 1 }), at('Patient.active', { min: 1 })],
    'Patient',
    problems,
  )
  t.match(elements.get('Patient.active'), { min: 1 })
  t.match(problems, [/p\|undefined: Patient\.nothing has no place in the base/])
})

t.test('leaves a profile without snapshot until its base is there', async (t) => {
  const problems: string[] = []
  const registry = createRegistry({ core, onProblem: (problem) => problems.push(problem) })
  const derived = { ...profile([at('Patient.name', { min: 1 })]), baseDefinition: `${url}q` }
  registry.put(derived)
  const resolve = () => registry.resolve('StructureDefinition', url)!.resource
  t.notOk('snapshot' in resolve())
  t.match(problems, [/its base .*pq is not loaded/])
  registry.put(profile([at('Patient.active', { min: 1 })], 'Patient', 'pq'))
  const find = (path: string) =>
    (resolve() as { snapshot: { element: JsonObject[] } }).snapshot.element.find(
      (element) => element.path === path,
    )
  t.match(find('Patient.active'), { min: 1 })
  registry.put(profile([at('Patient.active', { max: '0' })], 'Patient', 'pq'))
  t.match(find('Patient.active'), { min: 0, max: '0' }, 'follows a change of the base')
})

t.test('survives profiles that are built on each other', async (t) => {
  const registry = createRegistry({ core })
  registry.put({ ...profile([]), baseDefinition: `${url}q` })
  registry.put({ ...profile([], 'Patient', 'pq'), baseDefinition: url })
  t.notOk('snapshot' in registry.resolve('StructureDefinition', url)!.resource)
})
