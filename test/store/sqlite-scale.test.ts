/** What only many resources or many values show: bounds of SQLite, semi-joins, deadlines. */
import t from 'tap'
import type { Test } from 'tap'
import { TooCostly } from '../../src/errors.ts'
import type { Clause, SearchRequest } from '../../src/search/search-request.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { aPlan, aSearch, aWrite, find, sortBy } from './plans.ts'

const many = 1200

/** 1200 patients, each with one observation; the even ones are active. */
async function openFilled(t: Test) {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  const numbers = Array.from({ length: many }, (_, index) => index)
  const patients = numbers.map((index) =>
    aWrite({
      type: 'Patient',
      id: `p${index}`,
      entries: [
        { kind: 'token', code: 'active', value: String(index % 2 === 0) },
        { kind: 'token', code: 'all', value: 'x' },
        { kind: 'string', code: 'name', folded: `n${index}`, exact: `N${index}` },
      ],
    }),
  )
  const observations = numbers.map((index) =>
    aWrite({
      id: `o${index}`,
      entries: [
        { kind: 'reference', code: 'subject', type: 'Patient', id: `p${index}` },
        { kind: 'token', code: 'code', system: 's', value: `c${index}` },
        { kind: 'uri', code: 'url', value: `http://u/${index}` },
        { kind: 'date', code: 'date', low: index * 1000, high: index * 1000 + 1 },
        { kind: 'number', code: 'n', low: index, high: index },
      ],
    }),
  )
  await store.commit(aPlan([...patients, ...observations]), 'bulk')
  return { store, numbers }
}

t.test('joins what a chain or _has leads to when that is too much for a list', async (t) => {
  const { store } = await openFilled(t)
  const all: Clause = { kind: 'token', code: 'all', tokens: [{ value: 'x' }] }
  const active: Clause = { kind: 'token', code: 'active', tokens: [{ value: 'true' }] }
  const count = async (type: string, where: Clause) =>
    (await store.search(aSearch({ types: [type], where, count: 0, total: 'accurate' }))).total
  const chain = (inner: Clause): Clause => ({
    kind: 'chain',
    code: 'subject',
    type: 'Patient',
    inner,
  })
  t.equal(await count('Observation', chain(all)), many)
  t.equal(await count('Observation', chain(active)), many / 2)
  const both: Clause = { kind: 'and', clauses: [all, active] }
  t.equal(await count('Observation', chain(both)), many / 2)
  t.equal(await count('Observation', { kind: 'not', clause: chain(all) }), 0)
  const has = (inner: Clause): Clause => ({
    kind: 'has',
    type: 'Observation',
    code: 'subject',
    inner,
  })
  t.equal(await count('Patient', has({ kind: 'all' })), many)
  t.equal(
    await count('Patient', { kind: 'and', clauses: [active, has({ kind: 'all' })] }),
    many / 2,
  )
  const deep = has(chain(has(chain(all))))
  t.equal(await count('Patient', deep), many)
})

t.test('takes thousands of values in one parameter', async (t) => {
  const { store, numbers } = await openFilled(t)
  const clauses: Clause[] = [
    { kind: 'id', ids: numbers.map((n) => `o${n}`) },
    { kind: 'token', code: 'code', tokens: numbers.map((n) => ({ value: `c${n}` })) },
    {
      kind: 'token',
      code: 'code',
      tokens: numbers.map((n) => ({ system: n === 0 ? 's' : `s${n}`, value: 'c0' })),
    },
    { kind: 'uri', code: 'url', values: numbers.map((n) => `http://u/${n}`) },
    {
      kind: 'reference',
      code: 'subject',
      references: numbers.map((n) => ({ type: 'Patient', id: `p${n}` })),
    },
    {
      kind: 'date',
      code: 'date',
      values: numbers.map((n) => ({ prefix: 'eq', period: { low: n * 1000, high: n * 1000 + 1 } })),
    },
    {
      kind: 'number',
      code: 'n',
      values: numbers.map((n) => ({ prefix: 'eq', value: n, low: n - 0.5, high: n + 0.5 })),
    },
    { kind: 'or', clauses: numbers.map((n): Clause => ({ kind: 'id', ids: [`o${n}`] })) },
    {
      kind: 'and',
      clauses: numbers.map((n): Clause => ({
        kind: 'not',
        clause: { kind: 'id', ids: [`x${n}`] },
      })),
    },
  ]
  for (const where of clauses) {
    const expected = where.kind === 'token' && where.tokens[1]!.value === 'c0' ? 1 : many
    const parts = { count: 2000, timeoutMs: 60_000 }
    t.equal((await find(store, where, parts)).length, expected, where.kind)
    const inverse: Clause = { kind: 'not', clause: where }
    t.equal((await find(store, inverse, parts)).length, many - expected, `not ${where.kind}`)
  }
  const names: Clause = {
    kind: 'string',
    code: 'name',
    match: 'exact',
    values: numbers.map((n) => `N${n}`),
  }
  t.equal((await find(store, names, { types: ['Patient'], count: 2000 })).length, many)
})

t.test('gives a total when it is cheap, and none when it is not', async (t) => {
  const { store } = await openFilled(t)
  const active: Clause = { kind: 'token', code: 'active', tokens: [{ value: 'true' }] }
  const search = async (parts: Partial<SearchRequest>) =>
    (await store.search(aSearch({ types: ['Patient'], total: 'whenCheap', count: 10, ...parts })))
      .total
  t.equal(await search({ where: active }), many / 2)
  t.equal(await search({}), undefined)
  t.equal(await search({ total: 'accurate' }), many)
  t.equal(await search({ where: { kind: 'none' } }), 0)
  t.equal(await search({ count: 2000 }), many)
})

t.test('gives up a search that takes too long, and goes on with the next', async (t) => {
  const { store } = await openFilled(t)
  const where: Clause = { kind: 'string', code: 'name', match: 'contains', values: ['9'] }
  const request = aSearch({ types: ['Patient'], where, sort: [sortBy('name', 'string')] })
  await t.rejects(store.search({ ...request, timeoutMs: 0 }), TooCostly)
  t.equal((await store.search(request)).matches[0]!.id, 'p1009')
})
