import { spawn } from 'node:child_process'
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { Unavailable } from '../../src/errors.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { migrateSchema } from '../../src/store/sqlite/schema.ts'
import { aPlan, aSearch, aWrite, find, idsOf, write } from './plans.ts'

const holder = `
import { openSqliteStore } from ${JSON.stringify(new URL('../../src/store/sqlite/open-sqlite-store.ts', import.meta.url).href)}
await openSqliteStore({ folder: process.argv[1] })
console.log('open')
setInterval(() => {}, 1000)
`

t.test('says which process has the folder, and takes it over when that was killed', async (t) => {
  const folder = t.testdir()
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, folder])
  await new Promise((resolve) => child.stdout.once('data', resolve))
  await t.rejects(openSqliteStore({ folder }), {
    message: `The data folder ${folder} is in use by process ${child.pid}`,
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  const store = await openSqliteStore({ folder })
  await t.rejects(openSqliteStore({ folder }), { message: /is in use by this process/ })
  await store.close()
  const again = await openSqliteStore({ folder })
  await again.close()
})

t.test('refuses data of a newer schema in a sentence', async (t) => {
  const folder = t.testdir()
  await (await openSqliteStore({ folder })).close()
  const db = new DatabaseSync(join(folder, 'passerelle.db'))
  migrateSchema(db)
  db.exec("INSERT INTO migration VALUES (99, 'from the future', 0)")
  db.close()
  await t.rejects(openSqliteStore({ folder }), {
    status: 503,
    message: /written by a newer Passerelle \(schema 99\)/,
  })
})

t.test('refuses a folder that cannot be used', async (t) => {
  const folder = t.testdir({ file: 'not a folder' })
  await t.rejects(openSqliteStore({ folder: join(folder, 'file') }), {
    status: 503,
    message: /cannot be used/,
  })
})

t.test('keeps everything across a restart, and never goes back in time', async (t) => {
  const folder = t.testdir()
  const first = await openSqliteStore({ folder, now: () => 5_000 })
  const key = first.secret('paging')
  const one = await write(
    first,
    aWrite({ id: 'a', entries: [{ kind: 'token', code: 'code', value: 'x' }] }),
  )
  await first.commit(aPlan([], { claims: ['c'], events: [{ kind: 'k', data: { n: 1 } }] }))
  await first.close()
  const second = await openSqliteStore({ folder, now: () => 1_000 })
  t.teardown(() => second.close())
  const two = await write(second, aWrite({ id: 'b' }))
  t.same([one.lastUpdated, two.lastUpdated], [5_000, 5_000])
  t.same([one.sequence, two.sequence, second.sequence()], [1, 3, 3])
  t.ok(second.secret('paging').equals(key))
  t.notOk(second.secret('other').equals(key))
  t.ok(await second.isClaimed('c'))
  t.equal((await second.outbox(0, 10)).length, 1)
  t.same(await find(second, { kind: 'token', code: 'code', tokens: [{ value: 'x' }] }), ['a'])
})

t.test('answers Unavailable while the disk is full, then recovers by itself', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  await write(store, aWrite({ id: 'before' }))
  const [{ page_count: pages }] = (await store.pragma('page_count')) as [{ page_count: number }]
  await store.pragma(`max_page_count = ${pages + 4}`)
  const text = 'x'.repeat(20_000)
  const many = Array.from({ length: 5 }, (_, index) => aWrite({ id: `full-${index}`, text }))
  const small = write(store, aWrite({ id: 'same-group' }))
  const results = await Promise.allSettled([small, ...many.map((each) => write(store, each))])
  t.ok(
    results.some(({ status, ...rest }) => status === 'rejected' && 'reason' in rest),
    'something does not fit',
  )
  for (const result of results) if (result.status === 'rejected') t.type(result.reason, Unavailable)
  await t.rejects(store.commit(aPlan(many)), Unavailable)
  t.match(store.health(), { ready: false, reason: 'the disk is full' })
  for (const { id } of many) t.equal(await store.read('Observation', id), undefined)
  await store.pragma('max_page_count = 1000000')
  await becomesReady(store)
  await store.commit(aPlan(many))
  t.same(store.health(), { ready: true })
  const found = idsOf((await store.search(aSearch({ count: 100 }))).matches)
  t.ok(found.includes('before'))
  t.same(
    many.filter(({ id }) => !found.includes(id)),
    [],
  )
})

