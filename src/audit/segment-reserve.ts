/**
 * Segments made ahead, so that a full disk does not stop the journal (decision 64): files of zeros,
 * written and synced, that become segments by being renamed.
 */
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface ReserveOptions {
  readonly folder: string
  readonly segmentBytes: number
  /** How many spare segments are kept. */
  readonly spares: number
  /** Makes one file of zeros, durably; replaced in tests of a full disk. */
  readonly allocate?: (file: string, bytes: number) => Promise<void>
}

export class SegmentReserve {
  readonly #options: ReserveOptions
  readonly #ready: string[] = []
  #number = 0
  #running: Promise<void> | undefined
  #failure: string | undefined
  #isStopping = false

  constructor(options: ReserveOptions) {
    this.#options = options
    for (const name of readdirSync(options.folder)) {
      const file = join(options.folder, name)
      if (name.endsWith('.new')) rmSync(file)
      else if (/^spare-\d+\.seg$/.test(name)) {
        if (statSync(file).size === options.segmentBytes) this.#ready.push(file)
        else rmSync(file)
        this.#number = Math.max(this.#number, Number(name.slice(6, -4)))
      }
    }
  }

  /** Why no spare segment can be made; undefined while they can. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** 0 while spares can be made, whether or not they are all there. */
  used(activeBytesLeft: number): number {
    if (this.#failure === undefined) return 0
    const { spares, segmentBytes } = this.#options
    const left = this.#ready.length * segmentBytes + activeBytesLeft
    return Math.max(0, Math.min(1, 1 - left / (spares * segmentBytes)))
  }

  /** Renames a spare; false when there is none. */
  take(target: string): boolean {
    const spare = this.#ready.shift()
    if (spare === undefined) return false
    renameSync(spare, target)
    return true
  }

  /** Fills the reserve up, one file after the other; what fails is tried again at the next call. */
  refill(): Promise<void> {
    this.#running ??= this.#fill().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Ends with the file under way. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  async #fill(): Promise<void> {
    const { folder, segmentBytes, spares, allocate = allocateZeros } = this.#options
    while (this.#ready.length < spares && !this.#isStopping) {
      const file = join(folder, `spare-${++this.#number}.seg`)
      try {
        await allocate(`${file}.new`, segmentBytes)
        renameSync(`${file}.new`, file)
      } catch (error) {
        this.#failure = (error as NodeJS.ErrnoException).code ?? 'unknown'
        rmSync(`${file}.new`, { force: true })
        return
      }
      this.#failure = undefined
      this.#ready.push(file)
    }
  }
}

const chunkBytes = 1_048_576

async function allocateZeros(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'w')
  try {
    const zeros = Buffer.alloc(Math.min(chunkBytes, bytes))
    for (let at = 0; at < bytes; at += zeros.length)
      await handle.write(zeros, 0, Math.min(zeros.length, bytes - at), at)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}
