import t from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import { emptyAccessRecord, type AccessRecord } from '../../src/access/access-record.ts'
import { planAccessRecord, readAccessRecord } from '../../src/access/access-records.ts'
import { Unavailable } from '../../src/errors.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { AuditJournal } from '../../src/audit/journal.ts'
import { createMemoryJournal } from '../../src/audit/memory-journal.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { citizen, establishment, professional } from '../access/callers.ts'
import {
  aDocumentReference,
  aPatient,
  aTransaction,
  anObservation,
  call,
  openServer,
} from '../fixtures.ts'
import { lineOf, tracesOf, during, aServer } from './traced.ts'

t.test('leaves one trace for each entry and patient', async (t) => {
  const { server, create, patient } = await aServer(t)
  const other = await create(aPatient())
  const subject = { subject: { reference: `Patient/${patient}` } }
  // Traces of one request bear the same time: their order among themselves is by chance.
  const traced = async (act: () => Promise<unknown>) =>
    (await during(server, act)).map(lineOf).toSorted()
  let observation = ''
  t.same(
    await traced(async () => {
      observation = await create(anObservation(subject))
    }),
    [`create C 0 Patient/${patient} Observation/${observation}`],
  )
  t.same(await traced(() => call(server, 'GET', `/Observation/${observation}`)), [
    `read R 0 Patient/${patient} Observation/${observation}`,
  ])
  t.same(await traced(() => call(server, 'GET', `/Observation/${observation}/_history/1`)), [
    `vread R 0 Patient/${patient} Observation/${observation}`,
  ])
  t.same(await traced(() => call(server, 'GET', `/Observation/${observation}/_history`)), [
    `history-instance R 0 Patient/${patient} Observation/${observation}`,
  ])
  t.same(
    await traced(() => call(server, 'GET', '/Patient')),
    [`search-type E 0 Patient/${other}`, `search-type E 0 Patient/${patient}`].toSorted(),
  )
  t.same(
    await traced(() => call(server, 'GET', `/Condition?patient=${patient}`)),
    [`search-type E 0 Patient/${patient}`],
    'the patient named, when nothing is found',
  )
  t.same(
    await traced(() =>
      call(server, 'PUT', `/Observation/${observation}`, {
        body: anObservation({ id: observation, subject: { reference: `Patient/${other}` } }),
      }),
    ),
    [
      `update U 0 Patient/${other} Observation/${observation}`,
      `update U 0 Patient/${patient} Observation/${observation}`,
    ].toSorted(),
    'a resource that moves is the matter of both',
  )
  t.same(await traced(() => call(server, 'DELETE', `/Observation/${observation}`)), [
    `delete D 0 Patient/${other} Observation/${observation}`,
  ])
  t.same(await traced(() => call(server, 'HEAD', `/Patient/${patient}`)), [
    `read R 0 Patient/${patient}`,
  ])
  t.same(await traced(() => call(server, 'GET', '/Patient/nobody')), ['read R 4 Patient/nobody'])
})

t.test('traces each entry of a batch and of a transaction', async (t) => {
  const { server, patient } = await aServer(t)
  const subject = { subject: { reference: `Patient/${patient}` } }
  const entry = [
    { request: { method: 'POST', url: 'Observation' }, resource: anObservation(subject) },
    { request: { method: 'GET', url: `Patient/${patient}` } },
    { request: { method: 'GET', url: `Condition?patient=${patient}` } },
    { request: { method: 'POST', url: 'Observation' }, resource: anObservation(subject) },
  ]
  const codes = (events: JsonObject[]) =>
    events.map((event) => lineOf(event).split('/')[0]).toSorted()
  const expected = [
    'create C 0 Patient',
    'create C 0 Patient',
    'read R 0 Patient',
    'search-type E 0 Patient',
  ]
  for (const type of ['transaction', 'batch']) {
    const bundle = { ...aTransaction(...entry), type }
    const act = () => call(server, 'POST', '', { body: bundle })
    t.same(codes(await during(server, act)), expected, type)
  }
  const bad = aTransaction({ request: { method: 'DELETE', url: 'Nothing/1' } })
  t.same(codes(await during(server, () => call(server, 'POST', '', { body: bad }))), [
    'transaction E 4',
  ])
})

