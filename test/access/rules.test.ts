/** Edges of the rules that the comparison with Cedar found. */
import t from 'tap'
import { emptyAccessRecord } from '../../src/access/access-record.ts'
import { defaultHabilitationMatrix } from '../../src/access/habilitation-matrix.ts'
import { decideForPatient } from '../../src/access/patient-decision.ts'
import { relationOf } from '../../src/access/patient-relation.ts'
import { holds } from '../../src/access/predicate.ts'
import { monthOldBefore } from '../../src/access/rules/labels.ts'
import { anEnvelope } from '../store/plans.ts'
import { app } from './callers.ts'

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
