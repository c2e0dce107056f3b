/** What authorisation costs beside AUTH=open, and whether time tells hidden from absent. */
import { shownDocumentType } from '../data/record.ts'
import { createRandom } from '../../src/demo/random.ts'
import { accessWorld, type AccessWorld, type RecordDocument } from '../harness/access-world.ts'
import { atMost, type Figure, type Result } from '../harness/figure.ts'
import { Connection, getRequest, withToken } from '../harness/http-client.ts'
import { median, runLoad, type LoadResult } from '../harness/load.ts'
import { mannWhitney } from '../harness/mann-whitney.ts'
import { medianRatio, runRounds, spread } from '../harness/rounds.ts'
import { ask, type RunningServer } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'

interface Comparison {
  readonly what: string
  readonly paths: readonly string[]
  readonly connections: number
  readonly ratioMax: number
}

/** Many short stretches: what is compared is nearer in time. */
const shorter = 3

interface Measured {
  readonly rounds: Readonly<Record<Turn, readonly number[]>>
  /** CPU time of one reply, all threads, in µs. */
  readonly cpu: Readonly<Record<Turn, readonly number[]>>
}

/** Each caller has a turn of AUTH=open of its own beside it, so that both servers work as much. */
type Turn = 'citizen' | 'besideCitizen' | 'professional' | 'besideProfessional'

const callers = [
  { who: 'citizen', beside: 'besideCitizen' },
  { who: 'professional', beside: 'besideProfessional' },
] as const

/** The same requests by a citizen, by a professional and with AUTH=open, in turn. */
async function compare(
  bench: Workbench,
  { what, paths, connections, ratioMax }: Comparison,
): Promise<readonly Result[]> {
  const { sandbox, open, citizen, specialist } = await accessWorld(bench)
  const work = ({ child, port }: RunningServer, token?: string) => {
    const plain = paths.map((path) => getRequest(path))
    const requests = token === undefined ? plain : plain.map((one) => withToken(one, token))
    const requestOf = (number: number) => requests[number % requests.length]!
    return (milliseconds: number) =>
      runLoad({ port, connections, milliseconds, requestOf, server: child })
  }
  const ofOpen = work(open)
  const works = {
    citizen: work(sandbox, citizen),
    besideCitizen: ofOpen,
    professional: work(sandbox, specialist),
    besideProfessional: ofOpen,
  }
  const { rounds, cpu } = await takeTurns(bench, works)
  const told = (values: readonly number[]) => `${Math.round(median(values))} µs`
  const results: Result[] = []
  for (const { who, beside } of callers) {
    results.push({
      work: `authorised ${what} by a ${who} / the same with AUTH=open, time`,
      value: medianRatio(rounds[who], rounds[beside]),
      unit: '',
      goal: atMost(ratioMax),
      detail: `${told(rounds[who])} to ${told(rounds[beside])}, rounds ${spread(rounds[who], rounds[beside])}; CPU of one reply: ${told(cpu[who])} to ${told(cpu[beside])}, ratio ${medianRatio(cpu[who], cpu[beside]).toFixed(2)}, of the least ${leastRatio(cpu[who], cpu[beside]).toFixed(2)}`,
      where: await bench.profile(() => works[who](bench.options.stretchMilliseconds), sandbox),
      rounds: { [who]: rounds[who], open: rounds[beside] },
    })
  }
  return results
}

/** Of the rounds that others of the machine disturbed least. */
function leastRatio(above: readonly number[], below: readonly number[]): number {
  return Math.min(...above) / Math.min(...below)
}

type Work = (milliseconds: number) => Promise<LoadResult>

async function takeTurns(
  { options }: Workbench,
  works: Readonly<Record<Turn, Work>>,
): Promise<Measured> {
  const stretch = options.stretchMilliseconds
  for (const work of Object.values(works)) await work(stretch)
  const cpu: Record<Turn, number[]> = {
    citizen: [],
    besideCitizen: [],
    professional: [],
    besideProfessional: [],
  }
  const turn = (name: Turn) => async () => {
    const { cpuMicroseconds, perSecond } = await works[name](stretch / shorter)
    cpu[name].push(cpuMicroseconds)
    return 1e6 / perSecond
  }
  const rounds = await runRounds({
    rounds: options.rounds * shorter,
    contenders: {
      citizen: turn('citizen'),
      besideCitizen: turn('besideCitizen'),
      professional: turn('professional'),
      besideProfessional: turn('besideProfessional'),
    },
  })
  return { rounds, cpu }
}

async function authorisedRead(bench: Workbench): Promise<readonly Result[]> {
  const { shown } = await accessWorld(bench)
  const paths = shown.map(({ id }) => `/fhir/DocumentReference/${id}`)
  return compare(bench, { what: 'read', paths, connections: 32, ratioMax: 1.25 })
}

async function authorisedSearch(bench: Workbench): Promise<readonly Result[]> {
  const world = await accessWorld(bench)
  const type = encodeURIComponent(shownDocumentType)
  const path = `/fhir/DocumentReference?patient=Patient/${world.patient}&status=current&type=${type}&date=ge2021-01-01&_sort=-date&_count=20`
  await requireTwenty(world, path)
  return compare(bench, { what: 'search of 20', paths: [path], connections: 8, ratioMax: 1.3 })
}

