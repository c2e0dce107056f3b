/** Passerelle as shipped, in a process of its own. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'
import type { Cores } from './cores.ts'
import { freePort } from './free-port.ts'
import { Connection, getRequest, type Reply } from './http-client.ts'

export interface RunningServer {
  readonly child: Child
  readonly port: number
  /** From the start of the process to 200 on `/fhir/metadata`. */
  readonly startMilliseconds: number
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly cores: Cores
  readonly dataFolder: string
  /** Another copy of the project; this one by default. */
  readonly project?: string
  readonly env?: Readonly<Record<string, string>>
  /** With the probe, which takes some memory and time of its own. */
  readonly probed?: boolean
  /** Of this project; the server as shipped by default. */
  readonly program?: string | undefined
}

/** What `npm start` gives to Node before the program. */
const nodeOptions = packageOptions()

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))
const probe = fileURLToPath(new URL('./probe.ts', import.meta.url))
const startMax = 60_000

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { cores, dataFolder, project = projectFolder, env = {}, probed = false } = options
  const { program = 'bench/harness/serve.ts' } = options
  const port = await freePort()
  const started = performance.now()
  const child = new Child({
    cores,
    cwd: project,
    argv:
      probed || project === projectFolder
        ? [...nodeOptions, ...(probed ? ['--import', probe] : []), program]
        : [...nodeOptions, 'src/main.ts', 'serve'],
    env: {
      PORT: String(port),
      STORE_URL: `sqlite:${dataFolder}`,
      DEMO_DATA: 'off',
      AUTH: 'open',
      NODE_NO_WARNINGS: '1',
      ...env,
    },
  })
  while (!(await answers(port))) {
    if (child.hasEnded || performance.now() - started > startMax) {
      await child.stop()
      throw new Error(`the server did not start: ${child.output.slice(-2000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { child, port, startMilliseconds: performance.now() - started, stop: () => child.stop() }
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await ask(port, getRequest('/fhir/metadata'))).status === 200
  } catch {
    return false
  }
}

/** One request on a connection of its own. */
export async function ask(port: number, request: Buffer | string): Promise<Reply> {
  const connection = await Connection.open(port)
  try {
    return await connection.send(request)
  } finally {
    connection.close()
  }
}

function packageOptions(): readonly string[] {
  const file = new URL('../../package.json', import.meta.url)
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: { start: string } }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}
