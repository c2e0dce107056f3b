/** Removes blobs that no version names: those of requests that never became commits. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface OrphanSearch {
  readonly root: string
  readonly olderThan: number
  readonly isNamed: (key: string) => boolean
}

/** Gives the number of files removed. Files younger than the time may belong to a coming commit. */
export async function removeOrphans({ root, olderThan, isNamed }: OrphanSearch): Promise<number> {
  let removed = 0
  for (const outer of await folders(root)) {
    for (const inner of await folders(join(root, outer))) {
      const folder = join(root, outer, inner)
      for (const name of await readdir(folder)) {
        if (isNamed(name)) continue
        const path = join(folder, name)
        const { mtimeMs } = await stat(path)
        if (mtimeMs > olderThan) continue
        await rm(path, { force: true })
        removed += 1
      }
    }
  }
  return removed
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}