t.test('answers Unavailable while the data are read-only, and still reads', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  await write(store, aWrite({ id: 'a' }))
  await store.pragma('query_only = ON')
  await t.rejects(write(store, aWrite({ id: 'b' })), Unavailable)
  t.match(store.health(), { ready: false, reason: 'the data folder is read-only' })
  t.ok(await store.read('Observation', 'a'))
  await store.pragma('query_only = OFF')
  await write(store, aWrite({ id: 'b' }))
  t.same(store.health(), { ready: true })
})

async function becomesReady(store: { health(): { ready: boolean } }): Promise<void> {
  for (let attempt = 0; attempt < 60 && !store.health().ready; attempt++)
    await new Promise((resolve) => setTimeout(resolve, 100))
}

t.test(
  'refuses more plans than may wait, and finishes those accepted before it closes',
  async (t) => {
    const folder = t.testdir()
    const store = await openSqliteStore({ folder, queueMax: 10 })
    const plans = Array.from({ length: 15 }, (_, index) =>
      write(store, aWrite({ id: `p${index}` })),
    )
    const settled = Promise.allSettled(plans)
    await store.close()
    const refused = (await settled).filter(({ status }) => status === 'rejected')
    t.equal(refused.length, 5)
    t.match(refused[0], { reason: { status: 503, headers: { 'retry-after': /\d/ } } })
    const again = await openSqliteStore({ folder })
    t.teardown(() => again.close())
    t.equal((await again.search(aSearch())).matches.length, 10)
  },
)

t.test('serves interactive writes while an import is under way', async (t) => {
  const store = await openSqliteStore({ folder: t.testdir() })
  t.teardown(() => store.close())
  // Enough that the import is under way for long after its last plan was handed over.
  const text = 'x'.repeat(100_000)
  let imported = 0
  const bulk = Array.from({ length: 600 }, (_, index) =>
    store.commit(aPlan([aWrite({ id: `bulk-${index}`, text })]), 'bulk').then(() => imported++),
  )
  await write(store, aWrite({ id: 'now' }))
  t.ok(imported < 600, 'it did not wait for the whole import')
  await Promise.all(bulk)
})

t.test('removes blobs that nothing names once they are old', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  t.teardown(() => store.close())
  const make = async (text: string) => {
    const writer = store.blobs.create()
    await writer.write(Buffer.from(text.padEnd(70_000)))
    return writer.finish()
  }
  const [named, young, old] = [await make('named'), await make('young'), await make('old')]
  await write(store, aWrite({ type: 'Binary', id: 'b', more: { blob: named } }))
  const path = ({ key }: { key: string }) =>
    join(folder, 'blobs', key.slice(0, 2), key.slice(2, 4), key)
  const part = `${path(old)}0.part`
  writeFileSync(part, 'half')
  const longAgo = Date.now() / 1000 - 4000
  for (const file of [path(named), path(old), part]) utimesSync(file, longAgo, longAgo)
  await store.tidy()
  t.same(
    [named, young, old].map((blob) => existsSync(path(blob))),
    [true, true, false],
  )
  t.notOk(existsSync(part))
  t.equal(String(await store.blobs.read(named)).trim(), 'named')
})

t.test('leaves nothing of an aborted blob', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  t.teardown(() => store.close())
  const writer = store.blobs.create()
  await writer.write(Buffer.alloc(100_000))
  await writer.abort()
  const files = readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true })
  t.same(
    files.filter((file) => file.isFile()),
    [],
  )
})

t.test('passes the integrity check of SQLite after updates and removals', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ folder })
  for (let versionId = 1; versionId < 20; versionId++)
    await write(store, aWrite({ id: 'a', versionId }))
  await store.tidy()
  await store.close()
  const db = new DatabaseSync(join(folder, 'passerelle.db'))
  t.same({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  db.close()
})
