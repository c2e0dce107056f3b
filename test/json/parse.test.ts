import t from 'tap'
import { TooLarge } from '../../src/errors.ts'
import { parseBody, parseJson, parseJsonValue } from '../../src/json/parse.ts'

const options = { bodyBytesMax: 1000 }

t.test('parses a body that arrives whole or in chunks', async (t) => {
  const json = '{ "resourceType": "Patient", "name": [ { "family": "Éluard" } ] }'
  const bytes = Buffer.from(json)
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3)
  }
  const expected = { resource: JSON.parse(json), blobs: [], hasOddDecimals: false }
  t.same(await parseBody(bytes, options), expected)
  t.same(await parseBody(new Uint8Array(bytes), options), expected)
  t.same(await parseBody(chunks(), options), expected)
  t.same(parseJson(json), expected)
  t.same(parseJson(bytes, options), expected)
})

t.test('refuses a body that is no resource, with a sentence that helps', async (t) => {
  for (const [json, message] of [
    ['', /body is empty/],
    ['[]', /body is an array/],
    ['null', /body is null/],
    ['"Patient"', /body is a string/],
    ['1.0', /body is a number/],
    ['{}', /no "resourceType"/],
    ['{"resourceType":1}', /no "resourceType"/],
    ['{"resourceType":""}', /no "resourceType"/],
    ['<Patient/>', /expected a value, found '<'/],
  ] as const) {
    const expected = {
      name: 'InvalidRequest',
      status: 400,
      message,
      issues: [{ code: 'structure' }],
    }
    await t.rejects(parseBody(Buffer.from(json), options), expected, json)
    t.throws(() => parseJson(json), expected, json)
  }
})

t.test('refuses a body above the limit', async (t) => {
  const json = `{"resourceType":"Basic","a":"${'x'.repeat(1000)}"}`
  await t.rejects(parseBody(Buffer.from(json), options), TooLarge)
})

t.test('parses any JSON value where asked to, as strictly', async (t) => {
  t.same(parseJsonValue('[{"op":"remove","path":"/a"}]'), [{ op: 'remove', path: '/a' }])
  t.throws(() => parseJsonValue('[{"op":"add","op":"remove"}]'), /comes twice/)
})

t.test('refuses a text that is not Unicode instead of changing it', async (t) => {
  t.throws(() => parseJson('{"resourceType":"Basic","a":"\ud800"}'), { name: 'InvalidRequest' })
})
