/** Writing: versions, conflicts, preconditions, claims, events, time, secrets. */
import { Unavailable } from '../../src/errors.ts'
import { unsetTime, aDelete, aPlan, aWrite, anEnvelope, conflictOf, find, write } from './plans.ts'
import { everything } from '../../src/search/search-request.ts'
import type { Precondition } from '../../src/store/commit-plan.ts'
import { token, tokenClause } from '../search/entries.ts'
import type { ContractTest } from './contract.ts'

export function commitContract(test: ContractTest): void {
  versions(test)
  conflicts(test)
  preconditions(test)
  claims(test)
  events(test)
  time(test)
}

function versions(test: ContractTest): void {
  test('gives back what was created', async (t, openStore) => {
    const at = Date.parse('2026-03-14T10:00:00.123Z')
    const store = await openStore(t, { now: () => at })
    const envelope = anEnvelope({
      patients: ['p1', 'p2'],
      class: 's|c',
      docType: 's|t',
      status: 'current',
      authors: ['Practitioner/1'],
      depositor: { organization: 'o', user: 'u', client: 'c' },
      labels: ['s|l'],
      confidentiality: 'R',
      depositedAt: 12,
      owner: 'DocumentReference/1',
      date: 34,
    })
    const planned = aWrite({ id: 'a', text: 'é', envelope, more: { slots: [3, 9] } })
    const { sequence, lastUpdated } = await write(store, planned)
    t.equal(lastUpdated, at)
    const stored = await store.read('Observation', 'a')
    t.match(stored, {
      type: 'Observation',
      id: 'a',
      versionId: 1,
      lastUpdated: at,
      sequence,
      method: 'POST',
      deleted: false,
      slots: [3, 9],
    })
    t.same(stored?.envelope, envelope)
    const expected = Buffer.from(planned.body)
      .toString()
      .replace(unsetTime, '2026-03-14T10:00:00.123Z')
    t.equal(stored?.body.toString(), expected)
    t.equal(stored?.withheld, undefined)
    t.equal(stored?.blob, undefined)
    t.equal(Buffer.from(planned.body).includes(unsetTime), true, 'the plan itself is unchanged')
  })

  test('keeps the body for those who do not receive an INS beside the other', async (t, openStore) => {
    const store = await openStore(t, { now: () => 0 })
    const body = Buffer.from(`{"meta":{"lastUpdated":"${unsetTime}"}}`)
    const withheld = { body, lastUpdatedOffset: body.indexOf(unsetTime), slots: [7] }
    await write(store, aWrite({ id: 'a', more: { withheld } }))
    const stored = await store.read('Observation', 'a')
    t.equal(
      stored?.withheld?.body.toString(),
      '{"meta":{"lastUpdated":"1970-01-01T00:00:00.000Z"}}',
    )
    t.same(stored?.withheld?.slots, [7])
  })

  test('knows nothing of what was never written', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'a' }))
    t.equal(await store.read('Observation', 'b'), undefined)
    t.equal(await store.read('Patient', 'a'), undefined)
    t.equal(await store.readVersion('Observation', 'a', 2), undefined)
    t.equal(await store.readVersion('Observation', 'a', 0), undefined)
    t.equal(await store.readVersion('Observation', 'b', 1), undefined)
  })

  test('tells ids apart by case', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'a', text: 'lower' }))
    await write(store, aWrite({ id: 'A', text: 'upper' }))
    t.match((await store.read('Observation', 'a'))?.body.toString(), /lower/)
    t.match((await store.read('Observation', 'A'))?.body.toString(), /upper/)
  })

  test('keeps both versions of an updated resource', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'a', text: 'one' }))
    await write(store, aWrite({ id: 'a', versionId: 2, text: 'two' }))
    t.match((await store.read('Observation', 'a'))?.body.toString(), /two/)
    t.match((await store.readVersion('Observation', 'a', 1))?.body.toString(), /one/)
    t.match(await store.readVersion('Observation', 'a', 2), { versionId: 2, method: 'PUT' })
  })

  test('leaves a tombstone with its envelope, and lets the id live again', async (t, openStore) => {
    const store = await openStore(t)
    const envelope = { patients: ['p'], labels: ['s|N'] }
    await write(store, aWrite({ id: 'a', envelope }))
    await write(store, aDelete({ id: 'a', envelope }))
    const tombstone = await store.read('Observation', 'a')
    t.match(tombstone, { versionId: 2, deleted: true, method: 'DELETE', slots: [] })
    t.equal(tombstone?.body.length, 0)
    t.same(tombstone?.envelope, anEnvelope(envelope))
    t.equal((await store.readVersion('Observation', 'a', 1))?.deleted, false)
    await write(store, aWrite({ id: 'a', versionId: 3 }))
    t.match(await store.read('Observation', 'a'), { versionId: 3, deleted: false })
    t.same(await find(store, everything), ['a'])
  })

  test('writes several resources of one plan with one sequence and time', async (t, openStore) => {
    const store = await openStore(t)
    const { sequence, lastUpdated } = await write(
      store,
      aWrite({ id: 'a' }),
      aWrite({ type: 'Patient', id: 'a' }),
      aWrite({ id: 'b' }),
    )
    for (const [type, id] of [
      ['Observation', 'a'],
      ['Patient', 'a'],
      ['Observation', 'b'],
    ] as const)
      t.match(await store.read(type, id), { sequence, lastUpdated })
    t.same(await find(store, everything), ['a', 'b'])
  })
}

