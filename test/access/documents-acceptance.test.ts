/**
 * Acceptance behaviours of documents.md §6, 27 to 38, each by its number, under national rules.
 * Elsewhere: 26 and 32 in feeding.test.ts; 39 in test/audit/trail.test.ts.
 */
import t from 'tap'
import { aLot } from '../../src/demo/main-job.ts'
import type { Caller } from '../../src/auth/caller.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import type { Answer } from '../fixtures.ts'
import { aPublish, jobOf, labelOf, locations, nosLabels, patient } from '../national/dmp/record.ts'
import { citizen, establishment, professional } from './callers.ts'
import { nationalWorld } from './national-world.ts'

const p1 = patient.id
const me = citizen(p1)
const parent = citizen('demo-parent')
const authorizedDoctor = professional('10000000001')
const treating = professional('10000000002')
const nurse = professional('10000000009', { profession: '60' })
const stranger = professional('10000000005')
const jsonPatch = { 'content-type': 'application/json-patch+json' }
const always = { start: 0 }
const facts = {
  authorized: [authorizedDoctor, nurse].map(({ practitioner }) => ({
    party: practitioner!,
    period: always,
    recordedBy: 'x',
  })),
  treatingPhysician: treating.practitioner!,
  representatives: [{ person: 'demo-parent', kind: 'minor', period: always } as const],
}
const search = `/DocumentReference?patient=${p1}&status=current`

type World = Awaited<ReturnType<typeof nationalWorld>>

/** A published document with a label; its path. */
async function publish({ as }: World, code?: string, over: JsonObject = {}): Promise<string> {
  const securityLabel = code === undefined ? {} : { securityLabel: [labelOf(nosLabels, code)] }
  const answer = await as(
    establishment(),
    'POST',
    '/DocumentReference',
    aPublish({ ...securityLabel, ...over }),
  )
  if (answer.status !== 201) throw new Error(answer.text)
  return `/DocumentReference/${String(answer.body.id)}`
}

/** Entries and total of the search, and the status of a direct read. */
async function seen({ as }: World, who: Caller, path: string): Promise<readonly unknown[]> {
  const found: Answer = await as(who, 'GET', search)
  const read = await as(who, 'GET', path)
  return [found.status, found.body.total ?? 0, (found.body.entry ?? []).length, read.status]
}

t.test(
  '27, 28 MASQUE_PS hides from professionals, not from depositor and médecin traitant',
  async (t) => {
    const world = await nationalWorld(t)
    await world.record(facts)
    const path = await publish(world, 'MASQUE_PS')
    t.same(await seen(world, authorizedDoctor, path), [200, 0, 0, 404])
    for (const who of [establishment(), treating, me])
      t.same(await seen(world, who, path), [200, 1, 1, 200], who.kind)
  },
)

t.test('29 INVISIBLE_PATIENT hides from the patient for one month from deposit', async (t) => {
  const world = await nationalWorld(t)
  await world.record(facts)
  const path = await publish(world, 'INVISIBLE_PATIENT')
  t.same(await seen(world, me, path), [200, 0, 0, 404])
  t.same(await seen(world, parent, path), [200, 0, 0, 404])
  t.same(await seen(world, authorizedDoctor, path), [200, 1, 1, 200])
  world.clock.now = Date.parse('2026-04-17T10:00:00Z')
  t.same(await seen(world, me, path), [200, 0, 0, 404])
  world.clock.now = Date.parse('2026-04-19T10:00:00Z')
  t.same(await seen(world, me, path), [200, 1, 1, 200])
})

