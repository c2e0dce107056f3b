/** How SQLite carries out the searches that matter: by which index, and never by sorting. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Test } from 'tap'
import type { IndexEntry } from '../../src/search/index-entry.ts'
import type { SearchRequest } from '../../src/search/search-request.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { Statements } from '../../src/store/sqlite/statements.ts'
import type { Sql } from '../../src/store/sqlite/sql.ts'
import { aPlan, aSearch, aWrite, sortBy } from './plans.ts'

const day = 86_400_000
const type = 'DocumentReference'

async function openFilled(t: Test) {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  t.teardown(() => store.close())
  const patients = Array.from({ length: 20 }, (_, index) =>
    aWrite({
      type: 'Patient',
      id: `p${index}`,
      entries: [
        { kind: 'token', code: 'identifier', system: 'ins', value: `i${index}` },
        { kind: 'string', code: 'name', folded: `durand${index}`, exact: `Durand${index}` },
      ],
    }),
  )
  const documents = Array.from({ length: 300 }, (_, index) => {
    const patient = `p${index % 20}`
    const entries: IndexEntry[] = [
      { kind: 'reference', code: 'patient', type: 'Patient', id: patient },
      { kind: 'token', code: 'identifier', value: `d${index}` },
      { kind: 'token', code: 'status', value: 'current' },
      { kind: 'date', code: 'date', low: index * day, high: index * day + 1 },
    ]
    return aWrite({
      type,
      id: `d${index}`,
      entries,
      envelope: { patients: [patient], date: index * day, status: 'current' },
    })
  })
  await store.commit(aPlan([...patients, ...documents]))
  return { store, db: new DatabaseSync(join(folder, 'passerelle.db'), { readOnly: true }) }
}

/** The plans of all statements that a search runs. */
async function plansOf(t: Test, parts: Partial<SearchRequest>) {
  const { store, db } = await openFilled(t)
  for (const name of ['tick', 'sort_value', 'matches_composite'])
    db.function(name, { varargs: true }, () => 1)
  const asked: Sql[] = []
  const { all } = Statements.prototype
  Statements.prototype.all = function (statement) {
    asked.push(statement)
    return all.call(this, statement)
  }
  try {
    const page = await store.search(aSearch({ types: [type], count: 10, ...parts }))
    const steps = asked.flatMap(({ text, values }) =>
      db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...values),
    )
    return { page, steps: steps.map(({ detail }) => String(detail)) }
  } finally {
    Statements.prototype.all = all
    db.close()
  }
}

/** Scans of co-routines are steps of a pipeline; a scan of a table is not allowed. */
const tableScans = (steps: readonly string[]) =>
  steps.filter((step) => /^SCAN (?!k$|x$|\(|json_each|\d+ CONSTANT)/.test(step))
const sorts = (steps: readonly string[]) => steps.filter((step) => step.includes('ORDER BY'))
const uses = (steps: readonly string[], table: RegExp) => steps.some((step) => table.test(step))

const patient = {
  kind: 'reference',
  code: 'patient',
  references: [{ type: 'Patient', id: 'p3' }],
} as const
const identifier = {
  kind: 'token',
  code: 'identifier',
  tokens: [{ system: 'ins', value: 'i3' }],
} as const
const newestFirst = [sortBy('date', 'date', true)]

t.test("reads a patient's documents, newest first, in the order of one index", async (t) => {
  const status = { kind: 'token', code: 'status', tokens: [{ value: 'current' }] } as const
  const since = {
    kind: 'date',
    code: 'date',
    values: [{ prefix: 'ge', period: { low: 50 * day, high: 51 * day } }],
  } as const
  const where = { kind: 'and', clauses: [patient, status, since] } as const
  const { page, steps } = await plansOf(t, { where, sort: newestFirst })
  t.equal(page.matches[0]!.id, 'd283')
  t.equal(page.matches.length, 10)
  t.same(tableScans(steps), [])
  t.same(sorts(steps), [])
  t.ok(uses(steps, /SEARCH d USING PRIMARY KEY \(target=\? AND param=\?\)/))
  t.ok(uses(steps, /USING PRIMARY KEY \(param=\? AND value=\? AND sort=\? AND rid=\?/))
  t.ok(uses(steps, /USING PRIMARY KEY \(param=\? AND rid=\?/))
})

t.test('continues a page in the same index', async (t) => {
  const { store, db } = await openFilled(t)
  db.close()
  const request = aSearch({ types: [type], where: patient, sort: newestFirst, count: 5 })
  const first = await store.search(request)
  const second = await store.search({
    ...request,
    asOf: first.asOf,
    position: { direction: 'after', at: first.next! },
  })
  t.same(
    second.matches.map(({ id }) => id),
    ['d183', 'd163', 'd143', 'd123', 'd103'],
  )
})

t.test('keeps to the compartment when the policy names one patient', async (t) => {
  const restriction = {
    kind: 'envelope',
    field: 'patients',
    operator: 'in',
    values: ['p3'],
  } as const
  const { page, steps } = await plansOf(t, {
    sort: newestFirst,
    restrictions: { [type]: restriction },
  })
  t.equal(page.matches.length, 10)
  t.same([...tableScans(steps), ...sorts(steps)], [])
  t.ok(uses(steps, /SEARCH d USING PRIMARY KEY \(patient=\? AND type=\? AND deleted=\?\)/))
})

t.test('finds an identifier by one seek', async (t) => {
  const { page, steps } = await plansOf(t, { types: ['Patient'], where: identifier })
  t.equal(page.matches[0]!.id, 'p3')
  t.same(tableScans(steps), [])
  t.ok(uses(steps, /SEARCH d USING PRIMARY KEY \(param=\? AND value=\?\)/))
})

t.test('follows patient.identifier to the same index as patient itself', async (t) => {
  const where = { kind: 'chain', code: 'patient', type: 'Patient', inner: identifier } as const
  const { page, steps } = await plansOf(t, { where, sort: newestFirst })
  t.equal(page.matches[0]!.id, 'd283')
  t.same(tableScans(steps), [])
  t.same(
    sorts(steps).filter((step) => !step.includes('LAST TERM')).length <= 1,
    true,
    'only the one patient is sorted',
  )
  t.ok(uses(steps, /SEARCH d USING PRIMARY KEY \(target=\? AND param=\?\)/))
})

t.test('finds names by a range of the index of texts', async (t) => {
  const where = { kind: 'string', code: 'name', match: 'start', values: ['Durand1'] } as const
  const { page, steps } = await plansOf(t, { types: ['Patient'], where })
  t.equal(page.matches.length, 10)
  t.same(tableScans(steps), [])
  t.ok(uses(steps, /USING PRIMARY KEY \(param=\? AND folded>\? AND folded<\?\)/))
  t.ok(uses(steps, /SEARCH d USING PRIMARY KEY \(type=\? AND rid=\? AND ended=\?\)/))
})

t.test('lists a whole type in three orders without sorting', async (t) => {
  for (const sort of [[], newestFirst, [sortBy('_lastUpdated', 'lastUpdated', true)]]) {
    const { page, steps } = await plansOf(t, { sort })
    t.equal(page.matches.length, 10)
    t.same([...tableScans(steps), ...sorts(steps)], [])
  }
})
