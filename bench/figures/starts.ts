/** How soon it serves, and what it then holds. */
import { cpSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Resident } from '../harness/child.ts'
import { atMost, type Figure, type Result } from '../harness/figure.ts'
import { median } from '../harness/load.ts'
import { projectFolder, startServer } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'

interface Start {
  readonly seconds: number
  /** Of all its threads. */
  readonly cpuSeconds: number
  readonly resident: Resident
}

const settleMilliseconds = 1500

async function startOnce(bench: Workbench, project: string, name: string): Promise<Start> {
  const dataFolder = join(bench.folder, `start-${name}`)
  rmSync(dataFolder, { recursive: true, force: true })
  const env = { NODE_COMPILE_CACHE: join(bench.folder, 'compile-cache') }
  const server = await startServer({ cores: bench.cores, dataFolder, project, env })
  const cpuSeconds = server.child.cpuMicroseconds() / 1e6
  await new Promise((resolve) => setTimeout(resolve, settleMilliseconds))
  const resident = server.child.residentMegabytes()
  await server.stop()
  return { seconds: server.startMilliseconds / 1000, cpuSeconds, resident }
}

/** A copy of the project as `git clone` and `npm ci --ignore-scripts` leave it: no cache of any kind. */
function freshProject(bench: Workbench): string {
  const project = join(bench.folder, 'project')
  rmSync(project, { recursive: true, force: true })
  for (const name of ['src', 'profiles', 'terminologies', 'package.json'])
    cpSync(join(projectFolder, name), join(project, name), { recursive: true })
  symlinkSync(join(projectFolder, 'node_modules'), join(project, 'node_modules'))
  rmSync(join(bench.folder, 'compile-cache'), { recursive: true, force: true })
  return project
}

async function starts(bench: Workbench): Promise<readonly Result[]> {
  const count = bench.options.quick ? 1 : 3
  const first: Start[] = []
  const cached: Start[] = []
  for (let round = 0; round < count; round++) {
    const project = freshProject(bench)
    first.push(await startOnce(bench, project, 'first'))
    // Node writes its compile cache as the process ends: the second start has it.
    cached.push(await startOnce(bench, project, 'cached'))
  }
  const told = (all: readonly Start[]) =>
    `${all.map(({ seconds }) => seconds.toFixed(2)).join(', ')} s; time on the core ${median(all.map((start) => start.cpuSeconds)).toFixed(2)} s, the rest is waiting for disk and core`
  const own = (all: readonly Start[]) => median(all.map(({ resident }) => resident.own))
  const files = (all: readonly Start[]) => median(all.map(({ resident }) => resident.files))
  return [
    {
      work: 'start, cached, to 200 on /fhir/metadata',
      value: median(cached.map(({ seconds }) => seconds)),
      unit: 's',
      goal: atMost(2),
      detail: told(cached),
    },
    {
      work: 'start, very first',
      value: median(first.map(({ seconds }) => seconds)),
      unit: 's',
      goal: atMost(6),
      detail: told(first),
    },
    {
      work: 'resident after start, one HTTP thread and the writer',
      value: own(cached) + files(cached),
      unit: 'MB',
      goal: atMost(300),
      detail: `own ${Math.round(own(cached))} MB, mapped files ${Math.round(files(cached))} MB (Node itself, the database); after a very first start ${Math.round(own(first) + files(first))} MB; our statements of the French packages, no official package`,
    },
  ]
}

export const startFigures: readonly Figure[] = [{ name: 'start', run: starts }]
