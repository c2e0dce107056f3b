/** Makes names in folders durable; callers at the same time share one fsync. */
import { open } from 'node:fs/promises'

export class FolderSync {
  readonly #running = new Map<string, Promise<void>>()
  readonly #next = new Map<string, Promise<void>>()

  /** An fsync of the folder that began after this call. */
  sync(folder: string): Promise<void> {
    const running = this.#running.get(folder)
    if (!running) return this.#start(folder)
    // The one under way may have begun too early: all who wait share the one after it.
    let next = this.#next.get(folder)
    if (!next) {
      next = running
        .catch(() => undefined)
        .then(() => {
          this.#next.delete(folder)
          return this.#start(folder)
        })
      this.#next.set(folder, next)
    }
    return next
  }

  #start(folder: string): Promise<void> {
    const run = syncFolder(folder).finally(() => this.#running.delete(folder))
    this.#running.set(folder, run)
    return run
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
