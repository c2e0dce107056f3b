/** Weakens the gate in every way of test/access/mutants.ts; exit status 1 when a test sees one not. */
import { runMutants } from '../test/access/run-mutants.ts'

if (process.argv.includes('--help')) {
  process.stdout.write(
    'node scripts/mutants.ts: each weakening of the gate, and the test that kills it\n',
  )
  process.exit(0)
}

let survivors = 0
let tried = 0
for await (const { mutant, killedBy } of runMutants()) {
  tried += 1
  if (!killedBy) survivors += 1
  process.stdout.write(`${(killedBy ?? 'SURVIVED').padEnd(28)} ${mutant.name}\n`)
}
process.stdout.write(`${tried} mutants, ${survivors} survivors\n`)
process.exitCode = survivors === 0 ? 0 : 1
