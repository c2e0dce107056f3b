import t from 'tap'
import { toOperationOutcome } from '../../src/fhir/operation-outcome.ts'
import { renderSearchset } from '../../src/search/searchset.ts'

const links = [{ relation: 'self', url: 'http://localhost/fhir/Patient?name=%22' }]

t.test('puts stored bytes together as they are', async (t) => {
  const body = Buffer.from('{"resourceType":"Patient","id":"1","x":1.10}')
  const bundle = renderSearchset({
    entries: [
      { fullUrl: 'http://localhost/fhir/Patient/1', mode: 'match', body },
      { fullUrl: 'http://localhost/fhir/Patient/2', mode: 'include', body },
    ],
    total: 1,
    links,
    outcome: toOperationOutcome([
      { severity: 'warning', code: 'not-supported', diagnostics: 'é "x"' },
    ]),
  })
  t.ok(bundle.includes('"x":1.10'))
  t.match(JSON.parse(bundle.toString()), {
    resourceType: 'Bundle',
    type: 'searchset',
    total: 1,
    link: links,
    entry: [
      {
        fullUrl: 'http://localhost/fhir/Patient/1',
        resource: { id: '1' },
        search: { mode: 'match' },
      },
      { fullUrl: 'http://localhost/fhir/Patient/2', search: { mode: 'include' } },
      { resource: { resourceType: 'OperationOutcome' }, search: { mode: 'outcome' } },
    ],
  })
})

t.test('leaves out what there is not', async (t) => {
  const bundle = renderSearchset({ entries: [], total: undefined, links: [] })
  t.same(JSON.parse(bundle.toString()), { resourceType: 'Bundle', type: 'searchset' })
  const outcome = toOperationOutcome([])
  const told = JSON.parse(renderSearchset({ entries: [], total: 0, links: [], outcome }).toString())
  t.equal(told.total, 0)
  t.equal(told.entry.length, 1)
})
