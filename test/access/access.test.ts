import t, { type Test } from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import { supersedeParameters } from '../../src/demo/main-job.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aDocumentReference, anObservation, aPatient } from '../fixtures.ts'
import {
  anonymous,
  app,
  citizen,
  clinic,
  establishment,
  operator,
  professional,
} from './callers.ts'
import { gatedServer } from './gated-server.ts'
import { TRE_A07 } from './plain-world.ts'

async function world(t: Test) {
  const { as, record: setRecord, store } = await gatedServer(t, establishment())
  const made = await as(
    establishment(),
    'POST',
    '/Patient',
    aPatient({ identifier: [{ system: 'urn:test', value: 'p1' }] }),
  )
  const p1 = made.body.id as string
  const p2 = (await as(establishment(), 'POST', '/Patient', aPatient())).body.id as string
  const deposit = async (patient: string, label?: string, over: JsonObject = {}) => {
    const answer = await as(
      establishment(),
      'POST',
      '/DocumentReference',
      aDocumentReference({
        subject: { reference: `Patient/${patient}` },
        date: '2026-01-01T10:00:00Z',
        ...(label ? { securityLabel: [{ coding: [{ system: TRE_A07, code: label }] }] } : {}),
        ...over,
      }),
    )
    t.equal(answer.status, 201, answer.text)
    return answer.body.id as string
  }
  return { as, setRecord, deposit, p1, p2, store }
}

t.test('refuses everything but metadata without a token', async (t) => {
  const { as, p1 } = await world(t)
  t.equal((await as(anonymous, 'GET', `/Patient/${p1}`)).status, 401)
  t.equal((await as(anonymous, 'GET', '/Patient')).status, 401)
  t.equal((await as(anonymous, 'POST', '/Patient', aPatient())).status, 401)
  t.equal((await as(anonymous, 'GET', '/metadata')).status, 200)
})

t.test('shows a citizen their own record and nothing else, hidden and absent alike', async (t) => {
  const { as, deposit, p1, p2 } = await world(t)
  const own = await deposit(p1)
  const foreign = await deposit(p2)
  t.equal((await as(citizen(p1), 'GET', `/DocumentReference/${own}`)).status, 200)
  const hidden = await as(citizen(p1), 'GET', `/DocumentReference/${foreign}`)
  t.equal(hidden.status, 404)
  const found = await as(citizen(p1), 'GET', '/DocumentReference')
  t.equal(found.body.total, 1)
  t.equal((await as(citizen(p1), 'GET', `/DocumentReference?patient=${p2}`)).body.total, 0)
  t.equal((await as(citizen(p1), 'GET', '/DocumentReference?_summary=count')).body.total, 1)
  t.equal((await as(citizen(p1), 'GET', `/DocumentReference/${foreign}/_history`)).status, 404)
  t.equal((await as(citizen(p1), 'GET', '/DocumentReference/_history')).body.total, 1)
  const included = await as(
    citizen(p1),
    'GET',
    '/DocumentReference?_include=DocumentReference:subject',
  )
  t.equal(included.body.entry?.length, 2)
})

t.test('hides a document from the patient for one month, and no longer', async (t) => {
  const { as, deposit, p1 } = await world(t)
  const hidden = await deposit(p1, 'INVISIBLE_PATIENT')
  t.equal((await as(citizen(p1), 'GET', `/DocumentReference/${hidden}`)).status, 404)
  t.equal((await as(citizen(p1), 'GET', `/DocumentReference/${hidden}/_history/1`)).status, 404)
  t.equal((await as(citizen(p1), 'GET', '/DocumentReference')).body.total, 0)
  t.equal(
    (await as(establishment(), 'GET', `/DocumentReference/${hidden}`)).status,
    200,
    'its depositor reads it',
  )
})

