/** Feeding under narrow scopes and without a care relation: ITI-65, ITI-105, replacement. Decisions 4, 7, 23. */
import t from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import { aLot, aReplacement } from '../../src/demo/main-job.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aDocumentReference } from '../fixtures.ts'
import {
  aPublish,
  jobOf,
  labelOf,
  locations,
  nosLabels,
  patient,
  people,
} from '../national/dmp/record.ts'
import { citizen, establishment, hospital, professional, scope } from './callers.ts'
import { nationalWorld as world } from './national-world.ts'

const narrow: Caller = {
  ...establishment(),
  scopes: [
    'system/DocumentReference.c',
    'system/List.c',
    'system/Binary.c',
    'system/Patient.rs',
  ].map((text) => scope(text)),
}
const stranger = professional('10000000005')
const p1 = patient.id

t.test('an establishment with scopes to create alone feeds by lot and in one POST', async (t) => {
  const { as } = await world(t)
  const lot = aLot(jobOf('narrow'))
  const first = await as(narrow, 'POST', '', lot)
  t.equal(first.status, 200, first.text)
  const again = await as(narrow, 'POST', '', lot)
  t.equal(again.status, 200, 'a retry is known again')
  t.same(locations(again), locations(first))
  const published = await as(narrow, 'POST', '/DocumentReference', aPublish())
  t.equal(published.status, 201, published.text)
  const conditional = await as(narrow, 'POST', '', aLot(jobOf('cond', { subject: 'conditional' })))
  t.equal(conditional.status, 200, conditional.text)
})

t.test('it replaces its own document; a PATCH entry asks for the right to update', async (t) => {
  const { as } = await world(t)
  const replaced = locations(await as(narrow, 'POST', '', aLot(jobOf('a'))))[1]!
  const patching = await as(narrow, 'POST', '', aReplacement({ ...jobOf('b'), replaced }))
  t.equal(patching.status, 403)
  const updating = { ...narrow, scopes: [...narrow.scopes!, scope('system/DocumentReference.u')] }
  const second = await as(
    narrow,
    'POST',
    '',
    aReplacement({ ...jobOf('c'), replaced, withPatch: false }),
  )
  t.equal(second.status, 200, second.text)
  t.equal((await as(establishment(), 'GET', `/${replaced}`)).body.status, 'superseded')
  const newest = locations(second)[1]!
  const third = await as(updating, 'POST', '', aReplacement({ ...jobOf('d'), replaced: newest }))
  t.equal(third.status, 200, third.text)
})

t.test(
  'a hidden document is replaced like an absent one, and its name is taken without a name',
  async (t) => {
    const { as, record } = await world(t)
    const other = establishment('https://finess.esante.gouv.fr|130000002')
    const hidden = locations(await as(narrow, 'POST', '', aLot(jobOf('a'))))[1]!
    const answers = []
    for (const replaced of [hidden, `DocumentReference/${'0'.repeat(hidden.length - 18)}`]) {
      const answer = await as(
        other,
        'POST',
        '',
        aReplacement({ ...jobOf('b'), replaced, withPatch: false }),
      )
      answers.push([
        answer.status,
        answer.text.replaceAll(replaced, 'X').replace(/"id":"[^"]*"/, ''),
      ])
    }
    t.same(answers[0], answers[1])
    t.equal(answers[0]![0], 422)
    t.equal((await as(narrow, 'POST', '/DocumentReference', aPublish())).status, 201)
    await record({ blocked: [{ party: hospital, since: 0 }] })
    const taken = await as(narrow, 'POST', '/DocumentReference', aPublish({ description: 'autre' }))
    t.equal(taken.status, 409)
    t.notMatch(taken.text, /DocumentReference\/[A-Za-z0-9]{8}/)
  },
)

t.test(
  '32 a professional without care relation feeds, by conditional reference too, and consults nothing',
  async (t) => {
    const { as } = await world(t)
    for (const subject of ['literal', 'conditional'] as const) {
      const answer = await as(stranger, 'POST', '', aLot(jobOf(`s-${subject}`, { subject })))
      t.equal(answer.status, 200, answer.text)
    }
    const other = professional('10000000006', {
      organization: 'https://finess.esante.gouv.fr|990000001',
    })
    const search = await as(other, 'GET', `/DocumentReference?patient=${p1}&status=current`)
    t.equal(search.status, 403)
    const probe = `Patient?_has:DocumentReference:patient:status=current`
    const probing = aPublish({ subject: { reference: probe } })
    t.equal((await as(other, 'POST', '/DocumentReference', probing)).status, 403, 'no way to ask')
  },
)

