/** The one thread that writes. It gathers what is queued into a transaction, commits, repeats. */
import { DatabaseSync } from 'node:sqlite'
import type { MessagePort } from 'node:worker_threads'
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { FhirError } from '../../errors.ts'
import { GroupWriter } from './group-writer.ts'
import type { PackedPlan, PlanOutcome } from './packed-plan.ts'
import { configureWriter, migrateSchema } from './schema.ts'
import { Tidier } from './tidy.ts'
import type { FromWriter, SharedState, ToWriter, WriterSettings } from './writer-messages.ts'
import { viewShared } from './writer-messages.ts'

/** A bulk plan waits for at most this many groups of interactive plans. */
const groupsBeforeBulk = 8
/** Of the last group, how many are waited for. */
const groupShare = 0.75
/** What is queued already is taken for this many times the delay: waiting longer costs it more. */
const queuedDelays = 4

class WriterThread {
  readonly #port: MessagePort
  readonly #settings: WriterSettings
  readonly #db: DatabaseSync
  readonly #writer: GroupWriter
  readonly #tidier: Tidier
  readonly #shared: SharedState
  readonly #interactive: PackedPlan[] = []
  readonly #bulk: PackedPlan[] = []
  readonly #others: ToWriter[] = []
  #groupsWithoutBulk = 0
  /** Of this many the next group waits, a little. */
  #groupExpected = 0

  constructor(port: MessagePort, settings: WriterSettings) {
    this.#port = port
    this.#settings = settings
    this.#db = new DatabaseSync(settings.file)
    configureWriter(this.#db)
    migrateSchema(this.#db)
    const secret = this.#db.prepare('SELECT secret FROM state').get()!.secret as Uint8Array
    this.#writer = new GroupWriter(this.#db, secret)
    this.#tidier = new Tidier(this.#db)
    this.#shared = viewShared(settings.shared)
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

  /** After the commit, before its answer: whoever was answered finds what they wrote in force. */
  #publish(): void {
    Atomics.store(this.#shared.sequence, 0, BigInt(this.#writer.sequence))
    if (this.#writer.takeAccessChange()) Atomics.add(this.#shared.accessEpoch, 0, 1)
  }

  #accept(message: ToWriter): void {
    if (message.kind !== 'plan') this.#others.push(message)
    else (message.bulk ? this.#bulk : this.#interactive).push(message.plan)
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
      const spentMs = performance.now() - started
      const isFull = bytes >= groupBytesMax || spentMs > groupDelayMs * queuedDelays
      if (count > 0 && isFull) return undefined
      this.#acceptArrived()
      if (this.#isQueueEmpty() && count < this.#groupExpected && spentMs < groupDelayMs)
        this.#awaitMore(groupDelayMs - spentMs)
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
    this.#groupExpected = Math.floor(count * groupShare)
    this.#publish()
    this.#answer(plans, outcomes)
  }

  #isQueueEmpty(): boolean {
    return this.#interactive.length === 0 && this.#bulk.length === 0
  }

  /**
   * Those who were answered together come again together: the group waits for most of them, since
   * one fsync for all is cheaper than one for the first. A caller alone never waits.
   */
  #awaitMore(leftMs: number): void {
    const { sent } = this.#shared
    const seen = Atomics.load(sent, 0)
    this.#acceptArrived()
    if (this.#isQueueEmpty()) {
      Atomics.wait(sent, 0, seen, leftMs)
      this.#acceptArrived()
    }
  }

  #answer(plans: readonly PackedPlan[], outcomes: readonly PlanOutcome[]): void {
    const done: number[] = []
    const others: { number: number; outcome: PlanOutcome }[] = []
    for (const [index, { number }] of plans.entries()) {
      const outcome = outcomes[index]!
      if (outcome.kind === 'done') done.push(number, outcome.sequence, outcome.lastUpdated)
      else others.push({ number, outcome })
    }
    this.#send({ kind: 'outcomes', done: Float64Array.from(done), others })
  }

  #queue(): PackedPlan[] {
    if (this.#bulk.length === 0) return this.#interactive
    const isBulkDue = this.#groupsWithoutBulk > groupsBeforeBulk
    return this.#interactive.length === 0 || isBulkDue ? this.#bulk : this.#interactive
  }

  #do(message: ToWriter): void {
    switch (message.kind) {
      case 'plan':
        return
      case 'probe':
        return this.#send({ kind: 'probed', reason: this.#writer.probe() })
      case 'pragma': {
        const result = this.#db.prepare(`PRAGMA ${message.text}`).all()
        return this.#send({ kind: 'did', number: message.number, result })
      }
      case 'tidy':
        return this.#tidy(message)
      case 'dropIntents':
        return this.#dropIntents(message)
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

  /** At most so many that plans do not wait long; the rest goes with the next request. */
  #dropIntents({ upTo, number }: Extract<ToWriter, { kind: 'dropIntents' }>): void {
    let result: unknown
    try {
      this.#db
        .prepare(
          `DELETE FROM audit WHERE position IN
            (SELECT position FROM audit WHERE seq <= ? ORDER BY position LIMIT 5000)`,
        )
        .run(upTo)
    } catch (error) {
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
