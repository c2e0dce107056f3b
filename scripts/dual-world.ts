/**
 * Compares two databases that differ only in what a caller may not see, over many generated
 * requests: `node scripts/dual-world.ts [pairs] [seed]`. Exit status 1 when an answer differs.
 */
import { collisionsByDecision, compareWorlds } from '../test/access/dual-world.ts'

if (process.argv.includes('--help')) {
  process.stdout.write('node scripts/dual-world.ts [pairs = 100000] [seed = 1]\n')
  process.exit(0)
}

const pairs = Number(process.argv[2] ?? 100_000)
const seed = Number(process.argv[3] ?? 1)
const differences = await compareWorlds(pairs, seed, (done) => {
  if (done % 10_000 === 0) process.stdout.write(`${done} pairs compared\n`)
})
for (const { perspective, request, withHidden, without } of differences.slice(0, 10)) {
  process.stdout.write(
    `\n${perspective}: ${request.method} ${request.path}\n- ${without}\n+ ${withHidden}\n`,
  )
}
process.stdout.write(
  `${pairs} pairs, ${differences.length} differences (not asked for: collisions of decisions ${collisionsByDecision.join(', ')})\n`,
)
process.exitCode = differences.length === 0 ? 0 : 1