t.test(
  'traces a search by POST and what is shown of a Binary, without what identifies',
  async (t) => {
    const { server, create } = await aServer(t)
    const ins = '274127512345612'
    const binary = await create({ resourceType: 'Binary', contentType: 'text/plain', data: 'YQ==' })
    const events = await during(server, async () => {
      await server.app.inject({
        method: 'POST',
        url: '/fhir/Patient/_search',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `identifier=urn:oid:1.2.250.1.213.1.4.8|${ins}&birthdate=1974-12-25&name=Lef`,
      })
      await server.app.inject({ url: `/fhir/Binary/${binary}`, headers: { accept: 'text/plain' } })
    })
    t.same(events.map(lineOf), ['search-type E 0', `read R 0 Binary/${binary}`])
    const [{ query }] = events[0]!.entity as [{ query: string }]
    t.equal(Buffer.from(query, 'base64').toString(), 'identifier=***&birthdate=1974-12-25&name=***')
    t.notOk(JSON.stringify(events).includes(ins))
  },
)

t.test('leaves no trace of metadata, pages and health', async (t) => {
  const { server } = await aServer(t)
  const events = await during(server, async () => {
    for (const url of ['/fhir/metadata', '/health/ready', '/metrics', '/', '/fhir/nowhere/at/all'])
      await server.app.inject({ url })
  })
  t.same(events, [])
})

t.test('answers 503 without data when the trace cannot be written (security.md 35)', async (t) => {
  const journal = createMemoryJournal()
  let isDown = false
  const failing: AuditJournal = {
    ...journal,
    append: async (records) => {
      if (isDown) throw new Unavailable('down')
      return journal.append(records)
    },
  }
  const store = createMemoryStore({ now: Date.now })
  const server = await openServer(t, { journal: failing, store })
  const { id } = (await call(server, 'POST', '/Patient', { body: aPatient() })).body
  const content = { headers: { 'content-type': 'text/plain' }, body: 'Lefèvre' }
  const binary = (await call(server, 'POST', '/Binary', content)).headers.location as string
  isDown = true
  const bytes = await server.app.inject({
    url: new URL(binary).pathname.replace(/\/_history.*/, ''),
    headers: { accept: 'text/plain' },
  })
  t.equal(bytes.statusCode, 503)
  t.notMatch(bytes.body, /Lef/)
  for (const [method, path] of [
    ['GET', `/Patient/${id as string}`],
    ['GET', '/Patient'],
    ['GET', '/Patient/_history'],
  ] as const) {
    const answer = await call(server, method, path)
    t.equal(answer.status, 503, `${method} ${path}`)
    t.notMatch(answer.text, /Lef/)
    t.equal(answer.headers.etag, undefined)
    t.equal(answer.headers.location, undefined)
    t.match(answer.body, { resourceType: 'OperationOutcome' })
  }
  const written = await call(server, 'POST', '/Patient', { body: aPatient() })
  t.equal(written.status, 201, 'the trace of a write is durable with it')
  isDown = false
  const events = await tracesOf(server)
  t.equal(
    events.filter((event) => lineOf(event).startsWith('create')).length,
    3,
    'what was stored is traced as soon as it can be',
  )
})

t.test('serves nothing while the journal is known to be down', async (t) => {
  const journal = createMemoryJournal()
  const server = await openServer(t, { journal })
  await call(server, 'POST', '/Patient', { body: aPatient() })
  await journal.close()
  t.equal((await call(server, 'GET', '/Patient')).status, 503)
  t.equal((await call(server, 'GET', '/metadata')).status, 200)
  const ready = await server.app.inject({ url: '/health/ready' })
  t.equal(ready.statusCode, 503)
})

t.test('chains at the next start what a crash left between commit and append', async (t) => {
  const store = createMemoryStore({ now: Date.now })
  const kept = createMemoryJournal()
  const dead: AuditJournal = {
    ...kept,
    append: async () => {
      throw new Unavailable('crash')
    },
  }
  const before = await openServer(t, { store, journal: dead })
  t.equal((await call(before, 'POST', '/Patient', { body: aPatient() })).status, 201)
  t.equal((await store.auditIntents(0, 10)).length, 1)
  const journal = createMemoryJournal()
  const after = await openServer(t, { store, journal })
  t.same(
    (await tracesOf(after)).map(lineOf).map((line) => line.split('/')[0]),
    ['create C 0 Patient'],
  )
  await after.audit.ledger.tend()
  t.same(await store.auditIntents(0, 10), [], 'the intent is dropped once it is chained')
})

