/** No input makes the validator throw, and its work grows with the input only. */
import fc from 'fast-check'
import t from 'tap'
import type { JsonObject, JsonValue, Resource } from '../../src/fhir/resource.ts'
import { aDocumentReference, aPatient, createCoreValidator } from './validators.ts'

const { validator } = createCoreValidator()

const bundle: Resource = {
  resourceType: 'Bundle',
  type: 'document',
  entry: [
    { fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', resource: aPatient() },
    { fullUrl: 'http://example.org/DocumentReference/d1', resource: aDocumentReference() },
  ],
}

const oddValues = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<JsonValue>,
  fc.constantFrom<JsonValue>(
    null,
    '',
    ' ',
    [],
    {},
    [null],
    [[]],
    Number.MAX_VALUE,
    -0,
    '#',
    '#gp',
    '\u0000',
  ),
  fc.constantFrom<JsonValue>({ resourceType: 'Patient' }, { reference: '#' }, { url: 5 }, [{}]),
)

/** Puts an odd value, or an odd property, at some place of a resource. */
function mutate(resource: Resource, seed: number, value: JsonValue, key: string): Resource {
  const copy = structuredClone(resource)
  const places: { holder: JsonObject | JsonValue[]; key: string }[] = []
  const visit = (holder: JsonObject | JsonValue[]) => {
    for (const name of Object.keys(holder)) {
      places.push({ holder, key: name })
      const inner = (holder as JsonObject)[name]
      if (typeof inner === 'object' && inner !== null) visit(inner)
    }
  }
  visit(copy)
  const { holder, key: name } = places[seed % places.length]!
  if (seed % 3 === 0 && !Array.isArray(holder)) {
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true })
  } else (holder as JsonObject)[name] = value
  return copy
}

t.test('survives any mutation of a valid resource', async (t) => {
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'extension', '_id'),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(aPatient(), aDocumentReference(), bundle),
      fc.nat(10_000),
      oddValues,
      names,
      (resource, seed, value, key) => {
        const issues = validator.validate(mutate(resource, seed, value, key))
        return issues.every(({ diagnostics }) => !diagnostics.startsWith('Validation failed'))
      },
    ),
    { numRuns: 3000 },
  )
  t.pass('3000 mutations')
})

t.test('survives what is no resource at all', async (t) => {
  for (const value of [null, 5, 'x', [], {}, { resourceType: 5 }, { resourceType: '__proto__' }]) {
    t.ok(validator.validate(value as unknown as Resource).length > 0, JSON.stringify(value))
  }
})

t.test('stops at a bound of depth', async (t) => {
  const item: JsonObject = { linkId: '1' }
  let last = item
  for (let depth = 0; depth < 20_000; depth++) {
    const next: JsonObject = { linkId: '1' }
    last.item = [next]
    last = next
  }
  const resource: Resource = {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    item: [item],
  }
  const issues = validator.validate(resource)
  t.ok(issues.some(({ rule }) => rule === 'too-deep' || rule === 'too-costly'))
})

t.test('takes time in proportion to the input', async (t) => {
  const withNames = (count: number) =>
    aPatient({ name: Array.from({ length: count }, () => ({ family: 'M', given: ['A'] })) })
  const timeOf = (resource: Resource) => {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 5; round++) {
      const begin = performance.now()
      validator.validate(resource)
      best = Math.min(best, performance.now() - begin)
    }
    return best
  }
  timeOf(withNames(1000))
  const [small, large] = [timeOf(withNames(2000)), timeOf(withNames(20_000))]
  t.ok(large < 40 * small, `${small.toFixed(2)} ms, then ${large.toFixed(2)} ms`)
})

t.test('gives at most a thousand errors', async (t) => {
  const name = Array.from({ length: 5000 }, () => ({ use: 'x' }))
  const issues = validator.validate(aPatient({ name }))
  t.ok(issues.length <= 1001)
  t.ok(issues.some(({ rule }) => rule === 'too-many-issues'))
})