t.test('two citizens may choose the same masterIdentifier; one may not twice', async (t) => {
  const { as } = await world(t)
  const own = (id: string, over: JsonObject = {}) =>
    aPublish({ subject: { reference: `Patient/${id}` }, ...over })
  const [, other] = people.patients
  t.equal((await as(citizen(p1), 'POST', '/DocumentReference', own(p1))).status, 201)
  t.equal((await as(citizen(other!.id), 'POST', '/DocumentReference', own(other!.id))).status, 201)
  const twice = await as(citizen(p1), 'POST', '/DocumentReference', own(p1, { description: 'x' }))
  t.equal(twice.status, 409)
  t.match(twice.text, /DocumentReference\//, 'names what the caller may read')
  const foreign = await as(citizen(p1), 'POST', '/DocumentReference', own(other!.id))
  const absent = await as(citizen(p1), 'POST', '/DocumentReference', own('absent'))
  t.same([foreign.status, absent.status], [422, 422], 'a foreign patient is as an absent one')
})

const patchOf = (op: string, path: string, value: unknown) => [{ op, path, value }]
const jsonPatch = { 'content-type': 'application/json-patch+json' }
const labels = (...codes: string[]) => codes.map((code) => labelOf(nosLabels, code))

t.test(
  'a patient masks a document that is not under the DMP’s rules, and changes no more',
  async (t) => {
    const { as, record } = await world(t)
    const plain = aDocumentReference({ subject: { reference: `Patient/${p1}` } })
    const { id } = (await as(establishment(), 'POST', '/DocumentReference', plain)).body
    const path = `/DocumentReference/${String(id)}`
    const me = citizen(p1)
    const doctor = professional('10000000001')
    await record({
      authorized: [{ party: doctor.practitioner!, period: { start: 0 }, recordedBy: 'x' }],
    })
    const call = (who: Caller, name: string, from = 'professionals') =>
      as(who, 'POST', `${path}/$${name}`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'from', valueCode: from }],
      })
    t.equal((await call(doctor, 'mask')).status, 403)
    t.equal((await call(me, 'mask', 'patient')).status, 403)
    t.equal((await call(me, 'mask')).status, 200)
    t.equal((await as(doctor, 'GET', path)).status, 404)
    const labelling = patchOf('add', '/securityLabel', labels('MASQUE_PS'))
    t.equal((await as(me, 'PATCH', path, labelling, jsonPatch)).status, 403)
    t.equal((await call(me, 'unmask')).status, 200)
    t.equal((await as(doctor, 'GET', path)).status, 200)
  },
)

t.test('label changes: who may set and lift which, by PATCH and by name', async (t) => {
  const { as, record, store } = await world(t)
  const published = await as(establishment(), 'POST', '/DocumentReference', aPublish())
  const path = `/DocumentReference/${String(published.body.id)}`
  const patch = (who: Caller, ...operation: Parameters<typeof patchOf>) =>
    as(who, 'PATCH', path, patchOf(...operation), jsonPatch)
  const mask = (who: Caller, name: string, from: string) =>
    as(who, 'POST', `${path}/$${name}`, {
      resourceType: 'Parameters',
      parameter: [{ name: 'from', valueCode: from }],
    })
  const me = citizen(p1)
  const doctor = professional('10000000001')
  const treating = professional('10000000002')
  await record({
    authorized: [{ party: doctor.practitioner!, period: { start: 0 }, recordedBy: 'x' }],
    treatingPhysician: treating.practitioner!,
  })
  t.equal((await patch(me, 'add', '/securityLabel', labels('MASQUE_PS'))).status, 200)
  t.equal((await as(doctor, 'GET', path)).status, 404)
  t.equal((await mask(me, 'unmask', 'professionals')).status, 200)
  t.equal((await as(doctor, 'GET', path)).status, 200)
  t.equal((await mask(me, 'mask', 'professionals')).status, 200)
  t.equal((await mask(treating, 'unmask', 'professionals')).status, 200)
  const events = await store.outbox(0, 100)
  t.match(events.at(-1), { kind: 'access-unmask', data: { patient: p1, from: 'professionals' } })
  t.equal((await mask(me, 'mask', 'patient')).status, 403)
  t.equal((await patch(me, 'add', '/securityLabel', labels('INVISIBLE_PATIENT'))).status, 403)
  t.equal((await patch(me, 'replace', '/status', 'entered-in-error')).status, 403)
  t.equal((await mask(doctor, 'mask', 'professionals')).status, 403, 'in a care relation')
  t.equal((await mask(stranger, 'mask', 'professionals')).status, 404, 'who does not see it')
  t.equal((await patch(stranger, 'replace', '/status', 'superseded')).status, 404)
  const depositor = establishment()
  t.equal(
    (await patch(depositor, 'add', '/securityLabel', labels('INVISIBLE_REPRESENTANTS_LEGAUX')))
      .status,
    200,
  )
  const before = (await as(me, 'GET', path)).text
  const lifting = await patch(me, 'replace', '/securityLabel/0', labels('MASQUE_PS')[0])
  t.equal(lifting.status, 403, 'lifts what is the depositor’s')
  t.equal((await as(me, 'GET', path)).text, before)
  t.equal((await mask(depositor, 'mask', 'patient')).status, 200)
  t.equal((await as(me, 'GET', path)).status, 404)
  t.equal((await patch(me, 'add', '/securityLabel', labels('MASQUE_PS'))).status, 404)
  t.equal((await patch(depositor, 'replace', '/status', 'superseded')).status, 200)
  t.equal((await patch(depositor, 'replace', '/status', 'entered-in-error')).status, 200)
  t.equal((await as(depositor, 'GET', path)).status, 410)
})
