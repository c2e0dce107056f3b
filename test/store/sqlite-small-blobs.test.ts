/** Small blobs are rows of the commit that names them; larger ones are files. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { NotFound } from '../../src/errors.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { SmallBlobs, smallBlobBytesMax } from '../../src/store/sqlite/small-blobs.ts'
import type { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { aPlan, aWrite, write } from './plans.ts'

async function make(store: SqliteStore, ...chunks: readonly Buffer[]) {
  const writer = store.blobs.create()
  for (const chunk of chunks) await writer.write(chunk)
  return writer.finish()
}

function filesIn(folder: string): number {
  const found = readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).length
}

function rowsIn(folder: string): number {
  const db = new DatabaseSync(join(folder, 'passerelle.db'), { readOnly: true })
  const { n } = db.prepare('SELECT count(*) AS n FROM content').get()!
  db.close()
  return Number(n)
}

const binary = (id: string, blob: Awaited<ReturnType<typeof make>>, versionId = 1) =>
  aWrite({ type: 'Binary', id, versionId, more: { blob } })

test('up to 64 KB it is a row, beyond a file, and both outlive a restart', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  const bytes = Buffer.alloc(smallBlobBytesMax + 1, 'é')
  const small = await make(store, bytes.subarray(0, 100), bytes.subarray(100, smallBlobBytesMax))
  const large = await make(store, bytes.subarray(0, 100), bytes.subarray(100))
  t.same([filesIn(folder), rowsIn(folder)], [1, 0], 'before the commit')
  await store.commit(aPlan([binary('small', small), binary('large', large)]))
  t.same([filesIn(folder), rowsIn(folder)], [1, 1])
  await store.close()
  const again = await openSqliteStore({ folder })
  t.teardown(() => again.close())
  for (const id of ['small', 'large']) {
    const { blob } = (await again.read('Binary', id))!
    const expected = bytes.subarray(0, blob!.sizeBytes)
    t.ok(expected.equals(await again.blobs.read(blob!)), id)
    t.ok(expected.equals(await buffer(again.blobs.open(blob!))), `${id}, as a stream`)
    const part = await buffer(again.blobs.open(blob!, { start: 90, end: 109 }))
    t.ok(expected.subarray(90, 110).equals(part), `${id}, a range`)
  }
  const next = await make(again, Buffer.from('x'))
  t.ok(next.key > small.key, 'keys go on from the last')
})

test('what no plan names leaves nothing; a refused plan may be tried again', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  t.teardown(() => store.close())
  await make(store, Buffer.from('never named'))
  const blob = await make(store, Buffer.from('Bonjour'))
  t.equal(String(await store.blobs.read(blob)), 'Bonjour', 'before any commit')
  await t.rejects(store.commit(aPlan([binary('a', blob, 2)])))
  t.equal(rowsIn(folder), 0)
  await write(store, binary('a', blob))
  t.equal(rowsIn(folder), 1)
  t.equal(String(await store.blobs.read(blob)), 'Bonjour')
  await write(store, binary('a', (await store.read('Binary', 'a'))!.blob!, 2))
  t.equal(rowsIn(folder), 1, 'the next version names the same row')
})

test('one blob that two resources of a plan name is kept once', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  t.teardown(() => store.close())
  const blob = await make(store, Buffer.from('Bonjour'))
  await store.commit(aPlan([binary('a', blob), binary('b', blob)]))
  t.equal(rowsIn(folder), 1)
  for (const id of ['a', 'b']) {
    const stored = await store.read('Binary', id)
    t.equal(String(await store.blobs.read(stored!.blob!)), 'Bonjour')
  }
})

test('a row that is gone is NotFound, in a stream too', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  const gone = { ...(await make(store, Buffer.from('x'))), key: 'row-1' }
  await t.rejects(store.blobs.read(gone), NotFound)
  await t.rejects(buffer(store.blobs.open(gone)), NotFound)
})

test('bytes that wait for their commit are bounded', (t) => {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE content(key INTEGER PRIMARY KEY, bytes BLOB NOT NULL)')
  const blobs = new SmallBlobs(db)
  const staged = []
  while (blobs.hasRoomFor(smallBlobBytesMax))
    staged.push(blobs.stage(Buffer.allocUnsafe(smallBlobBytesMax)))
  t.equal(staged.length, 1024)
  t.equal(new Set(staged.map(({ key }) => key)).size, 1024)
  blobs.release(staged[0]!)
  blobs.release(staged[0]!)
  t.ok(blobs.hasRoomFor(smallBlobBytesMax))
  t.notOk(blobs.hasRoomFor(2 * smallBlobBytesMax))
  t.end()
})
