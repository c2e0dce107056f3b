/** Search: every clause kind, chains, restrictions, totals, sorting. */
import type { Clause, EnvelopeClause } from '../../src/search/search-request.ts'
import { allOf, everything } from '../../src/search/search-request.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import { clauseCases } from '../search/clause-cases.ts'
import {
  period,
  reference,
  referenceClause,
  string,
  token,
  tokenClause,
} from '../search/entries.ts'
import type { ContractTest } from './contract.ts'
import { aDelete, aSearch, aWrite, find, write, writeEach } from './plans.ts'
import { sorting } from './contract-sorting.ts'

export function searchContract(test: ContractTest): void {
  clauses(test)
  chains(test)
  restrictions(test)
  currency(test)
  sorting(test)
}

function clauses(test: ContractTest): void {
  test('finds what every kind of clause means', async (t, openStore) => {
    const store = await openStore(t)
    const writes = clauseCases.map(({ entries }, index) => aWrite({ id: `case-${index}`, entries }))
    await write(store, ...writes)
    for (const [index, { name, clause, matches }] of clauseCases.entries()) {
      const id = `case-${index}`
      const only: Clause = { kind: 'id', ids: [id] }
      t.same(await find(store, allOf([only, clause])), matches ? [id] : [], name)
      const negated: Clause = { kind: 'not', clause }
      t.same(await find(store, allOf([only, negated])), matches ? [] : [id], `not ${name}`)
    }
  })

  test('finds among all resources what one clause alone means', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(
      store,
      clauseCases.map(({ entries }, index) => ({ id: `case-${index}`, entries })),
    )
    for (const [index, { name, clause, matches }] of clauseCases.entries()) {
      const found = await find(store, clause, { count: 1000 })
      t.equal(found.includes(`case-${index}`), matches, name)
    }
  })

  test('finds by id and by the time of the last change', async (t, openStore) => {
    let now = Date.parse('2026-03-14T10:00:00Z')
    const store = await openStore(t, { now: () => now })
    await write(store, aWrite({ id: 'a' }), aWrite({ type: 'Patient', id: 'a' }))
    now += 86_400_000
    await write(store, aWrite({ id: 'b' }))
    const on = (prefix: 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb', text: string) =>
      find(store, { kind: 'lastUpdated', prefix, period: period(text) })
    t.same(await find(store, { kind: 'id', ids: ['b', 'a', 'x'] }), ['a', 'b'])
    t.same(await find(store, { kind: 'id', ids: ['A'] }), [])
    t.same(await find(store, { kind: 'id', ids: [] }), [])
    t.same(await on('eq', '2026-03-14'), ['a'])
    t.same(await on('ne', '2026-03-14'), ['b'])
    t.same(await on('gt', '2026-03-14'), ['b'])
    t.same(await on('lt', '2026-03-15'), ['a'])
    t.same(await on('ge', '2026-03-14T10:00:00Z'), ['a', 'b'])
    t.same(await on('le', '2026-03-14T10:00:00Z'), ['a'])
    t.same(await on('sa', '2026-03-14T10:00:00.000Z'), ['b'])
    t.same(await on('eb', '2026-03-15T10:00:00.000Z'), ['a'])
  })

  test('finds resources of several types, and of none', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [{ id: 'o' }, { type: 'Patient', id: 'p' }, { type: 'Group', id: 'g' }])
    const types = async (...types: string[]) => find(store, everything, { types })
    t.same(await types('Observation', 'Group'), ['o', 'g'])
    t.same(await types('Patient'), ['p'])
    t.same(await types('Patient', 'Patient'), ['p'])
    t.same(await types('Device'), [])
    t.same(await types(), [])
  })

  test('tests every column of the envelope', async (t, openStore) => {
    const store = await openStore(t)
    const depositor = { organization: 'o', user: 'u', client: 'c' }
    const full = {
      patients: ['p1', 'p2'],
      class: 's|c',
      docType: 's|d',
      status: 'current',
      authors: ['Practitioner/1'],
      depositor,
      labels: ['s|N', 's|X'],
      confidentiality: 'N',
      depositedAt: 1000,
      owner: 'List/1',
    } as const
    await write(store, aWrite({ id: 'full', envelope: full }), aWrite({ id: 'bare' }))
    const on = (
      field: EnvelopeClause['field'],
      operator: EnvelopeClause['operator'],
      ...values: (string | number)[]
    ) => find(store, { kind: 'envelope', field, operator, values })
    const values: [EnvelopeClause['field'], string][] = [
      ['patients', 'p2'],
      ['class', 's|c'],
      ['docType', 's|d'],
      ['status', 'current'],
      ['authors', 'Practitioner/1'],
      ['labels', 's|X'],
      ['confidentiality', 'N'],
      ['depositorOrganization', 'o'],
      ['depositorUser', 'u'],
      ['depositorClient', 'c'],
      ['owner', 'List/1'],
    ]
    for (const [field, value] of values) {
      t.same(await on(field, 'in', 'other', value), ['full'], `${field} in`)
      t.same(await on(field, 'in', 'other'), [], `${field} not in`)
      t.same(await on(field, 'in'), [], `${field} in nothing`)
      t.same(await on(field, 'exists'), ['full'], `${field} exists`)
    }
    t.same(await on('id', 'in', 'bare', 'x'), ['bare'])
    t.same(await on('depositedAt', 'before', 1000), ['bare'])
    t.same(await on('depositedAt', 'after', 999), ['full'])
    t.same(await on('depositedAt', 'after', 1000), [])
  })
}

