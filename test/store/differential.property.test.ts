/** Every store answers random searches and histories like the plain one. */
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import type { JsonValue } from '../../src/fhir/resource.ts'
import type { HistoryRequest, ResourceStore } from '../../src/store/resource-store.ts'
import type { StoredVersion } from '../../src/store/stored-version.ts'
import { walkBackward, walkForward } from './contract-paging.ts'
import { aDelete, aPlan, aWrite, namesOf } from './plans.ts'
import type { RandomHistory, RandomSearch, RandomWrite } from './random-search.ts'
import { randomHistory, randomLife, randomSearch } from './random-search.ts'
import type { OpenStore } from './stores.ts'
import { stores } from './stores.ts'

const [plain, ...others] = stores
const livesMax = 26
const searchesPerLife = 180
const historiesPerLife = 20

interface Lived {
  readonly store: ResourceStore
  /** The sequence of each commit. */
  readonly sequences: readonly number[]
}

/** Carries out a life; the n-th commit is at n seconds, whatever the store asks of the clock. */
async function live(
  t: Test,
  openStore: OpenStore,
  life: readonly (readonly RandomWrite[])[],
): Promise<Lived> {
  let now = 0
  const store = await openStore(t, { now: () => now })
  const newest = new Map<string, { versionId: number; deleted: boolean }>()
  const sequences: number[] = []
  for (const writes of life) {
    now += 1000
    const planned = writes.flatMap(({ isDelete, ...write }) => {
      const key = `${write.type}/${write.id}`
      const before = newest.get(key) ?? { versionId: 0, deleted: true }
      if (isDelete && before.deleted) return []
      const versionId = before.versionId + 1
      newest.set(key, { versionId, deleted: isDelete })
      if (isDelete) return [aDelete({ ...write, versionId })]
      // Only to what exists: a store may number a resource when it is first referred to.
      const entries = write.entries.filter(
        (entry) =>
          entry.kind !== 'reference' ||
          entry.id === undefined ||
          entry.id === 'none' ||
          newest.has(`${entry.type}/${entry.id}`),
      )
      return [aWrite({ ...write, entries, versionId })]
    })
    sequences.push((await store.commit(aPlan(planned))).sequence)
  }
  return { store, sequences }
}

const names = (versions: readonly StoredVersion[]) =>
  versions.map(({ type, id, versionId }) => `${type}/${id}/${versionId}`)

function seenAsOf<T extends object>(
  { sequences }: Lived,
  { request, asOfCommit }: { request: T; asOfCommit?: number | undefined },
): T {
  if (asOfCommit === undefined) return request
  return { ...request, asOf: sequences[Math.min(asOfCommit, sequences.length - 1)]! }
}

async function answerOf(lived: Lived, search: RandomSearch, isWalked: boolean) {
  const request = seenAsOf(lived, search)
  const page = await lived.store.search(request)
  const isCut = page.includesTruncated
  const answer = {
    matches: names(page.matches),
    total: page.total,
    isCut,
    included: isCut ? page.included.length : namesOf(page.included),
    hasPrevious: page.previous !== undefined,
    hasNext: page.next !== undefined,
  }
  if (!isWalked || request.count === 0) return answer
  const forward = (await walkForward(lived.store, request)).pages.map(names)
  const backward = (await walkBackward(lived.store, request)).pages.map(names)
  return { ...answer, forward, backward }
}

async function wholeHistory(lived: Lived, history: RandomHistory) {
  const request: HistoryRequest = seenAsOf(lived, history)
  const pages: string[][] = []
  const totals: number[] = []
  let asOf = request.asOf
  let after: JsonValue | undefined
  let previous: JsonValue | undefined
  do {
    const page = await lived.store.history({
      ...request,
      ...(asOf === undefined ? {} : { asOf }),
      ...(after === undefined ? {} : { after }),
    })
    pages.push(names(page.versions))
    totals.push(page.total)
    asOf = page.asOf
    after = page.next
    previous = page.previous
  } while (after !== undefined)
  const back: string[][] = []
  for (let before = previous; before !== undefined;) {
    const page = await lived.store.history({ ...request, asOf: asOf!, before })
    back.unshift(names(page.versions))
    before = page.previous
  }
  return { pages, totals, back }
}

for (const { name, openStore } of others) {
  t.test(`${name} answers like ${plain!.name}`, { timeout: 240_000 }, async (t) => {
    await fc.assert(
      fc.asyncProperty(
        randomLife,
        fc.array(randomSearch, { minLength: searchesPerLife, maxLength: searchesPerLife }),
        fc.array(randomHistory, { minLength: historiesPerLife, maxLength: historiesPerLife }),
        async (life, searches, histories) => {
          const one = await live(t, plain!.openStore, life)
          const two = await live(t, openStore, life)
          try {
            for (const [index, search] of searches.entries()) {
              const isWalked = index % 10 === 0
              const expected = await answerOf(one, search, isWalked)
              requireSame(await answerOf(two, search, isWalked), expected, search)
            }
            for (const history of histories)
              requireSame(
                await wholeHistory(two, history),
                await wholeHistory(one, history),
                history,
              )
          } finally {
            await two.store.close()
          }
        },
      ),
      { numRuns: livesMax, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    )
    t.pass()
  })
}

function requireSame(found: unknown, expected: unknown, request: unknown): void {
  const [one, two] = [JSON.stringify(found), JSON.stringify(expected)]
  if (one !== two)
    throw new Error(`found\n${one}\nexpected\n${two}\nfor\n${JSON.stringify(request, null, 1)}`)
}

t.test('pages of any random search add up to the whole, both ways', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      randomLife,
      fc.array(randomSearch, { minLength: 20, maxLength: 20 }),
      async (life, searches) => {
        const lived = await live(t, plain!.openStore, life)
        for (const search of searches) {
          const request = { ...seenAsOf(lived, search), count: 3 }
          const whole = await lived.store.search({ ...request, count: 1000 })
          const { pages } = await walkForward(lived.store, request)
          const backward = await walkBackward(lived.store, request)
          requireSame(names(pages.flat()), names(whole.matches), request)
          requireSame(backward.pages.toReversed().flatMap(names), names(whole.matches), request)
          requireSame(whole.matches.length, whole.total, request)
        }
      },
    ),
    { numRuns: 15 },
  )
  t.pass()
})
