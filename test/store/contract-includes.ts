/** `_include` and `_revinclude`. R4 search.html#revinclude. */
import type { Clause, IncludeRule, SearchRequest } from '../../src/search/search-request.ts'
import { everything } from '../../src/search/search-request.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import { reference, token, tokenClause } from '../search/entries.ts'
import type { ContractTest } from './contract.ts'
import {
  aDelete,
  aSearch,
  aWrite,
  include,
  namesOf,
  revinclude,
  write,
  writeEach,
} from './plans.ts'

async function fill(store: ResourceStore): Promise<void> {
  await writeEach(store, [
    { type: 'Organization', id: 'o2', entries: [reference('partof', 'Organization/o1')] },
    { type: 'Organization', id: 'o1', entries: [reference('partof', 'Organization/o2')] },
    { type: 'Patient', id: 'p', entries: [reference('organization', 'Organization/o1')] },
    { type: 'Device', id: 'd' },
    {
      id: 'a',
      entries: [
        reference('subject', 'Patient/p'),
        reference('performer', 'Organization/o2'),
        reference('performer', 'Organization/none'),
        reference('device', 'Device/d'),
        reference('performer.practitioner', 'Practitioner/contained'),
        reference('instantiates', 'http://a/b'),
        token('code', 'x'),
      ],
    },
    {
      id: 'b',
      entries: [
        reference('subject', 'Patient/p/_history/1'),
        reference('has-member', 'Observation/a'),
        token('code', 'x'),
      ],
    },
    { id: 'c', entries: [reference('subject', 'Device/d'), token('code', 'y')] },
    { type: 'Practitioner', id: 'contained' },
    { type: 'Provenance', id: 'v', entries: [reference('target', 'Observation/a')] },
    { type: 'Provenance', id: 'w', entries: [reference('target', 'Provenance/v')] },
  ])
}

