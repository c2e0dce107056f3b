/** A process under measurement, on the server's core, that answers questions over its IPC channel. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Cores } from './cores.ts'
import { nodeCommand } from './cores.ts'

export interface Question {
  readonly id: number
  readonly ask: string
  readonly value?: unknown
}

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

export interface ChildOptions {
  readonly cores: Cores
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface Resident {
  readonly own: number
  readonly files: number
}

const ticksPerSecond = 100

export class Child {
  readonly process: ChildProcess
  #output = ''
  #number = 0
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #ended: Promise<void>

  constructor({ cores, argv, env = {}, cwd = process.cwd() }: ChildOptions) {
    const [command, args] = nodeCommand(cores, argv)
    this.process = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.process.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    this.process.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    this.process.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.#ended = new Promise((resolve) => this.process.on('exit', () => resolve()))
    void this.#ended.then(() => {
      const error = `the process ended: ${this.#output.slice(-2000)}`
      for (const [id, resolve] of this.#waiting) resolve({ id, error })
    })
  }

  /** What it wrote on stdout and stderr. */
  get output(): string {
    return this.#output
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** Throws what the process answers as an error. */
  async ask<T = unknown>(ask: string, value?: unknown): Promise<T> {
    if (this.hasEnded) throw new Error(`the process ended: ${this.#output.slice(-2000)}`)
    const id = ++this.#number
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve)
      this.process.send({ id, ask, value } satisfies Question)
    })
    if (answer.error !== undefined) throw new Error(`${ask}: ${answer.error}`)
    return answer.value as T
  }

  /** Time spent on a core by all its threads, in microseconds. */
  cpuMicroseconds(): number {
    try {
      const stat = readFileSync(`/proc/${this.process.pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond
    } catch {
      return Number.NaN
    }
  }

  /** Megabytes that the process holds: its own, and pages of files that it has mapped. */
  residentMegabytes(): Resident {
    let status = ''
    try {
      status = readFileSync(`/proc/${this.process.pid}/status`, 'latin1')
    } catch {
      // Not Linux, or it has ended: what is not known is no number.
    }
    const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
    return { own: read('RssAnon'), files: read('RssFile') }
  }

  async stop(): Promise<void> {
    if (!this.hasEnded) this.process.kill('SIGTERM')
    const late = setTimeout(() => this.process.kill('SIGKILL'), 20_000)
    await this.#ended
    clearTimeout(late)
  }
}