/** Two patients, observations on each, one on nobody, one on a patient that is gone. */
async function fillChain(store: ResourceStore): Promise<void> {
  await writeEach(store, [
    { type: 'Patient', id: '1', entries: [token('identifier', 'x'), string('name', 'Durand')] },
    {
      type: 'Patient',
      id: '2',
      entries: [token('identifier', 'y')],
      envelope: { labels: ['s|V'] },
    },
    { type: 'Patient', id: '3', entries: [token('identifier', 'x')] },
    { type: 'Group', id: '1', entries: [token('identifier', 'x')] },
    { id: 'a', entries: [reference('subject', 'Patient/1'), token('code', 'k')] },
    { id: 'b', entries: [reference('subject', 'Patient/2'), token('code', 'l')] },
    { id: 'c', entries: [token('code', 'k')] },
    { id: 'd', entries: [reference('subject', 'Patient/3'), token('code', 'k')] },
    { id: 'e', entries: [reference('subject', 'Patient/1/_history/1'), token('code', 'm')] },
    { id: 'g', entries: [reference('subject', 'Group/1')] },
    { id: 'n', entries: [reference('subject', 'Patient/none')] },
    { id: 'h', entries: [reference('has-member', 'Observation/a')] },
  ])
  await write(store, aDelete({ type: 'Patient', id: '3' }))
}

const subject = (inner: Clause, innerDecision?: Clause): Clause => ({
  kind: 'chain',
  code: 'subject',
  type: 'Patient',
  inner,
  ...(innerDecision ? { innerDecision } : {}),
})

const observed = (inner: Clause, innerDecision?: Clause): Clause => ({
  kind: 'has',
  type: 'Observation',
  code: 'subject',
  inner,
  ...(innerDecision ? { innerDecision } : {}),
})

function chains(test: ContractTest): void {
  test('follows a chain to the resources referred to', async (t, openStore) => {
    const store = await openStore(t)
    await fillChain(store)
    t.same(await find(store, subject(tokenClause('identifier', 'x'))), ['a', 'e'])
    t.same(await find(store, subject(everything)), ['a', 'b', 'e'], 'not to deleted ones')
    t.same(await find(store, subject(tokenClause('identifier', 'z'))), [])
    t.same(await find(store, { kind: 'not', clause: subject(everything) }), [
      'c',
      'd',
      'g',
      'n',
      'h',
    ])
    const members: Clause = {
      kind: 'chain',
      code: 'has-member',
      type: 'Observation',
      inner: subject(tokenClause('identifier', 'x')),
    }
    t.same(await find(store, members), ['h'], 'two levels')
  })

  test('follows a reverse chain from the resources that refer', async (t, openStore) => {
    const store = await openStore(t)
    await fillChain(store)
    const patients = (where: Clause) => find(store, where, { types: ['Patient'] })
    t.same(await patients(observed(tokenClause('code', 'k'))), ['1'])
    t.same(await patients(observed(everything)), ['1', '2'])
    t.same(await patients({ kind: 'not', clause: observed(tokenClause('code', 'k')) }), ['2'])
    await write(store, aDelete({ id: 'a' }))
    t.same(await patients(observed(tokenClause('code', 'k'))), [], 'not from deleted ones')
    t.same(await find(store, observed(everything), { types: ['Group'] }), ['1'])
  })

  test('looks through a chain only at what the caller may see', async (t, openStore) => {
    const store = await openStore(t)
    await fillChain(store)
    const visible: Clause = { kind: 'not', clause: labelled('s|V') }
    t.same(await find(store, subject(everything, visible)), ['a', 'e'])
    t.same(await find(store, subject(everything, { kind: 'none' })), [])
    const patients = (where: Clause) => find(store, where, { types: ['Patient'] })
    t.same(await patients(observed(everything, tokenClause('code', 'l'))), ['2'])
    t.same(await patients(observed(tokenClause('code', 'k'), tokenClause('code', 'l'))), [])
  })

  test('connects a reference to a resource that is created later', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [
      { id: 'a', entries: [reference('subject', 'Patient/late')] },
      { type: 'Patient', id: 'late', entries: [token('identifier', 'x')] },
    ])
    t.same(await find(store, subject(tokenClause('identifier', 'x'))), ['a'])
    t.same(await find(store, referenceClause('subject', 'Patient', 'late')), ['a'])
    t.same(await find(store, observed(everything), { types: ['Patient'] }), ['late'])
  })
}

