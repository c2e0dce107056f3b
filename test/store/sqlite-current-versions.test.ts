/** The versions kept in memory are the newest, whoever writes meanwhile. */
import { test } from 'tap'
import { absent, CurrentVersions } from '../../src/store/sqlite/current-versions.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import type { StoredVersion } from '../../src/store/stored-version.ts'
import { aDelete, aPlan, aWrite, anEnvelope, write } from './plans.ts'

function aVersion(id: string, versionId = 1, bodyBytes = 100): StoredVersion {
  return {
    type: 'Observation',
    id,
    versionId,
    lastUpdated: 0,
    sequence: versionId,
    method: 'PUT',
    deleted: false,
    body: Buffer.alloc(bodyBytes),
    slots: [],
    envelope: anEnvelope(),
  }
}

test('what is being written is neither given out nor kept until all outcomes are known', (t) => {
  const current = new CurrentVersions(1_000_000)
  const writes = [{ type: 'Observation', id: 'a' }]
  current.add(aVersion('a', 1))
  t.match(current.get('Observation', 'a'), { versionId: 1 })
  current.beginWrite(writes)
  t.equal(current.get('Observation', 'a'), undefined)
  current.add(aVersion('a', 1))
  t.equal(current.get('Observation', 'a'), undefined, 'a reader met the old one meanwhile')
  current.beginWrite(writes)
  current.endWrite(writes)
  current.add(aVersion('a', 2))
  t.equal(current.get('Observation', 'a'), undefined, 'the second plan is still on its way')
  current.endWrite(writes)
  current.add(aVersion('a', 3))
  t.match(current.get('Observation', 'a'), { versionId: 3 })
  t.equal(current.get('Patient', 'a'), undefined)
  t.end()
})

test('absence is known until somebody writes', (t) => {
  const current = new CurrentVersions(1_000_000)
  const target = { type: 'Observation', id: 'a' }
  current.addAbsent(target)
  t.equal(current.get('Observation', 'a'), absent)
  current.beginWrite([target])
  current.addAbsent(target)
  t.equal(current.get('Observation', 'a'), undefined)
  current.endWrite([target])
  t.equal(current.get('Observation', 'a'), undefined)
  t.end()
})

test('it stays within its bytes, and what is asked for again stays longest', (t) => {
  const current = new CurrentVersions(20 * (1024 + 100))
  current.add(aVersion('hot'))
  for (let index = 0; index < 1000; index++) {
    current.add(aVersion(`cold-${index}`))
    t.ok(current.get('Observation', 'hot'), `after ${index}`)
  }
  const kept = Array.from({ length: 1000 }, (_, index) => `cold-${index}`).filter(
    (id) => current.get('Observation', id) !== undefined,
  )
  t.ok(kept.length <= 20, `${kept.length} are kept`)
  t.end()
})

test('a body that would drive out many others is not kept', (t) => {
  const current = new CurrentVersions(10_000_000)
  current.add(aVersion('large', 1, 65_537))
  t.equal(current.get('Observation', 'large'), undefined)
  t.end()
})

test('reads beside writes never go back, and see each write that was answered', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  const ids = ['a', 'b', 'c', 'd']
  for (const id of ids) await write(store, aWrite({ id }))
  const answered = new Map(ids.map((id) => [id, 1]))
  let isWriting = true
  let wrong = 0
  const reader = async (id: string): Promise<void> => {
    let seen = 0
    while (isWriting) {
      const least = answered.get(id)!
      const { versionId } = (await store.read('Observation', id))!
      if (versionId < least || versionId < seen) wrong += 1
      seen = versionId
      await new Promise(setImmediate)
    }
  }
  const writer = async (id: string): Promise<void> => {
    for (let versionId = 2; versionId <= 60; versionId++) {
      await write(store, aWrite({ id, versionId }))
      answered.set(id, versionId)
    }
  }
  const readers = ids.flatMap((id) => [reader(id), reader(id), reader(id)])
  await Promise.all(ids.map(writer))
  isWriting = false
  await Promise.all(readers)
  t.equal(wrong, 0)
})

test('what was absent is found as soon as its creation is answered', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  for (let index = 0; index < 50; index++) {
    const id = `n${index}`
    t.equal(await store.read('Observation', id), undefined)
    t.equal(await store.read('Observation', id), undefined)
    const creation = write(store, aWrite({ id }))
    void store.read('Observation', id)
    await creation
    t.equal((await store.read('Observation', id))?.id, id)
  }
})

test('a refused plan leaves the version that stands, a deletion its tombstone', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  await write(store, aWrite({ id: 'a' }))
  t.equal((await store.read('Observation', 'a'))?.versionId, 1)
  await t.rejects(store.commit(aPlan([aWrite({ id: 'a', versionId: 3 })])))
  t.equal((await store.read('Observation', 'a'))?.versionId, 1)
  await write(store, aDelete({ id: 'a' }))
  const tombstone = await store.read('Observation', 'a')
  t.equal(tombstone?.deleted, true)
  t.equal((await store.read('Observation', 'a')) === tombstone, true, 'given out from memory')
})
