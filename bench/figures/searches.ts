/** Searches: one patient's documents, through a chain, and far down the pages. */
import {
  mainDocumentType,
  patientId,
  patientIdentifier,
  patientIdentifierSystem,
  searchedSince,
} from '../data/resources.ts'
import { aPatient } from '../data/resources.ts'
import { longRecords } from '../data/transactions.ts'
import { createRandom } from '../../src/demo/random.ts'
import { atLeast, atMost, type Figure, type Result } from '../harness/figure.ts'
import { Connection, getRequest, postRequest } from '../harness/http-client.ts'
import { median, runLoad } from '../harness/load.ts'
import { medianRatio, runRounds, spread } from '../harness/rounds.ts'
import { sentHeaders } from '../harness/sent-headers.ts'
import { ask } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'

const connections = 8

interface Bundle {
  readonly entry?: readonly unknown[]
  readonly link: readonly { readonly relation: string; readonly url: string }[]
}

const patients = Array.from({ length: longRecords }, (_, index) => index)
const common = `type=${encodeURIComponent(mainDocumentType)}&date=ge${searchedSince}&_sort=-date&_count=20`
const directUrls = patients.map(
  (index) => `/fhir/DocumentReference?patient=Patient/${patientId(index)}&${common}`,
)
const chainUrls = patients.map(
  (index) =>
    `/fhir/DocumentReference?patient.identifier=${encodeURIComponent(`${patientIdentifierSystem}|${patientIdentifier(index)}`)}&${common}`,
)

function turning(urls: readonly string[]): (number: number) => string {
  const requests = urls.map(getRequest)
  return (number) => requests[number % requests.length]!
}

async function bundleAt(port: number, url: string): Promise<{ head: string; bundle: Bundle }> {
  const { status, head, body } = await ask(port, getRequest(url))
  if (status !== 200)
    throw new Error(`${url} was answered with ${status}: ${body.toString().slice(0, 500)}`)
  return { head, bundle: JSON.parse(body.toString()) as Bundle }
}

async function requireTwenty(port: number, urls: readonly string[]): Promise<string> {
  let lastHead = ''
  for (const url of urls) {
    const { head, bundle } = await bundleAt(port, url)
    const found = bundle.entry?.length ?? 0
    if (found !== 20) throw new Error(`${url} found ${found} documents, and 20 are needed`)
    lastHead = head
  }
  return lastHead
}

async function search(bench: Workbench): Promise<readonly Result[]> {
  const server = await bench.server()
  const head = await requireTwenty(server.port, directUrls)
  const floor = bench.program('floors/bare-search.ts')
  const port = await floor.ask<number>('listen', {
    headers: sentHeaders(head),
    file: bench.databaseFile,
    urls: directUrls,
  })
  const { stretchMilliseconds: milliseconds, rounds: count } = bench.options
  const requestOf = turning(directUrls)
  const cpu = { ours: 0, floor: 0 }
  const ours = async () => {
    const result = await runLoad({
      port: server.port,
      connections,
      milliseconds,
      requestOf,
      server: server.child,
    })
    cpu.ours = result.cpuMicroseconds
    return result.perSecond
  }
  const rounds = await runRounds({
    rounds: count,
    contenders: {
      ours,
      floor: async () => {
        const result = await runLoad({ port, connections, milliseconds, requestOf, server: floor })
        cpu.floor = result.cpuMicroseconds
        return result.perSecond
      },
    },
  })
  return [
    {
      work: 'token + date search of 20 of a patient / same SQL in a bare route',
      value: medianRatio(rounds.ours, rounds.floor),
      unit: '',
      goal: atLeast(0.5),
      detail: `${Math.round(median(rounds.ours))}/s to ${Math.round(median(rounds.floor))}/s, rounds ${spread(rounds.ours, rounds.floor)}; CPU of one reply: ours ${Math.round(cpu.ours)} µs, floor ${Math.round(cpu.floor)} µs`,
      where: await bench.profile(ours),
      rounds,
    },
  ]
}

/** A contender that times one reply, in µs, while the urls are asked in turn. */
function timer(bench: Workbench, port: number) {
  const { stretchMilliseconds: milliseconds } = bench.options
  return (urls: readonly string[]) => async () => {
    const load = { port, connections, milliseconds, requestOf: turning(urls) }
    return 1e6 / (await runLoad(load)).perSecond
  }
}

async function chain(bench: Workbench): Promise<readonly Result[]> {
  const server = await bench.server()
  await requireTwenty(server.port, chainUrls)
  const time = timer(bench, server.port)
  const rounds = await runRounds({
    rounds: bench.options.rounds,
    contenders: { chain: time(chainUrls), direct: time(directUrls) },
  })
  return [
    {
      work: 'patient.identifier= chain / direct search, time',
      value: medianRatio(rounds.chain, rounds.direct),
      unit: '',
      goal: atMost(1.3),
      detail: `${Math.round(median(rounds.chain))} µs to ${Math.round(median(rounds.direct))} µs, rounds ${spread(rounds.chain, rounds.direct)}`,
      where: await bench.profile(time(chainUrls)),
      rounds,
    },
  ]
}

const farPage = 500

/** The links to page 2 and to page 500 (or the last one, of a small store). */
async function walk(port: number): Promise<{ near: string; far: string; number: number }> {
  const connection = await Connection.open(port)
  let url = '/fhir/DocumentReference?_sort=-date&_count=20'
  let [near, number] = ['', 1]
  for (; number < farPage; number++) {
    const { body } = await connection.send(getRequest(url))
    const next = (JSON.parse(body.toString()) as Bundle).link.find(
      ({ relation }) => relation === 'next',
    )
    if (!next) break
    const { pathname, search: query } = new URL(next.url)
    url = pathname + query
    if (number === 1) near = url
  }
  connection.close()
  return { near, far: url, number }
}

async function page(bench: Workbench): Promise<readonly Result[]> {
  const server = await bench.server()
  const { near, far, number } = await walk(server.port)
  // Somebody writes meanwhile: the pages show a state that is not the newest any more.
  const { id: _id, ...newPatient } = aPatient(0, createRandom('page'))
  await ask(server.port, postRequest('/fhir/Patient', JSON.stringify(newPatient)))
  const time = timer(bench, server.port)
  const rounds = await runRounds({
    rounds: bench.options.rounds,
    contenders: { far: time([far]), near: time([near]) },
  })
  return [
    {
      work: `page ${number} / page 2, time`,
      value: medianRatio(rounds.far, rounds.near),
      unit: '',
      goal: atMost(1.1),
      detail: `${Math.round(median(rounds.far))} µs to ${Math.round(median(rounds.near))} µs, rounds ${spread(rounds.far, rounds.near)}`,
      where: await bench.profile(time([far])),
      rounds,
    },
  ]
}

export const searches: readonly Figure[] = [
  { name: 'search', run: search },
  { name: 'chain', run: chain },
  { name: 'page', run: page },
]
