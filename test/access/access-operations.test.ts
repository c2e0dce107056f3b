import t, { type Test } from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aDocumentReference, aPatient, call, openServer } from '../fixtures.ts'
import { anonymous, app, citizen, establishment, operator, professional } from './callers.ts'

const doctor = professional('10000000001')
const rpps = { system: 'https://rpps.esante.gouv.fr', value: '10000000001' }

async function world(t: Test, start = Date.parse('2026-05-05T10:00:00Z')) {
  let caller: Caller = establishment()
  const clock = { now: start }
  const server = await openServer(t, { authenticate: () => caller, now: () => clock.now })
  const as = async (who: Caller, method: string, path: string, body?: unknown) => {
    caller = who
    return call(server, method, path, body === undefined ? {} : { body })
  }
  const op = (who: Caller, name: string, parameter: JsonObject[] = [], patient = p1) =>
    as(who, 'POST', `/Patient/${patient}/$${name}`, { resourceType: 'Parameters', parameter })
  const p1 = (await as(establishment(), 'POST', '/Patient', aPatient())).body.id as string
  const p2 = (await as(establishment(), 'POST', '/Patient', aPatient())).body.id as string
  const deposited = await as(
    establishment(),
    'POST',
    '/DocumentReference',
    aDocumentReference({ subject: { reference: `Patient/${p1}` } }),
  )
  const document = deposited.body.id as string
  const sees = async (who: Caller) =>
    (await as(who, 'GET', `/DocumentReference?patient=${p1}&status=current`)).status
  return { as, op, p1, p2, document, clock, sees, server }
}

t.test('authorize and withdraw open and close a record to a professional', async (t) => {
  const { op, sees, p1 } = await world(t)
  t.equal(await sees(doctor), 403)
  t.equal(
    (
      await op(professional('10000000002'), 'authorize', [
        { name: 'professional', valueIdentifier: rpps },
      ])
    ).status,
    403,
    'not for somebody else',
  )
  t.equal(
    (await op(citizen(p1), 'authorize', [{ name: 'professional', valueIdentifier: rpps }])).status,
    200,
  )
  t.equal(await sees(doctor), 200)
  t.equal(
    (await op(citizen(p1), 'withdraw', [{ name: 'professional', valueIdentifier: rpps }])).status,
    200,
  )
  t.equal(await sees(doctor), 403)
})

t.test('block closes the record to a professional, unblock opens it again', async (t) => {
  const { op, sees, p1, p2 } = await world(t)
  await op(citizen(p1), 'authorize', [{ name: 'professional', valueIdentifier: rpps }])
  t.equal(
    (await op(citizen(p2), 'block', [{ name: 'professional', valueIdentifier: rpps }])).status,
    403,
    'not a stranger',
  )
  const blocked = await op(citizen(p1), 'block', [
    {
      name: 'professional',
      valueIdentifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '810000000001' },
    },
  ])
  t.equal(blocked.status, 200, 'an IDNPS is the same person')
  t.equal(await sees(doctor), 403)
  t.equal(
    (
      await op(doctor, 'emergency-access', [
        { name: 'mode', valueCode: 'bris_de_glace' },
        { name: 'reason', valueString: 'coma' },
      ])
    ).status,
    403,
  )
  await op(citizen(p1), 'unblock', [{ name: 'professional', valueIdentifier: rpps }])
  t.equal(await sees(doctor), 200)
})

