/**
 * Searches in the order of the clinical date, which the store keeps in its indexes only while every
 * resource's date parameter says the same: checked against the plain store, on data where it does,
 * where it does not, and where it ceases to.
 */
import fc from 'fast-check'
import t from 'tap'
import type { IndexEntry } from '../../src/search/index-entry.ts'
import type { Clause, SearchRequest } from '../../src/search/search-request.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import { walkBackward, walkForward } from './contract-paging.ts'
import { aDelete, aPlan, aSearch, aWrite, sortBy } from './plans.ts'
import { stores } from './stores.ts'

const day = 86_400_000
const days = [-40_000, 0, 1, 2, 3, 20_000]

interface Write {
  readonly type: string
  readonly id: string
  readonly isDelete: boolean
  readonly day: number | undefined
  readonly code: string
  readonly patient: string
  /** The date parameter says another day than the envelope. */
  readonly differs: boolean
}

const write: fc.Arbitrary<Write> = fc.record({
  type: fc.constantFrom('Observation', 'Encounter'),
  id: fc.constantFrom('1', '2', '3', '4', '5', '6'),
  isDelete: fc.nat(9).map((dice) => dice === 0),
  day: fc.option(fc.constantFrom(...days), { nil: undefined, freq: 4 }),
  code: fc.constantFrom('a', 'b'),
  patient: fc.constantFrom('p', 'q'),
  differs: fc.nat(60).map((dice) => dice === 0),
})

const patientClause: Clause = {
  kind: 'reference',
  code: 'patient',
  references: [{ type: 'Patient', id: 'p' }],
}
const codeClause: Clause = { kind: 'token', code: 'code', tokens: [{ value: 'a' }] }
const ownClause: Clause = { kind: 'envelope', field: 'patients', operator: 'in', values: ['p'] }

const search: fc.Arbitrary<Partial<SearchRequest>> = fc.record({
  types: fc.constantFrom(['Observation'], ['Observation', 'Encounter']),
  where: fc.constantFrom<Clause>(
    { kind: 'all' },
    patientClause,
    codeClause,
    ownClause,
    { kind: 'and', clauses: [patientClause, codeClause] },
    { kind: 'and', clauses: [patientClause, { kind: 'not', clause: codeClause }] },
  ),
  sort: fc.constantFrom(
    [sortBy('date', 'date', true)],
    [sortBy('date', 'date')],
    [sortBy('date', 'date', true), sortBy('_id', 'id')],
    [sortBy('code', 'token'), sortBy('date', 'date', true)],
  ),
  count: fc.constantFrom(1, 2, 50),
})

function entriesOf({ day: at, code, patient, differs }: Write): IndexEntry[] {
  const low = at === undefined ? undefined : (differs ? at + 1 : at) * day
  return [
    { kind: 'token', code: 'code', value: code },
    { kind: 'reference', code: 'patient', type: 'Patient', id: patient },
    ...(low === undefined ? [] : [{ kind: 'date' as const, code: 'date', low, high: low + day }]),
  ]
}

async function live(store: ResourceStore, life: readonly Write[]): Promise<number[]> {
  const newest = new Map<string, { versionId: number; isDeleted: boolean }>()
  const sequences: number[] = []
  for (const each of life) {
    const { type, id, isDelete, day: at, patient } = each
    const before = newest.get(`${type}/${id}`) ?? { versionId: 0, isDeleted: true }
    if (isDelete && before.isDeleted) continue
    const versionId = before.versionId + 1
    newest.set(`${type}/${id}`, { versionId, isDeleted: isDelete })
    const envelope = { patients: [patient], ...(at === undefined ? {} : { date: at * day }) }
    const parts = { type, id, versionId, envelope }
    const planned = isDelete ? aDelete(parts) : aWrite({ ...parts, entries: entriesOf(each) })
    sequences.push((await store.commit(aPlan([planned]))).sequence)
  }
  return sequences
}

async function answer(store: ResourceStore, request: SearchRequest): Promise<string> {
  const forward = (await walkForward(store, request)).pages
  const backward = (await walkBackward(store, request)).pages
  const name = ({ type, id, versionId }: { type: string; id: string; versionId: number }) =>
    `${type}/${id}/${versionId}`
  return JSON.stringify([forward, backward].map((pages) => pages.map((page) => page.map(name))))
}

t.test('orders by clinical date like the plain store', { timeout: 120_000 }, async (t) => {
  const [plain, sqlite] = ['memory', 'sqlite'].map((name) => stores.find((s) => s.name === name)!)
  let now = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { minLength: 8, maxLength: 40 }),
      fc.array(fc.tuple(search, fc.option(fc.nat(39))), { minLength: 40, maxLength: 40 }),
      async (life, searches) => {
        const options = { now: () => (now += 1000) }
        const [one, two] = [await plain!.openStore(t, options), await sqlite!.openStore(t, options)]
        try {
          const sequences = await live(one, life)
          await live(two, life)
          for (const [parts, commit] of searches) {
            const asOf = commit === null ? undefined : sequences[commit % sequences.length]
            const request = aSearch({ ...parts, ...(asOf === undefined ? {} : { asOf }) })
            const [found, expected] = [await answer(two, request), await answer(one, request)]
            if (found !== expected)
              throw new Error(`${found}\nfor ${expected}\n${JSON.stringify(request)}`)
          }
        } finally {
          await two.close()
        }
      },
    ),
    { numRuns: 30, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  )
  t.pass()
})