t.test('29 the journal tells the patient of the deposit, not of what was deposited', async (t) => {
  const world = await nationalWorld(t)
  await world.record(facts)
  const path = await publish(world, 'INVISIBLE_PATIENT')
  t.equal((await world.as(authorizedDoctor, 'GET', path)).status, 200)
  const query = `/AuditEvent?date=ge2026-03-01&patient=${p1}&_count=100`
  const told = async () => (await world.as(me, 'GET', query)).body.entry ?? []
  const before = (await told()).map(({ resource }) => resource as JsonObject)
  const deposits = before.filter(({ action }) => action === 'C')
  t.ok(deposits.length > 0, 'the deposit is told')
  t.notMatch(JSON.stringify(before), /DocumentReference|Binary|"List/)
  t.match(JSON.stringify(before), new RegExp(`"Patient/${p1}"`))
  const [{ id }] = deposits as [{ id: string }]
  const alone = await world.as(me, 'GET', `/AuditEvent/${id}`)
  t.equal(alone.status, 200)
  t.notMatch(alone.text, /DocumentReference|Binary|"List/)
  world.clock.now = Date.parse('2026-04-19T10:00:00Z')
  t.match(JSON.stringify(await told()), path.slice(1), 'once the month is over it is named')
})

t.test('29 what a trace does not name for the patient is not found by it either', async (t) => {
  const world = await nationalWorld(t)
  await world.record(facts)
  const path = await publish(world, 'INVISIBLE_PATIENT')
  const found = async (query: string) => {
    const url = `/AuditEvent?date=ge2026-03-01&patient=${p1}&action=C&${query}`
    return (await world.as(me, 'GET', url)).body.total
  }
  const reference = path.slice(1)
  t.ok(Number(await found('')) > 0, 'that something was deposited is told')
  const id = path.slice(path.lastIndexOf('/') + 1)
  for (const query of [`entity=${reference}`, `entity=${id}`, 'entity-role=3'])
    t.equal(await found(query), 0, query)
  world.clock.now = Date.parse('2026-04-19T10:00:00Z')
  t.equal(await found(`entity=${reference}`), 1, 'once the month is over')
})

t.test('30 INVISIBLE_REPRESENTANTS_LEGAUX hides from the parent alone', async (t) => {
  const world = await nationalWorld(t)
  await world.record(facts)
  const path = await publish(world, 'INVISIBLE_REPRESENTANTS_LEGAUX')
  t.same(await seen(world, parent, path), [200, 0, 0, 404])
  for (const who of [me, authorizedDoctor]) t.same(await seen(world, who, path), [200, 1, 1, 200])
})

t.test(
  '31, 38 a blocked professional with an authorisation: 403, and a trace for the holder',
  async (t) => {
    const world = await nationalWorld(t)
    const path = await publish(world)
    await world.record({ ...facts, blocked: [{ party: authorizedDoctor.practitioner!, since: 0 }] })
    t.same(await seen(world, authorizedDoctor, path), [403, 0, 0, 404])
    t.same(await seen(world, treating, path), [200, 1, 1, 200])
    const traces = await world.as(
      me,
      'GET',
      `/AuditEvent?date=ge2026-03-01&patient=${p1}&_count=100`,
    )
    t.equal(traces.status, 200, traces.text)
    const events = (traces.body.entry ?? []).map(({ resource }) => JSON.stringify(resource))
    const by = (number: string) => events.filter((event) => event.includes(number))
    t.ok(
      by('10000000001').some((event) => !event.includes('"outcome":"0"')),
      'refused',
    )
    t.ok(
      by('10000000002').some((event) => event.includes('"outcome":"0"')),
      'granted',
    )
    t.ok(
      events.some((event) => event.includes('"action":"C"')),
      'the feeding',
    )
    t.ok(events.every((event) => /"recorded":"2026-03-18T/.test(event)))
  },
)

function open(mode: string): JsonObject {
  const parameter = [
    { name: 'mode', valueCode: mode },
    { name: 'reason', valueString: 'inconscient' },
  ]
  return { resourceType: 'Parameters', parameter }
}

t.test(
  '33 to 35 emergency modes open, with notices, unless the patient opposes them',
  async (t) => {
    const world = await nationalWorld(t)
    const path = await publish(world)
    await publish(world, 'MASQUE_PS', {
      masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.250.1.999.8' },
    })
    for (const mode of ['bris_de_glace', 'centre_15']) {
      await world.record(facts)
      t.same(await seen(world, stranger, path), [403, 0, 0, 404])
      const operation = `/Patient/${p1}/$emergency-access`
      t.equal((await world.as(stranger, 'POST', operation, open(mode))).status, 200)
      t.same(await seen(world, stranger, path), [200, 1, 1, 200], 'what is masked stays so')
      const event = (await world.store.outbox(0, 1000)).at(-1)
      t.match(event, { data: { patient: p1, treatingPhysician: treating.practitioner } })
      await world.record({ ...facts, opposesEmergency: true })
      t.equal((await world.as(stranger, 'POST', operation, open(mode))).status, 403)
      t.equal((await world.as(stranger, 'GET', search)).status, 403)
    }
  },
)

t.test('36 the matrix hides a type from a profession', async (t) => {
  const world = await nationalWorld(t)
  await world.record(facts)
  const path = await publish(world, undefined, {
    type: { coding: [{ system: 'http://loinc.org', code: '89601-9' }] },
  })
  t.same(await seen(world, nurse, path), [200, 0, 0, 404])
  t.same(await seen(world, authorizedDoctor, path), [200, 1, 1, 200])
})

t.test('37 a closed record refuses every transaction of TD2 and TD3', async (t) => {
  const world = await nationalWorld(t)
  const { as, record } = world
  await record(facts)
  const lot = locations(await as(establishment(), 'POST', '', aLot(jobOf('before'))))
  const fiche = `/${lot[1]!}`
  const reason = { name: 'reason', valueString: 'choix' }
  const closing = { resourceType: 'Parameters', parameter: [reason] }
  t.equal((await as(me, 'POST', `/Patient/${p1}/$close-record`, closing)).status, 200)
  const archive = [{ op: 'replace', path: '/status', value: 'superseded' }]
  for (const who of [establishment(), treating]) {
    const answers = [
      await as(who, 'POST', '', aLot(jobOf(`after-${who.kind}`))),
      await as(who, 'POST', '/DocumentReference', aPublish()),
      await as(who, 'GET', search),
      await as(who, 'GET', `/List?patient=${p1}&status=current&code=submissionset`),
      await as(who, 'GET', fiche),
      await as(who, 'PATCH', fiche, archive, jsonPatch),
    ]
    t.same(
      answers.map(({ status }) => status),
      [403, 403, 403, 403, 403, 403],
      who.kind,
    )
    const bytes = lot.find((reference) => reference.startsWith('Binary/'))!
    t.equal((await as(who, 'GET', `/${bytes}`)).status, 403, 'its bytes')
  }
  t.equal((await as(me, 'GET', fiche)).status, 200, 'its holder reads on')
  t.equal((await as(me, 'POST', '/DocumentReference', aPublish())).status, 403, 'but feeds nothing')
  const { ins } = patient
  const td02 = (value: string) =>
    as(establishment(), 'GET', `/Patient?identifier=${ins.system}|${value}`)
  const known = await td02(ins.value)
  t.equal(known.body.total, 1)
  t.match(known.body.entry, [{ resource: { active: false } }])
  const unknown = await td02('180017599900137')
  t.same([unknown.status, unknown.body.total], [200, 0])
})
