/** The program as a process of its own, for tests of its start and its end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Started {
  readonly base: string
  readonly origin: string
  readonly process: ChildProcess
  output(): string
  errors(): string
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
  /** Waits until the condition holds, for 60 s at most. */
  until(condition: () => Promise<boolean> | boolean): Promise<void>
}

const main = new URL('../../src/main.ts', import.meta.url).pathname

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts `passerelle serve`; killed when the test ends. */
export async function start(t: Test, settings: Readonly<Record<string, string>>): Promise<Started> {
  const port = settings.PORT ?? String(await freePort())
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { PATH: process.env.PATH, AUTH: 'open', DEMO_DATA: 'off', ...settings, PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const texts = { output: '', errors: '' }
  child.stdout.on('data', (chunk: Buffer) => (texts.output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (texts.errors += chunk.toString()))
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    base: `${origin}/fhir`,
    process: child,
    output: () => texts.output,
    errors: () => texts.errors,
    ended: once(child, 'close').then(([code]) => code as number | null),
    until: (condition) => until(condition, () => `${texts.output}${texts.errors}`),
  }
}

/** Waits until the condition holds, for 60 s at most; then says what was seen. */
export async function until(condition: () => Promise<boolean> | boolean, seen: () => string) {
  const deadline = performance.now() + 60_000
  for (;;) {
    // A server that is not listening yet refuses the connection.
    if (await Promise.resolve(condition()).catch(() => false)) return
    if (performance.now() > deadline) throw new Error(`gave up waiting; seen so far: ${seen()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export async function isReady({ origin }: Started): Promise<boolean> {
  return (await fetch(`${origin}/health/ready`)).ok
}

export async function totalOf({ base }: Started, query: string): Promise<number> {
  const answer = await fetch(`${base}/${query}`)
  return ((await answer.json()) as { total: number }).total
}
