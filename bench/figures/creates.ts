/** Creates against the store's own batches, and what a resource costs on disk. */
import { DatabaseSync } from 'node:sqlite'
import { createBodies } from '../data/resources.ts'
import { atLeast, type Figure, type Result } from '../harness/figure.ts'
import { postRequest } from '../harness/http-client.ts'
import { median, runLoad } from '../harness/load.ts'
import { medianRatio, runRounds, spread } from '../harness/rounds.ts'
import type { RunningServer } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'

const connections = 32
/** More than the fastest store takes in a stretch. */
const bodiesPerSecond = 8000
const batches = 60

async function create(bench: Workbench): Promise<readonly Result[]> {
  const server = await bench.server()
  // It copies the store, so before the floor takes the copy for its own.
  const plainServer = await bench.plainServer()
  const floor = bench.program('floors/rows.ts', ['--expose-gc'])
  await floor.ask('open', bench.copyFolder)
  const { stretchMilliseconds: milliseconds, rounds: count } = bench.options
  let stretch = 0
  const cpu = new Map<RunningServer, number>()
  const createsOf = (server: RunningServer) => async () => {
    const bodies = createBodies(
      `ours-${stretch++}`,
      (bodiesPerSecond * milliseconds) / 1000,
      bench.patients,
    )
    const requests = bodies.map((body) => postRequest('/fhir/DocumentReference', body))
    const requestOf = (number: number) => requests[number]
    const result = await runLoad({
      port: server.port,
      connections,
      milliseconds,
      requestOf,
      server: server.child,
    })
    cpu.set(server, result.cpuMicroseconds)
    return result.perSecond
  }
  const rows = async () => {
    const label = `rows-${stretch++}`
    await floor.ask('prepare', {
      label,
      count: (batches * 50 * milliseconds) / 1000,
      patients: bench.patients,
    })
    return floor.ask<number>('run')
  }
  const ours = createsOf(server)
  const plain = createsOf(plainServer)
  const rounds = await runRounds({ rounds: count, contenders: { ours, rows, plain } })
  const detail = (values: readonly number[], server: RunningServer) =>
    `${Math.round(median(values))}/s to ${Math.round(median(rounds.rows))}/s, rounds ${spread(values, rounds.rows)}; CPU of one create ${Math.round(cpu.get(server)!)} µs, all threads`
  return [
    {
      work: 'create, validated, indexed and audited, 32 connections / rows',
      value: medianRatio(rounds.ours, rounds.rows),
      unit: '',
      goal: atLeast(0.65),
      detail: detail(rounds.ours, server),
      where: await bench.profile(ours),
      rounds,
    },
    {
      work: 'create, indexed, neither validated nor audited, 32 connections / rows',
      value: medianRatio(rounds.plain, rounds.rows),
      unit: '',
      goal: atLeast(0.65),
      detail: detail(rounds.plain, plainServer),
      where: await bench.profile(plain, plainServer),
    },
  ]
}

const indexTables = ['token', 'reference', 'string', 'period', 'quantity', 'compartment', 'fact']

async function rowsPerResource(bench: Workbench): Promise<readonly Result[]> {
  const { resources } = await bench.loaded()
  const db = new DatabaseSync(`${bench.copyFolder}/passerelle.db`, { readOnly: true })
  const count = (table: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n)
  const bytes = new Map(
    db
      .prepare(
        `SELECT m.tbl_name AS name, sum(s.pgsize) AS bytes FROM dbstat s
          JOIN sqlite_schema m ON m.name = s.name WHERE s.aggregate = TRUE GROUP BY m.tbl_name`,
      )
      .all()
      .map((row) => [String(row.name), Number(row.bytes)]),
  )
  const rows = indexTables.map((table) => [table, count(table)] as const)
  const total = rows.reduce((sum, [, number]) => sum + number, 0)
  const indexBytes = indexTables.reduce((sum, table) => sum + (bytes.get(table) ?? 0), 0)
  db.close()
  const each = (value: number) => (value / resources).toFixed(1)
  return [
    {
      work: 'index rows per resource',
      value: total / resources,
      unit: 'rows',
      detail: rows.map(([table, number]) => `${table} ${each(number)}`).join(', '),
    },
    {
      work: 'index bytes per resource',
      value: indexBytes / resources / 1024,
      unit: 'KB',
      detail: `${indexTables.map((table) => `${table} ${each(bytes.get(table) ?? 0)}`).join(', ')}; versions with their bodies ${each(bytes.get('version') ?? 0)} bytes`,
    },
  ]
}

export const creates: readonly Figure[] = [
  { name: 'rows', run: rowsPerResource },
  { name: 'create', run: create },
]
