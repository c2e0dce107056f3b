/** The embedded store: one folder, one writer thread, reads on the calling thread. design.md §5. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Unavailable } from '../../errors.ts'
import { BlobFolder } from './blob-folder.ts'
import type { FolderLock } from './folder-lock.ts'
import { lockFolder } from './folder-lock.ts'
import { SqliteStore } from './sqlite-store.ts'
import { WriterClient } from './writer-client.ts'
import { sharedBytes } from './writer-messages.ts'

export interface SqliteStoreOptions {
  readonly folder: string
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** A group of plans is gathered for at most this long, */
  readonly groupDelayMs?: number
  /** and holds at most about this much; a larger plan goes alone. */
  readonly groupBytesMax?: number
  /** Plans that may wait; beyond, Unavailable. */
  readonly queueMax?: number
  /** How long after it a state can still be paged through. */
  readonly pagingWindowMs?: number
  readonly logger?: { warn(details: object, message: string): void }
}

/** Throws Unavailable when the folder cannot be used, is in use, or is of a newer version. */
export async function openSqliteStore({
  folder,
  now = Date.now,
  groupDelayMs = 5,
  groupBytesMax = 4_194_304,
  queueMax = 2_000,
  pagingWindowMs = 3_600_000,
  logger,
}: SqliteStoreOptions): Promise<SqliteStore> {
  const blobFolder = join(folder, 'blobs')
  const lock = await prepareFolder(folder, blobFolder)
  const file = join(folder, 'passerelle.db')
  const shared = new SharedArrayBuffer(sharedBytes)
  const settings = { file, groupDelayMs, groupBytesMax, pagingWindowMs, shared }
  try {
    const { client, secret } = await WriterClient.start(settings, queueMax)
    const files = new BlobFolder(blobFolder)
    const parts = {
      file,
      blobFolder,
      files,
      client,
      secret,
      shared,
      lock,
      now,
      pagingWindowMs,
    }
    return new SqliteStore(logger ? { ...parts, logger } : parts)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function prepareFolder(folder: string, blobFolder: string): Promise<FolderLock> {
  try {
    await mkdir(blobFolder, { recursive: true })
    return lockFolder(folder)
  } catch (error) {
    if (error instanceof Unavailable) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new Unavailable(`The data folder ${folder} cannot be used: ${reason}`, { cause: error })
  }
}
