/** What a hostile caller sends: access it grants itself, names it steals, values made to break. Decisions 52 to 55. */
import t from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { anObservation, aPatient, type Answer } from '../fixtures.ts'
import { aPublish, nosLabels, labelOf, patient } from '../national/dmp/record.ts'
import { app, citizen, clinic, establishment, professional } from './callers.ts'
import { nationalWorld } from './national-world.ts'
import { doc, labelled, plainWorld, sameBut } from './plain-world.ts'

const me = citizen('p1')
const jsonPatch = { 'content-type': 'application/json-patch+json' }
const p1 = { reference: 'Patient/p1' }
const attacker = professional('10000000666')
const himself = { identifier: { system: 'https://rpps.esante.gouv.fr', value: '10000000666' } }

/** Resources that would grant the attacker access, were plain writes to feed the access record. */
const grants: readonly Resource[] = [
  {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ code: 'patient-privacy' }] },
    category: [{ text: 'x' }],
    patient: p1,
    provision: { type: 'permit', actor: [{ role: { text: 'x' }, reference: himself }] },
  },
  { resourceType: 'CareTeam', status: 'active', subject: p1, participant: [{ member: himself }] },
  {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { code: 'AMB' },
    subject: p1,
    participant: [{ individual: himself }],
  },
  { resourceType: 'RelatedPerson', active: true, patient: p1, relationship: [{ text: 'mère' }] },
  { resourceType: 'EpisodeOfCare', status: 'active', patient: p1, careManager: himself },
  {
    resourceType: 'AuditEvent',
    type: { code: 'rest' },
    recorded: '2026-05-05T10:00:00Z',
    agent: [{ requestor: true, who: himself }],
    source: { observer: himself },
  },
]

t.test('grants itself nothing by writing resources that speak of access', async (t) => {
  const { as, put, record } = await plainWorld(t)
  await put(doc('d1', 'p1'))
  const reached = async (who: Caller) => [
    (await as(who, 'GET', '/DocumentReference/d1')).status,
    (await as(who, 'GET', '/DocumentReference?patient=p1&status=current')).body.total ?? -1,
    (await as(who, 'GET', '/Patient/p1')).status,
  ]
  for (const who of [attacker, citizen('p2'), establishment(clinic), app('p2')]) {
    const before = await reached(who)
    for (const [index, resource] of grants.entries()) {
      await as(who, 'POST', `/${resource.resourceType}`, resource)
      const id = `g${index}`
      await as(who, 'PUT', `/${resource.resourceType}/${id}`, { ...resource, id })
      const request = { method: 'POST', url: resource.resourceType }
      const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [{ resource, request }] }
      await as(who, 'POST', '', bundle)
    }
    const after = await reached(who)
    // Only one's own deposits are seen: the document is not among them.
    t.equal(after[0], before[0], who.kind)
    t.equal(after[0], 404)
    t.ok([-1, 0].includes(after[1]!), `${who.kind}: ${after[1]}`)
  }
  await record('p1', { blocked: [{ party: attacker.practitioner!, since: 0 }] })
  for (const resource of grants) await as(attacker, 'POST', `/${resource.resourceType}`, resource)
  t.equal((await as(attacker, 'GET', '/DocumentReference/d1')).status, 404, 'nor lifts a block')
})

t.test('claims no deposit through the body', async (t) => {
  const { as, put, record } = await plainWorld(t)
  const over = {
    author: [himself, { reference: `Practitioner/10000000666` }],
    custodian: { identifier: { system: 'https://finess.esante.gouv.fr', value: '130000002' } },
    contained: [{ resourceType: 'Practitioner', id: 'a', identifier: [himself.identifier] }],
    ...labelled('MASQUE_PS'),
  }
  await put(doc('d1', 'p1', over))
  await record('p1', {
    authorized: [{ party: attacker.practitioner!, period: { start: 0 }, recordedBy: 'x' }],
  })
  t.equal((await as(attacker, 'GET', '/DocumentReference/d1')).status, 404)
  t.equal((await as(establishment(clinic), 'GET', '/DocumentReference/d1')).status, 404)
  t.equal((await as(attacker, 'DELETE', '/DocumentReference/d1')).status, 204, 'as if absent')
  t.equal((await as(establishment(), 'GET', '/DocumentReference/d1')).status, 200)
})