function conflicts(test: ContractTest): void {
  test('refuses a write whose version does not follow the newest', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'a' }))
    const failed = { kind: 'write', index: 0 }
    t.same(await conflictOf(write(store, aWrite({ id: 'a' }))), failed, 'created twice')
    t.same(await conflictOf(write(store, aWrite({ id: 'a', versionId: 3 }))), failed, 'too new')
    t.same(await conflictOf(write(store, aWrite({ id: 'b', versionId: 2 }))), failed, 'unknown')
    t.same(await conflictOf(write(store, aDelete({ id: 'b' }))), failed, 'delete of unknown')
    await write(store, aDelete({ id: 'a' }))
    t.same(await conflictOf(write(store, aWrite({ id: 'a' }))), failed, 'a tombstone counts')
  })

  test('refuses a plan that writes one version twice', async (t, openStore) => {
    const store = await openStore(t)
    const plan = aPlan([aWrite({ id: 'a' }), aWrite({ id: 'a' })])
    t.same(await conflictOf(store.commit(plan)), { kind: 'write', index: 1 })
    t.equal(await store.read('Observation', 'a'), undefined)
  })

  test('leaves nothing of a plan that fails', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'b', entries: [token('code', 'old')] }))
    const before = store.sequence()
    const plan = aPlan(
      [
        aWrite({ id: 'a' }),
        aWrite({ id: 'b', versionId: 2, entries: [token('code', 'new')] }),
        aWrite({ id: 'b' }),
      ],
      { claims: ['c'], events: [{ kind: 'e', data: {} }] },
    )
    t.same(await conflictOf(store.commit(plan)), { kind: 'write', index: 2 })
    t.equal(await store.read('Observation', 'a'), undefined)
    t.match(await store.read('Observation', 'b'), { versionId: 1 })
    t.same(await find(store, tokenClause('code', 'old')), ['b'])
    t.same(await find(store, tokenClause('code', 'new')), [])
    t.same(await store.outbox(0, 10), [])
    t.equal(store.sequence(), before)
    await store.commit(aPlan([], { claims: ['c'] }))
  })

  test('stores one of several plans that want the same at once', async (t, openStore) => {
    const store = await openStore(t)
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        conflictOf(write(store, aWrite({ id: 'a', text: `plan ${index}` }))),
      ),
    )
    t.equal(outcomes.filter((failed) => failed === undefined).length, 1)
    t.equal(outcomes.filter((failed) => failed?.kind === 'write').length, 9)
  })

  test('stores a failing plan between two others not at all', async (t, openStore) => {
    const store = await openStore(t)
    const outcomes = await Promise.all([
      conflictOf(write(store, aWrite({ id: 'a' }))),
      conflictOf(write(store, aWrite({ id: 'x' }), aWrite({ id: 'a' }))),
      conflictOf(write(store, aWrite({ id: 'a', versionId: 2 }))),
    ])
    t.same(outcomes, [undefined, { kind: 'write', index: 1 }, undefined])
    t.equal(await store.read('Observation', 'x'), undefined)
    t.match(await store.read('Observation', 'a'), { versionId: 2 })
  })
}