t.test('asks a professional for a care relation and one patient', async (t) => {
  const { as, setRecord, deposit, p1, p2 } = await world(t)
  const plain = await deposit(p1)
  const masked = await deposit(p1, 'MASQUE_PS')
  const doctor = professional('10000000001')
  t.equal((await as(doctor, 'GET', `/DocumentReference?patient=${p1}`)).status, 403)
  t.equal((await as(doctor, 'GET', '/DocumentReference?patient=absent')).status, 403)
  t.equal((await as(doctor, 'GET', '/DocumentReference')).status, 403)
  t.equal((await as(doctor, 'GET', `/DocumentReference/${plain}`)).status, 404)
  await setRecord(p1, {
    authorized: [{ party: doctor.practitioner!, period: { start: 0 }, recordedBy: 'x' }],
  })
  t.equal((await as(doctor, 'GET', `/DocumentReference/${plain}`)).status, 200)
  t.equal((await as(doctor, 'GET', `/DocumentReference/${masked}`)).status, 404)
  t.equal(
    (await as(doctor, 'GET', `/DocumentReference?patient=${p1}&status=current`)).body.total,
    1,
  )
  t.equal(
    (await as(doctor, 'GET', `/DocumentReference?patient.identifier=urn:test|p1&status=current`))
      .body.total,
    1,
  )
  t.equal((await as(doctor, 'GET', `/DocumentReference?patient=${p2}&status=current`)).status, 403)
  await setRecord(p1, { treatingPhysician: doctor.practitioner! })
  t.equal(
    (await as(doctor, 'GET', `/DocumentReference?patient=${p1}&status=current`)).body.total,
    2,
    'the treating physician sees what is masked',
  )
  await setRecord(p1, {
    treatingPhysician: doctor.practitioner!,
    blocked: [{ party: doctor.practitioner!, since: 0 }],
  })
  t.equal(
    (await as(doctor, 'GET', `/DocumentReference?patient=${p1}&status=current`)).status,
    403,
    'unless blocked',
  )
  t.equal(
    (
      await as(
        doctor,
        'POST',
        '/Observation',
        anObservation({ subject: { reference: `Patient/${p1}` } }),
      )
    ).status,
    201,
    'feeding stays possible',
  )
})

t.test('asks a care relation of whoever has fed the record, to consult it', async (t) => {
  const { as, p1 } = await world(t)
  const doctor = professional('10000000001')
  const search = `/DocumentReference?patient=${p1}&status=current`
  const own = aDocumentReference({
    subject: { reference: `Patient/${p1}` },
    identifier: [{ system: 'urn:test', value: 'own' }],
  })
  const { id } = (await as(doctor, 'POST', '/DocumentReference', own)).body
  t.equal((await as(doctor, 'GET', search)).status, 403)
  t.equal((await as(doctor, 'GET', `/List?patient=${p1}`)).status, 403)
  t.equal((await as(doctor, 'GET', `/DocumentReference/${String(id)}`)).status, 200)
  const byIdentifier = await as(doctor, 'GET', `${search}&identifier=urn:test|own`)
  t.equal(byIdentifier.body.total, 1, 'TD3.1b asks no authorisation of the profile that feeds')
  t.equal((await as(doctor, 'GET', `${search}&identifier=own`)).status, 403, 'no system, no name')
})

t.test('changes what a condition names by its identifier, if it is theirs to change', async (t) => {
  const { as, setRecord, p1, p2 } = await world(t)
  const doctor = professional('10000000001')
  const deposit = async (who: Caller, value: string, patient = p1) => {
    const subject = { reference: `Patient/${patient}` }
    const identifier = [{ system: 'urn:test', value }]
    const made = await as(
      who,
      'POST',
      '/DocumentReference',
      aDocumentReference({ subject, identifier }),
    )
    t.equal(made.status, 201)
  }
  await deposit(doctor, 'own')
  await deposit(establishment(), 'foreign')
  await deposit(establishment(), 'twice')
  await deposit(establishment(), 'twice', p2)
  const change = async (value: string, who: Caller = doctor) =>
    (
      await as(
        who,
        'PATCH',
        `/DocumentReference?identifier=urn:test|${value}`,
        supersedeParameters(),
      )
    ).status
  t.equal(await change('own'), 200)
  t.equal(await change('foreign'), 404, 'hidden is as absent')
  t.equal(await change('absent'), 404)
  t.equal(await change('twice', establishment()), 412)
  await setRecord(p1, { treatingPhysician: doctor.practitioner! })
  t.equal(await change('foreign'), 403, 'seen, but not theirs to change')
  t.equal(await change('twice'), 403, 'one of the two is of a patient they do not know')
  await setRecord(p1, { closed: { since: 0, reason: 'x' } })
  t.equal(await change('own'), 403, 'the record is closed')
  t.equal(await change('foreign', establishment()), 403)
  t.equal(await change('foreign'), 404)
})

