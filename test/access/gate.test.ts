/** Ways around the gate, each tried: what the dual-world comparison does not reach. */
import t, { type Test } from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import { emptyAccessRecord, type AccessRecord } from '../../src/access/access-record.ts'
import { planAccessRecord, readAccessRecord } from '../../src/access/access-records.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { aDocumentReference, aPatient, call, openServer } from '../fixtures.ts'
import { app, citizen, clinic, establishment, operator, professional, scope } from './callers.ts'

const TRE_A07 =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
const doctor = professional('10000000001')

async function world(t: Test) {
  let caller: Caller = establishment()
  const clock = { now: Date.parse('2026-05-05T10:00:00Z') }
  const store = createMemoryStore({ now: () => clock.now })
  const server = await openServer(t, { store, now: () => clock.now, authenticate: () => caller })
  const as = async (who: Caller, method: string, path: string, body?: unknown, headers = {}) => {
    caller = who
    clock.now += 1000
    return call(server, method, path, body === undefined ? { headers } : { headers, body })
  }
  const put = async (resource: Resource, who: Caller = establishment()) => {
    const answer = await as(
      who,
      'PUT',
      `/${resource.resourceType}/${String(resource.id)}`,
      resource,
    )
    t.ok(answer.status < 300, answer.text)
  }
  const record = async (patient: string, over: Partial<AccessRecord>) => {
    const write = planAccessRecord(
      patient,
      await readAccessRecord(store, patient),
      { ...emptyAccessRecord, ...over },
      clock.now,
    )
    await store.commit({ preconditions: [], writes: [write], claims: [], events: [] })
  }
  for (const id of ['p1', 'p2']) await put(aPatient({ id }) as Resource)
  return { as, put, record, clock, store }
}

const doc = (id: string, patient: string, over: JsonObject = {}): Resource =>
  aDocumentReference({
    id,
    subject: { reference: `Patient/${patient}` },
    date: '2026-05-01',
    ...over,
  })
const labelled = (code: string) => ({ securityLabel: [{ coding: [{ system: TRE_A07, code }] }] })

t.test('a vread, a history and the bytes of a document follow its newest label', async (t) => {
  const { as, put } = await world(t)
  await put(doc('d1', 'p1'))
  await put({
    resourceType: 'Binary',
    id: 'b1',
    contentType: 'text/plain',
    data: 'YQ==',
    securityContext: { reference: 'DocumentReference/d1' },
  })
  t.equal((await as(citizen('p1'), 'GET', '/Binary/b1')).status, 200)
  await put(doc('d1', 'p1', labelled('INVISIBLE_PATIENT')))
  for (const path of [
    '/DocumentReference/d1',
    '/DocumentReference/d1/_history/1',
    '/DocumentReference/d1/_history',
    '/Binary/b1',
    '/Binary/b1/_history',
    '/Binary/b1/_history/1',
  ]) {
    t.equal((await as(citizen('p1'), 'GET', path)).status, 404, path)
  }
  t.equal(
    (await as(citizen('p1'), 'GET', '/Binary/b1', undefined, { range: 'bytes=0-0' })).status,
    404,
  )
  await put(doc('d1', 'p1'))
  t.equal((await as(citizen('p1'), 'GET', '/DocumentReference/d1')).status, 200)
  t.equal(
    (await as(citizen('p1'), 'GET', '/DocumentReference/d1/_history/2')).status,
    404,
    'the hidden version stays hidden',
  )
  t.equal((await as(citizen('p1'), 'GET', '/DocumentReference/d1/_history')).body.total, 2)
})

t.test('a page link belongs to its caller, and obeys what was decided since', async (t) => {
  const { as, put, record } = await world(t)
  for (const id of ['d1', 'd2', 'd3']) await put(doc(id, 'p1'))
  await record('p1', { representatives: [{ person: 'p2', kind: 'mandate', period: { start: 0 } }] })
  const first = await as(citizen('p1'), 'GET', '/DocumentReference?_count=1&_sort=_id')
  const next = (first.body.link as { relation: string; url: string }[])
    .find(({ relation }) => relation === 'next')!
    .url.replace('http://localhost:8080/fhir', '')
  t.equal((await as(citizen('p2'), 'GET', next)).status, 404, 'another caller')
  await put(doc('d2', 'p1', labelled('INVISIBLE_PATIENT')))
  const second = await as(citizen('p1'), 'GET', next)
  t.notMatch(second.text, /"id":"d2"/, 'masked since')
})