function labelled(label: string): Clause {
  return { kind: 'envelope', field: 'labels', operator: 'in', values: [label] }
}

function restrictions(test: ContractTest): void {
  test('finds and counts only what the restriction of each type permits', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [
      { id: 'a', envelope: { labels: ['s|N'] } },
      { id: 'b', envelope: { labels: ['s|V'] } },
      { type: 'Patient', id: 'p' },
      { type: 'Group', id: 'g' },
    ])
    const types = ['Observation', 'Patient', 'Group']
    const restrictions = { Observation: labelled('s|N'), Patient: everything }
    const page = await store.search(aSearch({ types, restrictions, total: 'accurate' }))
    t.same(
      page.matches.map(({ id }) => id),
      ['a', 'p'],
      'a type without a restriction is not permitted',
    )
    t.equal(page.total, 2)
    t.same(await find(store, everything, { types, restrictions: {} }), [])
  })

  test('shows no old version of what the caller may no longer see', async (t, openStore) => {
    const store = await openStore(t)
    const old = { labels: ['s|N'] }
    await writeEach(store, [
      { id: 'a', envelope: old },
      { id: 'b', envelope: old },
      { id: 'c', envelope: { labels: ['s|V'] } },
      { id: 'd', envelope: old },
    ])
    const asOf = store.sequence()
    await write(store, aWrite({ id: 'a', versionId: 2, envelope: { labels: ['s|V'] } }))
    await write(store, aWrite({ id: 'b', versionId: 2, envelope: old }))
    await write(store, aWrite({ id: 'c', versionId: 2, envelope: old }))
    await write(store, aDelete({ id: 'd', envelope: old }))
    const restrictions = { Observation: labelled('s|N') }
    t.same(await find(store, everything, { restrictions, asOf }), ['b', 'd'])
    t.same(await find(store, everything, { restrictions }), ['b', 'c'])
  })
}

function currency(test: ContractTest): void {
  test('finds by what a resource says now, not by what it said', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [
      { id: 'a', entries: [token('code', 'old'), token('status', 'same')] },
      { id: 'a', versionId: 2, entries: [token('code', 'new'), token('status', 'same')] },
      { id: 'b', entries: [token('code', 'old')] },
    ])
    t.same(await find(store, tokenClause('code', 'old')), ['b'])
    t.same(await find(store, tokenClause('code', 'new')), ['a'])
    t.same(await find(store, tokenClause('status', 'same')), ['a'])
    await write(store, aDelete({ id: 'a', versionId: 3 }))
    t.same(await find(store, tokenClause('code', 'new')), [])
    t.same(await find(store, everything), ['b'])
  })

  test('counts exactly when asked, all matches and not the page', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(
      store,
      ['a', 'b', 'c', 'd', 'e'].map((id) => ({
        id,
        entries: [token('code', 'x'), token('code', 'x', 's')],
      })),
    )
    const where = tokenClause('code', 'x')
    const page = await store.search(aSearch({ where, count: 2, total: 'accurate' }))
    t.match(page, { total: 5, matches: { length: 2 } })
    t.equal((await store.search(aSearch({ where, count: 2 }))).total, undefined)
    t.equal((await store.search(aSearch({ where, count: 2, total: 'whenCheap' }))).total, 5)
  })

  test('gives the total alone for a count of 0', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [{ id: 'a' }, { id: 'b' }])
    const page = await store.search(aSearch({ count: 0, total: 'accurate' }))
    t.match(page, { matches: [], included: [], total: 2 })
    t.equal(page.next, undefined)
    t.equal(page.previous, undefined)
  })
}
