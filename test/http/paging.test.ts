import t from 'tap'
import type { Test } from 'tap'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Server } from '../../src/server.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import {
  aPatient,
  aTransaction,
  anObservation,
  baseUrl,
  call,
  openServer,
  type Answer,
} from '../fixtures.ts'

interface Folder {
  readonly server: Server
  readonly folder: string
}

async function onSqlite(t: Test, now?: () => number): Promise<Folder> {
  const folder = mkdtempSync(join(tmpdir(), 'paging-'))
  const clock = now ? { now } : {}
  const store = await openSqliteStore({ folder, groupDelayMs: 0, ...clock })
  const server = await openServer(t, { store, ...clock })
  t.teardown(() => rmSync(folder, { recursive: true }))
  return { server, folder }
}

const letters = (index: number) =>
  String.fromCharCode(97 + (index % 26), 97 + ((index * 7) % 26), 97 + ((index * 11) % 26))

/** Many share a name or a date, so that ties have to be told apart. */
function resourceOf(index: number): JsonObject {
  const id = `r${index}`
  const day = String(1 + (index % 28)).padStart(2, '0')
  return index % 2 === 0
    ? aPatient({ id, name: [{ family: letters(index % 60), given: [letters(index)] }] })
    : anObservation({ id, effectiveDateTime: `2026-01-${day}` })
}

async function fill(server: Server, count: number): Promise<void> {
  for (let start = 0; start < count; start += 200) {
    const entry = Array.from({ length: Math.min(200, count - start) }, (_, offset) => {
      const resource = resourceOf(start + offset)
      const url = `${String(resource.resourceType)}/${String(resource.id)}`
      return { resource, request: { method: 'PUT', url } }
    })
    const { status, text } = await call(server, 'POST', '', { body: aTransaction(...entry) })
    if (status !== 200) throw new Error(text)
  }
}

const link = ({ body }: Answer, relation: string) => {
  const url = body.link?.find((one) => one.relation === relation)?.url
  return url === undefined ? undefined : String(url).slice(baseUrl.length)
}
const idsOf = ({ body }: Answer) =>
  (body.entry ?? []).map(({ resource }) => String((resource as JsonObject).id))

