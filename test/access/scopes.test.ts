/** Scopes that are granted together: each covers what it covers alone, and no more. */
import t from 'tap'
import { citizen, establishment, scope } from './callers.ts'
import { doc, plainWorld } from './plain-world.ts'

const toRepresent = { person: 'p1', kind: 'minor', period: { start: 0 } } as const

/** The citizen p1, who represents p2, with p1 in context. */
function parent(...scopes: ReturnType<typeof scope>[]) {
  return citizen('p1', { patient: 'p1', scopes })
}

async function familyWorld(t: Parameters<typeof plainWorld>[0]) {
  const world = await plainWorld(t)
  await world.record('p2', { representatives: [toRepresent] })
  return world
}

t.test('a granular user/ scope does not widen a patient/ scope to other records', async (t) => {
  const { as, put } = await familyWorld(t)
  await put(doc('d1', 'p1'))
  await put(doc('d2', 'p2'))
  await put(doc('d3', 'p2', { status: 'superseded' }))
  const who = parent(
    scope('patient/DocumentReference.rs'),
    scope('user/DocumentReference.rs', [['status', 'superseded']]),
  )
  for (const [id, status] of [
    ['d1', 200],
    ['d2', 404],
    ['d3', 200],
  ] as const) {
    t.equal((await as(who, 'GET', `/DocumentReference/${id}`)).status, status, id)
  }
  t.equal((await as(who, 'GET', '/DocumentReference')).body.total, 2)
  t.equal((await as(who, 'GET', '/DocumentReference?status=current')).body.total, 1)
})

t.test('a scope on another type does not widen what a patient/ scope writes', async (t) => {
  const { as, put } = await familyWorld(t)
  const free = parent(scope('user/*.cruds'))
  const bound = parent(scope('user/*.rs'), scope('patient/DocumentReference.cud'))
  t.equal((await as(bound, 'POST', '/DocumentReference', doc('x', 'p1'))).status, 201)
  t.equal((await as(bound, 'POST', '/DocumentReference', doc('x', 'p2'))).status, 403)
  const { id } = (await as(free, 'POST', '/DocumentReference', doc('x', 'p2'))).body
  await put(doc('d1', 'p1'))
  const moved = doc(String(id), 'p1')
  t.equal((await as(bound, 'PUT', `/DocumentReference/${id}`, moved)).status, 403, 'from the other')
  t.equal((await as(bound, 'DELETE', `/DocumentReference/${id}`)).status, 403)
  t.equal((await as(free, 'PUT', `/DocumentReference/${id}`, moved)).status, 200)
})

t.test('a patient/ scope follows bytes to where their document stands now', async (t) => {
  const { as, put } = await familyWorld(t)
  await put(doc('d1', 'p1'))
  const bytes = {
    resourceType: 'Binary',
    id: 'b1',
    contentType: 'text/plain',
    securityContext: { reference: 'DocumentReference/d1' },
    data: Buffer.from('x').toString('base64'),
  }
  await put(bytes)
  const bound = parent(scope('patient/*.rs'))
  t.equal((await as(bound, 'GET', '/Binary/b1')).status, 200)
  t.equal(
    (await as(establishment(), 'PUT', '/DocumentReference/d1', doc('d1', 'p2'))).status,
    200,
    'moved to the other record',
  )
  t.equal((await as(bound, 'GET', '/Binary/b1')).status, 404)
  t.equal((await as(parent(scope('user/*.rs')), 'GET', '/Binary/b1')).status, 200)
})

t.test('a refusal for want of a scope says so to OAuth clients (RFC 6750 §3.1)', async (t) => {
  const { as, put } = await plainWorld(t)
  await put(doc('d1', 'p1'))
  const reader = citizen('p1', { scopes: [scope('patient/DocumentReference.r')] })
  const search = await as(reader, 'GET', '/DocumentReference?patient=p1')
  t.match(search, {
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
    body: { issue: [{ code: 'forbidden' }] },
  })
  const stranger = await as(citizen('p2'), 'POST', '/DocumentReference', doc('x', 'p1'))
  t.equal(stranger.status, 403)
  t.notOk('www-authenticate' in stranger.headers, 'no scope would help')
})