t.test('a reference to the bytes of another gives no access, and is refused', async (t) => {
  const { as, put } = await plainWorld(t)
  await put(doc('d1', 'p1', labelled('INVISIBLE_PATIENT')))
  await put({
    resourceType: 'Binary',
    id: 'b1',
    contentType: 'text/plain',
    data: 'c2VjcmV0',
    securityContext: { reference: 'DocumentReference/d1' },
  })
  const stealing = (id: string): JsonObject[] => [
    doc('x', 'p1', { content: [{ attachment: { url: `Binary/${id}` } }] }),
    doc('x', 'p1', {
      content: [{ attachment: { url: `http://localhost:8080/fhir/Binary/${id}` } }],
    }),
    doc('x', 'p1', { content: [{ attachment: { url: `Binary/${id}/_history/1` } }] }),
    anObservation({ subject: p1, derivedFrom: [{ reference: `Binary/${id}` }] }),
  ]
  for (const who of [me, attacker, establishment(clinic)])
    for (const [index, body] of stealing('b1').entries()) {
      const type = String(body.resourceType)
      const hidden = await as(who, 'POST', `/${type}`, body)
      const absent = await as(who, 'POST', `/${type}`, stealing('b0')[index])
      t.equal(hidden.status, 422, `${who.kind} ${index}: ${hidden.text}`)
      t.equal(sameBut(hidden.text, 'b1'), sameBut(absent.text, 'b0'))
      t.equal((await as(who, 'GET', '/Binary/b1')).status, 404)
    }
})

const internal = [
  ['urn:passerelle:record', 'closed'],
  ['urn:passerelle:rules', 'dmp'],
  ['urn:passerelle:identity', 'qualifiee'],
].map(([system, code]) => ({ system, code }) as JsonObject)

t.test('33 labels of the server’s own that a client sends count for nothing', async (t) => {
  const { as, store } = await nationalWorld(t)
  const ins = { system: 'urn:oid:1.2.250.1.213.1.4.10', value: '180017599900137' }
  const made = await as(
    establishment(),
    'POST',
    '/Patient',
    aPatient({ identifier: [ins], meta: { security: internal } }),
  )
  t.equal(made.status, 201, made.text)
  const id = String(made.body.id)
  t.same((await store.read('Patient', id))!.envelope.labels.filter(isInternal), [])
  const shown = await as(citizen(id), 'GET', `/Patient/${id}`)
  t.equal(shown.status, 200)
  t.notMatch(shown.text, ins.value, 'an identity is not qualified by saying so')
  const plain = await as(establishment(), 'POST', '/DocumentReference', {
    ...doc('x', patient.id, { date: '2026-03-18T10:00:00Z' }),
    meta: { security: internal },
  })
  t.equal(plain.status, 201, plain.text)
  const { envelope } = (await store.read('DocumentReference', String(plain.body.id)))!
  t.same(envelope.labels.filter(isInternal), [])
  t.notOk(envelope.rules?.includes('dmp'))
  const labelledSo = aPublish({ securityLabel: [{ coding: [internal[0]!] }] })
  t.equal((await as(establishment(), 'POST', '/DocumentReference', labelledSo)).status, 422)
})

function isInternal(label: string): boolean {
  return label.startsWith('urn:passerelle:')
}

t.test('40 a label nobody knows is refused, not ignored', async (t) => {
  const { as } = await nationalWorld(t)
  for (const [system, code] of [
    ['urn:unknown', 'MASQUE_PS'],
    [nosLabels, 'MASQUE_TOUS'],
    [nosLabels.replace('Statut', 'Status'), 'MASQUE_PS'],
  ] as const) {
    const fiche = aPublish({ securityLabel: [labelOf(system, code)] })
    t.equal((await as(establishment(), 'POST', '/DocumentReference', fiche)).status, 422, system)
  }
})

const hostile = [
  '$ne',
  '{"$gt":""}',
  '{"$where":"sleep(1000)"}',
  "'; DROP TABLE resources; --",
  '" OR 1=1 --',
  '(a+)+$',
  'a'.repeat(30) + '!',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '\\',
  '%00',
  '%',
  '%25%00',
  '../../etc/passwd',
  '*',
  '_',
  ',,,,',
  '|||',
  'x|y|z',
  '$',
  '\\,\\|\\$',
  'Patient/p1,Patient/p2',
  'http://localhost:8080/fhir/Patient/p1',
  'javascript:alert(1)',
  '<script>',
  '1e999999',
  'ge9999999999',
  '-1',
  'NaN',
  'é'.repeat(2000),
  'x'.repeat(10_000),
  '𝕏\ud83d',
  '__proto__',
  'constructor',
]