t.test('a resource is moved to another patient only with rights on both', async (t) => {
  const { as, put, record } = await world(t)
  await put(doc('d1', 'p1'))
  await record('p2', { closed: { since: 0, reason: 'x' } })
  t.equal(
    (await as(establishment(), 'PUT', '/DocumentReference/d1', doc('d1', 'p2'))).status,
    403,
    'to a closed record',
  )
  await record('p2', {})
  await record('p1', { closed: { since: 0, reason: 'x' } })
  t.equal(
    (await as(establishment(), 'PUT', '/DocumentReference/d1', doc('d1', 'p2'))).status,
    403,
    'out of one',
  )
})

t.test('only the depositor changes a document', async (t) => {
  const { as, put, record } = await world(t)
  await put(doc('d1', 'p1'))
  await record('p1', {
    authorized: [{ party: doctor.practitioner!, period: { start: 0 }, recordedBy: 'p1' }],
  })
  t.equal((await as(doctor, 'GET', '/DocumentReference/d1')).status, 200)
  t.equal((await as(doctor, 'PUT', '/DocumentReference/d1', doc('d1', 'p1'))).status, 403)
  t.equal((await as(doctor, 'DELETE', '/DocumentReference/d1')).status, 403)
  t.equal((await as(citizen('p1'), 'DELETE', '/DocumentReference/d1')).status, 403)
  t.equal((await as(establishment(), 'DELETE', '/DocumentReference/d1')).status, 204)
})

t.test('only establishments and the operator create Patients', async (t) => {
  const { as } = await world(t)
  t.equal((await as(citizen('p1'), 'POST', '/Patient', aPatient())).status, 403)
  t.equal((await as(doctor, 'POST', '/Patient', aPatient())).status, 403)
  t.equal((await as(establishment(clinic), 'POST', '/Patient', aPatient())).status, 201)
  t.equal((await as(operator, 'POST', '/Patient', aPatient())).status, 201)
})

t.test('a scope opens the letters and types that it names, no more', async (t) => {
  const { as, put } = await world(t)
  await put(doc('d1', 'p1'))
  const reader = citizen('p1', { scopes: [scope('patient/DocumentReference.r')], patient: 'p1' })
  t.equal((await as(reader, 'GET', '/DocumentReference/d1')).status, 200)
  t.equal((await as(reader, 'GET', '/DocumentReference')).status, 403)
  t.equal((await as(reader, 'GET', '/DocumentReference/_history')).status, 403)
  t.equal((await as(reader, 'GET', '/DocumentReference/d1/_history')).status, 200)
  t.equal((await as(reader, 'GET', '/Patient/p1')).status, 403)
  t.equal((await as(reader, 'POST', '/DocumentReference', doc('x', 'p1'))).status, 403)
  const both = citizen('p1', {
    scopes: [scope('patient/Patient.rs'), scope('patient/DocumentReference.rs')],
    patient: 'p1',
  })
  t.equal(
    (
      await as(
        citizen('p1', { scopes: [scope('patient/Patient.rs')], patient: 'p1' }),
        'GET',
        '/Patient?_has:DocumentReference:patient:status=current',
      )
    ).status,
    403,
    'acceptance 24',
  )
  t.equal(
    (await as(both, 'GET', '/Patient?_has:DocumentReference:patient:status=current')).body.total,
    1,
  )
  const other = citizen('p1', { scopes: [scope('patient/*.rs')], patient: 'p2' })
  t.equal(
    (await as(other, 'GET', '/DocumentReference/d1')).status,
    404,
    'a patient scope is for the patient in context',
  )
  t.equal((await as(other, 'GET', '/DocumentReference')).body.total, 0)
})

t.test('a granular scope restricts reads and searches', async (t) => {
  const { as, put } = await world(t)
  await put(
    doc('d1', 'p1', { type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] } }),
  )
  await put(
    doc('d2', 'p1', { type: { coding: [{ system: 'http://loinc.org', code: '57833-6' }] } }),
  )
  const granular = citizen('p1', {
    scopes: [scope('user/DocumentReference.rs', [['type', 'http://loinc.org|11488-4']])],
  })
  t.equal((await as(granular, 'GET', '/DocumentReference/d1')).status, 200)
  t.equal((await as(granular, 'GET', '/DocumentReference/d2')).status, 404)
  t.equal((await as(granular, 'GET', '/DocumentReference')).body.total, 1)
})

t.test('a lot shows only to whoever may see every document that it names', async (t) => {
  const { as, put } = await world(t)
  await put(doc('d1', 'p1'))
  await put(doc('d2', 'p1', labelled('INVISIBLE_PATIENT')))
  const list = (id: string, ...documents: string[]): Resource => ({
    resourceType: 'List',
    id,
    status: 'current',
    mode: 'working',
    subject: { reference: 'Patient/p1' },
    entry: documents.map((document) => ({ item: { reference: `DocumentReference/${document}` } })),
  })
  await put(list('l1', 'd1'))
  await put(list('l2', 'd1', 'd2'))
  t.equal((await as(citizen('p1'), 'GET', '/List/l1')).status, 200)
  t.equal((await as(citizen('p1'), 'GET', '/List/l2')).status, 404)
  t.equal((await as(citizen('p1'), 'GET', '/List')).body.total, 1)
  t.equal((await as(establishment(), 'GET', '/List/l2')).status, 200)
})

