/** What every store of the authorization server does: in memory and in SQLite. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createMemoryAuthStore } from '../../src/auth/memory-auth-store.ts'
import type { AuthStore } from '../../src/auth/store-port.ts'
import { openAuthRecords } from '../../src/store/sqlite/auth-records.ts'

const clock = { now: 1_800_000_000_000 }
const seconds = () => clock.now / 1000

const stores: Record<string, (t: Test) => AuthStore> = {
  memory: () => createMemoryAuthStore(() => clock.now),
  sqlite: (t) => {
    const store = openAuthRecords(join(t.testdir(), 'auth.db'), () => clock.now)
    t.teardown(() => store.close())
    return store
  },
}

for (const [name, open] of Object.entries(stores)) {
  t.test(`${name}: keeps, replaces and finds by key, handle and grant`, async (t) => {
    const store = open(t)
    const record = {
      kind: 'Session',
      key: 'k',
      payload: { a: [1, { b: 'é' }] },
      handle: 'h',
      expiresAt: seconds() + 5,
    }
    await store.save(record)
    t.same(await store.find('Session', 'k'), record)
    t.same(await store.findByHandle('Session', 'h'), [record])
    t.same(await store.findByHandle('Context', 'h'), [])
    await store.save({ kind: 'Session', key: 'k', payload: {} })
    t.same(await store.find('Session', 'k'), { kind: 'Session', key: 'k', payload: {} })
    t.same(await store.findByHandle('Session', 'h'), [])
    t.equal(await store.find('AccessToken', 'k'), undefined)
  })

  t.test(`${name}: of two, one inserts and one consumes`, async (t) => {
    const store = open(t)
    const jti = { kind: 'ReplayDetection', key: 'j', payload: {}, expiresAt: seconds() + 5 }
    t.same((await Promise.all([store.insert(jti), store.insert(jti)])).toSorted(), [false, true])
    clock.now += 6000
    t.equal(
      await store.insert({ ...jti, expiresAt: seconds() + 5 }),
      true,
      'the old one has expired',
    )
    await store.save({ kind: 'AuthorizationCode', key: 'c', payload: {} })
    const used = [1, 2, 3].map(() => store.consume('AuthorizationCode', 'c', 7))
    t.same((await Promise.all(used)).filter(Boolean), [true])
    t.equal((await store.find('AuthorizationCode', 'c'))?.consumedAt, 7)
    t.equal(await store.consume('AuthorizationCode', 'nothing', 7), false)
  })

  t.test(`${name}: another epoch when access is taken away, and only then`, async (t) => {
    const store = open(t)
    const token = { kind: 'AccessToken', payload: {}, grantId: 'g' }
    for (const key of ['1', '2']) await store.save({ ...token, key })
    await store.save({ ...token, key: '3', grantId: 'other' })
    await store.save({ kind: 'Interaction', key: 'i', payload: {} })
    const before = store.epoch()
    await store.remove('Interaction', 'i')
    await store.remove('AccessToken', 'nothing')
    await store.removeByGrant('AccessToken', 'nothing')
    t.equal(store.epoch(), before)
    await store.removeByGrant('AccessToken', 'g')
    t.not(store.epoch(), before)
    t.equal(await store.find('AccessToken', '1'), undefined)
    t.equal(await store.find('AccessToken', '2'), undefined)
    t.ok(await store.find('AccessToken', '3'))
    const middle = store.epoch()
    await store.remove('AccessToken', '3')
    t.not(store.epoch(), middle)
  })
}

t.test('sqlite: is there after a restart, readable by its owner alone', async (t) => {
  const file = join(t.testdir(), 'auth.db')
  const first = openAuthRecords(file)
  await first.insert({ kind: 'SandboxKey', key: 'k', payload: { d: 'secret' } })
  t.equal(statSync(file).mode & 0o777, 0o600)
  first.close()
  const second = openAuthRecords(file)
  t.same((await second.find('SandboxKey', 'k'))?.payload, { d: 'secret' })
  second.close()
  t.throws(() => openAuthRecords('/nowhere/auth.db'))
  t.match(readFileSync(file).subarray(0, 15).toString(), 'SQLite format 3')
})
