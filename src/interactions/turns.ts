/** So that a transaction of a thousand entries does not keep all other requests waiting. */
import { setImmediate } from 'node:timers/promises'

const turnMillisecondsMax = 10

/** The turns of one request. `if (turns.isOver) await turns.next()` within a long loop. */
export class Turns {
  #startedAt = performance.now()

  get isOver(): boolean {
    return performance.now() - this.#startedAt > turnMillisecondsMax
  }

  /** Resolves when others have had theirs. */
  async next(): Promise<void> {
    await setImmediate()
    this.#startedAt = performance.now()
  }
}