/** All callers are shown the same, or the times could not be compared. */
async function requireTwenty({ sandbox, open, citizen, specialist }: AccessWorld, path: string) {
  const request = getRequest(path)
  const found = new Set<string>()
  for (const reply of [
    await ask(open.port, request),
    await ask(sandbox.port, withToken(request, citizen)),
    await ask(sandbox.port, withToken(request, specialist)),
  ]) {
    const text = reply.body.toString()
    const { entry = [] } = JSON.parse(text) as { entry?: { resource: { id: string } }[] }
    if (entry.length !== 20)
      throw new Error(`${path}: ${reply.status}, and not 20 documents: ${text.slice(0, 500)}`)
    found.add(entry.map(({ resource }) => resource.id).join())
  }
  if (found.size > 1) throw new Error(`${path} does not show the same to all callers`)
}

const pairsBefore = 200
const chanceMin = 0.01
const differenceMax = 1000

interface Probe {
  readonly what: string
  /** The status of every answer. */
  readonly expected: number
  /** Requests that differ only in what they name. */
  readonly hidden: readonly string[]
  readonly absent: readonly string[]
}

/** Times requests for hidden and for absent, in µs, each pair in an order of chance. */
async function timePairs(
  port: number,
  { hidden, absent }: Probe,
  pairs: number,
): Promise<{ hidden: number[]; absent: number[] }> {
  const random = createRandom('hidden or absent')
  const connection = await Connection.open(port)
  const time = async (request: string): Promise<number> => {
    const started = performance.now()
    await connection.send(request)
    return (performance.now() - started) * 1000
  }
  const times = { hidden: [] as number[], absent: [] as number[] }
  for (let pair = -pairsBefore; pair < pairs; pair++) {
    const place = random.integer(0, hidden.length - 1)
    const isHiddenFirst = random.chance(0.5)
    const first = await time((isHiddenFirst ? hidden : absent)[place]!)
    const second = await time((isHiddenFirst ? absent : hidden)[place]!)
    if (pair < 0) continue
    times.hidden.push(isHiddenFirst ? first : second)
    times.absent.push(isHiddenFirst ? second : first)
  }
  connection.close()
  return times
}

async function compareHidden(bench: Workbench, probe: Probe): Promise<Result> {
  const { sandbox } = await accessWorld(bench)
  const pairs = bench.options.quick ? 500 : 2000
  const rounds = await timePairs(sandbox.port, probe, pairs)
  const [hidden, absent] = [median(rounds.hidden), median(rounds.absent)]
  const difference = Math.abs(hidden - absent)
  const chance = mannWhitney(rounds.hidden, rounds.absent)
  const ownDifference = median(rounds.hidden.map((time, pair) => time - rounds.absent[pair]!))
  const isNoise = chance > chanceMin
  return {
    work: `${probe.what}, hidden against absent: difference of medians`,
    value: difference,
    unit: 'µs',
    // Met as well by any difference that chance alone makes (security.md threat 34).
    ...(isNoise && difference > differenceMax ? {} : { goal: atMost(differenceMax) }),
    detail: `${isNoise ? 'no difference beyond the noise' : 'more than noise'}: Mann-Whitney p ${chance.toPrecision(2)} (${pairs} pairs); ${hidden.toFixed(0)} µs to ${absent.toFixed(0)} µs, ${((100 * (hidden - absent)) / absent).toFixed(1)} %; median of the pairs' own differences ${ownDifference.toFixed(1)} µs`,
    rounds,
  }
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** The same bucket, time and length; only chance is another. */
function absentId(id: string): string {
  const random = createRandom(`absent/${id}`)
  const tail = Array.from({ length: 12 }, () => random.pick([...alphabet])).join('')
  return id.slice(0, -tail.length) + tail
}

function absentIdentifier({ identifier }: RecordDocument): string {
  const random = createRandom(`absent/${identifier}`)
  const tail = Array.from({ length: 12 }, () => random.integer(0, 9)).join('')
  return identifier.slice(0, -tail.length) + tail
}

/** A caller hears the same of both, or there is more to see than time. */
async function requireAlike(
  { sandbox }: AccessWorld,
  { what, expected, hidden, absent }: Probe,
): Promise<void> {
  for (const [place, request] of hidden.entries()) {
    const told = new Set<number>()
    for (const asked of [request, absent[place]!]) {
      const { status, body } = await ask(sandbox.port, asked)
      const text = body.toString()
      if (status !== expected || text.includes('"entry"'))
        throw new Error(`${what}: ${status}, ${text.slice(0, 500)}`)
      // The id of an OperationOutcome is the request's.
      told.add(text.replace(/"id":"[^"]*",/, '').length)
    }
    if (told.size > 1) throw new Error(`${what}: hidden and absent are answered differently`)
  }
}

async function hidden(bench: Workbench): Promise<readonly Result[]> {
  const world = await accessWorld(bench)
  const read = (id: string) =>
    withToken(getRequest(`/fhir/DocumentReference/${id}`), world.specialist)
  const search = (identifier: string) =>
    withToken(
      getRequest(
        `/fhir/DocumentReference?patient=Patient/${world.patient}&identifier=${encodeURIComponent(identifier)}`,
      ),
      world.specialist,
    )
  const probes: readonly Probe[] = [
    {
      what: 'read by id',
      expected: 404,
      hidden: world.hidden.map(({ id }) => read(id)),
      absent: world.hidden.map(({ id }) => read(absentId(id))),
    },
    {
      what: 'search by business identifier',
      expected: 200,
      hidden: world.hidden.map(({ identifier }) => search(identifier)),
      absent: world.hidden.map((document) => search(absentIdentifier(document))),
    },
  ]
  const results: Result[] = []
  for (const probe of probes) {
    await requireAlike(world, probe)
    results.push(await compareHidden(bench, probe))
  }
  return results
}

export const accessFigures: readonly Figure[] = [
  { name: 'authorised-read', run: authorisedRead },
  { name: 'authorised-search', run: authorisedSearch },
  { name: 'hidden', run: hidden },
]
