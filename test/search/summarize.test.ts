import t from 'tap'
import { summarize } from '../../src/search/summarize.ts'
import { registry } from './registry.ts'

const observation = Buffer.from(
  `{"resourceType":"Observation","id":"1","meta":{"versionId":"1","tag":[{"code":"t"}]},
  "text":{"status":"generated","div":"<div/>"},"contained":[{"resourceType":"Patient","id":"p"}],
  "modifierExtension":[{"url":"http://m"}],"extension":[{"url":"http://e"}],
  "status":"final","_status":{"id":"s"},"code":{"text":"c"},"valueQuantity":{"value":1.10,"unit":"mg"},
  "note":[{"text":"n"}],"referenceRange":[{"low":{"value":2.50}}],
  "component":[{"code":{"text":"d"},"valueQuantity":{"value":3.0},"interpretation":[{"text":"i"}]}]}`,
)

function shown(
  options: Omit<Parameters<typeof summarize>[1], 'registry' | 'mode'>,
  body = observation,
) {
  const bytes = summarize(body, { registry, mode: 'match', ...options })
  const { resourceType, id, meta, ...rest } = JSON.parse(bytes.toString())
  return { bytes, meta, names: Object.keys(rest).toSorted(), rest, head: [resourceType, id] }
}

t.test('shows what the definitions mark as summary', async (t) => {
  const { names, rest, meta, bytes, head } = shown({ summary: 'true' })
  t.same(head, ['Observation', '1'])
  t.same(names, ['_status', 'code', 'component', 'modifierExtension', 'status', 'valueQuantity'])
  t.same(Object.keys(rest.component[0]), ['code', 'valueQuantity'], 'at every level')
  t.same(meta, {
    versionId: '1',
    tag: [
      { code: 't' },
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' },
    ],
  })
  t.ok(bytes.includes('"value":1.10') && bytes.includes('"value":3.0'), 'without losing a digit')
})

t.test('shows the text with what is mandatory, or everything but the text', async (t) => {
  t.same(shown({ summary: 'text' }).names, [
    '_status',
    'code',
    'modifierExtension',
    'status',
    'text',
  ])
  const { names, bytes } = shown({ summary: 'data' })
  t.notOk(names.includes('text'))
  t.ok(names.includes('note') && names.includes('contained'))
  t.ok(bytes.includes('SUBSETTED') && bytes.includes('"value":2.50'))
})

t.test('shows the elements asked for and those that are vital', async (t) => {
  const { names, bytes } = shown({ elements: ['value', 'note'] })
  t.same(names, ['_status', 'code', 'modifierExtension', 'note', 'status', 'valueQuantity'])
  t.ok(bytes.includes('SUBSETTED'))
})

t.test('returns the same bytes when nothing is left out', async (t) => {
  t.equal(summarize(observation, { registry, mode: 'match' }), observation)
  t.equal(summarize(observation, { registry, mode: 'match', summary: 'false' }), observation)
  t.equal(summarize(observation, { registry, mode: 'include', elements: ['note'] }), observation)
})

t.test('tags a resource without meta, and keeps an attachment without its bytes', async (t) => {
  const body = Buffer.from(
    '{"resourceType":"DocumentReference","id":"1","status":"current","content":[{"attachment":{"data":"YQ==","url":"http://a"}}]}',
  )
  const { meta, rest } = shown({ summary: 'true' }, body)
  t.equal(meta.tag.length, 1)
  t.same(rest.content[0].attachment, { url: 'http://a' })
})
