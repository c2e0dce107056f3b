/** History of a resource, a type and the whole store. R4 http.html#history. */
import type { JsonValue } from '../../src/fhir/resource.ts'
import type { HistoryRequest, ResourceStore } from '../../src/store/resource-store.ts'
import type { ContractTest } from './contract.ts'
import { aDelete, aWrite, write } from './plans.ts'

const instance = { kind: 'instance', type: 'Observation', id: 'a' } as const

async function history(store: ResourceStore, parts: Partial<HistoryRequest> = {}) {
  const page = await store.history({ scope: { kind: 'system' }, count: 100, ...parts })
  return {
    ...page,
    names: page.versions.map(({ type, id, versionId }) => `${type[0]}/${id}/${versionId}`),
  }
}

/** a: created, updated, deleted, alive again; b and a Patient between. One commit a second. */
async function fill(store: ResourceStore): Promise<void> {
  await write(store, aWrite({ id: 'a', envelope: { labels: ['s|N'] } }))
  await write(store, aWrite({ type: 'Patient', id: 'p', envelope: { labels: ['s|N'] } }))
  await write(store, aWrite({ id: 'a', versionId: 2, envelope: { labels: ['s|N'] } }))
  await write(store, aWrite({ id: 'b', envelope: { labels: ['s|V'] } }))
  await write(store, aDelete({ id: 'a', versionId: 3, envelope: { labels: ['s|N'] } }))
  await write(store, aWrite({ id: 'a', versionId: 4, envelope: { labels: ['s|N'] } }))
}

const everyVersion = ['O/a/4', 'O/a/3', 'O/b/1', 'O/a/2', 'P/p/1', 'O/a/1']

/** A clock that moves one second at each commit: the n-th commit is at n seconds. */
function ticking(): () => number {
  let seconds = 0
  return () => {
    seconds += 1
    return seconds * 1000
  }
}

export function historyContract(test: ContractTest): void {
  test('tells the history of a resource, newest first, tombstones included', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const page = await history(store, { scope: instance })
    t.same(page.names, ['O/a/4', 'O/a/3', 'O/a/2', 'O/a/1'])
    t.equal(page.total, 4)
    t.equal(page.next, undefined)
    t.equal(page.asOf, store.sequence())
    t.same(
      page.versions.map(({ deleted }) => deleted),
      [false, true, false, false],
    )
    const none = await history(store, { scope: { ...instance, id: 'x' } })
    t.match(none, { names: [], total: 0 })
  })

  test('tells the history of a type and of everything', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const observations = await history(store, { scope: { kind: 'type', type: 'Observation' } })
    t.same(
      observations.names,
      everyVersion.filter((name) => name.startsWith('O')),
    )
    t.equal(observations.total, 5)
    t.same((await history(store)).names, everyVersion)
    t.same((await history(store, { scope: { kind: 'type', type: 'Group' } })).names, [])
  })

  test('orders the versions of one commit by the creation of their resources', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'a' }), aWrite({ id: 'b' }))
    await write(store, aWrite({ id: 'b', versionId: 2 }), aWrite({ id: 'a', versionId: 2 }))
    t.same((await history(store)).names, ['O/b/2', 'O/a/2', 'O/b/1', 'O/a/1'])
  })

  test('pages a history as of the commit of its first page', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const first = await history(store, { count: 2 })
    t.same(first.names, everyVersion.slice(0, 2))
    await write(store, aWrite({ id: 'a', versionId: 5 }))
    await write(store, aWrite({ id: 'c' }))
    const names = [...first.names]
    let next: JsonValue | undefined = JSON.parse(JSON.stringify(first.next))
    while (next !== undefined) {
      const page = await history(store, { count: 2, asOf: first.asOf, after: next })
      t.equal(page.total, 6)
      t.equal(page.asOf, first.asOf)
      names.push(...page.names)
      next = page.next
    }
    t.same(names, everyVersion)
    t.equal((await history(store)).total, 8)
  })

  test('pages a history back to its beginning', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const first = await history(store, { count: 2 })
    t.equal(first.previous, undefined)
    const second = await history(store, { count: 2, asOf: first.asOf, after: first.next! })
    const third = await history(store, { count: 2, asOf: first.asOf, after: second.next! })
    t.equal(third.next, undefined)
    await write(store, aWrite({ id: 'c' }))
    const { asOf } = first
    const back = await history(store, { count: 2, asOf, before: third.previous! })
    t.same(back.names, everyVersion.slice(2, 4))
    t.same([back.next, back.previous], [second.next, second.previous])
    const start = await history(store, { count: 2, asOf, before: back.previous! })
    t.same(start.names, everyVersion.slice(0, 2))
    t.same([start.next, start.previous], [first.next, undefined])
  })

  test('gives the versions stored since a time', async (t, openStore) => {
    const store = await openStore(t, { now: ticking() })
    await fill(store)
    const since = async (at: number) => (await history(store, { since: at })).names
    const { lastUpdated } = (await store.readVersion('Observation', 'a', 2))!
    t.same(await since(lastUpdated), everyVersion.slice(0, 4), 'at that very time too')
    t.same(await since(lastUpdated + 1), everyVersion.slice(0, 3))
    t.same(await since(0), everyVersion)
    t.match(await history(store, { since: lastUpdated, count: 1 }), { total: 4 })
  })

  test('gives the versions that were current at some time', async (t, openStore) => {
    const store = await openStore(t, { now: ticking() })
    await fill(store)
    const times = await Promise.all(
      [1, 2, 3, 4].map(async (v) => (await store.readVersion('Observation', 'a', v))!.lastUpdated),
    )
    const at = async (low: number, high: number) =>
      (await history(store, { scope: instance, at: { low, high } })).names
    const [one, two, three, four] = times as [number, number, number, number]
    t.same(await at(0, one), [], 'before it existed')
    t.same(await at(one, one + 1), ['O/a/1'])
    t.same(await at(two - 1, two), ['O/a/1'], 'the end is not included')
    t.same(await at(two - 1, two + 1), ['O/a/2', 'O/a/1'])
    t.same(await at(two, two + 1), ['O/a/2'])
    t.same(await at(three, three + 1), ['O/a/3'], 'a tombstone')
    t.same(await at(four + 1_000_000, four + 2_000_000), ['O/a/4'], 'still current')
    t.same(await at(0, four + 1), ['O/a/4', 'O/a/3', 'O/a/2', 'O/a/1'])
  })

  test('shows no version that the caller may not see, nor one hidden since', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const labelled = (label: string) =>
      ({ kind: 'envelope', field: 'labels', operator: 'in', values: [label] }) as const
    const restrictions = { Observation: labelled('s|N') }
    const page = await history(store, { restrictions })
    t.same(page.names, ['O/a/4', 'O/a/3', 'O/a/2', 'O/a/1'])
    t.equal(page.total, 4)
    await write(store, aWrite({ id: 'a', versionId: 5, envelope: { labels: ['s|V'] } }))
    t.match(await history(store, { restrictions }), { names: [], total: 0 })
    t.match(await history(store, { restrictions, asOf: page.asOf }), { names: [], total: 0 })
    t.same((await history(store, { restrictions: { Observation: labelled('s|V') } })).names, [
      'O/a/5',
      'O/b/1',
    ])
    t.same((await history(store, { restrictions: {} })).names, [])
  })
}
