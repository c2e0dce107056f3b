/** `npm run bench`: each figure of design.md §6 beside its floor or peer, in the same run. */
import { accessFigures } from './figures/access.ts'
import { creates } from './figures/creates.ts'
import { eventLoop } from './figures/blocks.ts'
import { loadFigures } from './figures/loading.ts'
import { lots } from './figures/lots.ts'
import { microFigures } from './figures/micro.ts'
import { reads } from './figures/reads.ts'
import { searches } from './figures/searches.ts'
import { startFigures } from './figures/starts.ts'
import { chooseCores, pinLoad } from './harness/cores.ts'
import type { Figure, Result } from './harness/figure.ts'
import { helpText, parseOptions, type BenchOptions } from './harness/options.ts'
import { formatTable, writeResults, type FigureResults } from './harness/report.ts'
import { Workbench } from './harness/workbench.ts'

const figures: readonly Figure[] = [
  ...startFigures,
  ...loadFigures,
  ...reads,
  ...searches,
  ...creates,
  ...lots,
  ...accessFigures,
  ...eventLoop,
  ...microFigures,
]

const log = (line: string) => process.stderr.write(`${line}\n`)

function chosenFigures({ only }: BenchOptions): readonly Figure[] {
  const unknown = only.filter((name) => !figures.some((figure) => figure.name === name))
  if (unknown.length > 0)
    throw new Error(
      `no figure is named ${unknown.join(', ')}; there are ${figures.map(({ name }) => name).join(', ')}`,
    )
  return only.length === 0 ? figures : figures.filter(({ name }) => only.includes(name))
}

async function runFigure(bench: Workbench, { name, run }: Figure): Promise<FigureResults> {
  const started = performance.now()
  log(`measuring ${name}`)
  let results: readonly Result[]
  try {
    results = await run(bench)
  } catch (error) {
    process.exitCode = 1
    const detail = error instanceof Error ? error.message : String(error)
    results = [{ work: name, value: undefined, unit: '', detail: `failed: ${detail}` }]
  }
  return { name, seconds: (performance.now() - started) / 1000, results }
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) {
    log(helpText)
    return
  }
  const chosen = chosenFigures(options)
  const cores = chooseCores()
  pinLoad(cores)
  const bench = new Workbench(options, cores, log)
  const measured: FigureResults[] = []
  try {
    for (const figure of chosen) measured.push(await runFigure(bench, figure))
  } finally {
    await bench.close()
  }
  process.stdout.write(formatTable(measured, cores))
  log(`written to ${writeResults(measured, options)}`)
}

try {
  await main()
} catch (error) {
  log(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
