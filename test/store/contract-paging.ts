/** Pages: complete and stable under any sort, both ways, while others write. */
import type { JsonValue } from '../../src/fhir/resource.ts'
import type { SearchRequest, SortKey } from '../../src/search/search-request.ts'
import { everything } from '../../src/search/search-request.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import type { StoredVersion } from '../../src/store/stored-version.ts'
import { number, string, token, tokenClause } from '../search/entries.ts'
import type { ContractTest } from './contract.ts'
import { aDelete, aSearch, aWrite, find, sortBy, write, writeEach } from './plans.ts'

/** A place as it comes back from a page link: through JSON. */
function throughLink(place: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(place)) as JsonValue
}

export interface Walk {
  readonly pages: readonly (readonly StoredVersion[])[]
  readonly asOf: number
}

/** Follows next links to the end; `meanwhile` runs between pages. */
export async function walkForward(
  store: ResourceStore,
  request: SearchRequest,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Walk> {
  let page = await store.search(request)
  const { asOf } = page
  const pages = [page.matches]
  while (page.next !== undefined) {
    await meanwhile()
    const position = { direction: 'after', at: throughLink(page.next) } as const
    page = await store.search({ ...request, asOf, position })
    pages.push(page.matches)
  }
  return { pages, asOf }
}

/** Goes to the end, then follows previous links; pages in the order of the walk. */
export async function walkBackward(
  store: ResourceStore,
  request: SearchRequest,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Walk> {
  let page = await store.search(request)
  const { asOf } = page
  while (page.next !== undefined) {
    const position = { direction: 'after', at: throughLink(page.next) } as const
    page = await store.search({ ...request, asOf, position })
  }
  const pages = [page.matches]
  while (page.previous !== undefined) {
    await meanwhile()
    const position = { direction: 'before', at: throughLink(page.previous) } as const
    page = await store.search({ ...request, asOf, position })
    pages.push(page.matches)
  }
  return { pages, asOf }
}

const sorts: SortKey[][] = [
  [],
  [sortBy('code', 'token')],
  [sortBy('code', 'token', true)],
  [sortBy('n', 'number')],
  [sortBy('n', 'number', true), sortBy('code', 'token')],
  [sortBy('value', 'string', true)],
  [sortBy('_lastUpdated', 'lastUpdated', true)],
  [sortBy('_id', 'id')],
  [sortBy('open', 'number')],
]

/** 23 resources with many ties and some without values. */
async function fill(store: ResourceStore): Promise<void> {
  for (let index = 0; index < 23; index++) {
    const entries = [
      ...(index % 4 === 0 ? [] : [token('code', 'abc'[index % 3]!)]),
      ...(index % 5 === 0 ? [] : [number('n', index % 2)]),
      ...(index % 3 === 0 ? [] : [string('value', index % 2 ? 'Été' : 'ete')]),
      { ...number('open', index % 2), low: index % 4 < 2 ? -Infinity : index },
    ]
    await write(store, aWrite({ id: `${(index * 7) % 23}`, entries }))
  }
}

const names = (pages: Walk['pages']) =>
  pages.map((page) => page.map(({ id, versionId }) => `${id}/${versionId}`))

export function pagingContract(test: ContractTest): void {
  test('cuts any sort into pages that neither miss nor repeat, both ways', async (t, openStore) => {
    const store = await openStore(t, { now: () => 0 })
    await fill(store)
    for (const [index, sort] of sorts.entries()) {
      const whole = (await store.search(aSearch({ sort }))).matches
      for (const count of [1, 4, 23, 24]) {
        const request = aSearch({ sort, count })
        const label = `sort ${index}, pages of ${count}`
        const forward = names((await walkForward(store, request)).pages)
        t.same(forward.flat(), names([whole]).flat(), label)
        t.ok(
          forward.slice(0, -1).every((page) => page.length === count),
          `${label} are full`,
        )
        const backward = names((await walkBackward(store, request)).pages)
        t.same(backward.toReversed().flat(), names([whole]).flat(), `${label}, backwards`)
      }
    }
  })

  test('links only where there is something', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [{ id: 'a' }, { id: 'b' }, { id: 'c' }])
    const first = await store.search(aSearch({ count: 2 }))
    t.equal(first.previous, undefined)
    t.not(first.next, undefined)
    const position = { direction: 'after', at: first.next! } as const
    const second = await store.search(aSearch({ count: 2, asOf: first.asOf, position }))
    t.not(second.previous, undefined)
    t.equal(second.next, undefined)
    const exact = await store.search(aSearch({ count: 3 }))
    t.equal(exact.next, undefined)
    t.match(await store.search(aSearch({ where: { kind: 'none' } })), { matches: [] })
  })

  test('shows every page as of the first, whatever is written meanwhile', async (t, openStore) => {
    for (const sort of [[], sorts[1]!, sorts[4]!, sorts[6]!]) {
      for (const walk of [walkForward, walkBackward]) {
        const store = await openStore(t)
        await fill(store)
        const whole = names([(await store.search(aSearch({ sort }))).matches])[0]!
        let round = 0
        const { pages, asOf } = await walk(store, aSearch({ sort, count: 3 }), async () => {
          round += 1
          await write(
            store,
            aWrite({ id: `${round}`, versionId: 2, entries: [token('code', 'c')] }),
          )
          await write(store, aDelete({ id: `${round + 10}` }))
          await write(store, aWrite({ id: `new-${round}`, entries: [token('code', 'b')] }))
        })
        const seen = names(pages)
        const ordered = walk === walkForward ? seen : seen.toReversed()
        t.same(ordered.flat(), whole)
        t.ok(round > 5, 'others wrote')
        t.same(names([(await store.search(aSearch({ sort, asOf }))).matches])[0], whole)
      }
    }
  })

  test('sees clauses, chains and totals as of a commit', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [
      { id: 'a', entries: [token('code', 'x')] },
      { id: 'b', entries: [token('code', 'y')] },
    ])
    const asOf = store.sequence()
    await writeEach(store, [
      { id: 'a', versionId: 2, entries: [token('code', 'y')] },
      { id: 'b', versionId: 2, entries: [token('code', 'x')] },
      { id: 'c', entries: [token('code', 'x')] },
    ])
    const where = tokenClause('code', 'x')
    const page = await store.search(aSearch({ where, asOf, total: 'accurate' }))
    t.match(page, { asOf, total: 1, matches: [{ id: 'a', versionId: 1 }] })
    t.same(await find(store, { kind: 'not', clause: where }, { asOf }), ['b'])
    t.same(await find(store, { kind: 'missing', code: 'code', missing: true }, { asOf }), [])
    t.same(await find(store, everything, { asOf }), ['a', 'b'])
    t.same(await find(store, where), ['b', 'c'])
  })

  test('recomputes a page under what the caller may see today', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const first = await store.search(aSearch({ count: 5 }))
    const last = first.matches.at(-1)!
    const restrictions = {
      Observation: { kind: 'not', clause: { kind: 'id', ids: [last.id] } },
    } as const
    const position = { direction: 'after', at: first.next! } as const
    const whole = await find(store, everything)
    const page = await store.search(aSearch({ count: 5, asOf: first.asOf, position, restrictions }))
    t.same(
      page.matches.map(({ id }) => id),
      whole.slice(5, 10),
      'the place of the last match counts, although it is hidden now',
    )
  })
}
