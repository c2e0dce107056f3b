/**
 * Acceptance behaviours of security.md §6, each by its number. Elsewhere: 9, 24 (a chain), 14, 15, 26
 * and 32 in gate.test.ts; 10 for documents too; 30 in feeding.test.ts; 33 in attacks.test.ts; 1 to 8
 * and 12 in test/auth.
 */
import t from 'tap'
import type { AuditJournal } from '../../src/audit/journal.ts'
import { createMemoryJournal } from '../../src/audit/memory-journal.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { anObservation, aPatient, type Answer } from '../fixtures.ts'
import { citizen, clinic, establishment, professional, scope } from './callers.ts'
import { nationalWorld } from './national-world.ts'
import { doc, doctor, labelled, plainWorld, sameBut } from './plain-world.ts'

const authorized = [{ party: doctor.practitioner!, period: { start: 0 }, recordedBy: 'p1' }]
const me = citizen('p1')
const jsonPatch = { 'content-type': 'application/json-patch+json' }

function idsOf({ body }: Answer): unknown[] {
  return (body.entry ?? []).map(({ resource }) => (resource as JsonObject).id)
}

function nextOf({ body }: Answer): string | undefined {
  const links = (body.link ?? []) as { relation: string; url: string }[]
  const next = links.find(({ relation }) => relation === 'next')
  return next?.url.replace('http://localhost:8080/fhir', '')
}

t.test('10 a granular scope hides what it does not name', async (t) => {
  const { as, put } = await plainWorld(t)
  const observation = (id: string, code: string) =>
    anObservation({
      id,
      subject: { reference: 'Patient/p1' },
      category: [{ coding: [{ system: 'urn:category', code }] }],
    })
  await put(observation('o1', 'laboratory'))
  await put(observation('o2', 'vital-signs'))
  const who = citizen('p1', {
    scopes: [scope('user/Observation.cruds', [['category', 'laboratory']])],
  })
  t.equal((await as(who, 'GET', '/Observation/o1')).status, 200)
  t.equal((await as(who, 'GET', '/Observation/o2')).status, 404)
  const write = (code: string) =>
    as(who, 'POST', '/Observation', { ...observation('x', code), id: undefined })
  t.equal((await write('laboratory')).status, 201, 'writes what it covers')
  t.equal((await write('vital-signs')).status, 403, 'and nothing else')
})

t.test('13 a document of another patient is as an absent one, on every interaction', async (t) => {
  const { as, put } = await plainWorld(t)
  await put(doc('d2', 'p2'))
  const calls = (id: string) =>
    [
      ['GET', `/DocumentReference/${id}`],
      ['GET', `/DocumentReference/${id}/_history/1`],
      ['GET', `/DocumentReference/${id}/_history`],
      ['PUT', `/DocumentReference/${id}`, doc(id, 'p1')],
      ['PATCH', `/DocumentReference/${id}`, [{ op: 'remove', path: '/date' }], jsonPatch],
      ['DELETE', `/DocumentReference/${id}`],
      ['POST', `/DocumentReference/${id}/$mask`, from('professionals')],
    ] as const
  for (const [index, [method, path, body, headers]] of calls('d2').entries()) {
    const hidden = await as(me, method, path, body, headers)
    const [, absentPath, absentBody] = calls('d0')[index]!
    const absent = await as(me, method, absentPath, absentBody, headers)
    t.equal(hidden.status, method === 'DELETE' ? 204 : 404, `${method} ${path}: ${hidden.text}`)
    t.equal(hidden.status, absent.status)
    t.equal(sameBut(hidden.text, 'd2'), sameBut(absent.text, 'd0'))
  }
  t.equal((await as(establishment(), 'GET', '/DocumentReference/d2')).status, 200)
})

function from(valueCode: string): JsonObject {
  return { resourceType: 'Parameters', parameter: [{ name: 'from', valueCode }] }
}

