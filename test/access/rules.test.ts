/** Edges of the rules that the comparison with Cedar found. */
import t from 'tap'
import { emptyAccessRecord } from '../../src/access/access-record.ts'
import { defaultHabilitationMatrix } from '../../src/access/habilitation-matrix.ts'
import { decideForPatient } from '../../src/access/patient-decision.ts'
import { relationOf } from '../../src/access/patient-relation.ts'
import { holds } from '../../src/access/predicate.ts'
import { monthOldBefore } from '../../src/access/rules/labels.ts'
import { anEnvelope } from '../store/plans.ts'
import { app, citizen, establishment } from './callers.ts'
import { doc, plainWorld } from './plain-world.ts'

const hourMs = 3_600_000

t.test('a month from deposit ends once, at the same time of day or with a shorter month', (t) => {
  const cases = [
    ['2026-02-28T09:00:00Z', '2026-03-28T09:00:00Z'],
    ['2026-01-28T09:00:00Z', '2026-02-28T09:00:00Z'],
    ['2026-01-31T09:00:00Z', '2026-03-01T00:00:00Z'],
    ['2026-05-31T09:00:00Z', '2026-07-01T00:00:00Z'],
    ['2025-12-31T09:00:00Z', '2026-01-31T09:00:00Z'],
  ] as const
  for (const [deposited, shown] of cases) {
    const isOld = (now: number) => Date.parse(deposited) < monthOldBefore(now)
    const end = Date.parse(shown)
    t.notOk(isOld(end - 1), `${deposited} is hidden until ${shown}`)
    // What was shown stays so, whatever the days that the month before lacks.
    for (let hours = 0; hours < 40 * 24; hours += 1)
      if (!isOld(end + hours * hourMs)) t.fail(`${deposited} is hidden again after ${hours} h`)
  }
  t.end()
})

t.test('an application changes nothing once its citizen represents the patient no longer', (t) => {
  const caller = app('p1', { patient: 'p2' })
  const record = {
    ...emptyAccessRecord,
    apps: [{ client: 'app-1', purpose: 'x', types: ['Observation'], period: { start: 0 } }],
  }
  const person = { person: 'p1', kind: 'minor', period: { start: 0, end: 10 } } as const
  const own = anEnvelope({ patients: ['p2'], depositor: { client: 'app-1' } })
  for (const [now, isAllowed] of [
    [9, true],
    [10, false],
  ] as const) {
    const relation = relationOf(caller, 'p2', { ...record, representatives: [person] }, now)
    const input = {
      caller,
      action: 'change' as const,
      type: 'Observation',
      relations: [relation],
      now,
      matrix: defaultHabilitationMatrix,
    }
    t.equal(holds(decideForPatient(input, relation), own, 'o1'), isAllowed, `at ${now}`)
  }
  t.end()
})

t.test('a citizen does not move their deposit out of every record', async (t) => {
  const { as } = await plainWorld(t)
  const who = citizen('p1')
  const { id } = (await as(who, 'POST', '/DocumentReference', doc('x', 'p1'))).body
  const { subject: _, ...ofNobody } = doc(String(id), 'p1')
  t.equal((await as(who, 'PUT', `/DocumentReference/${id}`, ofNobody)).status, 403)
  t.equal((await as(who, 'PUT', `/DocumentReference/${id}`, doc(String(id), 'p1'))).status, 200)
})

t.test(
  'a resource of three patients is neither read nor found, its depositor included',
  async (t) => {
    const { as, put } = await plainWorld(t)
    const meeting = (...patients: string[]) => ({
      resourceType: 'Appointment',
      id: `a${patients.length}`,
      status: 'proposed',
      participant: patients.map((patient) => ({
        actor: { reference: `Patient/${patient}` },
        status: 'accepted',
      })),
    })
    await put(meeting('p1', 'p2'))
    await put(meeting('p1', 'p2', 'p3'))
    t.equal((await as(establishment(), 'GET', '/Appointment/a2')).status, 200)
    t.equal((await as(establishment(), 'GET', '/Appointment/a3')).status, 404)
    t.equal((await as(establishment(), 'GET', '/Appointment')).body.total, 1)
  },
)
