/** `passerelle serve`: starts the server, loads demonstration data once, stops with grace. */
import { ConfigError, loadConfig, type Config } from '../config.ts'
import { buildServer, type Server } from '../server.ts'
import { loadDemoData } from './load-demo-data.ts'

export async function serve(): Promise<void> {
  const config = readConfig()
  if (!config) return
  let server: Server
  try {
    server = await buildServer(config)
  } catch (error) {
    refuse((error as Error).message)
    return
  }
  const stopping = new AbortController()
  let loading: Promise<void> = Promise.resolve()
  stopOnSignals(async () => {
    stopping.abort()
    await loading
    await server.close()
  })
  if (config.demoData) server.setBusy('demonstration data is being loaded')
  try {
    await server.app.listen({ port: config.port, host: config.host })
  } catch (error) {
    await server.close()
    refuse(listenFailure(error as NodeJS.ErrnoException, config))
    return
  }
  process.stdout.write(
    `Passerelle serves ${config.baseUrl} (page: ${new URL('/', config.baseUrl).href})\n`,
  )
  if (config.demoData) loading = loadDemoDataOnce(server, stopping.signal)
  await loading
}

/** One sentence, and the process ends with 1 when nothing holds it any more. */
function refuse(reason: string): void {
  process.stderr.write(`Passerelle cannot start: ${reason}\n`)
  process.exitCode = 1
}

function listenFailure({ code, message }: NodeJS.ErrnoException, { port, host }: Config): string {
  if (code === 'EADDRINUSE') return `port ${port} is in use; choose another with PORT`
  if (code === 'EACCES')
    return `port ${port} may not be used by this account; choose another with PORT`
  if (code === 'EADDRNOTAVAIL') return `${host} is no address of this machine; correct HOST`
  return message
}

function readConfig(): Config | undefined {
  try {
    return loadConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    return undefined
  }
}

async function loadDemoDataOnce(server: Server, signal: AbortSignal): Promise<void> {
  try {
    const loaded = await loadDemoData(server, signal)
    if (loaded > 0) process.stdout.write(`Demonstration data: ${loaded} resources loaded\n`)
  } catch (error) {
    server.log.error({ errorName: (error as Error).name }, 'demonstration data could not be loaded')
    process.stderr.write(`Demonstration data could not be loaded: ${(error as Error).message}\n`)
  }
  if (!signal.aborted) server.setBusy(undefined)
}

/** A terminal and npm may both pass on one Ctrl-C; only a later signal means impatience. */
const IMPATIENT_MS = 1000

/** What was accepted is finished first; a second signal ends the process at once. */
function stopOnSignals(stop: () => Promise<void>): void {
  let stoppingSince: number | undefined
  const onSignal = () => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > IMPATIENT_MS) process.exit(1)
      return
    }
    stoppingSince = performance.now()
    stop().then(
      () => process.exit(),
      (error: Error) => {
        process.stderr.write(`Passerelle could not stop in order: ${error.message}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