t.test(
  'emergency access needs a reason, lasts thirty minutes, reads only, and can be opposed',
  async (t) => {
    const { as, op, sees, p1, document, clock } = await world(t)
    const mode = { name: 'mode', valueCode: 'bris_de_glace' }
    t.equal((await op(doctor, 'emergency-access', [mode])).status, 403)
    t.equal(
      (await op(doctor, 'emergency-access', [mode, { name: 'reason', valueString: 'inconscient' }]))
        .status,
      200,
    )
    t.equal(await sees(doctor), 200)
    t.equal(
      (
        await as(
          doctor,
          'PUT',
          `/DocumentReference/${document}`,
          aDocumentReference({ id: document, subject: { reference: `Patient/${p1}` } }),
        )
      ).status,
      403,
    )
    clock.now += 31 * 60_000
    t.equal(await sees(doctor), 403)
    t.equal((await op(citizen(p1), 'oppose-emergency')).status, 200)
    t.equal(
      (await op(doctor, 'emergency-access', [mode, { name: 'reason', valueString: 'inconscient' }]))
        .status,
      403,
    )
  },
)

t.test('a representative acts once the operator has recorded the mandate', async (t) => {
  const { as, op, p2, document } = await world(t)
  t.equal((await as(citizen(p2), 'GET', `/DocumentReference/${document}`)).status, 404)
  const parameters = [
    { name: 'representative', valueReference: { reference: `Patient/${p2}` } },
    { name: 'kind', valueCode: 'minor' },
  ]
  t.equal((await op(citizen(p2), 'represent', parameters)).status, 403)
  t.equal((await op(operator, 'represent', parameters)).status, 200)
  t.equal((await as(citizen(p2), 'GET', `/DocumentReference/${document}`)).status, 200)
  t.equal((await as(citizen(p2), 'GET', '/DocumentReference')).body.total, 1)
})

t.test('nobody represents anyone before they have a Patient here', async (t) => {
  const { op, p2 } = await world(t)
  const naming = (id: string) => [
    { name: 'representative', valueReference: { reference: `Patient/${id}` } },
    { name: 'kind', valueCode: 'minor' },
  ]
  t.match(await op(operator, 'represent', naming('not-yet')), {
    status: 422,
    body: { issue: [{ expression: ["Parameters.parameter.where(name='representative')"] }] },
  })
  t.equal((await op(operator, 'represent', naming(p2))).status, 200)
  t.equal((await op(operator, 'end-representation', naming('gone').slice(0, 1))).status, 200)
})

t.test('end-treating-physician ends the one it names, and no other', async (t) => {
  const { op, p1 } = await world(t)
  const naming = (value: string) => [{ name: 'professional', valueIdentifier: { ...rpps, value } }]
  const standing = async (value: string) => {
    const { body } = await op(citizen(p1), 'end-treating-physician', naming(value))
    return (body.parameter as JsonObject[]).some(({ name }) => name === 'treatingPhysician')
  }
  await op(citizen(p1), 'declare-treating-physician', naming(rpps.value))
  t.equal(await standing('10000000002'), true)
  t.equal(await standing(rpps.value), false)
})

t.test('close-record shuts it to all but its holder, and mirrors Patient.active', async (t) => {
  const { as, op, p1, document } = await world(t)
  t.equal(
    (await op(citizen(p1), 'close-record', [{ name: 'reason', valueString: 'choix' }])).status,
    200,
  )
  t.equal((await as(citizen(p1), 'GET', `/Patient/${p1}`)).body.active, false)
  t.equal((await as(citizen(p1), 'GET', `/DocumentReference/${document}`)).status, 200)
  t.equal((await as(establishment(), 'GET', `/DocumentReference/${document}`)).status, 403)
  t.equal(
    (await as(establishment(), 'GET', `/DocumentReference?patient=${p1}&status=current`)).status,
    403,
  )
  t.equal(
    (
      await as(
        establishment(),
        'POST',
        '/DocumentReference',
        aDocumentReference({ subject: { reference: `Patient/${p1}` } }),
      )
    ).status,
    403,
  )
  t.equal((await op(citizen(p1), 'reopen-record')).status, 200)
  t.equal((await as(establishment(), 'GET', `/DocumentReference/${document}`)).status, 200)
})

