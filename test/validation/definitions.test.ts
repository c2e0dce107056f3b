/** Definitions that are well-formed but cannot be used as they are. */
import t from 'tap'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { createCoreValidator, errorsOf } from './validators.ts'

const { validator } = createCoreValidator()
const check = (resource: JsonObject) => errorsOf(validator.validate(resource as Resource))

const profile = (element: JsonObject[]): JsonObject => ({
  resourceType: 'StructureDefinition',
  url: 'http://example.org/StructureDefinition/p',
  name: 'P',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  derivation: 'constraint',
  differential: { element },
})

const constrained = (expression: string) =>
  profile([
    {
      id: 'Patient.contact',
      path: 'Patient.contact',
      constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression }],
    },
  ])

t.test('reads the expressions of constraints', async (t) => {
  const at = 'StructureDefinition.differential.element[0].constraint[0].expression'
  t.same(check(constrained('name.exists() implies gender.exists()')), [])
  t.same(check(constrained("name.where(family = 'X').given.first().exists()")), [])
  t.same(check(constrained('nickname.exists()')), [`definition-rule ${at}`])
  t.same(check(constrained('name.exists(')), [`definition-rule ${at}`])
  t.same(check(constrained('name.exist()')), [`definition-rule ${at}`])
  t.same(check(constrained('name.select(family.capitals()).exists()')), [`definition-rule ${at}`])
  t.same(check(constrained('relationship.all($this.subsumes(%x))')), [])
})

t.test('finds elements that the base does not have, and types that do not fit', async (t) => {
  const nickname = { id: 'Patient.nickname', path: 'Patient.nickname', max: '0' }
  t.same(check(profile([nickname])), ['definition-rule StructureDefinition'])
  const odd = {
    id: 'Patient.gender',
    path: 'Patient.gender',
    type: [{ code: 'code' }],
    fixedString: 'male',
  }
  t.same(check(profile([odd])), ['definition-rule StructureDefinition.differential.element[0]'])
})

t.test('checks search parameters against their types', async (t) => {
  const parameter = (rest: JsonObject): JsonObject => ({
    resourceType: 'SearchParameter',
    url: 'http://example.org/SearchParameter/s',
    name: 'S',
    status: 'draft',
    description: 'x',
    code: 's',
    base: ['Patient'],
    type: 'string',
    expression: 'Patient.name.family | Patient.contact.name.family',
    ...rest,
  })
  t.same(check(parameter({})), [])
  const at = 'definition-rule SearchParameter'
  t.same(check(parameter({ expression: 'Patient.nickname' })), [`${at}.expression`])
  t.same(check(parameter({ expression: 'Person.name' })), [`${at}.expression`])
  t.same(check(parameter({ type: 'composite' })), [at])
})

t.test('checks code systems and value sets against each other', async (t) => {
  const system: JsonObject = {
    resourceType: 'CodeSystem',
    url: 'http://example.org/cs',
    status: 'draft',
    content: 'complete',
    concept: [{ code: 'a' }, { code: 'b', property: [{ code: 'p', valueString: 'x' }] }],
    property: [{ code: 'p', type: 'integer' }],
  }
  t.same(check(system), ['definition-rule CodeSystem.concept[1].property[0]'])
  t.same(check({ ...system, property: [], concept: [{ code: 'a' }], count: 3 }), [
    'empty-array CodeSystem.property',
    'definition-rule CodeSystem.count',
  ])
  const supplements = 'http://example.org/cs'
  const plain = { resourceType: 'CodeSystem', status: 'draft', concept: [{ code: 'a' }] }
  t.same(check({ ...plain, content: 'supplement', supplements }), [])
  t.same(check({ ...plain, content: 'supplement' }), ['definition-rule CodeSystem.content'])
  const valueSet = {
    resourceType: 'ValueSet',
    status: 'draft',
    compose: { include: [{ system: 'relative' }] },
  }
  t.same(check(valueSet), ['definition-rule ValueSet.compose.include[0]'])
})
