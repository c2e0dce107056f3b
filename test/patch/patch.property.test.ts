import t from 'tap'
import fc from 'fast-check'
import { FhirError } from '../../src/errors.ts'
import { applyJsonPatch } from '../../src/patch/json-patch.ts'
import { formatPointer, parsePointer } from '../../src/patch/json-pointer.ts'
import { isSameJson } from '../../src/patch/same-json.ts'
import type { JsonValue, Resource } from '../../src/fhir/resource.ts'

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

t.test('a random patch gives a resource or a 422, and leaves the input as it was', async (t) => {
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
      return isSameJson(added.new!, value) && isSameJson(removed, input)
    }),
  )
})

t.test('a formatted pointer reads back as its tokens', async () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (tokens) =>
      isSameJson([...parsePointer(formatPointer(tokens))!], tokens),
    ),
  )
})
