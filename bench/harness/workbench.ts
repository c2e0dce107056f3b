/** What figures share: a folder, the loaded store, the server that runs on it, floors. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { patientsFor } from '../data/transactions.ts'
import { Child } from './child.ts'
import type { Cores } from './cores.ts'
import { loadResources, type LoadingFacts } from './load-resources.ts'
import type { BenchOptions } from './options.ts'
import { busyMilliseconds, formatTimes, type ThreadTimes } from './profile.ts'
import {
  projectFolder,
  startServer,
  type RunningServer,
  type ServerOptions,
} from './server-process.ts'

export class Workbench {
  readonly options: BenchOptions
  readonly cores: Cores
  readonly folder: string
  readonly #log: (line: string) => void
  #loading: Promise<LoadingFacts> | undefined
  #server: Promise<RunningServer> | undefined
  #plainServer: Promise<RunningServer> | undefined
  readonly #children: Child[] = []

  constructor(options: BenchOptions, cores: Cores, log: (line: string) => void) {
    this.options = options
    this.cores = cores
    this.#log = log
    // On the disk of the project, whose fsync is what users get; /tmp may be memory.
    mkdirSync(join(projectFolder, '.cache'), { recursive: true })
    this.folder = mkdtempSync(join(projectFolder, '.cache', 'bench-'))
  }

  get dataFolder(): string {
    return join(this.folder, 'data')
  }

  get databaseFile(): string {
    return join(this.dataFolder, 'passerelle.db')
  }

  /** A copy of the store as it was after loading. */
  get copyFolder(): string {
    return join(this.folder, 'copy')
  }

  get patients(): number {
    return patientsFor(this.options.resources)
  }

  /** Fills the store, once. */
  loaded(): Promise<LoadingFacts> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async #load(): Promise<LoadingFacts> {
    this.#log(`loading ${this.options.resources} resources`)
    const { cores, dataFolder } = this
    const server = await startServer({ cores, dataFolder })
    try {
      return await loadResources(server, this.patients)
    } finally {
      await server.stop()
      cpSync(this.dataFolder, this.copyFolder, { recursive: true })
      rmSync(join(this.copyFolder, 'lock'), { force: true })
    }
  }

  /** Passerelle on the loaded store, with the probe. */
  server(): Promise<RunningServer> {
    this.#server ??= this.loaded().then(() =>
      startServer({ cores: this.cores, dataFolder: this.dataFolder, probed: true }),
    )
    return this.#server
  }

  /** Passerelle on a copy of the store as it was after loading, without validation and audit. */
  plainServer(): Promise<RunningServer> {
    this.#plainServer ??= this.loaded().then(() => {
      const folder = join(this.folder, 'plain')
      cpSync(this.copyFolder, folder, { recursive: true })
      return this.serve(folder, { program: 'bench/harness/serve-plain.ts' })
    })
    return this.#plainServer
  }

  /** Passerelle on another folder, with the probe, until the bench ends. */
  async serve(
    dataFolder: string,
    { env = {}, program }: Pick<ServerOptions, 'env' | 'program'> = {},
  ): Promise<RunningServer> {
    const { cores } = this
    const server = await startServer({ cores, dataFolder, env, program, probed: true })
    this.#children.push(server.child)
    return server
  }

  /** A program of `bench/floors` or `bench/micro`, on the server's core. */
  program(path: string, execArgv: readonly string[] = []): Child {
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
    const child = new Child({
      cores: this.cores,
      argv: [...execArgv, file],
      cwd: projectFolder,
      env: { NODE_NO_WARNINGS: '1' },
    })
    this.#children.push(child)
    return child
  }

  /** Where the server's time goes while `work` runs; the server of the loaded store unless told. */
  async profile(work: () => Promise<unknown>, server?: RunningServer): Promise<string> {
    const { child } = server ?? (await this.server())
    await child.ask('profile-start')
    await work()
    const { main = {}, ...others } = await child.ask<ThreadTimes>('profile-stop')
    const told = Object.entries(others)
      .filter(([, times]) => busyMilliseconds(times) > busyMilliseconds(main) / 20)
      .map(
        ([thread, times]) =>
          `; ${thread}, busy ${(busyMilliseconds(times) / busyMilliseconds(main)).toFixed(2)} times as long, disk included: ${formatTimes(times, 3)}`,
      )
    return formatTimes(main) + told.join('')
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#children.map((child) => child.stop()))
    const server = await this.#server?.catch(() => undefined)
    await server?.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
