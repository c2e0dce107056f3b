import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'

const core = loadCoreDefinitions({ cacheDir: '.cache' })
const registry = createRegistry({ core })

t.test('knows the 146 concrete resource types of R4 in order', async (t) => {
  t.equal(registry.resourceTypes.length, 146)
  t.same(registry.resourceTypes.slice(0, 2), ['Account', 'ActivityDefinition'])
  t.ok(registry.isResourceType('Patient'))
  for (const type of ['Resource', 'DomainResource', 'HumanName', 'Project', 'patient'])
    t.notOk(registry.isResourceType(type), type)
})

t.test('resolves a canonical with and without its version', async (t) => {
  const url = 'http://hl7.org/fhir/ValueSet/administrative-gender'
  t.equal(registry.resolve('ValueSet', url)?.version, '4.0.1')
  t.equal(registry.resolve('ValueSet', `${url}|4.0.1`)?.resource.name, 'AdministrativeGender')
  t.equal(registry.resolve('ValueSet', `${url}|5.0.0`), undefined)
  t.equal(registry.resolve('CodeSystem', url), undefined)
})

t.test('describes plain, choice, backbone, referenced and resource elements', async (t) => {
  const elements = (type: string) => registry.typeModel(type)!.elements
  t.match(elements('Patient').get('gender'), {
    type: 'code',
    isArray: false,
    codeSystem: 'http://hl7.org/fhir/administrative-gender',
  })
  t.match(elements('Patient').get('name'), { type: 'HumanName', isArray: true, isChoice: false })
  t.match(elements('Patient').get('deceasedDateTime'), { pathName: 'deceased', isChoice: true })
  t.equal(registry.typeModel('Patient')!.paths.get('deceased')?.length, 2)
  t.match(elements('Patient').get('contact'), { type: 'Patient.contact', isArray: true })
  t.match(elements('Patient.contact').get('gender'), { type: 'code' })
  t.equal(registry.typeModel('Patient.contact')!.base, 'BackboneElement')
  t.match(elements('Bundle.entry').get('link'), { type: 'Bundle.link', isArray: true })
  t.match(elements('Bundle.entry').get('resource'), { type: 'Resource' })
  t.match(elements('Patient').get('contained'), { type: 'Resource', isArray: true })
  t.match(elements('Patient').get('id'), { type: 'id' })
  t.match(elements('Timing').get('repeat'), { type: 'Timing.repeat' })
  t.equal(registry.typeModel('Patient')!.base, 'DomainResource')
})

t.test('gives primitives an id, extensions and a value', async (t) => {
  const { kind, elements } = registry.typeModel('decimal')!
  t.equal(kind, 'primitive-type')
  t.same([...elements.keys()], ['id', 'extension', 'value'])
  t.equal(elements.get('value')?.type, 'System.Decimal')
})

t.test('knows no model of an unknown type or backbone', async (t) => {
  t.equal(registry.typeModel('Nothing'), undefined)
  t.equal(registry.typeModel('Patient.nothing'), undefined)
  t.equal(registry.typeModel('SimpleQuantity'), undefined)
  t.equal(registry.typeDefinition('Project'), undefined)
})

t.test('has a model for the type of every element', async (t) => {
  const pending = [...registry.resourceTypes]
  const seen = new Set(pending)
  for (const type of pending) {
    const model = registry.typeModel(type)
    if (!model) t.fail(`no model of ${type}`)
    for (const element of model?.elements.values() ?? []) {
      if (seen.has(element.type) || element.type.startsWith('System.')) continue
      seen.add(element.type)
      pending.push(element.type)
    }
  }
  t.ok(seen.size > 600, `${seen.size} types`)
})

t.test('has none of the elements that the npm package added', async (t) => {
  for (const name of ['project', 'author', 'account', 'compartment'])
    t.notOk(registry.typeModel('Meta')!.elements.has(name), name)
  t.notOk(registry.typeModel('Binary')!.elements.has('url'))
  t.notOk(registry.typeModel('DeviceDefinition')!.elements.has('bodySite'))
  t.equal(registry.typeModel('DeviceDefinition.classification'), undefined)
})

t.test('puts exactly the referring types in the patient compartment', async (t) => {
  t.same(registry.patientCompartment('Observation'), ['subject', 'performer'])
  t.same(registry.patientCompartment('Patient'), ['link'])
  t.same(registry.patientCompartment('Medication'), [])
  t.same(registry.patientCompartment('Nothing'), [])
})

t.test('prefers a stored definition until it is removed, and counts each change', async (t) => {
  const registry = createRegistry({ core })
  const url = 'http://hl7.org/fhir/ValueSet/administrative-gender'
  const valueSet = { resourceType: 'ValueSet', id: 'mine', url, version: '9', status: 'active' }
  registry.put(valueSet)
  t.equal(registry.epoch, 1)
  t.equal(registry.resolve('ValueSet', url)?.version, '9')
  t.equal(registry.resolve('ValueSet', `${url}|4.0.1`)?.version, '4.0.1')
  registry.put({ ...valueSet, version: '10' })
  t.equal(registry.resolve('ValueSet', `${url}|9`), undefined)
  registry.remove('ValueSet', 'mine')
  t.equal(registry.resolve('ValueSet', url)?.version, '4.0.1')
  const epoch = registry.epoch
  registry.remove('ValueSet', 'mine')
  t.equal(registry.epoch, epoch)
})

t.test('never lets a stored definition replace an R4 type', async (t) => {
  const registry = createRegistry({ core })
  const url = 'http://hl7.org/fhir/StructureDefinition/Patient'
  registry.put({ resourceType: 'StructureDefinition', id: 'p', url, type: 'Patient', status: 'x' })
  t.equal(registry.typeDefinition('Patient')?.kind, 'resource')
  t.ok(registry.typeModel('Patient')?.elements.has('birthDate'))
})
