/**
 * One process at a time has a data folder: it holds a write lock on a tiny SQLite database, which
 * the operating system releases however the process ends.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Unavailable } from '../../errors.ts'

export interface FolderLock {
  release(): void
}

/** Throws Unavailable, naming the holder's process, when the folder is in use. */
export function lockFolder(folder: string): FolderLock {
  const db = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
  try {
    if (!hold(db)) throw new Unavailable(`The data folder ${folder} is in use by ${holder(db)}`)
  } catch (error) {
    db.close()
    throw error
  }
  return { release: () => db.isOpen && db.close() }
}

/** The lock taken is one that lets others read who has it. */
function hold(db: DatabaseSync): boolean {
  try {
    db.exec('BEGIN IMMEDIATE')
    db.exec('CREATE TABLE IF NOT EXISTS holder(id INTEGER PRIMARY KEY, pid INTEGER NOT NULL)')
    db.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?)').run(process.pid)
    db.exec('COMMIT; BEGIN IMMEDIATE')
    // Another process may have come between the two transactions.
    return holderPid(db) === process.pid
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return false
    throw error
  }
}

function holderPid(db: DatabaseSync): number | undefined {
  const row = db.prepare('SELECT pid FROM holder').get()
  return row && Number(row.pid)
}

function holder(db: DatabaseSync): string {
  try {
    const pid = holderPid(db)
    if (pid !== undefined) return pid === process.pid ? 'this process' : `process ${pid}`
  } catch {
    // The holder is just writing its number.
  }
  return 'another process'
}
