import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { createTerminology } from '../../src/terminology/terminology.ts'

const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
const terminology = createTerminology(registry)
const fhir = 'http://hl7.org/fhir/ValueSet/'
const animals = 'http://example.org/animals'

function put(resource: JsonObject & { resourceType: string }): void {
  registry.put({ status: 'active', ...resource, id: String(resource.url).replace(/.*\//, '') })
}

put({
  resourceType: 'CodeSystem',
  url: animals,
  content: 'complete',
  concept: [
    {
      code: 'mammal',
      display: 'Mammal',
      concept: [
        { code: 'cat', display: 'Cat', designation: [{ language: 'fr', value: 'Chat' }] },
        { code: 'dog', display: 'Dog', property: [{ code: 'legs', valueInteger: 4 }] },
      ],
    },
    { code: 'fish', display: 'Fish' },
  ],
})

function memberOf(compose: JsonObject, code: string, system = animals): boolean | undefined {
  const url = 'http://example.org/ValueSet/one'
  put({ resourceType: 'ValueSet', url, compose })
  return terminology.memberOf(url, { system, code })
}

t.test('knows the value sets of R4', async (t) => {
  t.equal(terminology.memberOf(`${fhir}administrative-gender`, { code: 'male' }), true)
  t.equal(terminology.memberOf(`${fhir}administrative-gender|4.0.1`, { code: 'homme' }), false)
  t.equal(terminology.memberOf(`${fhir}nothing-of-the-kind`, { code: 'x' }), undefined)
  t.equal(
    terminology.memberOf(`${fhir}observation-codes`, { system: 'http://loinc.org', code: '1-8' }),
    undefined,
  )
})

t.test('takes a whole system, a list, filters, imports and exclusions', async (t) => {
  t.equal(memberOf({ include: [{ system: animals }] }, 'dog'), true)
  t.equal(memberOf({ include: [{ system: animals }] }, 'dragon'), false)
  t.equal(memberOf({ include: [{ system: animals }] }, 'dog', 'http://other'), false)
  t.equal(memberOf({ include: [{ system: animals, concept: [{ code: 'cat' }] }] }, 'dog'), false)
  const filtered = (property: string, op: string, value: string) => ({
    include: [{ system: animals, filter: [{ property, op, value }] }],
  })
  t.equal(memberOf(filtered('concept', 'is-a', 'mammal'), 'mammal'), true)
  t.equal(memberOf(filtered('concept', 'descendent-of', 'mammal'), 'mammal'), false)
  t.equal(memberOf(filtered('concept', 'descendent-of', 'mammal'), 'cat'), true)
  t.equal(memberOf(filtered('concept', 'is-not-a', 'mammal'), 'fish'), true)
  t.equal(memberOf(filtered('legs', '=', '4'), 'dog'), true)
  t.equal(memberOf(filtered('legs', 'exists', 'false'), 'cat'), true)
  t.equal(memberOf(filtered('code', 'regex', '[cd].*'), 'fish'), false)
  t.equal(memberOf(filtered('concept', 'in', 'cat,fish'), 'fish'), true)
  t.equal(memberOf(filtered('concept', 'unheard-of', 'x'), 'fish'), undefined)
  const without = {
    include: [{ system: animals }],
    exclude: [{ system: animals, concept: [{ code: 'dog' }] }],
  }
  t.equal(memberOf(without, 'dog'), false)
  put({
    resourceType: 'ValueSet',
    url: 'http://example.org/ValueSet/inner',
    compose: filtered('concept', 'is-a', 'mammal'),
  })
  t.equal(memberOf({ include: [{ valueSet: ['http://example.org/ValueSet/inner'] }] }, 'cat'), true)
  t.equal(
    memberOf(
      { include: [{ system: animals, valueSet: ['http://example.org/ValueSet/inner'] }] },
      'fish',
    ),
    false,
  )
})

t.test('stays undecided for what a fragment does not list', async (t) => {
  const url = 'http://example.org/fragment'
  put({ resourceType: 'CodeSystem', url, content: 'fragment', concept: [{ code: 'a' }] })
  t.equal(memberOf({ include: [{ system: url }] }, 'a', url), true)
  t.equal(memberOf({ include: [{ system: url }] }, 'b', url), undefined)
  t.equal(terminology.isCodeOf(url, 'b'), undefined)
})

t.test('survives a value set that includes itself', async (t) => {
  const url = 'http://example.org/ValueSet/one'
  t.equal(memberOf({ include: [{ valueSet: [url] }] }, 'x'), undefined)
})

t.test('gives every display of a code', async (t) => {
  t.same(terminology.displays(animals, 'cat'), ['Cat', 'Chat'])
  t.equal(terminology.displays(animals, 'dragon'), undefined)
  t.equal(terminology.displays('http://nowhere', 'x'), undefined)
})

t.test('reads languages, media types and units as grammars', async (t) => {
  const all = `${fhir}all-languages`
  for (const code of [
    'fr',
    'fr-FR',
    'de-CH',
    'zh-Hant-TW',
    'sr-Latn',
    'en-x-custom',
    'x-parler',
    'i-lux',
  ])
    t.equal(terminology.memberOf(all, { code, system: 'urn:ietf:bcp:47' }), true, code)
  for (const code of ['french language', 'f', 'fr_FR', '', 'x', 'i-parler'])
    t.equal(terminology.memberOf(all, { code, system: 'urn:ietf:bcp:47' }), false, code)
  const types = `${fhir}mimetypes|4.0.1`
  for (const code of ['application/pdf', 'text/plain;charset=utf-8', 'application/fhir+json'])
    t.equal(terminology.memberOf(types, { code }), true, code)
  t.equal(terminology.memberOf(types, { code: 'pdf document' }), false)
  const ucum = 'http://unitsofmeasure.org'
  for (const code of ['mm[Hg]', 'kg/m2', '{beats}/min'])
    t.equal(terminology.isCodeOf(ucum, code), true)
  for (const code of ['mm [Hg]', 'mm[Hg', 'kg)']) t.equal(terminology.isCodeOf(ucum, code), false)
})
