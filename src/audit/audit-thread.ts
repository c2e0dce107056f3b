/**
 * The audit thread: chains what all others append, one durable write for everything that is waiting,
 * and projects the journal in the pauses.
 */
import { setImmediate } from 'node:timers'
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type {
  AuditThreadSettings,
  ChainHead,
  FromAuditThread,
  ToAuditThread,
} from './audit-messages.ts'
import { ChainWriter } from './chain-writer.ts'
import type { JournalHealth } from './journal.ts'
import { Projector } from './projection.ts'
import { decodePayload, keyOf, unpack } from './record-codec.ts'
import { type ChainName, chainNames } from './segment-format.ts'
import { SegmentReserve } from './segment-reserve.ts'

/** A transaction of the projection: large enough to be cheap, small enough not to hold up a group. */
const projectedAtOnce = 256
/** A smaller rest is projected after this pause, or when somebody asks. */
const projectionDelayMs = 200
const retryIntervalMs = 2_000
const anchorIntervalMs = 3_600_000

type Append = Extract<ToAuditThread, { kind: 'append' }>

class AuditThread {
  readonly #port: MessagePort
  readonly #reserve: SegmentReserve
  readonly #chains: Record<ChainName, ChainWriter>
  readonly #projector: Projector
  readonly #timer: NodeJS.Timeout
  readonly #anchorTimer: NodeJS.Timeout
  #waiting: Append[] = []
  #settling: number[] = []
  #isPlanned = false
  #isDue = false
  #later: NodeJS.Timeout | undefined
  #isClosing = false
  #isClosed = false
  #failure: string | undefined
  #projectionFailure: string | undefined
  #told = ''

  constructor(port: MessagePort, { folder, segmentBytes, spares }: AuditThreadSettings) {
    this.#port = port
    this.#reserve = new SegmentReserve({ folder, segmentBytes, spares })
    const reserve = this.#reserve
    const projector = new Projector(folder)
    const open = (chain: ChainName) => {
      const known = { ...projector.progress(chain) }
      return new ChainWriter({ folder, chain, segmentBytes, reserve, now: Date.now, known })
    }
    this.#projector = projector
    this.#chains = { journal: open('journal'), submitted: open('submitted') }
    const findings = chainNames.flatMap((chain) => this.#chains[chain].findings)
    this.#send({ kind: 'ready', findings, head: this.#head() })
    port.on('message', (message: ToAuditThread) => this.#receive(message))
    this.#timer = setInterval(() => this.#refill(), retryIntervalMs)
    this.#anchorTimer = setInterval(
      () => this.#send({ kind: 'head', head: this.#head() }),
      anchorIntervalMs,
    )
    this.#refill()
    this.#plan()
  }

  #head(): ChainHead {
    const { records, hash } = this.#chains.journal.head
    return { records, hash: hash.toString('hex') }
  }

  #send(message: FromAuditThread): void {
    this.#port.postMessage(message)
  }

  /** What is waiting when the thread wakes is one group, written at once. */
  #receive(first: ToAuditThread): void {
    let message: ToAuditThread | undefined = first
    while (message) {
      if (message.kind === 'append') this.#waiting.push(message)
      else if (message.kind === 'settle') this.#settling.push(message.number)
      else this.#isClosing = true
      message = receiveMessageOnPort(this.#port)?.message as ToAuditThread | undefined
    }
    this.#turn()
  }

  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.#turn()
    })
  }

  #turn(): void {
    if (this.#isClosed) return
    const group = this.#waiting
    this.#waiting = []
    if (group.length > 0) this.#write(group)
    const isWanted = this.#settling.length > 0 || this.#isClosing || this.#isDue
    const isBehind = isWanted || this.#backlog() >= projectedAtOnce ? this.#project() : false
    if (isBehind) return this.#plan()
    if (isWanted) this.#showProjected()
    this.#isDue = false
    if (this.#backlog() > 0 || this.#projector.isOpen) this.#projectLater()
    if (this.#settling.length > 0) {
      const failure = this.#projectionFailure
      this.#send({ kind: 'done', numbers: this.#settling, ...(failure ? { failure } : {}) })
      this.#settling = []
    }
    if (this.#isClosing) this.#close()
  }

  #backlog(): number {
    const behind = chainNames.map(
      (chain) => this.#chains[chain].head.records - this.#projector.progress(chain).records,
    )
    return Math.max(...behind)
  }

  #projectLater(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined
      this.#isDue = true
      this.#plan()
    }, projectionDelayMs)
  }

  #write(group: readonly Append[]): void {
    for (const chain of chainNames) {
      const messages = group.filter((message) => message.chain === chain)
      if (messages.length === 0) continue
      const numbers = messages.map(({ number }) => number)
      try {
        this.#chains[chain].append(messages.flatMap((message) => this.#payloads(message)))
        this.#failure = undefined
        this.#send({ kind: 'done', numbers })
      } catch (error) {
        this.#failure = (error as NodeJS.ErrnoException).code ?? String(error)
        this.#send({ kind: 'done', numbers, failure: this.#failure })
      }
    }
    if (this.#failure !== undefined || this.#reserve.failure !== undefined) this.#tellHealth()
  }

  #payloads({ pack, onlyMissing }: Append): Buffer[] {
    const payloads = [...unpack(pack)]
    if (!onlyMissing) return payloads
    while (this.#project()) {
      // The projection knows what the journal holds once it has caught up.
    }
    return payloads.filter((payload) => !this.#projector.has(keyOf(decodePayload(payload))))
  }

  /** Whether there is more. A projection that fails is tried again with the next message. */
  #project(): boolean {
    try {
      this.#projectionFailure = undefined
      const more = chainNames.map((chain) =>
        this.#projector.step(chain, this.#chains[chain].end, projectedAtOnce),
      )
      return more.includes(true)
    } catch (error) {
      this.#projectionFailure = (error as NodeJS.ErrnoException).code ?? 'unknown'
      return false
    }
  }

  #showProjected(): void {
    try {
      this.#projector.commit()
    } catch (error) {
      this.#projectionFailure = (error as NodeJS.ErrnoException).code ?? 'unknown'
    }
  }

  #refill(): void {
    void this.#reserve.refill().then(() => {
      if (this.#reserve.failure === undefined) this.#failure = undefined
      this.#tellHealth()
    })
  }

  #tellHealth(): void {
    const reserveUsed = this.#reserve.used(this.#chains.journal.bytesLeft)
    const health: JournalHealth = {
      ready: this.#failure === undefined,
      reserveUsed,
      alarm: reserveUsed >= 0.5,
      ...(this.#failure === undefined
        ? {}
        : { reason: `traces cannot be written (${this.#failure})` }),
    }
    const text = JSON.stringify(health)
    if (text === this.#told) return
    this.#told = text
    this.#send({ kind: 'health', health })
  }

  #close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    clearInterval(this.#anchorTimer)
    clearTimeout(this.#later)
    void this.#reserve.stop().then(() => {
      this.#projector.close()
      for (const chain of chainNames) this.#chains[chain].close()
      this.#send({ kind: 'head', head: this.#head() })
      this.#port.close()
    })
  }
}

const { port, settings } = workerData as { port: MessagePort; settings: AuditThreadSettings }

try {
  new AuditThread(port, settings)
} catch (error) {
  port.postMessage({ kind: 'refused', reason: String(error) } satisfies FromAuditThread)
  port.close()
}
