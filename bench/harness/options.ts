/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Names of figures; all when empty. */
  readonly only: readonly string[]
  readonly quick: boolean
  readonly rounds: number
  /** Of one contender in one round. */
  readonly stretchMilliseconds: number
  /** Loaded before the rest is measured. */
  readonly resources: number
  readonly help: boolean
}

export const helpText = `npm run bench -- [options]
  --only <name>      only this figure; may be given several times, or with commas
  --quick            10 000 resources, three rounds of half a second: for a first look only
  --resources <n>    how many are loaded before the rest is measured (100000)
  --help
Each figure stands beside its floor or peer, measured in the same run; only ratios mean something.`

export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      resources: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const { quick, help } = values
  const resources = Number(values.resources ?? (quick ? 10_000 : 100_000))
  if (!Number.isInteger(resources) || resources < 10_000)
    throw new Error('--resources must be a whole number from 10000')
  return {
    only: values.only.flatMap((names) => names.split(',')),
    quick,
    help,
    resources,
    rounds: quick ? 3 : 5,
    stretchMilliseconds: quick ? 500 : 1000,
  }
}