t.test('searches by everything a trace says, page by page', async (t) => {
  const { server, create, patient } = await aServer(t)
  for (let index = 0; index < 7; index++)
    await create(anObservation({ subject: { reference: `Patient/${patient}` } }))
  await call(server, 'GET', '/Observation/nothing')
  const find = async (query: string) =>
    (await call(server, 'GET', `/AuditEvent?date=ge2026-01-01&${query}`)).body
  t.equal((await find(`patient=${patient}&subtype=create`)).total, 8)
  t.equal((await find(`patient=${patient}&action=C`)).total, 8)
  t.equal((await find('outcome=4')).total, 1)
  t.equal((await find('type=rest&outcome=4&subtype=read')).total, 1)
  t.equal((await find(`entity=Patient/${patient}&action=C`)).total, 8)
  t.equal((await find('agent-name=nobody')).total, 0)
  t.equal((await find('date=lt2026-01-01')).total, 0)
  const all = await find(`patient=${patient}`)
  const since = await find(`patient=${patient}&period-start=ge2026-01-01`)
  t.equal(since.total, all.total! + 1, 'and the search before')
  t.equal((await find('period-start=lt2026-01-01')).total, 0, 'the parameter of TdE')
  const alone = await call(server, 'GET', '/AuditEvent?period-start=ge2026-01-01')
  t.equal(alone.status, 200, 'a bound in time')
  const ids: string[] = []
  let url = `/AuditEvent?date=ge2026-01-01&patient=${patient}&action=C&_count=3`
  let previous = ''
  for (;;) {
    const { entry = [], link = [] } = (await call(server, 'GET', url)).body
    ids.push(...entry.map(({ resource }) => (resource as { id: string }).id))
    const links = link as { relation: string; url: string }[]
    previous = links.find(({ relation }) => relation === 'previous')?.url ?? previous
    const next = links.find(({ relation }) => relation === 'next')
    if (!next) break
    url = next.url.replace(/^.*\/fhir/, '')
  }
  t.equal(ids.length, 8)
  t.same(ids, ids.toSorted().toReversed(), 'newest first')
  const back = (await call(server, 'GET', previous.replace(/^.*\/fhir/, ''))).body
  t.same(
    back.entry!.map(({ resource }) => (resource as { id: string }).id),
    ids.slice(3, 6),
  )
  const rising = await find(`patient=${patient}&action=C&_sort=date&_count=2`)
  t.same(
    rising.entry!.map(({ resource }) => (resource as { id: string }).id),
    ids.slice(-2).toReversed(),
  )
  const one = await call(server, 'GET', `/AuditEvent/${ids[0]!}`)
  t.match(one.body, { resourceType: 'AuditEvent', id: ids[0] })
  t.equal((await call(server, 'GET', `/AuditEvent/${ids[0]!}/_history`)).body.total, 1)
})

t.test(
  'asks for a bound in time (documents.md 39), and refuses what it cannot answer',
  async (t) => {
    const { server, patient } = await aServer(t)
    for (const query of [
      '',
      `?patient=${patient}`,
      '?date=ge2026-01-01&_sort=action',
      '?date=ge2026-01-01&_include=AuditEvent:patient',
      `?date=ge2026-01-01&patient.name=x`,
    ])
      t.equal((await call(server, 'GET', `/AuditEvent${query}`)).status, 400, query)
    t.equal((await call(server, 'GET', '/Patient?_revinclude=AuditEvent:patient')).status, 400)
    t.equal((await call(server, 'GET', '/Patient?_has:AuditEvent:patient:action=R')).status, 400)
    const path = `?_id=${patient}&_include=*`
    t.equal((await call(server, 'GET', path)).status, 200, 'includes of all types are no search')
  },
)

t.test(
  'never changes nor removes a trace, and takes submitted ones (security.md 34)',
  async (t) => {
    const { server, patient } = await aServer(t)
    const [trace] = await tracesOf(server)
    const path = `/AuditEvent/${trace!.id as string}`
    const patch = [{ op: 'replace', path: '/outcome', value: '8' }]
    const jsonPatch = { 'content-type': 'application/json-patch+json' }
    t.equal((await call(server, 'PUT', path, { body: trace })).status, 405)
    t.equal(
      (await call(server, 'PATCH', path, { headers: jsonPatch, body: JSON.stringify(patch) }))
        .status,
      405,
    )
    t.equal((await call(server, 'DELETE', path)).status, 405)
    const entry = { request: { method: 'PUT', url: path.slice(1) }, resource: trace! }
    t.equal((await call(server, 'POST', '', { body: aTransaction(entry) })).status, 405)
    const submitted = {
      resourceType: 'AuditEvent',
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
      recorded: '2025-06-01T10:00:00Z',
      action: 'R',
      outcome: '0',
      agent: [{ who: { display: 'Robot' }, requestor: true }],
      source: { observer: { display: 'Logiciel' } },
      entity: [{ what: { reference: `Patient/${patient}` } }],
    }
    const answer = await call(server, 'POST', '/AuditEvent', { body: submitted })
    t.equal(answer.status, 201)
    const id = answer.body.id as string
    t.match((await call(server, 'GET', `/AuditEvent/${id}`)).body, { ...submitted, id })
    const found = await call(server, 'GET', `/AuditEvent?date=2025-06&patient=${patient}`)
    t.same(
      found.body.entry?.map(({ resource }) => (resource as { id: string }).id),
      [id],
    )
    t.equal(
      (await call(server, 'PUT', `/AuditEvent/${id}`, { body: { ...submitted, id } })).status,
      405,
    )
  },
)