t.test('16, 17, 27 a masked document is in no list and no number, but its author’s', async (t) => {
  const { as, put, record } = await plainWorld(t)
  const author = professional('10000000003')
  await put(doc('d1', 'p1'))
  const made = await as(author, 'POST', '/DocumentReference', doc('x', 'p1'))
  const masked = String(made.body.id)
  await record('p1', { authorized })
  const search = '/DocumentReference?patient=p1&status=current'
  const total = async (query = '') => (await as(doctor, 'GET', search + query)).body.total
  t.same([await total(), await total('&_summary=count')], [2, 2])
  const label = [{ op: 'add', path: '/securityLabel', value: labelled('MASQUE_PS').securityLabel }]
  const path = `/DocumentReference/${masked}`
  t.equal((await as(author, 'PATCH', path, label, jsonPatch)).status, 200)
  const colleague = professional('10000000003', { organization: 'https://x|1' })
  const outsider = professional('10000000004', { organization: 'https://x|1' })
  await record('p1', {
    authorized: [...authorized, { ...authorized[0]!, party: outsider.practitioner! }],
  })
  t.equal((await as(outsider, 'GET', path)).status, 404)
  for (const query of ['', '&_summary=count', '&_total=accurate'])
    t.equal((await as(outsider, 'GET', search + query)).body.total, 1, query)
  t.notMatch(idsOf(await as(outsider, 'GET', search)), [masked])
  t.equal((await as(author, 'GET', path)).status, 200, 'its author')
  t.equal((await as(colleague, 'GET', path)).status, 200, 'its author, elsewhere')
})

t.test('18 a blocked professional is refused in every mode, with a trace', async (t) => {
  const { as, put, record } = await plainWorld(t)
  await put(doc('d1', 'p1'))
  const blocked = [{ party: doctor.practitioner!, since: 0 }]
  const emergency = {
    party: doctor.practitioner!,
    mode: 'bris_de_glace',
    period: { start: 0 },
    reason: 'x',
  } as const
  await record('p1', {
    blocked,
    authorized,
    treatingPhysician: doctor.practitioner!,
    emergencies: [emergency],
  })
  t.equal((await as(doctor, 'GET', '/DocumentReference?patient=p1&status=current')).status, 403)
  t.equal((await as(doctor, 'GET', '/DocumentReference/d1')).status, 404)
  const traces = await as(me, 'GET', '/AuditEvent?date=ge2026-05-01&patient=p1')
  t.equal(traces.status, 200, traces.text)
  t.match(traces.text, /10000000001/, 'the citizen reads who tried')
  const outcomes = (traces.body.entry ?? []).map(({ resource }) => (resource as JsonObject).outcome)
  t.ok(outcomes.filter((outcome) => outcome !== '0').length >= 2, String(outcomes))
})

t.test('19 without a care relation a search says nothing of what there is', async (t) => {
  const { as, put } = await plainWorld(t)
  await put(doc('d1', 'p1'))
  const search = (id: string) =>
    as(doctor, 'GET', `/DocumentReference?patient=${id}&status=current`)
  const [full, empty, absent] = [await search('p1'), await search('p2'), await search('p0')]
  for (const { status, body } of [full, empty, absent]) {
    t.equal(status, 403)
    t.equal((body.issue as JsonObject[])[0]!.code, 'forbidden', 'decision 87')
  }
  t.equal(sameBut(full.text, 'p1'), sameBut(empty.text, 'p2'))
  t.equal(sameBut(full.text, 'p1'), sameBut(absent.text, 'p0'))
})

t.test('20 a professional’s search names a patient', async (t) => {
  const { as } = await nationalWorld(t)
  t.equal((await as(doctor, 'GET', '/DocumentReference?status=current')).status, 400)
  t.equal((await as(doctor, 'GET', '/List?status=current')).status, 400)
  t.equal((await as(doctor, 'GET', '/Observation')).status, 403)
  t.equal((await as(doctor, 'GET', '/Patient')).status, 403)
  t.equal((await as(doctor, 'GET', '/')).status < 500, true)
})

function emergency(mode: string, reason?: string): JsonObject {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'mode', valueCode: mode },
      ...(reason === undefined ? [] : [{ name: 'reason', valueString: reason }]),
    ],
  }
}