function preconditions(test: ContractTest): void {
  const versionIs = (id: string, versionId: number): Precondition => ({
    kind: 'version',
    type: 'Observation',
    id,
    versionId,
  })
  const coded = (code: string, ids: string[]): Precondition => ({
    kind: 'search',
    type: 'Observation',
    where: tokenClause('code', code),
    ids,
  })

  test('checks that a resource is at a version', async (t, openStore) => {
    const store = await openStore(t)
    await write(store, aWrite({ id: 'a' }))
    await write(store, aDelete({ id: 'a' }))
    const check = (...list: Precondition[]) =>
      conflictOf(store.commit(aPlan([], { preconditions: list })))
    t.equal(await check(versionIs('a', 2), versionIs('b', 0)), undefined)
    t.same(await check(versionIs('a', 2), versionIs('a', 1)), { kind: 'precondition', index: 1 })
    t.same(await check(versionIs('b', 1)), { kind: 'precondition', index: 0 })
    t.same(await check(versionIs('a', 0)), { kind: 'precondition', index: 0 })
  })

  test('checks that a search still gives exactly these resources', async (t, openStore) => {
    const store = await openStore(t)
    const entries = [token('code', 'x')]
    for (const id of ['a', 'b', 'c']) await write(store, aWrite({ id, entries }))
    await write(store, aWrite({ type: 'Patient', id: 'p', entries }))
    await write(store, aDelete({ id: 'c' }))
    await write(store, aWrite({ id: 'd', entries }))
    await write(store, aWrite({ id: 'd', versionId: 2, entries: [] }))
    const check = (code: string, ...ids: string[]) =>
      conflictOf(store.commit(aPlan([], { preconditions: [coded(code, ids)] })))
    const failed = { kind: 'precondition', index: 0 }
    t.equal(await check('x', 'a', 'b'), undefined)
    t.equal(await check('x', 'b', 'a'), undefined, 'in any order')
    t.equal(await check('y'), undefined, 'none expected')
    t.same(await check('x', 'a'), failed, 'one more')
    t.same(await check('x', 'a', 'b', 'd'), failed, 'one less')
    t.same(await check('x', 'a', 'd'), failed, 'another')
    t.same(await check('x'), failed, 'none expected but found')
  })

  test('sees in a search precondition what was committed a moment ago', async (t, openStore) => {
    const store = await openStore(t)
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((id) =>
        conflictOf(
          store.commit(
            aPlan([aWrite({ id, entries: [token('code', 'x')] })], {
              preconditions: [coded('x', [])],
            }),
          ),
        ),
      ),
    )
    t.equal(outcomes.filter((failed) => failed === undefined).length, 1)
    t.equal((await find(store, everything)).length, 1)
  })

  test('names the first precondition that failed, before claims and writes', async (t, openStore) => {
    const store = await openStore(t)
    await store.commit(aPlan([aWrite({ id: 'a' })], { claims: ['c'] }))
    const plan = aPlan([aWrite({ id: 'a' })], {
      claims: ['c'],
      preconditions: [coded('x', []), versionIs('a', 5), versionIs('a', 6)],
    })
    t.same(await conflictOf(store.commit(plan)), { kind: 'precondition', index: 1 })
  })
}

function claims(test: ContractTest): void {
  test('lets only one plan ever take a claim', async (t, openStore) => {
    const store = await openStore(t)
    await store.commit(aPlan([aWrite({ id: 'a' })], { claims: ['one', 'two'] }))
    const again = aPlan([aWrite({ id: 'b' })], { claims: ['three', 'two'] })
    t.same(await conflictOf(store.commit(again)), { kind: 'claim', claim: 'two' })
    t.equal(await store.read('Observation', 'b'), undefined)
    await store.commit(aPlan([aDelete({ id: 'a' })], { claims: ['three'] }))
    t.same(await conflictOf(store.commit(again)), { kind: 'claim', claim: 'three' })
  })

  test('refuses a plan that takes one claim twice', async (t, openStore) => {
    const store = await openStore(t)
    const plan = aPlan([], { claims: ['one', 'one'] })
    t.same(await conflictOf(store.commit(plan)), { kind: 'claim', claim: 'one' })
    await store.commit(aPlan([], { claims: ['one'] }))
  })

  test('checks that a claim is free without taking it', async (t, openStore) => {
    const store = await openStore(t)
    const plan = aPlan([], { preconditions: [{ kind: 'claimFree', claim: 'one' }] })
    await store.commit(plan)
    await store.commit(plan)
    await store.commit(aPlan([], { claims: ['one'] }))
    t.same(await conflictOf(store.commit(plan)), { kind: 'precondition', index: 0 })
  })
}