t.test(
  'the habilitation matrix denies a type to a profession, in lists and in reads',
  async (t) => {
    const { as, put, record } = await world(t)
    const nurse = professional('10000000009', { profession: '60' })
    const physio = professional('10000000008', { profession: 'unknown' })
    await put(
      doc('d1', 'p1', { type: { coding: [{ system: 'http://loinc.org', code: '89601-9' }] } }),
    )
    const authorized = [nurse, physio, doctor].map(({ practitioner }) => ({
      party: practitioner!,
      period: { start: 0 },
      recordedBy: 'p1',
    }))
    await record('p1', { authorized })
    for (const who of [nurse, physio]) {
      t.equal((await as(who, 'GET', '/DocumentReference/d1')).status, 404)
      t.equal((await as(who, 'GET', '/DocumentReference?patient=p1&status=current')).body.total, 0)
    }
    t.equal((await as(doctor, 'GET', '/DocumentReference/d1')).status, 200)
  },
)

t.test('an app is bound to the consent of its patient, its types and its time', async (t) => {
  const { as, put, record, clock } = await world(t)
  await put(doc('d1', 'p1'))
  const consent = { client: 'app-1', purpose: 'x', types: ['Patient'], period: { start: 0 } }
  await record('p1', { apps: [consent] })
  t.equal((await as(app('p1'), 'GET', '/DocumentReference/d1')).status, 404, 'another type')
  await record('p1', {
    apps: [
      { ...consent, types: ['DocumentReference'], period: { start: 0, end: clock.now + 5000 } },
    ],
  })
  t.equal((await as(app('p1'), 'GET', '/DocumentReference/d1')).status, 200)
  clock.now += 10_000
  t.equal((await as(app('p1'), 'GET', '/DocumentReference/d1')).status, 404, 'its time is over')
})

t.test('a search that is refused undoes the transaction that asks for it', async (t) => {
  const { as, put } = await world(t)
  await put(doc('d1', 'p1'))
  const deposit = {
    resource: doc('d2', 'p1'),
    request: { method: 'POST', url: 'DocumentReference' },
  }
  const ask = (url: string) =>
    as(professional('10000000005'), 'POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [deposit, { request: { method: 'GET', url } }],
    })
  for (const [url, status] of [
    ['DocumentReference?patient=p1&status=current', 403],
    ['DocumentReference/d1/_history', 404],
  ] as const) {
    const { status: given, body } = await ask(url)
    t.match({ given, body }, { given: status, body: { resourceType: 'OperationOutcome' } }, url)
  }
  t.equal((await as(citizen('p1'), 'GET', '/DocumentReference?patient=p1')).body.total, 1)
})

t.test('refusals inside a transaction undo it, inside a batch stand alone', async (t) => {
  const { as, put } = await world(t)
  await put(doc('d1', 'p1'))
  const entry = [
    { request: { method: 'POST', url: 'DocumentReference' }, resource: doc('x', 'p1') },
    {
      request: { method: 'POST', url: 'Organization' },
      resource: { resourceType: 'Organization', name: 'x' },
    },
  ]
  t.equal(
    (await as(citizen('p1'), 'POST', '', { resourceType: 'Bundle', type: 'transaction', entry }))
      .status,
    403,
  )
  t.equal((await as(citizen('p1'), 'GET', '/DocumentReference')).body.total, 1)
  const batch = await as(citizen('p1'), 'POST', '', {
    resourceType: 'Bundle',
    type: 'batch',
    entry,
  })
  t.same(
    (batch.body.entry as { response: { status: string } }[]).map(({ response }) =>
      response.status.slice(0, 3),
    ),
    ['201', '403'],
  )
})

t.test('the trace of a try does not tell citizens what is hidden from them', async (t) => {
  const { as, put } = await world(t)
  await put(doc('d1', 'p1', labelled('INVISIBLE_PATIENT')))
  const count = async () =>
    (await as(citizen('p1'), 'GET', '/AuditEvent?date=ge2026-05-01&patient=p1&action=R')).body.total
  const before = await count()
  t.equal((await as(citizen('p1'), 'GET', '/DocumentReference/d1')).status, 404)
  t.equal((await as(citizen('p1'), 'GET', '/DocumentReference/d0')).status, 404)
  const after = await count()
  t.equal(after! - before!, await grownBy(count), 'no more than the searches of traces themselves')
})

async function grownBy(count: () => Promise<number | undefined>): Promise<number> {
  const first = (await count())!
  return (await count())! - first
}
