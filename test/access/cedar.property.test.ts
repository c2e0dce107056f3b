/**
 * The access rules against their second statement in Cedar, on random cases. More of them:
 * `node scripts/compare-with-cedar.ts`, or CEDAR_WORLDS and CEDAR_SEED here.
 */
import t from 'tap'
import { compareWithCedar } from './cedar/compare.ts'
import { findFaults, policyIds } from './cedar/oracle.ts'

t.test('the policies are valid under their schema', (t) => {
  t.same(findFaults(), [])
  t.ok(policyIds.length > 30)
  t.end()
})

t.test('decides like Cedar, and by every rule of both', async (t) => {
  const tally = await compareWithCedar({
    worlds: Number(process.env.CEDAR_WORLDS ?? 400),
    seed: Number(process.env.CEDAR_SEED ?? 1),
  })
  const { cases, allowed } = tally
  t.comment(`${cases} decisions compared, ${allowed} of them allowed`)
  t.ok(cases > 5_000 && allowed > cases / 20, `${allowed} of ${cases} allowed`)
  for (const [id, times] of tally.policies) t.ok(times > 0, `${id} alone decides`)
  for (const [id, times] of tally.rules) t.ok(times > 0, `${id} bears on some`)
})
