/** `passerelle serve`: starts the server, loads demonstration data once, stops with grace. */
import module from 'node:module'
import { ConfigError, loadConfig, type Config } from '../config.ts'
import { buildServer, type Server } from '../server.ts'
import { loadDemoData } from './load-demo-data.ts'

export async function serve(): Promise<void> {
  module.enableCompileCache()
  const config = readConfig()
  if (!config) return
  let server: Server
  try {
    server = await buildServer(config)
  } catch (error) {
    process.stderr.write(`Passerelle cannot start: ${(error as Error).message}\n`)
    process.exitCode = 1
    return
  }
  stopOnSignals(server)
  if (config.demoData) server.setBusy('demonstration data is being loaded')
  try {
    await server.app.listen({ port: config.port, host: config.host })
  } catch (error) {
    await server.close()
    const { code, message } = error as NodeJS.ErrnoException
    const reason =
      code === 'EADDRINUSE' ? `port ${config.port} is in use; choose another with PORT` : message
    process.stderr.write(`Passerelle cannot start: ${reason}\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write(
    `Passerelle serves ${config.baseUrl} (page: ${new URL('/', config.baseUrl).href})\n`,
  )
  if (config.demoData) await loadDemoDataOnce(server)
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

async function loadDemoDataOnce(server: Server): Promise<void> {
  try {
    const loaded = await loadDemoData(server)
    if (loaded > 0) process.stdout.write(`Demonstration data: ${loaded} resources loaded\n`)
  } catch (error) {
    server.log.error({ errorName: (error as Error).name }, 'demonstration data could not be loaded')
    process.stderr.write(`Demonstration data could not be loaded: ${(error as Error).message}\n`)
  }
  server.setBusy(undefined)
}

function stopOnSignals(server: Server): void {
  let isStopping = false
  const stop = async () => {
    if (isStopping) return
    isStopping = true
    await server.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
