/**
 * Compares the access rules with their second statement in Cedar on random cases:
 * `node scripts/compare-with-cedar.ts [cases] [seed]`. Exit status 1 at the first disagreement.
 */
import { randomInt } from 'node:crypto'
import { compareWithCedar } from '../test/access/cedar/compare.ts'

if (process.argv.includes('--help')) {
  process.stdout.write('node scripts/compare-with-cedar.ts [cases = 100000] [seed = random]\n')
  process.exit(0)
}

const cases = Number(process.argv[2] ?? 100_000)
const seed = Number(process.argv[3] ?? randomInt(2 ** 31))
process.stdout.write(`seed ${seed}\n`)
const casesPerWorld = 20
const tally = await compareWithCedar({
  worlds: Math.ceil(cases / casesPerWorld),
  seed,
  progress: (done) => {
    if (done % 500 === 0) process.stdout.write(`${done} worlds compared\n`)
  },
})
const rarest = [...tally.policies].toSorted(([, a], [, b]) => a - b).slice(0, 5)
process.stdout.write(
  `${tally.cases} decisions, ${tally.allowed} allowed, 0 disagreements\n` +
    `rarest to decide alone: ${rarest.map(([id, times]) => `${id} ${times}`).join(', ')}\n`,
)
