/** The main job: a lot of a document of 50 KB, against what its durability costs by hand. */
import { DatabaseSync } from 'node:sqlite'
import { aLotOf, lotSurroundings } from '../data/lots.ts'
import { atLeast, type Figure, type Result } from '../harness/figure.ts'
import { postRequest } from '../harness/http-client.ts'
import { median, runLoad } from '../harness/load.ts'
import { medianRatio, runRounds, spread } from '../harness/rounds.ts'
import { ask } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'

const documentBytes = 50 * 1024
const rowBytes = 4096
const lotsPerSecond = 2500

/** Loads whom the lots name, once. */
export async function prepareLots(bench: Workbench): Promise<void> {
  const { port } = await bench.server()
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
  await prepareLots(bench)
  const indexRows = await rowsOfLot(bench)
  const floor = bench.program('floors/blob-batch.ts')
  const { stretchMilliseconds: milliseconds, rounds: count } = bench.options
  let stretch = 0
  let cpu = 0
  const post = (connections: number) => async () => {
    const label = stretch++
    const requests = Array.from(
      { length: (lotsPerSecond * milliseconds) / 1000 / (connections > 1 ? 1 : 2) },
      (_, index) => postRequest('/fhir', aLotOf(documentBytes, `${label}-${index}`)),
    )
    const requestOf = (number: number) => requests[number]
    const result = await runLoad({
      port: server.port,
      connections,
      milliseconds,
      requestOf,
      server: server.child,
    })
    cpu = result.cpuMicroseconds
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
      one: post(1),
      floor: () => floor.ask<number>('run', floorWork),
      eight: post(8),
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
      where: await bench.profile(post(1)),
      rounds,
    },
    {
      work: 'the same, 8 connections / the same by hand, one after the other',
      value: medianRatio(rounds.eight, rounds.floor),
      unit: '',
      detail: detail(rounds.eight),
    },
  ]
}

export const lots: readonly Figure[] = [{ name: 'lot', run: lot }]