t.test('hostile values in every search parameter: no 5xx, nothing hidden, no delay', async (t) => {
  const { as, put, server } = await plainWorld(t)
  await put(doc('hidden', 'p2', { description: 'x'.repeat(5000) }))
  const slow: string[] = []
  const wrong: string[] = []
  const tryOne = async (path: string) => {
    const start = performance.now()
    const answer: Answer = await as(me, 'GET', path)
    if (performance.now() - start > 500) slow.push(path.slice(0, 100))
    if (answer.status >= 500 || /"id":"(hidden|p2)"/.test(answer.text))
      wrong.push(`${answer.status} ${path.slice(0, 200)} ${answer.text.slice(0, 200)}`)
  }
  const { registry } = server.services
  for (const type of ['DocumentReference', 'Patient']) {
    const codes = [...registry.searchParameters(type).keys()]
    t.ok(codes.length > 20)
    for (const [index, code] of [
      ...codes,
      '_count',
      '_sort',
      '_include',
      '_elements',
      '_page',
      '_total',
      '_summary',
    ].entries())
      for (const value of hostile) {
        const encoded = safeEncode(value)
        await tryOne(`/${type}?${code}=${encoded}`)
        const modifier = [':exact', ':contains', ':not', ':missing', ':text', '[$ne]'][index % 6]!
        await tryOne(`/${type}?${code}${modifier}=${encoded}`)
      }
  }
  t.same(wrong, [])
  t.ok(slow.length < 5, slow.join('\n'))
})

/** As a client would send it; what cannot be encoded goes as it is. */
function safeEncode(value: string): string {
  if (value === '%' || value === '%00') return value
  return encodeURIComponent(value.toWellFormed())
}

t.test('hostile conditions and patches: no 5xx, nothing changed', async (t) => {
  const { as, put } = await plainWorld(t)
  await put(doc('d1', 'p1'))
  const before = (await as(establishment(), 'GET', '/DocumentReference/d1')).text
  for (const value of hostile) {
    const query = `identifier=${safeEncode(value)}`
    for (const [method, path, body, headers] of [
      ['PATCH', `/DocumentReference?${query}`, [{ op: 'remove', path: '/date' }], jsonPatch],
      ['DELETE', `/DocumentReference?${query}`],
      ['PATCH', '/DocumentReference/d1', [{ op: 'test', path: value, value: 1 }], jsonPatch],
      ['PATCH', '/DocumentReference/d1', [{ op: 'add', path: `/${value}`, value: 1 }], jsonPatch],
      ['GET', `/DocumentReference/${safeEncode(value)}`],
      ['GET', `/DocumentReference/d1/_history/${safeEncode(value)}`],
      ['GET', `/${safeEncode(value)}/d1`],
    ] as const) {
      const answer = await as(attacker, method, path, body, headers)
      t.ok(answer.status < 500, `${answer.status} ${method} ${path.slice(0, 80)}`)
    }
    const condition = { 'if-none-exist': query.replace(/[^\x20-\x7e]/g, '') }
    const answer = await as(establishment(), 'POST', '/Basic', { resourceType: 'Basic' }, condition)
    t.ok(answer.status < 500, String(answer.status))
  }
  t.equal((await as(establishment(), 'GET', '/DocumentReference/d1')).text, before)
})

t.test('bombs of nesting, width and repetition are refused at once', async (t) => {
  const { as } = await plainWorld(t)
  const bombs: unknown[] = [
    '['.repeat(1e6),
    '{"a":'.repeat(1e6),
    `{"resourceType":"Bundle","type":"transaction","entry":[${'{},'.repeat(1e5)}{}]}`,
    `{"resourceType":"Patient","name":[${'{"given":["a"]},'.repeat(5e4)}{}],"__proto__":{"x":1}}`,
    `{"resourceType":"Patient","active":1${'0'.repeat(1e6)}}`,
  ]
  for (const body of bombs) {
    const start = performance.now()
    const path = String(body).includes('Bundle') ? '' : '/Patient'
    const answer = await as(establishment(), 'POST', path, body)
    t.ok(answer.status >= 400 && answer.status < 500, answer.text.slice(0, 200))
    t.ok(performance.now() - start < 5000)
  }
  t.notOk('x' in {}, 'no prototype was touched')
})

t.test('a scope is not escalated by the way a request is wrapped', async (t) => {
  const { as, put } = await plainWorld(t)
  await put(doc('d1', 'p1'))
  const narrow: Caller = {
    ...me,
    scopes: me.scopes!.map((one) => ({ ...one, type: 'Observation' })),
  }
  const urls = [
    'DocumentReference/d1',
    'DocumentReference?patient=p1',
    'DocumentReference/d1/_history',
  ]
  for (const type of ['batch', 'transaction']) {
    const entry = urls.map((url) => ({ request: { method: 'GET', url } }))
    const answer = await as(narrow, 'POST', '', { resourceType: 'Bundle', type, entry })
    t.notMatch(answer.text, /"id":"d1"/)
    if (type === 'batch')
      for (const { response } of answer.body.entry ?? [])
        t.match((response as JsonObject).status, /^403/)
  }
  for (const query of [
    'Observation?subject:Patient._has:DocumentReference:patient:status=current',
    'Observation?_has:DocumentReference:related:status=current',
  ])
    t.equal((await as(narrow, 'GET', `/${query}`)).status, 403, query)
  const included = await as(narrow, 'GET', '/Observation?_include=*&_revinclude=*')
  t.notMatch(included.text, /DocumentReference/)
})
