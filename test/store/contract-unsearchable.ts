/** What is written not to be found: no search sees it, reads and histories do (decision 9). */
import type { Clause } from '../../src/search/search-request.ts'
import { everything } from '../../src/search/search-request.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import { reference, token, tokenClause } from '../search/entries.ts'
import type { ContractTest } from './contract.ts'
import { aSearch, aWrite, find, idsOf, include, namesOf, revinclude, write } from './plans.ts'

const entries = [token('code', 'x'), reference('subject', 'Patient/p')]
const envelope = { patients: ['p'], labels: ['s|N'] }
const more = { unsearchable: true }

/** Two resources that are found, then version 2 of the first, which is not. */
async function fill(store: ResourceStore): Promise<number> {
  await write(store, aWrite({ type: 'Patient', id: 'p', entries: [token('active', 'true')] }))
  await write(store, aWrite({ id: 'a', entries, envelope }))
  await write(store, aWrite({ id: 'b', entries, envelope }))
  const before = store.sequence()
  await write(store, aWrite({ id: 'a', versionId: 2, entries, envelope, more }))
  return before
}

const patient: Clause = {
  kind: 'reference',
  code: 'subject',
  references: [{ type: 'Patient', id: 'p' }],
}

export function unsearchableContract(test: ContractTest): void {
  test('finds no version that is not to be found, by whatever clause', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const clauses: Clause[] = [
      everything,
      patient,
      tokenClause('code', 'x'),
      { kind: 'id', ids: ['a', 'b'] },
      { kind: 'not', clause: tokenClause('code', 'y') },
      { kind: 'missing', code: 'date', missing: true },
      { kind: 'envelope', field: 'patients', operator: 'in', values: ['p'] },
      { kind: 'envelope', field: 'labels', operator: 'in', values: ['s|N'] },
      { kind: 'and', clauses: [patient, tokenClause('code', 'x')] },
    ]
    for (const clause of clauses) t.same(await find(store, clause), ['b'], JSON.stringify(clause))
    const { total } = await store.search(aSearch({ total: 'accurate', where: patient }))
    t.equal(total, 1)
  })

  test('keeps it out of chains, _has and includes', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    await write(
      store,
      aWrite({ type: 'Provenance', id: 'v', entries: [reference('target', 'Observation/a')] }),
    )
    const chain: Clause = {
      kind: 'chain',
      code: 'target',
      type: 'Observation',
      inner: tokenClause('code', 'x'),
    }
    t.same(await find(store, chain, { types: ['Provenance'] }), [])
    const has: Clause = {
      kind: 'has',
      type: 'Observation',
      code: 'subject',
      inner: { kind: 'id', ids: ['a'] },
    }
    t.same(await find(store, has, { types: ['Patient'] }), [])
    const forward = await store.search(
      aSearch({ types: ['Provenance'], includes: [include('Provenance', 'target')] }),
    )
    t.same(namesOf(forward.included), [])
    const backward = await store.search(
      aSearch({ types: ['Patient'], includes: [revinclude('Observation', 'subject')] }),
    )
    t.same(namesOf(backward.included), ['Observation/b'])
  })

  test('still reads it, in histories too, and finds what it was before', async (t, openStore) => {
    const store = await openStore(t)
    const before = await fill(store)
    t.match(await store.read('Observation', 'a'), { versionId: 2, deleted: false })
    t.match(await store.readVersion('Observation', 'a', 1), { versionId: 1 })
    const history = await store.history({
      scope: { kind: 'instance', type: 'Observation', id: 'a' },
      count: 10,
    })
    t.equal(history.total, 2)
    const page = await store.search(aSearch({ where: patient, asOf: before }))
    t.same(idsOf(page.matches).toSorted(), ['a', 'b'])
  })

  test('finds it again when a later version is to be found', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    await write(store, aWrite({ id: 'a', versionId: 3, entries, envelope }))
    t.same((await find(store, patient)).toSorted(), ['a', 'b'])
    await write(store, aWrite({ id: 'a', versionId: 4, entries: [], envelope, more }))
    await write(store, aWrite({ id: 'a', versionId: 5, entries: [], envelope, more }))
    t.same(await find(store, everything), ['b'])
  })

  test('keeps one that was never to be found out of searches', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'a', entries, envelope, more }))
    t.same(await find(store, everything), [])
    t.match(await store.read('Observation', 'a'), { versionId: 1 })
  })
}