t.test('shows a citizen who was granted and who was refused, in emergency too', async (t) => {
  let caller: Caller = establishment()
  const store = createMemoryStore({ now: Date.now })
  const server = await openServer(t, { store, authenticate: () => caller })
  const as = (who: Caller, method: string, path: string, body?: unknown) => {
    caller = who
    return call(server, method, path, body === undefined ? {} : { body })
  }
  const p1 = (await as(establishment(), 'POST', '/Patient', aPatient())).body.id as string
  const p2 = (await as(establishment(), 'POST', '/Patient', aPatient())).body.id as string
  const document = aDocumentReference({ subject: { reference: `Patient/${p1}` } })
  const d1 = (await as(establishment(), 'POST', '/DocumentReference', document)).body.id as string
  const setRecord = async (over: Partial<AccessRecord>) => {
    const previous = await readAccessRecord(store, p1)
    const write = planAccessRecord(p1, previous, { ...emptyAccessRecord, ...over }, Date.now())
    await store.commit({ preconditions: [], writes: [write], claims: [], events: [] })
  }
  const doctor = professional('10000000001', { display: 'Dr Martin' })
  await as(doctor, 'GET', `/DocumentReference/${d1}`)
  await as(doctor, 'GET', `/DocumentReference?patient=${p1}&status=current`)
  await setRecord({
    emergencies: [
      {
        party: doctor.practitioner!,
        mode: 'bris_de_glace',
        period: { start: 0 },
        reason: 'Patient inconscient',
      },
    ],
  })
  await as(doctor, 'GET', `/DocumentReference/${d1}`)
  const mine = await as(citizen(p1), 'GET', '/AuditEvent?date=ge2000-01-01&_sort=date')
  t.equal(mine.status, 200, mine.text)
  const events = mine.body.entry!.map(({ resource }) => resource as JsonObject)
  const doctors = events.filter((event) => JSON.stringify(event.agent).includes('Dr Martin'))
  const emergency = doctors.at(-1)!
  t.match(lineOf(doctors[0]!), new RegExp(`^read R 8 .*DocumentReference/${d1}`))
  t.match(lineOf(doctors[1]!), /^search-type E 8/)
  t.match(lineOf(emergency), /^read R 0/)
  t.match(emergency.purposeOfEvent, [{ coding: [{ code: 'BTG' }], text: 'Patient inconscient' }])
  t.same(
    (await as(citizen(p2), 'GET', `/AuditEvent?date=ge2000-01-01&patient=${p1}`)).body.total,
    0,
  )
  t.equal((await as(citizen(p2), 'GET', `/AuditEvent/${emergency.id as string}`)).status, 404)
  const party = { system: 'https://rpps.esante.gouv.fr', value: '10000000001' }
  const block = {
    resourceType: 'Parameters',
    parameter: [{ name: 'professional', valueIdentifier: party }],
  }
  t.equal((await as(citizen(p1), 'POST', `/Patient/${p1}/$block`, block)).status, 200)
  const operations = await as(citizen(p1), 'GET', '/AuditEvent?date=ge2000-01-01&subtype=operation')
  t.match(operations.body.entry, [
    {
      resource: {
        action: 'E',
        outcome: '0',
        entity: [{ what: { reference: `Patient/${p1}` } }, { detail: [{ valueString: '$block' }] }],
      },
    },
  ])
  t.equal((await as(citizen(p1), 'POST', '/AuditEvent', emergency)).status, 403)
  t.equal((await as(citizen(p1), 'DELETE', `/AuditEvent/${emergency.id as string}`)).status, 405)
})
