/** The other end of the writer thread: hands plans over, and their outcomes back. */
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { Unavailable } from '../../errors.ts'
import type { CommitResult } from '../commit-plan.ts'
import { PlanConflict } from '../commit-plan.ts'
import type { PackedPlan, PlanOutcome } from './packed-plan.ts'
import type { FromWriter, SharedState, ToWriter, WriterSettings } from './writer-messages.ts'
import { viewShared } from './writer-messages.ts'

const probeIntervalMs = 1_000

/** Beyond this much, plans that wait would weigh on the memory of all. */
const waitingBytesMax = 268_435_456

interface Waiting {
  readonly bytes: number
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: Error) => void
}

export class WriterClient {
  readonly #port: MessagePort
  readonly #queueMax: number
  readonly #shared: SharedState
  readonly #waiting = new Map<number, Waiting>()
  #waitingBytes = 0
  readonly #tasks = new Map<number, (result: unknown) => void>()
  readonly #closed: Promise<void>
  #number = 0
  #failure: string | undefined
  #lastProbe = 0
  #isClosing = false
  #onDrained: (() => void) | undefined

  private constructor(
    worker: Worker,
    port: MessagePort,
    { shared, queueMax }: { readonly shared: SharedArrayBuffer; readonly queueMax: number },
  ) {
    this.#port = port
    this.#shared = viewShared(shared)
    this.#queueMax = queueMax
    port.on('message', (message: FromWriter) => this.#receive(message))
    worker.on('error', (error) => this.#lose(`The writer has stopped: ${error}`))
    this.#closed = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#lose('The writer has stopped')
        resolve()
      })
    })
  }

  /** Starts the thread. Throws Unavailable with its reason when it cannot open the data. */
  static async start(
    settings: WriterSettings,
    queueMax: number,
  ): Promise<{ client: WriterClient; secret: Uint8Array }> {
    const { port1, port2 } = new MessageChannel()
    const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
      workerData: { port: port2, settings },
      transferList: [port2],
      // Flags of the main thread (--import, --input-type) are not meant for this file.
      execArgv: [],
    })
    const first = await new Promise<FromWriter>((resolve, reject) => {
      port1.once('message', resolve)
      worker.once('error', reject)
    })
    if (first.kind !== 'ready') {
      await worker.terminate()
      port1.close()
      throw new Unavailable(first.kind === 'refused' ? first.reason : 'The writer did not start')
    }
    return {
      client: new WriterClient(worker, port1, { shared: settings.shared, queueMax }),
      secret: first.secret,
    }
  }

  /** The number under which the next plan is packed. Throws Unavailable once closed. */
  nextNumber(): number {
    if (this.#isClosing) throw new Unavailable('The store is closed')
    return ++this.#number
  }

  commit(plan: PackedPlan, priority: 'interactive' | 'bulk'): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal()
      if (refusal) return reject(new Unavailable(refusal))
      const bytes = plan.data.length
      this.#waiting.set(plan.number, { resolve, reject, bytes })
      this.#waitingBytes += bytes
      this.#post({ kind: 'plan', bulk: priority === 'bulk', plan })
      return undefined
    })
  }

  #refusal(): string | undefined {
    if (this.#isClosing) return 'The store is closed'
    // One plan alone may be larger than the bound.
    if (this.#waiting.size >= this.#queueMax || this.#waitingBytes > waitingBytesMax)
      return 'Too many writes are waiting'
    return undefined
  }

  #post(message: ToWriter): void {
    const moved = message.kind === 'plan' ? [message.plan.data.buffer as ArrayBuffer] : []
    this.#port.postMessage(message, moved)
    Atomics.add(this.#shared.sent, 0, 1)
    Atomics.notify(this.#shared.sent, 0)
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'outcomes') {
      const { done, others } = message
      for (let at = 0; at < done.length; at += 3)
        this.#resolve(done[at]!, { sequence: done[at + 1]!, lastUpdated: done[at + 2]! })
      for (const { number, outcome } of others) this.#reject(number, outcome)
      if (this.#waiting.size === 0) this.#onDrained?.()
    } else if (message.kind === 'probed') this.#failure = message.reason
    else if (message.kind === 'did') {
      this.#tasks.get(message.number)?.(message.result)
      this.#tasks.delete(message.number)
    }
  }

  #resolve(number: number, result: CommitResult): void {
    this.#failure = undefined
    this.#take(number)?.resolve(result)
  }

  #reject(number: number, outcome: PlanOutcome): void {
    const waiting = this.#take(number)
    if (outcome.kind === 'conflict') waiting?.reject(new PlanConflict(outcome.failed))
    else if (outcome.kind === 'unavailable') {
      this.#failure = outcome.reason
      waiting?.reject(new Unavailable(`Nothing was written: ${outcome.reason}`))
    } else if (outcome.kind === 'failed')
      waiting?.reject(new Error(`The plan could not be applied: ${outcome.error}`))
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    this.#waitingBytes -= waiting?.bytes ?? 0
    return waiting
  }

  #lose(reason: string): void {
    if (!this.#isClosing) this.#failure = reason
    for (const { reject } of this.#waiting.values()) reject(new Unavailable(reason))
    this.#waiting.clear()
    this.#waitingBytes = 0
    for (const finish of this.#tasks.values()) finish(undefined)
    this.#tasks.clear()
    this.#onDrained?.()
  }

  /** Why writes fail now. Asking makes the writer try again, once a second at most. */
  failure(): string | undefined {
    if (this.#isClosing) return 'closed'
    if (this.#failure !== undefined && performance.now() - this.#lastProbe > probeIntervalMs) {
      this.#lastProbe = performance.now()
      this.#post({ kind: 'probe' })
    }
    return this.#failure
  }

  pragma(text: string): Promise<unknown> {
    return this.#task((number) => ({ kind: 'pragma', text, number }))
  }

  tidy(time: number): Promise<unknown> {
    return this.#task((number) => ({ kind: 'tidy', time, number }))
  }

  dropIntents(upTo: number): Promise<unknown> {
    return this.#task((number) => ({ kind: 'dropIntents', upTo, number }))
  }

  #task(message: (number: number) => ToWriter): Promise<unknown> {
    if (this.#isClosing) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const number = ++this.#number
      this.#tasks.set(number, resolve)
      this.#post(message(number))
    })
  }

  /** Waits for everything accepted, then ends the thread. */
  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      if (this.#waiting.size > 0)
        await new Promise<void>((resolve) => {
          this.#onDrained = resolve
        })
      this.#post({ kind: 'close' })
    }
    await this.#closed
    this.#port.close()
  }
}
