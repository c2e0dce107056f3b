/** States of the past: kept for the paging window, then removed, then refused. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { Gone } from '../../src/errors.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import type { IndexEntry } from '../../src/search/index-entry.ts'
import { aDelete, aSearch, aWrite, idsOf, write } from './plans.ts'

const hour = 3_600_000
const entries = (value: string): IndexEntry[] => [
  { kind: 'token', code: 'code', system: 's', value },
  { kind: 'token', code: 'status', value: 'final' },
  { kind: 'reference', code: 'subject', type: 'Patient', id: value },
  { kind: 'string', code: 'name', folded: value, exact: value },
  { kind: 'date', code: 'date', low: value.length, high: 1000 },
  { kind: 'quantity', code: 'q', low: value.length, high: value.length, unit: 'mg' },
]
const coded = (value: string) =>
  aSearch({ where: { kind: 'token', code: 'code', tokens: [{ value }] } })

const indexTables = ['token', 'reference', 'string', 'period', 'quantity']

function countRows(folder: string, condition: string): number[] {
  const db = new DatabaseSync(join(folder, 'passerelle.db'), { readOnly: true })
  try {
    return indexTables.map((table) =>
      Number(db.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${condition}`).get()!.n),
    )
  } finally {
    db.close()
  }
}

t.test('removes the rows of past states after the window, and refuses those states', async (t) => {
  const folder = t.testdir()
  let now = 10 * hour
  const store = await openSqliteStore({ folder, now: () => now })
  t.teardown(() => store.close())
  const { sequence } = await write(store, aWrite({ id: 'a', entries: entries('one') }))
  await write(store, aWrite({ id: 'a', versionId: 2, entries: entries('three') }))
  await write(store, aWrite({ id: 'b', entries: entries('three') }))
  await write(store, aDelete({ id: 'b' }))
  t.same(countRows(folder, 'ended = 0'), [2, 1, 1, 1, 1])
  t.same(countRows(folder, 'ended > 0'), [3, 2, 2, 2, 2])
  now += hour / 2
  await store.tidy()
  t.same(countRows(folder, 'ended > 0'), [3, 2, 2, 2, 2])
  const past = await store.search({ ...coded('one'), asOf: sequence })
  t.same(
    past.matches.map(({ id, versionId }) => `${id}/${versionId}`),
    ['a/1'],
  )
  now += hour
  await t.rejects(store.search({ ...coded('one'), asOf: sequence }), Gone)
  await store.tidy()
  t.same(countRows(folder, 'ended = 0'), [2, 1, 1, 1, 1])
  t.same(countRows(folder, 'ended > 0'), [0, 0, 0, 0, 0])
  await t.rejects(store.search({ ...coded('one'), asOf: sequence }), {
    status: 410,
    message: /page link/,
  })
  const newest = await store.search({ ...coded('three'), asOf: store.sequence() })
  t.same(idsOf(newest.matches), ['a'])
})

t.test('keeps what holds when a resource comes back to an earlier value', async (t) => {
  const folder = t.testdir()
  let now = 10 * hour
  const store = await openSqliteStore({ folder, now: () => now })
  t.teardown(() => store.close())
  for (const [index, value] of ['one', 'two', 'one', 'two', 'one'].entries()) {
    now += 1000
    await write(store, aWrite({ id: 'a', versionId: index + 1, entries: entries(value) }))
  }
  now += 2 * hour
  await store.tidy()
  t.same(countRows(folder, 'ended > 0'), [0, 0, 0, 0, 0])
  t.same(idsOf((await store.search(coded('one'))).matches), ['a'])
  t.same(idsOf((await store.search(coded('two'))).matches), [])
})

t.test('writes only the rows that an update changes', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  t.teardown(() => store.close())
  await write(store, aWrite({ id: 'a', entries: entries('one') }))
  const changed = entries('one').map((entry) =>
    entry.code === 'status' ? { ...entry, value: 'amended' } : entry,
  ) as IndexEntry[]
  await write(store, aWrite({ id: 'a', versionId: 2, entries: changed }))
  t.same(countRows(folder, 'since = 2'), [1, 0, 0, 0, 0])
  t.same(countRows(folder, 'ended = 2'), [1, 0, 0, 0, 0])
})

t.test('gives a later created target to the references that named it before', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  const subject: IndexEntry = { kind: 'reference', code: 'subject', type: 'Patient', id: 'late' }
  await write(store, aWrite({ id: 'early', entries: [subject] }))
  const named: IndexEntry = { kind: 'token', code: 'identifier', value: 'x' }
  t.equal(await store.read('Patient', 'late'), undefined)
  await write(store, aWrite({ id: 'between' }))
  await write(store, aWrite({ type: 'Patient', id: 'late', entries: [named] }))
  const inner = { kind: 'token', code: 'identifier', tokens: [{ value: 'x' }] } as const
  const chain = { kind: 'chain', code: 'subject', type: 'Patient', inner } as const
  const include = {
    kind: 'include',
    sourceType: 'Observation',
    code: 'subject',
    iterate: false,
  } as const
  const page = await store.search(aSearch({ where: chain, includes: [include] }))
  t.same([idsOf(page.matches), idsOf(page.included)], [['early'], ['late']])
  const has = { kind: 'has', type: 'Observation', code: 'subject', inner: { kind: 'all' } } as const
  const holders = {
    kind: 'revinclude',
    sourceType: 'Observation',
    code: 'subject',
    iterate: false,
  } as const
  const patients = await store.search(
    aSearch({ types: ['Patient', 'Observation'], where: has, includes: [holders] }),
  )
  t.same([idsOf(patients.matches), idsOf(patients.included)], [['late'], ['early']])
  const all = await store.search(aSearch({ types: ['Patient', 'Observation'] }))
  t.same(idsOf(all.matches), ['early', 'between', 'late'])
})
