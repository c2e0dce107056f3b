import t from 'tap'
import type { Test } from 'tap'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { aPatient, anObservation, baseUrl, call, openServer, type Answer } from '../fixtures.ts'

const start = Date.parse('2026-03-18T10:00:00Z')

/** A server whose clock stands at `minute` minutes past ten. */
async function withClock(t: Test) {
  const clock = { minute: 0 }
  const server = await openServer(t, { now: () => start + clock.minute * 60_000 })
  const put = async (minute: number, id: string, over: JsonObject = {}) => {
    clock.minute = minute
    await call(server, 'PUT', `/Patient/${id}`, { body: aPatient({ id, ...over }) })
  }
  return { server, clock, put }
}

const versionsOf = ({ body }: Answer) =>
  (body.entry ?? []).map(({ fullUrl, resource, response }) =>
    [
      String(fullUrl).slice(baseUrl.length + 1),
      String((response as JsonObject).etag).replace(/\D/g, ''),
      resource ? '' : '-',
    ].join(''),
  )

t.test('tells the history of a resource, newest first', async (t) => {
  const { server, clock, put } = await withClock(t)
  await put(1, 'x')
  await put(2, 'x', { active: true })
  clock.minute = 3
  await call(server, 'DELETE', '/Patient/x')
  const { status, body } = await call(server, 'GET', '/Patient/x/_history')
  t.equal(status, 200)
  t.match(body, {
    resourceType: 'Bundle',
    type: 'history',
    total: 3,
    link: [{ relation: 'self', url: `${baseUrl}/Patient/x/_history` }],
  })
  const [deleted, updated, created] = body.entry!
  t.same(deleted, {
    fullUrl: `${baseUrl}/Patient/x`,
    request: { method: 'DELETE', url: 'Patient/x' },
    response: {
      status: '204 No Content',
      etag: 'W/"3"',
      lastModified: '2026-03-18T10:03:00.000Z',
    },
  })
  t.match(updated, {
    resource: { active: true, meta: { versionId: '2' } },
    request: { method: 'PUT', url: 'Patient/x' },
    response: { status: '200 OK', etag: 'W/"2"' },
  })
  t.match(created, { request: { method: 'PUT' }, response: { status: '201 Created' } })
})

for (const kind of ['memory', 'sqlite'] as const) {
  t.test(`tells that a deleted resource was created again (${kind})`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'history-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const server = await openServer(
      t,
      kind === 'sqlite' ? { store: await openSqliteStore({ folder }) } : {},
    )
    const put = () => call(server, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
    await put()
    await put()
    await call(server, 'DELETE', '/Patient/x')
    t.equal((await put()).status, 201)
    await put()
    const { body } = await call(server, 'GET', '/Patient/x/_history')
    t.same(
      body.entry!.map(({ response }) => (response as JsonObject).status),
      ['200 OK', '201 Created', '204 No Content', '200 OK', '201 Created'],
    )
  })
}

t.test('tells the history of a type and of the system', async (t) => {
  const { server, put } = await withClock(t)
  await put(1, 'x')
  await put(2, 'y')
  await call(server, 'POST', '/Observation', { body: anObservation() })
  await put(3, 'x')
  const type = await call(server, 'GET', '/Patient/_history')
  t.same(versionsOf(type), ['Patient/x2', 'Patient/y1', 'Patient/x1'])
  const system = await call(server, 'GET', '/_history')
  t.equal(system.body.total, 4)
  t.match(system.body.entry![1], {
    request: { method: 'POST', url: 'Observation' },
    response: { status: '201 Created' },
  })
  t.equal((await call(server, 'GET', '/Encounter/_history')).body.total, 0)
})

t.test('tells what happened since a time, and what was in force at one', async (t) => {
  const { server, clock, put } = await withClock(t)
  await put(1, 'x')
  await put(2, 'y')
  await put(3, 'x')
  clock.minute = 4
  await call(server, 'DELETE', '/Patient/y')
  const get = async (query: string, path = '/Patient/_history') =>
    versionsOf(await call(server, 'GET', `${path}?${query}`))
  t.same(await get('_since=2026-03-18T10:03:00Z'), ['Patient/y2-', 'Patient/x2'])
  t.same(await get('_since=2026-03-18T11:03:00%2B01:00'), ['Patient/y2-', 'Patient/x2'])
  t.same(await get('_since=2026-03-18T11:03:00+01:00'), ['Patient/y2-', 'Patient/x2'])
  t.same(await get('_since=2026-03-19'), [])
  t.same(await get('_since=2026-03-18T10:03:00Z', '/Patient/x/_history'), ['Patient/x2'])
  t.same(await get('_since=2026-03-18T10:03:00Z', '/_history'), ['Patient/y2-', 'Patient/x2'])
  t.same(await get('_at=2026-03-18T10:02:30Z'), ['Patient/y1', 'Patient/x1'])
  t.same(await get('_at=2026-03-18T10:03:30Z', '/Patient/x/_history'), ['Patient/x2'])
  t.same(await get('_at=2026-03-18T09:00Z'), [])
})

