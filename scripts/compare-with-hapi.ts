/** Our verdicts beside HAPI's on mutated examples; docs/validation-against-hapi.md. See --help. */
import { parseArgs } from 'node:util'
import { createRegistry } from '../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../src/conformance/definitions-cache.ts'
import type { Registry } from '../src/conformance/registry.ts'
import type { Resource } from '../src/fhir/resource.ts'
import { createTerminology } from '../src/terminology/terminology.ts'
import { createValidator } from '../src/validation/create-validator.ts'
import { createInvariantCompiler } from '../src/validation/fhirpath-invariants.ts'
import type { Validator } from '../src/validation/validator.ts'
import { knownDifferences } from './hapi/known-differences.ts'
import { mutations } from './hapi/mutations.ts'
import { readOriginals } from './hapi/originals.ts'
import { createRandom, createSubject, type Random } from './hapi/places.ts'
import { hapiVersion, missingTool, runHapi, type HapiVerdict } from './hapi/run-hapi.ts'

const HELP = `node scripts/compare-with-hapi.ts [--seed N] [--count N] [--all]: 500 mutated examples judged by us and by HAPI
`

interface Mutant {
  readonly name: string
  readonly resource: Resource
}

interface Compared extends Mutant {
  /** The error texts of each side. */
  readonly ours: readonly string[]
  readonly hapi: readonly string[]
}

function createCore(): { registry: Registry; validator: Validator } {
  const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
  const terminology = createTerminology(registry)
  const compileInvariant = createInvariantCompiler({ registry, terminology })
  return { registry, validator: createValidator({ registry, terminology, compileInvariant }) }
}

function errorsOf(validator: Validator, resource: Resource): string[] {
  return validator
    .validate(resource)
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .map(({ rule, expression, diagnostics }) => `${rule} ${expression?.[0]} ${diagnostics}`)
}

/** Each mutation in turn, on an original that it fits, until there are enough. */
function makeMutants(registry: Registry, validator: Validator, random: Random, count: number) {
  const originals = readOriginals().filter(
    ({ resource }) => errorsOf(validator, resource).length === 0,
  )
  const mutants = new Map<string, Mutant>()
  const names = Object.keys(mutations)
  for (let turn = 0; mutants.size < count && turn < 100 * count; turn++) {
    const name = names[turn % names.length]!
    const original = random.pick(originals)!
    const resource = structuredClone(original.resource)
    if (!mutations[name]!(createSubject(resource, registry, random))) continue
    const text = JSON.stringify(resource)
    if (!mutants.has(text)) mutants.set(text, { name: `${name} < ${original.name}`, resource })
  }
  return [...mutants.values()]
}

const hapiErrors = ({ errors }: HapiVerdict) =>
  errors.map(({ id, place, message }) => `${id} ${place} ${message}`)

function compare(seed: number, count: number): Compared[] {
  const { registry, validator } = createCore()
  const mutants = makeMutants(registry, validator, createRandom(seed), count)
  const verdicts = runHapi(mutants.map(({ resource }) => JSON.stringify(resource)))
  return mutants.map((mutant, index) => ({
    ...mutant,
    ours: errorsOf(validator, mutant.resource),
    hapi: hapiErrors(verdicts[index]!),
  }))
}

function reasonOf({ ours, hapi }: Compared): string {
  const rejects = ours.length > 0 ? 'ours' : 'hapi'
  const errors = rejects === 'ours' ? ours : hapi
  const fitting = knownDifferences.filter((known) => known.rejects === rejects)
  const known = errors.map((error) => fitting.find((one) => one.errors.test(error)))
  return known[0] !== undefined && !known.includes(undefined) ? known[0].reason : 'not explained'
}

function print(compared: readonly Compared[], seed: number): number {
  const differing = compared.filter(({ ours, hapi }) => ours.length > 0 !== hapi.length > 0)
  const onlyOurs = differing.filter(({ ours }) => ours.length > 0).length
  const rejected = compared.filter(({ ours, hapi }) => ours.length > 0 && hapi.length > 0).length
  const agreed = compared.length - differing.length
  console.log(
    `HAPI ${hapiVersion()}, seed ${seed}, ${compared.length} resources: agreement ${agreed} ` +
      `(${((100 * agreed) / compared.length).toFixed(1)} %; ${rejected} refused by both, ` +
      `${agreed - rejected} accepted by both), only we refuse ${onlyOurs}, ` +
      `only HAPI refuses ${differing.length - onlyOurs}`,
  )
  const groups = Map.groupBy(differing, reasonOf)
  for (const [reason, members] of groups) console.log(`${members.length} × ${reason}`)
  return groups.get('not explained')?.length ?? 0
}

function show({ name, ours, hapi }: Compared): void {
  console.log(`\n${name}`)
  for (const error of ours.slice(0, 5)) console.log(`  ours: ${error.slice(0, 300)}`)
  for (const error of hapi.slice(0, 5)) console.log(`  HAPI: ${error.slice(0, 300)}`)
}

function main(): void {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      all: { type: 'boolean' },
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '500' },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const missing = missingTool()
  if (missing) {
    console.log(`Not compared with HAPI: ${missing} is not on this machine`)
    return
  }
  const compared = compare(Number(values.seed), Number(values.count))
  const unexplained = print(compared, Number(values.seed))
  const differs = (one: Compared) => one.ours.length > 0 !== one.hapi.length > 0
  compared
    .filter((one) => values.all || (differs(one) && reasonOf(one) === 'not explained'))
    .forEach(show)
  process.exitCode = unexplained === 0 ? 0 : 1
}

main()
