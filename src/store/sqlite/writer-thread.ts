/** The one thread that writes. It gathers what is queued into a transaction, commits, repeats. */
import { DatabaseSync } from 'node:sqlite'
import type { MessagePort } from 'node:worker_threads'
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { FhirError } from '../../errors.ts'
import { GroupWriter } from './group-writer.ts'
import type { PackedPlan } from './packed-plan.ts'
import { configureWriter, migrateSchema } from './schema.ts'
import { Tidier } from './tidy.ts'
import type { FromWriter, ToWriter, WriterSettings } from './writer-messages.ts'

/** A bulk plan waits for at most this many groups of interactive plans. */
const groupsBeforeBulk = 8

class WriterThread {
  readonly #port: MessagePort
  readonly #settings: WriterSettings
  readonly #db: DatabaseSync
  readonly #writer: GroupWriter
  readonly #tidier: Tidier
  readonly #shared: BigInt64Array
  readonly #interactive: PackedPlan[] = []
  readonly #bulk: PackedPlan[] = []
  readonly #others: ToWriter[] = []
  #groupsWithoutBulk = 0

  constructor(port: MessagePort, settings: WriterSettings) {
    this.#port = port
    this.#settings = settings
    this.#db = new DatabaseSync(settings.file)
    configureWriter(this.#db)
    migrateSchema(this.#db)
    const secret = this.#db.prepare('SELECT secret FROM state').get()!.secret as Uint8Array
    this.#writer = new GroupWriter(this.#db, secret)
    this.#tidier = new Tidier(this.#db)
    this.#shared = new BigInt64Array(settings.shared)
    this.#publish()
    port.on('message', (message: ToWriter) => {
      this.#accept(message)
      this.#work()
    })
    this.#send({ kind: 'ready', secret })
  }

  #send(message: FromWriter): void {
    this.#port.postMessage(message)
  }

  #publish(): void {
    Atomics.store(this.#shared, 0, BigInt(this.#writer.sequence))
  }

  #accept(message: ToWriter): void {
    if (message.kind !== 'plans') this.#others.push(message)
    else (message.bulk ? this.#bulk : this.#interactive).push(...message.plans)
  }

  /** Takes what has arrived while the thread was busy. */
  #acceptArrived(): void {
    for (;;) {
      const arrived = receiveMessageOnPort(this.#port)
      if (!arrived) return
      this.#accept(arrived.message as ToWriter)
    }
  }

  /** Plans first; what else was asked is done between groups. */
  #work(): void {
    for (;;) {
      while (this.#interactive.length > 0 || this.#bulk.length > 0) this.#writeGroup()
      const other = this.#others.shift()
      if (!other) return
      this.#do(other)
      this.#acceptArrived()
    }
  }

  #writeGroup(): void {
    const started = performance.now()
    const { groupDelayMs, groupBytesMax } = this.#settings
    let bytes = 0
    let count = 0
    const next = () => {
      this.#acceptArrived()
      if (count > 0 && (bytes >= groupBytesMax || performance.now() - started > groupDelayMs))
        return undefined
      const queue = this.#queue()
      const size = queue[0]?.data.length ?? 0
      // A large plan goes alone: it would keep all others of its group waiting.
      if (queue.length === 0 || (count > 0 && size > groupBytesMax)) return undefined
      count += 1
      bytes += size
      this.#groupsWithoutBulk = queue === this.#bulk ? 0 : this.#groupsWithoutBulk
      return queue.shift()
    }
    const { plans, outcomes } = this.#writer.writeGroup(next)
    this.#groupsWithoutBulk += 1
    this.#publish()
    this.#send({ kind: 'outcomes', numbers: plans.map(({ number }) => number), outcomes })
  }

  #queue(): PackedPlan[] {
    if (this.#bulk.length === 0) return this.#interactive
    const isBulkDue = this.#groupsWithoutBulk > groupsBeforeBulk
    return this.#interactive.length === 0 || isBulkDue ? this.#bulk : this.#interactive
  }

  #do(message: ToWriter): void {
    switch (message.kind) {
      case 'plans':
        return
      case 'probe':
        return this.#send({ kind: 'probed', reason: this.#writer.probe() })
      case 'pragma': {
        const result = this.#db.prepare(`PRAGMA ${message.text}`).all()
        return this.#send({ kind: 'did', number: message.number, result })
      }
      case 'tidy':
        return this.#tidy(message)
      case 'close':
        return this.#close()
    }
  }

  #tidy(message: Extract<ToWriter, { kind: 'tidy' }>): void {
    const { time, number } = message
    let result: unknown
    try {
      // One step at a time: plans that arrived meanwhile go first.
      if (this.#tidier.step(time - this.#settings.pagingWindowMs)) {
        this.#others.push(message)
        return
      }
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      result = String(error)
    }
    this.#send({ kind: 'did', number, result })
  }

  #close(): void {
    this.#db.close()
    this.#send({ kind: 'closed' })
    this.#port.close()
  }
}

const { port, settings } = workerData as { port: MessagePort; settings: WriterSettings }

try {
  new WriterThread(port, settings)
} catch (error) {
  const reason = error instanceof FhirError ? error.message : `The store cannot be opened: ${error}`
  port.postMessage({ kind: 'refused', reason } satisfies FromWriter)
  port.close()
}
