import t from 'tap'
import { parseJson } from '../../src/json/parse.ts'
import { baseUrlMark, serializeStored } from '../../src/json/serialize.ts'
import { renderSlots } from '../../src/json/slots.ts'

t.test('writes resourceType, id and meta first and the rest in its order', async (t) => {
  const resource = {
    z: 1,
    meta: {
      profile: ['p'],
      lastUpdated: '2020-01-01T00:00:00Z',
      versionId: '9',
      tag: [{ code: 'é' }],
    },
    id: 'theirs',
    '7': 'seven',
    resourceType: 'Patient',
    active: true,
  }
  const before = structuredClone(resource)
  const { body, lastUpdatedOffset, slots } = serializeStored(resource, { id: 'ours', versionId: 2 })
  t.equal(
    body.toString(),
    '{"resourceType":"Patient","id":"ours","meta":{"versionId":"2","lastUpdated":"1970-01-01T00:00:00.000Z","profile":["p"],"tag":[{"code":"é"}]},"7":"seven","z":1,"active":true}',
  )
  t.equal(
    body.toString('latin1', lastUpdatedOffset, lastUpdatedOffset + 24),
    '1970-01-01T00:00:00.000Z',
  )
  t.same(slots, [])
  t.same(resource, before)
})

t.test('writes a resource that has nothing but its type', async (t) => {
  const { body } = serializeStored({ resourceType: 'Basic' }, { id: 'a', versionId: 1 })
  t.equal(
    body.toString(),
    '{"resourceType":"Basic","id":"a","meta":{"versionId":"1","lastUpdated":"1970-01-01T00:00:00.000Z"}}',
  )
})

t.test('keeps decimals as they were sent, also at the root', async (t) => {
  const { resource } = parseJson(
    '{"resourceType":"ChargeItem","factorOverride":0.80,"quantity":{"value":2.0},"meta":{"extension":[{"valueDecimal":1.10}]}}',
  )
  const text = serializeStored(resource, { id: 'a', versionId: 1 }).body.toString()
  t.match(text, '"factorOverride":0.80,"quantity":{"value":2.0}')
  t.match(text, '"extension":[{"valueDecimal":1.10}]')
})

t.test('turns marks into slots that count bytes, and renders them', async (t) => {
  const resource = {
    resourceType: 'DocumentReference',
    meta: { source: `${baseUrlMark}/é` },
    description: 'é€😀 "quoted"',
    content: [
      { attachment: { url: `${baseUrlMark}/Binary/x` } },
      { attachment: { url: baseUrlMark } },
    ],
  }
  const { body, lastUpdatedOffset, slots } = serializeStored(resource, { id: 'a', versionId: 1 })
  t.equal(slots.length, 3)
  t.notMatch(body.toString(), '~base:')
  t.equal(body.toString('latin1', lastUpdatedOffset, lastUpdatedOffset + 4), '1970')
  for (const baseUrl of ['http://localhost:8080/fhir', 'https://é.example/fhir']) {
    const rendered = JSON.parse(renderSlots(body, slots, baseUrl).toString())
    t.equal(rendered.meta.source, `${baseUrl}/é`)
    t.equal(rendered.description, resource.description)
    t.same(rendered.content, [
      { attachment: { url: `${baseUrl}/Binary/x` } },
      { attachment: { url: baseUrl } },
    ])
  }
})

t.test('gives the very bytes back when there are no slots', async (t) => {
  const { body, slots } = serializeStored({ resourceType: 'Basic' }, { id: 'a', versionId: 1 })
  t.equal(renderSlots(body, slots, 'http://x'), body)
})