async function get(server: Server, path: string): Promise<Answer> {
  const answer = await call(server, 'GET', path)
  if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`)
  return answer
}

/** Changes what was shown, what is still to come, and what nobody has seen. */
function createDisturbance(server: Server, type: 'Patient' | 'Observation') {
  let round = 0
  return async (shown: readonly string[]) => {
    round += 1
    const [id] = shown
    const later = `r${(round * 37) % 600}`
    const change = (one: string) =>
      type === 'Patient'
        ? aPatient({ id: one, name: [{ family: letters(round * 3) }] })
        : anObservation({ id: one, effectiveDateTime: `2026-02-${10 + (round % 18)}` })
    const steps = [
      () => (id ? call(server, 'PUT', `/${type}/${id}`, { body: change(id) }) : undefined),
      () => call(server, 'PUT', `/${type}/${later}`, { body: change(later) }),
      () => call(server, 'POST', `/${type}`, { body: change('new') }),
      () => call(server, 'DELETE', `/${type}/${later}`),
    ]
    await steps[round % steps.length]!()
  }
}

t.test(
  'pages to the end and back under three sorts while others write',
  {
    timeout: 200_000,
  },
  async (t) => {
    const { server } = await onSqlite(t)
    await fill(server, 600)
    for (const [type, sort] of [
      ['Patient', '_lastUpdated'],
      ['Observation', '-date'],
      ['Patient', 'family,name'],
    ] as const) {
      const expected = idsOf(await get(server, `/${type}?_sort=${sort}&_count=1000`))
      const disturb = createDisturbance(server, type)
      const seen: string[] = []
      const pages: string[][] = []
      let last = ''
      for (let next: string | undefined = `/${type}?_sort=${sort}&_count=1`; next;) {
        const page = await get(server, next)
        pages.push(idsOf(page))
        seen.push(...idsOf(page))
        last = next
        next = link(page, 'next')
        await disturb(seen.slice(-2))
      }
      t.ok(pages.length >= 300, `${pages.length} pages`)
      t.same(seen, expected, `${sort}: none missed, none twice, in order`)
      const back: string[][] = []
      for (let previous: string | undefined = last; previous;) {
        const page = await get(server, previous)
        back.unshift(idsOf(page))
        previous = link(page, 'previous')
      }
      t.same(back, pages, `${sort}: the same pages on the way back`)
    }
  },
)

t.test('shows on a later page what was there when the first was asked for', async (t) => {
  const { server } = await onSqlite(t)
  for (const id of ['a', 'b', 'c'])
    await call(server, 'PUT', `/Patient/${id}`, { body: aPatient({ id, gender: 'female' }) })
  const first = await get(server, '/Patient?gender=female&_sort=_id&_count=1')
  await call(server, 'PUT', '/Patient/b', { body: aPatient({ id: 'b', gender: 'male' }) })
  await call(server, 'DELETE', '/Patient/c')
  const second = await get(server, link(first, 'next')!)
  t.match(second.body.entry, [
    { resource: { id: 'b', gender: 'female', meta: { versionId: '1' } } },
  ])
  t.equal(second.body.total, first.body.total)
  const third = await get(server, link(second, 'next')!)
  t.same(idsOf(third), ['c'])
  t.equal(link(third, 'next'), undefined)
  t.same(idsOf(await get(server, link(third, 'previous')!)), ['b'])
  t.same(idsOf(await get(server, link(second, 'previous')!)), ['a'])
  t.equal(link(first, 'previous'), undefined)
  t.equal(link(first, 'first'), undefined, 'this is it')
  t.match(link(third, 'first'), /^\/Patient\?_page=[A-Za-z0-9_-]+$/, 'one opaque token')
  for (const page of [second, third]) {
    const again = await get(server, link(page, 'first')!)
    t.same(idsOf(again), ['a'])
    t.equal(again.body.total, first.body.total)
    t.equal(link(again, 'previous'), undefined)
    t.same(idsOf(await get(server, link(again, 'next')!)), ['b'], 'as of the same moment')
  }
  t.same(idsOf(await get(server, '/Patient?gender=female')), ['a'], 'a new search sees today')
})

t.test('keeps summary, includes and leniency from page to page', async (t) => {
  const { server } = await onSqlite(t)
  await call(server, 'PUT', '/Patient/p', { body: aPatient({ id: 'p' }) })
  for (const id of ['a', 'b', 'c']) {
    const body = anObservation({ id, subject: { reference: 'Patient/p' } })
    await call(server, 'PUT', `/Observation/${id}`, { body })
  }
  const query = '_sort=_id&_count=1&_include=Observation:subject&_elements=status'
  for (let next: string | undefined = `/Observation?${query}`; next;) {
    const page = await get(server, next)
    t.match(page.body.entry, [
      {
        resource: { status: 'final', meta: { tag: [{ code: 'SUBSETTED' }] } },
        search: { mode: 'match' },
      },
      { resource: { id: 'p' }, search: { mode: 'include' } },
    ])
    t.equal((page.body.entry![0]!.resource as JsonObject).code !== undefined, true, 'mandatory')
    t.equal((page.body.entry![0]!.resource as JsonObject).valueQuantity, undefined)
    next = link(page, 'next')
  }
})

t.test('refuses links that were changed, or are used elsewhere', async (t) => {
  const { server } = await onSqlite(t)
  await fill(server, 10)
  const first = await get(server, '/Patient?_sort=_id&_count=2')
  const next = link(first, 'next')!
  t.match(next, /^\/Patient\?_page=[A-Za-z0-9_-]+$/, 'one opaque token and no value')
  const token = next.slice(next.indexOf('=') + 1)
  const flipped = (place: number) =>
    token.slice(0, place) + (token[place] === 'A' ? 'B' : 'A') + token.slice(place + 1)
  for (const path of [
    ...[0, 10, 30, token.length - 5].map((place) => `/Patient?_page=${flipped(place)}`),
    `/Patient?_page=${token.slice(0, -4)}`,
    `/Patient?_page=${token}AAAA`,
    '/Patient?_page=',
    '/Patient?_page=%00',
    `/Observation?_page=${token}`,
    `?_page=${token}`,
    `/Patient/_history?_page=${token}`,
    `${next}&gender=female`,
    `${next}&_count=1000`,
    `${next}&_sort=family`,
  ]) {
    const { status, body } = await call(server, 'GET', path)
    t.equal(status, 400, path.slice(0, 40))
    t.match(body, { resourceType: 'OperationOutcome', issue: [{ expression: [/^http\./] }] })
  }
  const posted = await call(server, 'POST', '/Patient/_search', {
    body: next.slice(next.indexOf('?') + 1),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.same(idsOf(posted), idsOf(await get(server, next)), 'the token may come by POST')
  t.match((await get(server, `${next}&_pretty=true&_format=json`)).text, /\n  "resourceType"/)
})

t.test('goes on after a restart, and answers 410 once the window is over', async (t) => {
  const clock = { now: Date.parse('2026-03-18T10:00:00Z') }
  const now = () => clock.now
  const folder = mkdtempSync(join(tmpdir(), 'paging-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const open = async () => {
    const store = await openSqliteStore({ folder, groupDelayMs: 0, now })
    return openServer(t, { store, now })
  }
  const before = await open()
  await fill(before, 10)
  const next = link(await get(before, '/Patient?_sort=_id&_count=2'), 'next')!
  await before.close()
  const after = await open()
  t.same(idsOf(await get(after, next)), ['r4', 'r6'])
  await call(after, 'PUT', '/Patient/x', { body: aPatient({ id: 'x' }) })
  clock.now += 2 * 3_600_000
  const late = await call(after, 'GET', next)
  t.equal(late.status, 410, late.text)
  t.match(late.body, {
    resourceType: 'OperationOutcome',
    issue: [{ code: 'expired', diagnostics: /begin again at \S+\/Patient\?_sort=_id&_count=2$/ }],
  })
  const history = await call(after, 'GET', link(await get(after, '/_history?_count=1'), 'next')!)
  t.equal(history.status, 200, 'a history is kept for good')
})