t.test('lets an establishment read what it deposited, and only that', async (t) => {
  const { as, deposit, p1 } = await world(t)
  const own = await deposit(p1)
  const other = establishment(clinic)
  t.equal((await as(other, 'GET', `/DocumentReference/${own}`)).status, 404)
  t.equal((await as(other, 'GET', `/DocumentReference?patient=${p1}&status=current`)).body.total, 0)
  t.equal(
    (await as(establishment(), 'GET', `/DocumentReference?patient=${p1}&status=current`)).body
      .total,
    1,
  )
  t.equal(
    (await as(other, 'GET', '/Patient?identifier=urn:test|p1')).body.total,
    1,
    'TD0.2 is open to it',
  )
  t.equal((await as(other, 'GET', '/Patient')).body.total, 0)
  t.equal(
    (
      await as(
        other,
        'PUT',
        `/DocumentReference/${own}`,
        aDocumentReference({ id: own, subject: { reference: `Patient/${p1}` } }),
      )
    ).status,
    409,
  )
})

t.test('gives a third-party app what the patient consented to, never what is masked', async (t) => {
  const { as, setRecord, deposit, p1 } = await world(t)
  const plain = await deposit(p1)
  await deposit(p1, 'MASQUE_PS')
  t.equal((await as(app(p1), 'GET', `/DocumentReference/${plain}`)).status, 404)
  await setRecord(p1, {
    apps: [
      { client: 'app-1', purpose: 'suivi', types: ['DocumentReference'], period: { start: 0 } },
    ],
  })
  t.equal((await as(app(p1), 'GET', `/DocumentReference/${plain}`)).status, 200)
  t.equal((await as(app(p1), 'GET', '/DocumentReference')).body.total, 1)
  t.equal((await as(app(p1), 'GET', '/Observation')).status, 403, 'a type without consent')
  t.equal((await as(app(p1), 'POST', '/Observation', anObservation())).status, 403)
})

t.test('keeps access records out of reach of every route', async (t) => {
  const { as, setRecord, p1 } = await world(t)
  await setRecord(p1, { opposesEmergency: true })
  for (const who of [citizen(p1), establishment(), operator]) {
    t.equal((await as(who, 'GET', `/AccessRecord/${p1}`)).status, 404)
    t.equal((await as(who, 'GET', '/AccessRecord')).status, 404)
    const history = await as(who, 'GET', '/_history')
    t.notMatch(history.text, /AccessRecord/)
  }
})

t.test('keeps the operator out of patient data, and lets it run the directory', async (t) => {
  const { as, deposit, p1 } = await world(t)
  const id = await deposit(p1)
  t.equal((await as(operator, 'GET', `/DocumentReference/${id}`)).status, 403)
  t.equal((await as(operator, 'GET', '/Patient')).status, 403)
  t.equal(
    (await as(operator, 'POST', '/Organization', { resourceType: 'Organization', name: 'CHU' }))
      .status,
    201,
  )
  t.equal(
    (
      await as(establishment(), 'POST', '/Organization', {
        resourceType: 'Organization',
        name: 'CHU',
      })
    ).status,
    403,
  )
  t.equal((await as(citizen(p1), 'GET', '/Organization')).body.total, 1)
})
