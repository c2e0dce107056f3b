/** The journal in a folder: hands records to the audit thread and waits until they are durable. */
import { mkdir } from 'node:fs/promises'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { Unavailable } from '../errors.ts'
import type { AuditThreadSettings, FromAuditThread, ToAuditThread } from './audit-messages.ts'
import type { ChainFinding } from './chain-writer.ts'
import { FileTraces } from './file-traces.ts'
import type { AuditJournal, AuditRecord, JournalHealth, SubmittedTrace } from './journal.ts'
import { packRecords, packTraces } from './record-codec.ts'
import type { ChainName } from './segment-format.ts'

export interface JournalOptions {
  readonly folder: string
  readonly segmentBytes?: number
  /** Segments kept ready: with their size, the reserve of decision 64. */
  readonly spares?: number
  /** Told of what must not go unnoticed; never given content. */
  readonly log?: JournalLog
}

export interface JournalLog {
  /** A torn tail was cut, or damage was found, when the journal was opened. */
  finding(finding: ChainFinding): void
  /** Half of the reserve is used. */
  alarm(health: JournalHealth): void
  /** The head of the chain, for an anchor outside: `verify-audit --anchor`. */
  head(head: { readonly records: number; readonly hash: string }): void
}

const queueMax = 20_000

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Throws Unavailable when the folder cannot be used. */
export async function openJournal({
  folder,
  segmentBytes = 16_777_216,
  spares = 4,
  log,
}: JournalOptions): Promise<AuditJournal> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const settings: AuditThreadSettings = { folder, segmentBytes, spares }
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL('./audit-thread.ts', import.meta.url), {
    workerData: { port: port2, settings },
    transferList: [port2],
  })
  const first = await new Promise<FromAuditThread>((resolve, reject) => {
    port1.once('message', resolve)
    worker.once('error', reject)
  })
  if (first.kind !== 'ready') {
    port1.close()
    const reason = first.kind === 'refused' ? first.reason : 'it did not start'
    throw new Unavailable(`The audit journal ${folder} cannot be used: ${reason}`)
  }
  for (const finding of first.findings) log?.finding(finding)
  log?.head(first.head)
  return new FileJournal({ worker, port: port1, folder, log })
}

interface Parts {
  readonly worker: Worker
  readonly port: MessagePort
  readonly folder: string
  readonly log: JournalLog | undefined
}

class FileJournal implements AuditJournal {
  readonly traces: FileTraces
  readonly #port: MessagePort
  readonly #log: JournalLog | undefined
  readonly #waiting = new Map<number, Waiting>()
  readonly #ended: Promise<void>
  #health: JournalHealth = { ready: true, reserveUsed: 0, alarm: false }
  #gathered: (Waiting & { readonly records: readonly AuditRecord[] })[] = []
  #number = 0
  #isOnItsWay = false
  #isClosing = false

  constructor({ worker, port, folder, log }: Parts) {
    this.#port = port
    this.#log = log
    this.traces = new FileTraces(folder, () => this.#settle())
    port.on('message', (message: FromAuditThread) => this.#receive(message))
    worker.on('error', (error) => this.#lose(`the audit thread has stopped: ${error.name}`))
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#lose('the audit thread has stopped')
        resolve()
      })
    })
  }

  /**
   * What is appended in one turn of the event loop, or while a group is on its way, crosses to the
   * thread together.
   */
  append(records: readonly AuditRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    if (this.#gathered.length >= queueMax)
      return Promise.reject(cannotWrite('too many are waiting'))
    return new Promise((resolve, reject) => {
      this.#gathered.push({ records, resolve, reject })
      if (this.#gathered.length === 1 && !this.#isOnItsWay) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const gathered = this.#gathered
    if (gathered.length === 0) return
    this.#gathered = []
    this.#isOnItsWay = true
    const records = gathered.flatMap((one) => one.records)
    // The next group leaves before those of this one go on.
    const end = () => {
      this.#isOnItsWay = false
      this.#flush()
    }
    this.#append('journal', packRecords(records), false).then(
      () => {
        end()
        for (const { resolve } of gathered) resolve()
      },
      (error: Error) => {
        end()
        for (const { reject } of gathered) reject(error)
      },
    )
  }

  async appendMissing(records: readonly AuditRecord[]): Promise<void> {
    if (records.length > 0) await this.#append('journal', packRecords(records), true)
  }

  async submit(traces: readonly SubmittedTrace[]): Promise<void> {
    if (traces.length > 0) await this.#append('submitted', packTraces(traces), false)
  }

  #settle(): Promise<void> {
    if (this.#gathered.length > 0) this.#flush()
    return this.#ask((number) => ({ kind: 'settle', number }))
  }

  #append(chain: ChainName, pack: Uint8Array, onlyMissing: boolean): Promise<void> {
    return this.#ask((number) => ({ kind: 'append', number, chain, pack, onlyMissing }))
  }

  #ask(message: (number: number) => ToAuditThread): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosing) return reject(cannotWrite('the journal is closed'))
      if (this.#waiting.size >= queueMax) return reject(cannotWrite('too many are waiting'))
      const number = ++this.#number
      this.#waiting.set(number, { resolve, reject })
      const sent = message(number)
      this.#port.postMessage(sent, sent.kind === 'append' ? [sent.pack.buffer as ArrayBuffer] : [])
      return undefined
    })
  }

  #receive(message: FromAuditThread): void {
    if (message.kind === 'done') {
      for (const number of message.numbers) {
        const waiting = this.#waiting.get(number)
        this.#waiting.delete(number)
        if (message.failure === undefined) waiting?.resolve()
        else waiting?.reject(cannotWrite(message.failure))
      }
    } else if (message.kind === 'health') {
      if (message.health.alarm && !this.#health.alarm) this.#log?.alarm(message.health)
      this.#health = message.health
    } else if (message.kind === 'head') this.#log?.head(message.head)
  }

  #lose(reason: string): void {
    if (!this.#isClosing) this.#health = { ready: false, reason, reserveUsed: 0, alarm: true }
    for (const { reject } of this.#waiting.values()) reject(cannotWrite(reason))
    this.#waiting.clear()
  }

  health(): JournalHealth {
    return this.#health
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      if (this.#gathered.length > 0) this.#flush()
      this.#isClosing = true
      this.#port.postMessage({ kind: 'close' } satisfies ToAuditThread)
    }
    await this.#ended
    this.#port.close()
    this.traces.close()
  }
}

function cannotWrite(reason: string): Unavailable {
  return new Unavailable(`Traces cannot be written: ${reason}`)
}