t.test(
  '21, 22 break-glass: with a reason, one patient, reading only, told and traced',
  async (t) => {
    const { as, put, record, store } = await plainWorld(t)
    await put(doc('d1', 'p1'))
    await put(doc('d2', 'p2'))
    await record('p1', { treatingPhysician: 'https://rpps.esante.gouv.fr|10000000002' })
    const open = '/Patient/p1/$emergency-access'
    t.equal((await as(doctor, 'POST', open, emergency('bris_de_glace'))).status, 403)
    t.equal((await as(doctor, 'POST', open, emergency('bris_de_glace', ' '))).status, 403)
    t.equal((await as(doctor, 'POST', open, emergency('bris_de_glace', 'coma'))).status, 200)
    t.equal((await as(doctor, 'GET', '/DocumentReference/d1')).status, 200)
    t.equal((await as(doctor, 'DELETE', '/DocumentReference/d1')).status, 403)
    t.equal((await as(doctor, 'PUT', '/DocumentReference/d1', doc('d1', 'p1'))).status, 403)
    t.equal((await as(doctor, 'GET', '/DocumentReference?patient=p2&status=current')).status, 403)
    t.equal((await as(doctor, 'GET', '/DocumentReference/d2')).status, 404)
    const traces = await as(me, 'GET', '/AuditEvent?date=ge2026-05-01&patient=p1')
    t.match(traces.text, /BTG|bris_de_glace/i)
    const events = await store.outbox(0, 100)
    const told = { patient: 'p1', treatingPhysician: 'https://rpps.esante.gouv.fr|10000000002' }
    t.match(events.at(-1), { kind: 'access-emergency-access', data: told })
  },
)

t.test('23 an establishment’s pages hold what it deposited, and the total says so', async (t) => {
  const { as, put } = await plainWorld(t)
  for (const [index, who] of [establishment(), establishment(clinic)].entries())
    for (let n = 0; n < 5; n++)
      await put(anObservation({ id: `o${index}-${n}`, subject: { reference: 'Patient/p1' } }), who)
  let page = await as(establishment(), 'GET', '/Observation?_count=2&_total=accurate')
  t.equal(page.body.total, 5)
  const seen = idsOf(page)
  for (let next = nextOf(page); next !== undefined; next = nextOf(page)) {
    page = await as(establishment(), 'GET', next)
    seen.push(...idsOf(page))
  }
  t.same(seen.toSorted(), ['o0-0', 'o0-1', 'o0-2', 'o0-3', 'o0-4'])
})

t.test('25 includes are decided one by one, and hidden ones shorten no page', async (t) => {
  const { as, put } = await plainWorld(t)
  for (let n = 0; n < 6; n++) {
    const relatesTo = [
      { code: 'appends', target: { reference: `DocumentReference/d${n === 4 ? 0 : n + 1}` } },
    ]
    await put(doc(`d${n}`, 'p1', { relatesTo, ...(n % 2 ? labelled('INVISIBLE_PATIENT') : {}) }))
  }
  for (const [id, target] of [
    ['v1', 'd0'],
    ['v2', 'd1'],
  ])
    await put({
      resourceType: 'Provenance',
      id,
      recorded: '2026-05-01T10:00:00Z',
      target: [{ reference: `DocumentReference/${target}` }, { reference: 'Patient/p1' }],
      agent: [{ who: { reference: 'Patient/p1' } }],
    } as Resource)
  const query =
    '_sort=_id&_count=2&_include=DocumentReference:relatesto&_revinclude=Provenance:target'
  const first = await as(me, 'GET', `/DocumentReference?${query}`)
  t.equal(first.status, 200, first.text)
  t.same(idsOf(first), ['d0', 'd2', 'v1'])
  t.same(idsOf(await as(me, 'GET', nextOf(first)!)), ['d4', 'd0'])
})

t.test('28 a hidden match of If-None-Exist is no match', async (t) => {
  const { as, put } = await plainWorld(t)
  const identifier = [{ system: 'urn:doc', value: 'taken' }]
  await put(doc('d1', 'p1', { identifier, ...labelled('INVISIBLE_PATIENT') }))
  for (const value of ['taken', 'fresh']) {
    const answer = await as(me, 'POST', '/DocumentReference', doc('x', 'p1'), {
      'if-none-exist': `identifier=urn:doc|${value}`,
    })
    t.equal(answer.status, 201, answer.text)
  }
})

t.test('29 a conditional PATCH: several visible 412, only hidden ones 404', async (t) => {
  const { as, put } = await plainWorld(t)
  for (const id of ['a1', 'a2']) await put(doc(id, 'p1', { description: 'deux' }))
  for (const id of ['h1', 'h2'])
    await put(doc(id, 'p1', { description: 'cachés', ...labelled('INVISIBLE_PATIENT') }))
  const patch = (text: string) =>
    as(
      me,
      'PATCH',
      `/DocumentReference?description=${encodeURIComponent(text)}`,
      [{ op: 'remove', path: '/date' }],
      jsonPatch,
    )
  t.equal((await patch('deux')).status, 412)
  t.equal((await patch('cachés')).status, 404)
  t.equal((await patch('absents')).status, 404)
})

