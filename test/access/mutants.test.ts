import t from 'tap'
import { mutants } from './mutants.ts'
import { findLine, runMutants } from './run-mutants.ts'

t.test('the list of weakenings fits the sources', async (t) => {
  t.ok(mutants.length >= 20)
  for (const mutant of mutants) t.ok(await findLine(mutant), mutant.name)
})

t.test(
  'a weakened gate is seen; scripts/mutants.ts tries them all',
  { timeout: 300_000 },
  async (t) => {
    const names = ['a read shows whatever is there', 'forbidding rules are dropped']
    const chosen = mutants.filter(({ name }) => names.includes(name))
    for await (const { mutant, killedBy } of runMutants(chosen)) t.ok(killedBy, mutant.name)
  },
)
