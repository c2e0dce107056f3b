/** The main job: a lot of a document of 50 KB, against what its durability costs by hand. */
import { DatabaseSync } from 'node:sqlite'
import { aLotOf, lotSurroundings } from '../data/lots.ts'
import { atLeast, type Figure, type Result } from '../harness/figure.ts'
import { postRequest } from '../harness/http-client.ts'
import { median, runLoad } from '../harness/load.ts'
import { medianRatio, runRounds, spread } from '../harness/rounds.ts'
import { ask, type RunningServer } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'

const documentBytes = 50 * 1024
const rowBytes = 4096
const lotsPerSecond = 2500

/** Loads whom the lots name, once. */
export async function prepareLots({ port }: RunningServer): Promise<void> {
  for (const body of lotSurroundings()) {
    const reply = await ask(port, postRequest('/fhir', body))
    if (reply.status !== 200)
      throw new Error(`the directory was refused: ${reply.body.toString().slice(0, 2000)}`)
  }
}

/** The rows that one lot leaves in the index tables. */
async function rowsOfLot(bench: Workbench): Promise<number> {
  const { port } = await bench.server()
  const db = new DatabaseSync(bench.databaseFile, { readOnly: true })
  const tables = ['token', 'reference', 'string', 'period', 'quantity', 'compartment', 'fact']
  const count = () =>
    tables.reduce(
      (sum, table) => sum + Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n),
      0,
    )
  const before = count()
  const reply = await ask(port, postRequest('/fhir', aLotOf(documentBytes, 'rows')))
  if (reply.status !== 200)
    throw new Error(`a lot was refused: ${reply.body.toString().slice(0, 2000)}`)
  const rows = count() - before
  db.close()
  return rows
}

async function lot(bench: Workbench): Promise<readonly Result[]> {
  const server = await bench.server()
  const plainServer = await bench.plainServer()
  await prepareLots(server)
  await prepareLots(plainServer)
  const indexRows = await rowsOfLot(bench)
  const floor = bench.program('floors/blob-batch.ts')
  const { stretchMilliseconds: milliseconds, rounds: count } = bench.options
  let stretch = 0
  let cpu = 0
  const post = (connections: number, to: RunningServer) => async () => {
    const label = stretch++
    const requests = Array.from(
      { length: (lotsPerSecond * milliseconds) / 1000 / (connections > 1 ? 1 : 2) },
      (_, index) => postRequest('/fhir', aLotOf(documentBytes, `${label}-${index}`)),
    )
    const requestOf = (number: number) => requests[number]
    const result = await runLoad({
      port: to.port,
      connections,
      milliseconds,
      requestOf,
      server: to.child,
    })
    if (to === server) cpu = result.cpuMicroseconds
    return result.perSecond
  }
  const floorWork = {
    folder: `${bench.folder}/floor`,
    documentBytes,
    rowBytes,
    indexRows,
    milliseconds,
  }
  const rounds = await runRounds({
    rounds: count,
    contenders: {
      one: post(1, server),
      floor: () => floor.ask<number>('run', floorWork),
      eight: post(8, server),
      plain: post(1, plainServer),
    },
  })
  const detail = (values: readonly number[]) =>
    `${Math.round(median(values))}/s to ${Math.round(median(rounds.floor))}/s, rounds ${spread(values, rounds.floor)}`
  return [
    {
      work: 'DMP lot of 50 KB, 1 connection / blob fsync + durable batch of 3 by hand',
      value: medianRatio(rounds.one, rounds.floor),
      unit: '',
      goal: atLeast(0.7),
      detail: `${detail(rounds.one)}; ${indexRows} index rows a lot; CPU of one lot ${Math.round(cpu)} µs, all threads`,
      where: await bench.profile(post(1, server)),
      rounds,
    },
    {
      work: 'the same, 8 connections / the same by hand, one after the other',
      value: medianRatio(rounds.eight, rounds.floor),
      unit: '',
      detail: detail(rounds.eight),
    },
    {
      work: 'the same lot as plain FHIR, neither validated nor audited, 1 connection / by hand',
      value: medianRatio(rounds.plain, rounds.floor),
      unit: '',
      detail: detail(rounds.plain),
    },
  ]
}

export const lots: readonly Figure[] = [{ name: 'lot', run: lot }]