t.test('31 a reference to what is hidden is refused like one to what is absent', async (t) => {
  const { as, put } = await plainWorld(t)
  await put(doc('d2', 'p2'))
  await put({
    resourceType: 'Binary',
    id: 'b2',
    contentType: 'text/plain',
    data: 'YQ==',
    securityContext: { reference: 'DocumentReference/d2' },
  })
  const post = (type: string, body: JsonObject) => as(me, 'POST', `/${type}`, body)
  const attaching = (id: string) =>
    doc('x', 'p1', { content: [{ attachment: { url: `Binary/${id}` } }] })
  const about = (id: string) => anObservation({ subject: { reference: `Patient/${id}` } })
  const inside = (id: string) => ({
    resourceType: 'Binary',
    contentType: 'text/plain',
    data: 'YQ==',
    securityContext: { reference: `DocumentReference/${id}` },
  })
  for (const [hidden, absent, ids, status] of [
    [
      await post('DocumentReference', attaching('b2')),
      await post('DocumentReference', attaching('b0')),
      ['b2', 'b0'],
      422,
    ],
    [
      await post('Observation', about('p2')),
      await post('Observation', about('p0')),
      ['p2', 'p0'],
      403,
    ],
    [await post('Binary', inside('d2')), await post('Binary', inside('d0')), ['d2', 'd0'], 422],
  ] as const) {
    t.equal(hidden.status, status, hidden.text)
    t.equal(sameBut(hidden.text, ...ids), sameBut(absent.text, ...ids))
  }
})

t.test('34 nobody changes a trace', async (t) => {
  const { as } = await plainWorld(t)
  for (const who of [me, doctor, establishment()])
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'DELETE' ? undefined : { resourceType: 'AuditEvent', id: 'x' }
      t.equal((await as(who, method, '/AuditEvent/x', body)).status, 405)
    }
})

t.test('35 no trace, no data', async (t) => {
  const journal = createMemoryJournal()
  let works = true
  const failing: AuditJournal = {
    ...journal,
    append: (records) => (works ? journal.append(records) : Promise.reject(new Error('disk full'))),
  }
  const { as, put } = await plainWorld(t, { journal: failing })
  await put(doc('d1', 'p1'))
  t.equal((await as(me, 'GET', '/DocumentReference/d1')).status, 200)
  works = false
  for (const path of [
    '/DocumentReference/d1',
    '/DocumentReference',
    '/DocumentReference/d1/_history',
  ]) {
    const answer = await as(me, 'GET', path)
    t.equal(answer.status, 503, path)
    t.notMatch(answer.text, /DocumentReference\/d1|example\.org/)
    t.notOk(answer.headers.etag)
  }
})

t.test('36 broken and outsized JSON is 400 or 413, at once', async (t) => {
  const { as } = await plainWorld(t)
  const bodies: (string | Buffer)[] = [
    `{"resourceType":"Patient","x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
    `{"resourceType":"Patient","extension":${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}}`,
    Buffer.concat([
      Buffer.from('{"resourceType":"Patient","language":"'),
      Buffer.from([0xff, 0x22, 0x7d]),
    ]),
    '{"resourceType":"Patient","__proto__":{"a":1}}',
    '{"resourceType":"Patient","active":true,"active":false}',
    '{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
  ]
  for (const body of bodies) {
    const start = performance.now()
    const answer = await as(establishment(), 'POST', '/Patient', body)
    t.equal(answer.status, 400, answer.text.slice(0, 200))
    t.ok(performance.now() - start < 1000)
  }
  const small = await plainWorld(t, { env: { BODY_BYTES_MAX: '2000' } })
  const big = aPatient({ name: [{ text: 'x'.repeat(3000) }] })
  t.equal((await small.as(establishment(), 'POST', '/Patient', big)).status, 413)
})

t.test('37 operators of a database are no parameters, and no values', async (t) => {
  const { as } = await plainWorld(t)
  for (const query of ['name[$ne]=1', 'name%5B%24ne%5D=1', '$where=1', 'name.$gt=1'])
    t.equal((await as(establishment(), 'GET', `/Patient?${query}`)).status, 400, query)
  const value = encodeURIComponent('{"$gt":""}')
  const found = await as(me, 'GET', `/Patient?name=${value}`)
  t.equal(found.body.total, 0)
  const lenient = await as(me, 'GET', '/Patient?name[$ne]=1', undefined, {
    prefer: 'handling=lenient',
  })
  t.equal(lenient.status, 200)
  t.equal(lenient.body.total, 1, 'one’s own, no more')
})
