/** Search: the order of what is found. */
import type { Test } from 'tap'
import type { Clause, SortKey } from '../../src/search/search-request.ts'
import { everything } from '../../src/search/search-request.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import { date, number, quantity, reference, string, token, uri } from '../search/entries.ts'
import type { ContractTest } from './contract.ts'
import type { WriteParts } from './plans.ts'
import { find, sortBy, writeEach } from './plans.ts'

async function sorted(t: Test, store: ResourceStore, keys: SortKey[], expected: string) {
  const name = keys.map(({ code, descending }) => (descending ? `-${code}` : code)).join()
  t.equal((await find(store, everything, { sort: keys })).join(''), expected, name)
}

export function sorting(test: ContractTest): void {
  test('keeps the order of creation without a sort, whatever was changed', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [{ id: 'c' }, { id: 'a' }, { id: 'b' }, { id: 'c', versionId: 2 }])
    t.same(await find(store, everything), ['c', 'a', 'b'])
  })

  test('sorts every kind of parameter both ways, without a value last', async (t, openStore) => {
    const store = await openStore(t)
    const kinds: [string, SortKey['kind'], WriteParts['entries'], WriteParts['entries']][] = [
      ['code', 'token', [token('code', 'a', 'z')], [token('code', 'b', 'y')]],
      [
        'subject',
        'reference',
        [reference('subject', 'Group/2')],
        [reference('subject', 'Patient/1')],
      ],
      [
        'instantiates',
        'reference',
        [reference('instantiates', 'http://a')],
        [reference('instantiates', 'http://b')],
      ],
      ['value-string', 'string', [string('value-string', 'éa')], [string('value-string', 'Eb')]],
      ['date', 'date', [date('date', '2024')], [date('date', '2024-03')]],
      ['probability', 'number', [number('probability', -2)], [number('probability', 10)]],
      ['range', 'number', [{ ...number('range', 5), low: -Infinity }], [number('range', -9)]],
      [
        'value-quantity',
        'quantity',
        [quantity('value-quantity', 2)],
        [quantity('value-quantity', 10)],
      ],
      ['url', 'uri', [uri('url', 'http://B')], [uri('url', 'http://a')]],
    ]
    for (const [index, [code, kind, low = [], high = []]] of kinds.entries()) {
      const mine: Clause = { kind: 'id', ids: ['h', 'n', 'l'].map((id) => `${id}${index}`) }
      await writeEach(store, [
        { id: `h${index}`, entries: high },
        { id: `n${index}` },
        { id: `l${index}`, entries: low },
      ])
      const order = async (descending: boolean) =>
        (await find(store, mine, { sort: [sortBy(code, kind, descending)] })).map((id) => id[0])
      t.same(await order(false), ['l', 'h', 'n'], code)
      t.same(await order(true), ['h', 'l', 'n'], `-${code}`)
    }
  })

  test('sorts by id and by the time of the last change', async (t, openStore) => {
    let now = 1_800_000_000_000
    const store = await openStore(t, { now: () => (now += 1000) })
    await writeEach(store, [{ id: 'b' }, { id: 'a' }, { id: 'C' }, { id: 'b', versionId: 2 }])
    await sorted(t, store, [sortBy('_id', 'id')], 'Cab')
    await sorted(t, store, [sortBy('_id', 'id', true)], 'baC')
    await sorted(t, store, [sortBy('_lastUpdated', 'lastUpdated')], 'aCb')
    await sorted(t, store, [sortBy('_lastUpdated', 'lastUpdated', true)], 'bCa')
  })

  test('sorts by the lowest of several values upwards, the highest downwards', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(store, [
      { id: 'w', entries: [date('date', '2020'), date('date', '2029')] },
      { id: 'm', entries: [date('date', '2024')] },
      { id: 'n', entries: [date('date', '2021'), date('date', '2022')] },
    ])
    await sorted(t, store, [sortBy('date', 'date')], 'wnm')
    await sorted(t, store, [sortBy('date', 'date', true)], 'wmn')
  })

  test('sorts by several keys, each its own way, and then by creation', async (t, openStore) => {
    const store = await openStore(t)
    const entries = (code: string, value: number) => [token('code', code), number('n', value)]
    await writeEach(store, [
      { id: 'd', entries: entries('x', 2) },
      { id: 'e', entries: entries('y', 1) },
      { id: 'c', entries: entries('x', 1) },
      { id: 'b', entries: entries('x', 2) },
      { id: 'a', entries: [token('code', 'x')] },
      { id: 'f', entries: [number('n', 0)] },
    ])
    const code = sortBy('code', 'token')
    await sorted(t, store, [code], 'dcbaef')
    await sorted(t, store, [sortBy('code', 'token', true)], 'edcbaf')
    await sorted(t, store, [code, sortBy('n', 'number')], 'cdbaef')
    await sorted(t, store, [code, sortBy('n', 'number', true)], 'dbcaef')
    await sorted(t, store, [sortBy('n', 'number'), code], 'fcedba')
  })

  test('sorts texts by code point', async (t, openStore) => {
    const store = await openStore(t)
    await writeEach(
      store,
      ['😀', 'a', '￿', 'z', 'B', 'aa'].map((text, index) => ({
        id: `${index}`,
        entries: [string('value', text)],
      })),
    )
    await sorted(t, store, [sortBy('value', 'string')], '154320')
  })
}