export function includeContract(test: ContractTest): void {
  const included = async (
    store: ResourceStore,
    includes: IncludeRule[],
    parts: Partial<SearchRequest> = {},
  ) => {
    const where = tokenClause('code', 'x')
    const page = await store.search(aSearch({ where, includes, ...parts }))
    return namesOf(page.included)
  }

  test('includes what the matches refer to', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    t.same(await included(store, []), [])
    t.same(await included(store, [include('Observation', 'subject')]), ['Patient/p'])
    t.same(await included(store, [include('Observation', 'performer')]), ['Organization/o2'])
    t.same(await included(store, [include('Patient', 'organization')]), [], 'of another type')
    t.same(
      await included(store, [include('Observation', 'subject'), include('Observation', 'device')]),
      ['Device/d', 'Patient/p'],
    )
    t.same(await included(store, [include('Observation', 'performer.practitioner')]), [
      'Practitioner/contained',
    ])
  })

  test('includes only targets of the type that is asked for', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const subject = (targetType: string) => [include('Observation', 'subject', { targetType })]
    t.same(await included(store, subject('Patient')), ['Patient/p'])
    t.same(await included(store, subject('Device')), [])
    t.same(await included(store, subject('Device'), { where: everything }), ['Device/d'])
  })

  test('includes every reference of a type for a star', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    t.same(await included(store, [include('Observation', '*')]), [
      'Device/d',
      'Organization/o2',
      'Patient/p',
    ])
    t.same(await included(store, [include('Observation', '*', { targetType: 'Device' })]), [
      'Device/d',
    ])
  })

  test('does not include what is a match of the page', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const member = [include('Observation', 'has-member')]
    t.same(await included(store, member), [])
    const where = { kind: 'id', ids: ['b'] } as const
    t.same(await included(store, member, { where }), ['Observation/a'])
  })

  test('follows what was included only where a rule iterates', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const subject = include('Observation', 'subject')
    const organization = include('Patient', 'organization')
    const partOf = include('Organization', 'partof', { iterate: true })
    t.same(await included(store, [subject, organization]), ['Patient/p'])
    t.same(await included(store, [subject, { ...organization, iterate: true }]), [
      'Organization/o1',
      'Patient/p',
    ])
    t.same(
      await included(store, [subject, { ...organization, iterate: true }, partOf]),
      ['Organization/o1', 'Organization/o2', 'Patient/p'],
      'a circle ends',
    )
  })

  test('includes what refers to the matches', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const patients = { types: ['Patient'], where: everything }
    t.same(await included(store, [revinclude('Observation', 'subject')], patients), [
      'Observation/a',
      'Observation/b',
    ])
    t.same(
      await included(
        store,
        [revinclude('Observation', 'subject', { targetType: 'Device' })],
        patients,
      ),
      [],
    )
    t.same(await included(store, [revinclude('Observation', '*')], patients), [
      'Observation/a',
      'Observation/b',
    ])
    t.same(await included(store, [revinclude('Provenance', 'target')]), ['Provenance/v'])
    t.same(await included(store, [revinclude('Provenance', 'target', { iterate: true })]), [
      'Provenance/v',
      'Provenance/w',
    ])
    const both = [
      revinclude('Observation', 'subject'),
      revinclude('Provenance', 'target', { iterate: true }),
    ]
    t.same(await included(store, both, patients), [
      'Observation/a',
      'Observation/b',
      'Provenance/v',
      'Provenance/w',
    ])
  })

  test('tells which versions the references name, where it includes newer ones', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    await write(store, aWrite({ type: 'Patient', id: 'p', versionId: 2 }))
    const named = async (where: Clause, ...rules: IncludeRule[]) =>
      (await store.search(aSearch({ where, includes: rules }))).namedVersions
    const subject = include('Observation', 'subject')
    const first = { type: 'Patient', id: 'p', versionIds: ['1'] }
    const where = (...ids: string[]): Clause => ({ kind: 'id', ids })
    t.same(await named(where('b'), subject), [{ ...first, isNewestToo: false }])
    t.same(await named(where('a', 'b'), subject), [{ ...first, isNewestToo: true }])
    t.same(await named(where('a'), subject), undefined)
    await write(
      store,
      aWrite({ id: 'e', entries: [reference('subject', 'Patient/p/_history/2')] }),
      aWrite({ type: 'Organization', id: 'h', entries: [reference('seen', 'Observation/b')] }),
      aWrite({ type: 'Patient', id: 'q', entries: [reference('link', 'Observation/b')] }),
    )
    t.same(await named(where('b', 'e'), subject), [{ ...first, isNewestToo: true }])
    t.same(await named(where('e'), subject), undefined, 'the newest by its number')
    t.same(await named(where('b'), revinclude('Patient', 'link')), undefined)
  })

  test('includes for the page alone, and no further than the bound', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const rules = [include('Observation', '*')]
    const page = await store.search(aSearch({ includes: rules, count: 1 }))
    t.same(namesOf(page.included), ['Device/d', 'Organization/o2', 'Patient/p'])
    t.equal(page.includesTruncated, false)
    const bounded = (includesMax: number) => store.search(aSearch({ includes: rules, includesMax }))
    t.match(await bounded(2), { included: { length: 2 }, includesTruncated: true })
    t.match(await bounded(3), { included: { length: 3 }, includesTruncated: false })
    t.match(await bounded(0), { included: [], includesTruncated: true })
  })

  test('includes nothing deleted, and nothing the caller may not see', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const rules = [include('Observation', '*')]
    const restrictions = {
      Observation: everything,
      Patient: everything,
      Organization: { kind: 'none' },
    } as const
    t.same(await included(store, rules, { restrictions }), ['Patient/p'])
    const asOf = store.sequence()
    await write(store, aDelete({ type: 'Patient', id: 'p' }))
    t.same(await included(store, rules), ['Device/d', 'Organization/o2'])
    t.same(await included(store, rules, { asOf }), ['Device/d', 'Organization/o2', 'Patient/p'])
  })

  test('includes as of the commit of the page', async (t, openStore) => {
    const store = await openStore(t)
    await fill(store)
    const asOf = store.sequence()
    await writeEach(store, [
      { type: 'Patient', id: 'p', versionId: 2 },
      { type: 'Provenance', id: 'u', entries: [reference('target', 'Observation/a')] },
      { type: 'Provenance', id: 'v', versionId: 2 },
    ])
    const search = (parts: Partial<SearchRequest>) =>
      store.search(
        aSearch({
          where: tokenClause('code', 'x'),
          includes: [include('Observation', 'subject'), revinclude('Provenance', 'target')],
          ...parts,
        }),
      )
    t.same(namesOf((await search({ asOf })).included), ['Patient/p', 'Provenance/v'])
    t.same(namesOf((await search({})).included), ['Patient/p', 'Provenance/u'])
    const patient = (await search({ asOf })).included.find(({ type }) => type === 'Patient')
    t.equal(patient?.versionId, 1)
  })
}
