import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { demoOptions, demoResources } from '../../src/demo/demo-data.ts'
import { freePort, isReady, start, totalOf, until } from './started-server.ts'

const entries = [...demoResources(demoOptions)].flatMap(({ entry }) => entry)
const expected = (type: string) =>
  entries.filter(({ resource }) => resource.resourceType === type).length

t.test('loads demonstration data once, behind a server that listens already', async (t) => {
  const STORE_URL = `sqlite:${t.testdir()}`
  const first = await start(t, { STORE_URL, DEMO_DATA: 'on' })
  await first.until(async () => (await fetch(`${first.base}/metadata`)).ok)
  const early = await fetch(`${first.origin}/health/ready`)
  t.equal(early.status, 503)
  t.match(await early.json(), { reason: 'demonstration data is being loaded' })
  await first.until(() => isReady(first))
  t.match(first.output(), `Demonstration data: ${entries.length} resources loaded`)
  t.equal(await totalOf(first, 'Patient?_summary=count&_total=accurate'), 50)
  t.equal(
    await totalOf(first, 'DocumentReference?_summary=count&_total=accurate'),
    expected('DocumentReference'),
  )
  first.process.kill('SIGTERM')
  t.equal(await first.ended, 0)
  t.equal(first.errors(), '')

  const second = await start(t, { STORE_URL, DEMO_DATA: 'on' })
  await second.until(() => isReady(second))
  t.notMatch(second.output(), 'Demonstration data')
  t.equal(await totalOf(second, '_history?_count=1'), entries.length)
  second.process.kill('SIGTERM')
  t.equal(await second.ended, 0)
})

t.test('does not send it again at the second start of the sandbox', async (t) => {
  const settings = { STORE_URL: `sqlite:${t.testdir()}`, DEMO_DATA: 'on', AUTH: 'sandbox' }
  const first = await start(t, settings)
  await first.until(() => isReady(first))
  t.match(first.output(), `Demonstration data: ${entries.length} resources loaded`)
  first.process.kill('SIGTERM')
  t.equal(await first.ended, 0)
  const second = await start(t, settings)
  await second.until(() => isReady(second))
  t.notMatch(second.output(), 'Demonstration data')
})

t.test('goes on where it was killed while loading', async (t) => {
  const STORE_URL = `sqlite:${t.testdir()}`
  const first = await start(t, { STORE_URL, DEMO_DATA: 'on' })
  const documents = 'DocumentReference?_summary=count&_total=accurate'
  await first.until(async () => (await totalOf(first, documents)) > 20)
  first.process.kill('SIGKILL')
  await first.ended
  const second = await start(t, { STORE_URL, DEMO_DATA: 'on' })
  await second.until(() => isReady(second))
  t.equal(await totalOf(second, documents), expected('DocumentReference'))
  t.equal(await totalOf(second, '_history?_count=1'), entries.length, 'nothing twice')
})

t.test('stops in order while it loads', async (t) => {
  const STORE_URL = `sqlite:${t.testdir()}`
  const first = await start(t, { STORE_URL, DEMO_DATA: 'on' })
  await first.until(async () => (await totalOf(first, 'Patient?_summary=count')) > 5)
  first.process.kill('SIGTERM')
  t.equal(await first.ended, 0)
  t.equal(first.errors(), '')
})

t.test('says in one sentence that the data folder is in use', async (t) => {
  const STORE_URL = `sqlite:${t.testdir()}`
  const first = await start(t, { STORE_URL })
  await first.until(() => isReady(first))
  const second = await start(t, { STORE_URL })
  t.equal(await second.ended, 1)
  t.match(second.errors(), /^Passerelle cannot start: The data folder .+ is in use by .+\n$/)
  t.equal(second.output(), '')
})

t.test('says in one sentence that the port is in use', async (t) => {
  const first = await start(t, { STORE_URL: 'memory:' })
  await first.until(() => isReady(first))
  const second = await start(t, { STORE_URL: 'memory:', PORT: new URL(first.origin).port })
  t.equal(await second.ended, 1)
  t.match(second.errors(), /^Passerelle cannot start: port \d+ is in use; .+\n$/)
})

t.test('names every problem of the configuration at once', async (t) => {
  const started = await start(t, { STORE_URL: 'postgres:', VALIDATION: 'some' })
  t.equal(await started.ended, 1)
  t.match(started.errors(), 'STORE_URL')
  t.match(started.errors(), 'VALIDATION')
})

t.test('finishes what it accepted when it is told to stop', async (t) => {
  const STORE_URL = `sqlite:${t.testdir()}`
  const first = await start(t, { STORE_URL })
  await first.until(() => isReady(first))
  const body = JSON.stringify({ resourceType: 'Organization', name: 'Cabinet des Tilleuls' })
  const half = body.length / 2
  const begun = Array.from({ length: 8 }, () => {
    const sending = request(`${first.base}/Organization`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json', 'content-length': body.length },
    })
    sending.write(body.slice(0, half))
    return sending
  })
  // All are on their way into the server before it is told.
  await new Promise((resolve) => setTimeout(resolve, 300))
  first.process.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 300))
  const locations = await Promise.all(
    begun.map(async (sending) => {
      const answered = once(sending, 'response')
      sending.end(body.slice(half))
      const [response] = await answered
      response.resume()
      t.equal(response.statusCode, 201)
      return String(response.headers.location)
    }),
  )
  t.equal(await first.ended, 0)
  const second = await start(t, { STORE_URL })
  await second.until(() => isReady(second))
  for (const location of locations) {
    const { pathname } = new URL(location)
    t.equal((await fetch(second.origin + pathname)).status, 200)
  }
})

t.test('ends when the npm that started it is told to end', async (t) => {
  const PORT = String(await freePort())
  const npm = spawn('npm', ['start'], {
    env: { ...process.env, PORT, STORE_URL: 'memory:', DEMO_DATA: 'off' },
    stdio: 'ignore',
  })
  t.teardown(() => npm.kill('SIGKILL'))
  const isServing = () =>
    fetch(`http://127.0.0.1:${PORT}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(isServing, () => 'no server')
  npm.kill('SIGTERM')
  await until(
    async () => !(await isServing()),
    () => 'the server is still there',
  )
})

const older = ['/usr/bin/node', '/usr/local/bin/node'].find((node) => {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return stdout && Number(/^v(\d+)/.exec(stdout)?.[1]) < 24
})

t.test(
  'says in one sentence that Node is too old',
  { skip: older === undefined && 'no older Node here' },
  async (t) => {
    const preload = new URL('../../scripts/preload.cjs', import.meta.url).pathname
    const { status, stderr } = spawnSync(older!, ['-r', preload, 'src/main.ts', 'serve'], {
      encoding: 'utf8',
    })
    t.equal(status, 1)
    t.match(stderr, /^Passerelle needs Node 24 or newer, and this is \d+\.\d+\.\d+\. .+\n$/)
  },
)
