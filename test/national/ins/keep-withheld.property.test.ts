/** What is withheld and put back is what was there, whatever the resource looks like. Decision 70. */
import fc from 'fast-check'
import t from 'tap'
import {
  isObject,
  type JsonObject,
  type JsonValue,
  type Resource,
} from '../../../src/fhir/resource.ts'
import { withKept } from '../../../src/national/ins/keep-withheld.ts'
import { withheldForm } from '../../../src/national/ins/withhold-ins.ts'

const never = { insMayTravel: () => false }
const INS = 'urn:oid:1.2.250.1.213.1.4.8'

const identifier = fc.record({
  system: fc.constantFrom(INS, 'urn:oid:1.2.250.1.213.1.4.10', 'http://example.org/ipp', 'urn:x'),
  value: fc.constantFrom('180017599900137', '285072A99900189', '1', '2'),
})
const reference = fc.oneof(
  fc.record({ identifier }),
  fc.record({ reference: fc.constantFrom('Patient/1', '#p'), identifier }),
  fc.record({ type: fc.constant('Patient'), identifier }),
)
const extension = fc.record({
  url: fc.constantFrom('http://example.org/a', 'http://example.org/b'),
  valueIdentifier: identifier,
})
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 4 })
const contained = fc.record(
  {
    resourceType: fc.constant('Patient'),
    id: fc.constantFrom('p', 'q'),
    identifier: list(identifier),
    gender: fc.constantFrom('male', 'female'),
  },
  { requiredKeys: ['resourceType', 'id'] },
)
const resource = fc.record(
  {
    resourceType: fc.constant('Observation'),
    identifier: list(identifier),
    subject: reference,
    performer: list(reference),
    extension: list(extension),
    contained: fc.uniqueArray(contained, { minLength: 1, maxLength: 2, selector: ({ id }) => id }),
    status: fc.constantFrom('final', 'amended'),
  },
  { requiredKeys: ['resourceType', 'status'] },
) as fc.Arbitrary<JsonObject> as fc.Arbitrary<Resource>

function insIn(value: JsonValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(insIn)
  if (!isObject(value)) return []
  const own =
    typeof value.system === 'string' && value.system.startsWith('urn:oid:1.2.250.1.213.1.4.')
      ? [`${value.system}|${String(value.value)}`]
      : []
  return [...own, ...Object.values(value).flatMap(insIn)]
}

t.test('gives the whole back when the caller sends back what was shown', async (t) => {
  fc.assert(
    fc.property(resource, (whole) => {
      const shown = withheldForm(whole, never) ?? whole
      t.same(insIn(shown), [])
      t.same(withKept({ whole, shown }, structuredClone(shown)), whole)
    }),
    { numRuns: 500 },
  )
})

t.test('keeps every INS when the caller changes an element that is none', async (t) => {
  fc.assert(
    fc.property(resource, fc.constantFrom('entered-in-error', 'unknown'), (whole, status) => {
      const shown = withheldForm(whole, never) ?? whole
      const kept = withKept({ whole, shown }, { ...shown, status, language: 'fr' })
      t.same(insIn(kept).toSorted(), insIn(whole).toSorted())
      t.match(kept, { status, language: 'fr' })
    }),
    { numRuns: 300 },
  )
})

t.test('keeps the INS of a contained resource that the caller changes', async (t) => {
  fc.assert(
    fc.property(resource, (whole) => {
      const shown = withheldForm(whole, never) ?? whole
      if (!Array.isArray(shown.contained)) return
      const changed = shown.contained.map((one) => ({ ...(one as JsonObject), birthDate: '1980' }))
      const kept = withKept({ whole, shown }, { ...shown, contained: changed })
      t.same(insIn(kept.contained).toSorted(), insIn(whole.contained).toSorted())
    }),
    { numRuns: 300 },
  )
})
