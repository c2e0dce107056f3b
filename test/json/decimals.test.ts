import fc from 'fast-check'
import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import {
  cloneJson,
  decimalText,
  hasDecimalTexts,
  keepDecimalText,
  stringifyResource,
} from '../../src/json/decimals.ts'
import { parseJson, parseJsonValue } from '../../src/json/parse.ts'

const odd =
  '{"resourceType":"Observation","valueQuantity":{"value":1.10,"unit":"g"},"x":[1.0,2,-0,12345678901234567890,1e3]}'

t.test('writes every decimal back as it was sent', async (t) => {
  t.equal(stringifyResource(parseJson(odd).resource), odd)
})

t.test('gives plain numbers to compute with, and their text on demand', async (t) => {
  const { resource, hasOddDecimals } = parseJson(odd)
  const quantity = resource.valueQuantity as JsonObject
  t.equal(hasOddDecimals, true)
  t.equal(quantity.value, 1.1)
  t.equal(decimalText(quantity, 'value'), '1.10')
  t.same(
    (resource.x as number[]).map((_, at) => decimalText(resource.x as number[], at)),
    ['1.0', '2', '-0', '12345678901234567890', '1e3'],
  )
  t.same(Object.keys(quantity), ['value', 'unit'])
})

t.test('leaves a resource without odd decimals untouched', async (t) => {
  const { resource, hasOddDecimals } = parseJson('{"resourceType":"X","a":[1.5,{"b":2}]}')
  t.same([hasOddDecimals, hasDecimalTexts(resource)], [false, false])
  t.same(Object.getOwnPropertySymbols((resource.a as JsonObject[])[1]), [])
})

t.test('never writes an old text for a changed value', async (t) => {
  const quantity = parseJson(odd).resource.valueQuantity as JsonObject
  quantity.value = 2
  t.equal(stringifyResource(quantity), '{"value":2,"unit":"g"}')
  t.equal(decimalText(quantity, 'value'), '2')
  delete quantity.value
  t.equal(stringifyResource(quantity), '{"unit":"g"}')
})

t.test('survives spreads and cloneJson, which share no changes', async (t) => {
  const { resource } = parseJson(odd)
  const quantity = resource.valueQuantity as JsonObject
  const spread = { ...quantity, unit: 'kg' }
  const clone = cloneJson(resource)
  keepDecimalText(spread, 'value', '1.100')
  t.equal(stringifyResource(spread), '{"value":1.100,"unit":"kg"}')
  t.equal(stringifyResource(clone), odd)
  ;(clone.valueQuantity as JsonObject).value = 3
  t.equal(stringifyResource(resource), odd)
})

t.test('keeps texts that other parsers bring, and forgets them', async (t) => {
  const quantity: JsonObject = { value: 1.5 }
  keepDecimalText(quantity, 'value', '1.50')
  t.equal(stringifyResource(quantity), '{"value":1.50}')
  keepDecimalText(quantity, 'value', '1.5')
  t.equal(stringifyResource(quantity), '{"value":1.5}')
})

const number = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
  fc
    .tuple(fc.bigInt(-(10n ** 25n), 10n ** 25n), fc.stringMatching(/^[0-9]{1,25}$/))
    .map(([whole, part]) => `${whole}.${part}`),
  fc
    .tuple(fc.integer(), fc.integer({ min: -250, max: 250 }))
    .map(([base, exponent]) => `${base}E${exponent}`),
)

t.test('any numbers come back digit for digit', async () => {
  const run = fc.property(fc.array(number), (numbers) => {
    const text = `{"a":[${numbers.join()}],"b":{"c":${numbers[0] ?? 1}}}`
    const value = parseJsonValue(text)
    return stringifyResource(value) === text && stringifyResource(cloneJson(value)) === text
  })
  fc.assert(run, { numRuns: 300 })
})

t.test('parses a long list of odd decimals in a time that grows with its length', async (t) => {
  const text = `[${'1.0,'.repeat(300_000)}1.0]`
  t.equal(stringifyResource(parseJsonValue(text)), text)
})
