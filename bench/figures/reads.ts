/** Read by id: 32 connections against bare Fastify, one connection against the disk. */
import { DatabaseSync } from 'node:sqlite'
import { patientId } from '../data/resources.ts'
import { atLeast, atMost, type Figure, type Result } from '../harness/figure.ts'
import { getRequest } from '../harness/http-client.ts'
import { median, runLoad, type LoadResult } from '../harness/load.ts'
import { medianRatio, runRounds, spread } from '../harness/rounds.ts'
import { ask, type RunningServer } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'
import type { Child } from '../harness/child.ts'
import { sentHeaders } from '../harness/sent-headers.ts'

const connections = 32

interface Contender {
  readonly child: Child
  readonly port: number
}

/** Patients all over the store: few enough that the server has them in memory after one turn. */
function readsOf(patients: number): (number: number) => string {
  const requests = Array.from({ length: patients }, (_, index) =>
    getRequest(`/fhir/Patient/${patientId((index * 7919) % patients)}`),
  )
  return (number) => requests[number % requests.length]!
}

/** Documents in turn, more of them than the server keeps in memory: each read asks the database. */
function readsOfDocuments({ databaseFile }: Workbench): (number: number) => string {
  const db = new DatabaseSync(databaseFile, { readOnly: true })
  const requests = db
    .prepare(
      `SELECT r.id FROM resource r JOIN type t ON t.id = r.type
        WHERE t.name = 'DocumentReference' AND r.version > 0`,
    )
    .all()
    .map(({ id }) => getRequest(`/fhir/DocumentReference/${id}`))
  db.close()
  return (number) => requests[(number * 7919) % requests.length]!
}

async function floorsOf(
  bench: Workbench,
  server: RunningServer,
): Promise<Record<'bare' | 'sql', Contender>> {
  const { head, body } = await ask(server.port, getRequest(`/fhir/Patient/${patientId(1)}`))
  const headers = sentHeaders(head)
  const bare = bench.program('floors/bare.ts')
  const sql = bench.program('floors/bare-sql.ts')
  return {
    bare: { child: bare, port: await bare.ask('listen', { headers, body: body.toString() }) },
    sql: { child: sql, port: await sql.ask('listen', { headers, file: bench.databaseFile }) },
  }
}

async function read32(bench: Workbench): Promise<readonly Result[]> {
  const server = await bench.server()
  const floors = await floorsOf(bench, server)
  const known = readsOf(bench.patients)
  const documents = readsOfDocuments(bench)
  const last: Record<string, LoadResult> = {}
  const load =
    (name: string, { child, port }: Contender, milliseconds: number, requestOf = known) =>
    async () => {
      last[name] = await runLoad({ port, connections, milliseconds, requestOf, server: child })
      return last[name].perSecond
    }
  const { stretchMilliseconds: stretch, rounds: count } = bench.options
  const rounds = await runRounds({
    rounds: count,
    contenders: {
      ours: load('ours', server, stretch),
      sql: load('sql', floors.sql, stretch),
      bare: load('bare', floors.bare, stretch),
      oursUnknown: load('oursUnknown', server, stretch, documents),
      sqlUnknown: load('sqlUnknown', floors.sql, stretch, documents),
    },
  })
  const where = await bench.profile(load('ours', server, stretch))
  const [ours, sql, bare] = [last.ours!, last.sql!, last.bare!]
  const cpu = `CPU of one reply: ours ${Math.round(ours.cpuMicroseconds)} µs, bare+SQL ${Math.round(sql.cpuMicroseconds)} µs, bare ${Math.round(bare.cpuMicroseconds)} µs; core used ${Math.round(bare.cpuShare * 100)} % by bare`
  const told = (values: readonly number[]) => `${Math.round(median(values))}/s`
  return [
    {
      work: 'read by id, 32 connections / bare+SQL',
      value: medianRatio(rounds.ours, rounds.sql),
      unit: '',
      goal: atLeast(0.6),
      detail: `${told(rounds.ours)} to ${told(rounds.sql)}, rounds ${spread(rounds.ours, rounds.sql)}; ${cpu}`,
      where,
      rounds,
    },
    {
      work: 'read by id, 32 connections / bare',
      value: medianRatio(rounds.ours, rounds.bare),
      unit: '',
      goal: atLeast(0.28),
      detail: `${told(rounds.ours)} to ${told(rounds.bare)}, rounds ${spread(rounds.ours, rounds.bare)}`,
      rounds,
    },
    {
      work: 'read by id of what the server has not in memory / bare+SQL',
      value: medianRatio(rounds.oursUnknown, rounds.sqlUnknown),
      unit: '',
      detail: `documents in turn, more than are kept: ${told(rounds.oursUnknown)} to ${told(rounds.sqlUnknown)}, rounds ${spread(rounds.oursUnknown, rounds.sqlUnknown)}`,
    },
  ]
}

const allowedBesideSync = 150

async function read1(bench: Workbench): Promise<readonly Result[]> {
  const server = await bench.server()
  const disk = bench.program('floors/fdatasync.ts')
  const requestOf = readsOf(bench.patients)
  const milliseconds = bench.options.stretchMilliseconds / 2
  const rounds = await runRounds({
    rounds: bench.options.rounds,
    contenders: {
      ours: async () =>
        (await runLoad({ port: server.port, connections: 1, milliseconds, requestOf }))
          .medianMicroseconds,
      sync: () => disk.ask<number>('measure', { folder: bench.folder, count: 200 }),
    },
  })
  const allowed = rounds.sync.map((time) => time + allowedBesideSync)
  return [
    {
      work: 'read by id, 1 connection, median / (one fdatasync + 150 µs)',
      value: medianRatio(rounds.ours, allowed),
      unit: '',
      goal: atMost(1),
      detail: `${Math.round(median(rounds.ours))} µs; fdatasync ${Math.round(median(rounds.sync))} µs`,
      where: await bench.profile(() =>
        runLoad({ port: server.port, connections: 1, milliseconds, requestOf }),
      ),
      rounds,
    },
  ]
}

export const reads: readonly Figure[] = [
  { name: 'read', run: read32 },
  { name: 'read1', run: read1 },
]