function events(test: ContractTest): void {
  test('keeps events in the order of the commits until they are taken', async (t, openStore) => {
    const store = await openStore(t)
    const first = await store.commit(
      aPlan([], {
        events: [
          { kind: 'hidden', data: { id: '1', count: 2, isUrgent: true } },
          { kind: 'shown', data: {} },
        ],
      }),
    )
    const second = await store.commit(aPlan([], { events: [{ kind: 'closed', data: {} }] }))
    const all = await store.outbox(0, 10)
    t.same(
      all.map(({ kind, sequence }) => [kind, sequence]),
      [
        ['hidden', first.sequence],
        ['shown', first.sequence],
        ['closed', second.sequence],
      ],
    )
    t.same(all[0]!.data, { id: '1', count: 2, isUrgent: true })
    const positions = all.map(({ position }) => position)
    t.ok(positions[0]! < positions[1]! && positions[1]! < positions[2]!)
    t.same(await store.outbox(0, 2), all.slice(0, 2))
    t.same(await store.outbox(positions[0]!, 10), all.slice(1))
    t.same(await store.outbox(positions[2]!, 10), [])
  })
}

function time(test: ContractTest): void {
  test('never lets time go back, even when the clock does', async (t, openStore) => {
    let now = 1_800_000_000_000
    const store = await openStore(t, { now: () => now })
    await write(store, aWrite({ id: 'a' }))
    now -= 60_000
    const { lastUpdated } = await write(store, aWrite({ id: 'b' }))
    t.ok(lastUpdated >= 1_800_000_000_000)
    t.match(await store.read('Observation', 'b'), { lastUpdated })
    const stored = await store.read('Observation', 'b')
    t.ok(stored?.body.includes(new Date(lastUpdated).toISOString()))
  })

  test('counts commits, strictly upwards', async (t, openStore) => {
    const store = await openStore(t)
    let last = store.sequence()
    for (const id of ['a', 'b', 'c']) {
      const { sequence } = await write(store, aWrite({ id }))
      t.ok(sequence > last)
      t.ok(store.sequence() >= sequence, 'a reader sees the commit once it is answered')
      last = sequence
    }
  })

  test('keeps a secret of 32 bytes under each name', async (t, openStore) => {
    const store = await openStore(t)
    const paging = store.secret('paging')
    t.equal(paging.length, 32)
    t.ok(paging.equals(store.secret('paging')))
    t.notOk(paging.equals(store.secret('ids')))
  })

  test('accepts bulk plans beside interactive ones', async (t, openStore) => {
    const store = await openStore(t)
    await Promise.all([
      store.commit(aPlan([aWrite({ id: 'a' })]), 'bulk'),
      store.commit(aPlan([aWrite({ id: 'b' })]), 'interactive'),
    ])
    t.same((await find(store, everything)).toSorted(), ['a', 'b'])
  })

  test('keeps the audit intent of a commit until it is dropped', async (t, openStore) => {
    const store = await openStore(t)
    const commit = (id: string, audit?: Uint8Array) =>
      store.commit(aPlan([aWrite({ id })], audit ? { audit } : {}))
    const first = await commit('a', Buffer.from('one'))
    await commit('b')
    const third = await commit('c', Buffer.from('three'))
    const intents = async (after: number, max = 10) =>
      (await store.auditIntents(after, max)).map(({ sequence, audit }) => [sequence, `${audit}`])
    t.same(await intents(0), [
      [first.sequence, 'one'],
      [third.sequence, 'three'],
    ])
    t.same(await intents(0, 1), [[first.sequence, 'one']])
    t.same(await intents(first.sequence), [[third.sequence, 'three']])
    await store.dropAuditIntents(first.sequence)
    t.same(await intents(0), [[third.sequence, 'three']])
    const stale = { kind: 'version', type: 'Observation', id: 'c', versionId: 9 } as const
    const plan = aPlan([aWrite({ id: 'd' })], { preconditions: [stale], audit: Buffer.from('no') })
    await t.rejects(store.commit(plan))
    t.same(await intents(third.sequence), [], 'a plan that fails leaves no intent')
  })

  test('is ready while open, and refuses writes once closed', async (t, openStore) => {
    const store = await openStore(t)
    t.same(store.health(), { ready: true })
    await store.close()
    await t.rejects(write(store, aWrite({ id: 'a' })), Unavailable)
  })
}
