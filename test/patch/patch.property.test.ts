import t from 'tap'
import fc from 'fast-check'
import { FhirError } from '../../src/errors.ts'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { applyPatch } from '../../src/patch/apply-patch.ts'
import { applyJsonPatch } from '../../src/patch/json-patch.ts'
import { formatPointer, parsePointer } from '../../src/patch/json-pointer.ts'
import { isSameJson } from '../../src/patch/same-json.ts'
import { writtenIn } from '../../src/patch/draft.ts'
import type { JsonObject, JsonValue, Resource } from '../../src/fhir/resource.ts'

const isSame = (left: JsonValue, right: JsonValue) =>
  isSameJson(writtenIn([left], 0), writtenIn([right], 0))
const names = fc.constantFrom('a', 'b', '_a', '__proto__', 'constructor', '~', '/', '')
const { value: json } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3 }),
  ),
}))
const resource = fc
  .dictionary(names, json, { maxKeys: 4 })
  .map((members): Resource => ({ ...members, resourceType: 'Basic' }))
const pointer = fc
  .array(fc.oneof(names, fc.constantFrom('0', '1', '-', '01')), { maxLength: 4 })
  .map((tokens) => formatPointer(tokens))
const operation = fc.record(
  {
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'grow'),
    path: fc.oneof(pointer, pointer, pointer, fc.string()),
    from: pointer,
    value: json,
  },
  { requiredKeys: ['op', 'path'] },
)

t.test('a random patch gives a resource or a 422, and leaves the input as it was', async () => {
  fc.assert(
    fc.property(resource, fc.array(operation, { maxLength: 5 }), (input, operations) => {
      const before = JSON.stringify(input)
      const sent = JSON.stringify(operations)
      try {
        if (applyJsonPatch(input, operations).resourceType !== 'Basic') return false
      } catch (error) {
        if (!(error instanceof FhirError) || error.status !== 422) throw error
      }
      return JSON.stringify(input) === before && JSON.stringify(operations) === sent
    }),
    { numRuns: 3000 },
  )
})

t.test('a value that was added is found there, and can be tested and removed', async () => {
  fc.assert(
    fc.property(resource, json, (input, value) => {
      const added = applyJsonPatch(input, [
        { op: 'add', path: '/new', value },
        { op: 'test', path: '/new', value },
      ])
      const removed = applyJsonPatch(added, [{ op: 'remove', path: '/new' }])
      return isSame(added.new!, value) && isSame(removed, input)
    }),
  )
})

t.test('a formatted pointer reads back as its tokens', async () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (tokens) =>
      isSame([...parsePointer(formatPointer(tokens))!], tokens),
    ),
  )
})

const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
const steps = fc.constantFrom(
  'Patient',
  'name',
  'given',
  'birthDate',
  'contact',
  'extension',
  'value',
  'deceased',
  'telecom',
  'first()',
  'last()',
  "where(use = 'usual')",
  "extension('http://a')",
  'ofType(string)',
  '[0]',
  '[1]',
)
const path = fc
  .array(steps, { maxLength: 4 })
  .map((parts) => ['Patient', ...parts].join('.').replaceAll('.[', '['))
const value = fc.constantFrom<JsonObject[]>(
  { valueString: 'x' },
  { valueString: 'y', _valueString: { id: 'y' } },
  { _valueDate: { extension: [{ url: 'http://a' }] } },
  { valueHumanName: { family: 'F', given: ['G'] } },
  { valueExtension: { url: 'http://a', valueString: 'v' } },
  { part: [{ name: 'gender', valueCode: 'male' }] },
  { valueBoolean: true },
)
const change = fc
  .record({
    type: fc.constantFrom('add', 'insert', 'delete', 'replace', 'move'),
    path: fc.oneof(path, path, path, fc.string()),
    name: fc.constantFrom(
      'name',
      'given',
      'birthDate',
      'contact',
      'extension',
      'deceased',
      'value',
    ),
    value,
    index: fc.nat(2),
  })
  .map(({ type, path, name, value, index }): JsonObject => ({
    name: 'operation',
    part: [
      { name: 'type', valueCode: type },
      { name: 'path', valueString: path },
      { name: 'name', valueString: name },
      { name: 'value', ...value },
      ...['index', 'source', 'destination'].map((part) => ({ name: part, valueInteger: index })),
    ],
  }))

t.test('a random FHIRPath Patch gives aligned lists or a 422, and leaves its input', async () => {
  const input: Resource = {
    resourceType: 'Patient',
    birthDate: '1920',
    name: [{ use: 'usual', given: ['A', 'B'], _given: [null, { id: 'b' }] }, { family: 'F' }],
  }
  const before = JSON.stringify(input)
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), (operations) => {
      const parameters: Resource = { resourceType: 'Parameters', parameter: operations }
      try {
        const result = applyPatch(input, { format: 'fhirpath-patch', parameters }, registry)
        if (!hasAlignedNames(result)) return false
      } catch (error) {
        if (!(error instanceof FhirError) || error.status !== 422) throw error
      }
      return JSON.stringify(input) === before
    }),
    { numRuns: 3000 },
  )
})

function hasAlignedNames(patient: Resource): boolean {
  const names = Array.isArray(patient.name) ? patient.name : []
  return names.every((name) => {
    if (typeof name !== 'object' || name === null || Array.isArray(name)) return false
    const { given, _given } = name
    return !Array.isArray(given) || !Array.isArray(_given) || given.length === _given.length
  })
}