t.test('refuses parameters that a history does not have', async (t) => {
  const { server, put } = await withClock(t)
  await put(1, 'x')
  for (const query of [
    '_since=yesterday',
    '_since=2026-02-30',
    '_count=-1',
    '_count=many',
    '_count=1&_count=2',
    'name=x',
    '_sort=_lastUpdated',
    '_page=nonsense',
  ]) {
    const { status, body } = await call(server, 'GET', `/Patient/x/_history?${query}`)
    t.equal(status, 400, query)
    t.match(body.issue, [{ expression: [`http.${query.split('=')[0]}`] }])
  }
})

const nextOf = ({ body }: Answer) =>
  body.link?.find(({ relation }) => relation === 'next')?.url as string | undefined

async function walk(server: Server, path: string, between: () => Promise<void>) {
  const seen: string[] = []
  let pages = 0
  for (let next: string | undefined = path; next;) {
    const page = await call(server, 'GET', next)
    if (page.status !== 200) throw new Error(page.text)
    seen.push(...versionsOf(page))
    pages += 1
    await between()
    next = nextOf(page)?.slice(baseUrl.length)
  }
  return { seen, pages }
}

t.test('pages to the end while others write', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'history-'))
  const store = await openSqliteStore({ folder, groupDelayMs: 0 })
  const server = await openServer(t, { store })
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (let index = 0; index < 15; index++) {
    const id = `p${index % 3}`
    await call(server, 'PUT', `/Patient/${id}`, { body: aPatient({ id }) })
  }
  const write = async () => {
    await call(server, 'PUT', '/Patient/p0', { body: aPatient({ id: 'p0' }) })
    await call(server, 'POST', '/Patient', { body: aPatient() })
  }
  for (const path of ['/Patient/_history', '/_history', '/Patient/p0/_history']) {
    const before = versionsOf(await call(server, 'GET', `${path}?_count=1000`))
    const { seen, pages } = await walk(server, `${path}?_count=4`, write)
    t.same(seen, before, path)
    t.equal(pages, Math.ceil(before.length / 4))
  }
})

t.test('keeps a page link to its own URL, and counts without showing', async (t) => {
  const { server, put } = await withClock(t)
  for (const id of ['a', 'b', 'c']) await put(1, id)
  const first = await call(server, 'GET', '/Patient/_history?_count=1&_since=2026-01-01')
  t.equal(first.body.total, 3)
  const next = nextOf(first)!.slice(baseUrl.length)
  t.match(next, /^\/Patient\/_history\?_page=[\w-]+$/, 'one opaque token')
  t.equal((await call(server, 'GET', next)).status, 200)
  for (const path of ['/Observation/_history', '/_history', '/Patient/a/_history', '/Patient']) {
    const { status } = await call(server, 'GET', `${path}${next.slice(next.indexOf('?'))}`)
    t.equal(status, 400, path)
  }
  const linkOf = ({ body }: typeof first, relation: string) =>
    (body.link as JsonObject[]).find((link) => link.relation === relation)?.url as string
  t.equal(linkOf(first, 'previous'), undefined)
  const previous = linkOf(await call(server, 'GET', next), 'previous').slice(baseUrl.length)
  const back = await call(server, 'GET', previous)
  t.same(versionsOf(back), versionsOf(first))
  t.ok(linkOf(back, 'next'))
  t.equal((await call(server, 'GET', `${next}x`)).status, 400)
  t.equal((await call(server, 'GET', `${next}&_since=2026-02-01`)).status, 400)
  t.equal((await call(server, 'GET', `${next}&_pretty=true`)).status, 200)
  const none = await call(server, 'GET', '/Patient/_history?_count=0')
  t.equal(none.body.total, 3)
  t.equal(none.body.entry, undefined)
  t.equal(nextOf(none), undefined)
})