t.test(
  'an app reads what was granted until it is revoked, and grants itself nothing',
  async (t) => {
    const { as, op, p1, document } = await world(t)
    const grant = [
      { name: 'client', valueString: 'app-1' },
      { name: 'purpose', valueString: 'suivi' },
      { name: 'type', valueCode: 'DocumentReference' },
    ]
    t.equal((await op(app(p1), 'grant-app', grant)).status, 403)
    t.equal((await op(citizen(p1), 'grant-app', grant)).status, 200)
    t.equal((await as(app(p1), 'GET', `/DocumentReference/${document}`)).status, 200)
    t.equal(
      (await op(citizen(p1), 'revoke-app', [{ name: 'client', valueString: 'app-1' }])).status,
      200,
    )
    t.equal((await as(app(p1), 'GET', `/DocumentReference/${document}`)).status, 404)
  },
)

t.test('asks a reason of bris de glace, and none of a regulator', async (t) => {
  const { op, sees, p1 } = await world(t)
  const mode = (code: string) => [{ name: 'mode', valueCode: code }]
  t.equal((await op(doctor, 'emergency-access', mode('bris_de_glace'))).status, 403)
  t.equal(await sees(doctor), 403)
  t.equal((await op(doctor, 'emergency-access', mode('centre_15'))).status, 200)
  t.equal(await sees(doctor), 200)
  t.equal((await op(citizen(p1), 'oppose-emergency')).status, 200)
  t.equal((await op(doctor, 'emergency-access', mode('centre_15'))).status, 403)
})

t.test('takes a text or a code in whatever type it comes', async (t) => {
  const { op, p1 } = await world(t)
  const answer = await op(citizen(p1), 'grant-app', [
    { name: 'client', valueUri: 'app-1' },
    { name: 'purpose', valueCodeableConcept: { text: 'Suivi' } },
    { name: 'type', valueCoding: { code: 'Observation' } },
  ])
  t.equal(answer.status, 200, answer.text)
  t.match(answer.text, /"valueString":"Suivi"/)
})

t.test('says what is wrong with the parameters', async (t) => {
  const { op, p1 } = await world(t)
  t.equal((await op(citizen(p1), 'block', [])).status, 400)
  t.equal((await op(citizen(p1), 'block', [{ name: 'who', valueString: 'x' }])).status, 400)
  t.equal(
    (
      await op(citizen(p1), 'grant-app', [
        { name: 'client', valueString: 'x' },
        { name: 'purpose', valueString: 'x' },
        { name: 'type', valueCode: 'Nope' },
      ])
    ).status,
    400,
  )
  t.equal((await op(citizen('absent'), 'oppose-emergency', [], 'absent')).status, 404)
})

t.test('the patient reads what stands on the record, and nobody else does', async (t) => {
  const { as, op, p1, p2 } = await world(t)
  await op(citizen(p1), 'block', [{ name: 'professional', valueIdentifier: rpps }])
  const path = `/Patient/${p1}/$access-record`
  const own = await as(citizen(p1), 'GET', path)
  t.equal(own.status, 200, own.text)
  t.match(own.text, /"name":"blocked".*10000000001/)
  const kind = { name: 'kind', valueCode: 'minor' }
  await op(operator, 'represent', [
    { name: 'representative', valueReference: { reference: `Patient/${p2}` } },
    kind,
  ])
  t.equal((await as(citizen(p2), 'GET', path)).status, 200, 'and whoever represents them')
  for (const who of [doctor, establishment(), operator, app(p1), citizen('p9')]) {
    const refused = await as(who, 'GET', path)
    t.equal(refused.status, 403, who.kind)
    const absent = await as(who, 'GET', '/Patient/absent/$access-record')
    t.equal(absent.status, 403)
    t.notMatch(refused.text, /10000000001/)
  }
  t.equal((await as(anonymous, 'GET', path)).status, 401)
  const traces = await as(
    citizen(p1),
    'GET',
    `/AuditEvent?date=ge2026-05-01&patient=${p1}&_count=50`,
  )
  t.match(traces.text, /access-record/)
})
