/**
 * The journal as a small SQLite database that searches run on. It holds nothing of its own: it is
 * made again from the segments whenever it is missing or of another form.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { ProjectionRows } from './projection-rows.ts'
import { readFacts, type TraceFacts } from './record-codec.ts'
import { type ChainName, chainNames, frameOverhead, headerSize, placeOf } from './segment-format.ts'
import { SegmentReader } from './segment-walk.ts'

/** Raised whenever the tables change; an older database is thrown away. */
const schemaVersion = 1

const schema = `
CREATE TABLE trace(
  key BLOB PRIMARY KEY, n INTEGER NOT NULL, place INTEGER NOT NULL, action TEXT NOT NULL,
  outcome TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE link(
  patient TEXT NOT NULL, key BLOB NOT NULL, subject INTEGER NOT NULL,
  PRIMARY KEY (patient, key)) WITHOUT ROWID;
CREATE TABLE submitted(id TEXT PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE progress(
  chain TEXT PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL,
  records INTEGER NOT NULL, hash BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE counter(id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL);
INSERT INTO counter VALUES (1, 0);
PRAGMA user_version = ${schemaVersion};
`

export function projectionFile(folder: string): string {
  return join(folder, 'projection.db')
}

/** How far the projection has come in one chain. */
export interface Progress {
  segment: number
  offset: number
  records: number
  /** Of the last record projected. */
  hash: Buffer
}

/** The end of what may be projected. */
export interface ChainEnd {
  readonly segment: number
  readonly offset: number
}

export class Projector {
  readonly #db: DatabaseSync
  readonly #segments: SegmentReader
  readonly #progress: Record<ChainName, Progress>
  readonly #rows: ProjectionRows
  readonly #saveProgress: StatementSync
  readonly #saveCounter: StatementSync
  readonly #find: StatementSync
  #n: number
  #uncommitted = 0
  /** There is something to commit. */
  isOpen = false

  constructor(folder: string) {
    this.#db = openForWriting(projectionFile(folder))
    this.#segments = new SegmentReader(folder)
    this.#progress = readProgress(this.#db)
    this.#n = readCounter(this.#db)
    this.#rows = new ProjectionRows(this.#db)
    this.#saveProgress = this.#db.prepare('INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)')
    this.#saveCounter = this.#db.prepare('UPDATE counter SET n = ?')
    this.#find = this.#db.prepare('SELECT 1 FROM trace WHERE key = ?')
  }

  /**
   * Projects at most `max` records of a chain; false when there is nothing left. Others see it after `commit`,
   * which comes by itself after many records: neighbours share pages, and each is written once.
   */
  step(chain: ChainName, end: ChainEnd, max: number): boolean {
    const progress = this.#progress[chain]
    if (progress.segment === end.segment && progress.offset === end.offset) return false
    if (end.segment === 0) return false
    if (!this.isOpen) this.#db.exec('BEGIN')
    this.isOpen = true
    try {
      for (let done = 0; done < max;) {
        const count = this.#readOn(chain, end, max - done)
        if (count === 0 && progress.segment >= end.segment) break
        if (count === 0) {
          progress.segment += 1
          progress.offset = headerSize
        }
        done += count
        this.#uncommitted += count
      }
      this.#rows.flush()
      if (this.#uncommitted >= transactionRecords) this.commit()
      return true
    } catch (error) {
      this.#undo()
      throw error
    }
  }

  /** Shows what was projected to others. */
  commit(): void {
    if (!this.isOpen) return
    try {
      for (const chain of chainNames) {
        const { segment, offset, records, hash } = this.#progress[chain]
        this.#saveProgress.run(chain, segment, offset, records, hash)
      }
      this.#saveCounter.run(this.#n)
      this.#db.exec('COMMIT')
      this.isOpen = false
      this.#uncommitted = 0
    } catch (error) {
      this.#undo()
      throw error
    }
  }

  #undo(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    this.#rows.drop()
    this.isOpen = false
    this.#uncommitted = 0
    Object.assign(this.#progress, readProgress(this.#db))
    this.#n = readCounter(this.#db)
  }

  /** The records of the segment that is being read; 0 when it has no more. */
  #readOn(chain: ChainName, end: ChainEnd, max: number): number {
    const progress = this.#progress[chain]
    if (progress.segment === 0) return 0
    const isLast = progress.segment === end.segment
    const limit = isLast ? end.offset : Number.MAX_SAFE_INTEGER
    const bytes = this.#chunk(chain, progress, limit)
    let at = 0
    let count = 0
    while (count < max && at + frameOverhead <= bytes.length) {
      const length = bytes.readUInt32LE(at)
      const next = at + length + frameOverhead
      if (length === 0 || next > bytes.length) break
      const place = placeOf(chain, progress.segment, progress.offset)
      this.#project(bytes.subarray(at + 4, at + 4 + length), place)
      progress.hash = bytes.subarray(next - 32, next)
      progress.offset += next - at
      progress.records += 1
      at = next
      count += 1
    }
    return count
  }

  #chunk(chain: ChainName, { segment, offset }: Progress, limit: number): Buffer {
    const size = Math.min(chunkBytes, limit - offset)
    const bytes = this.#segments.bytes(chain, segment, { from: offset, to: offset + size })
    if (bytes.length < 4) return bytes
    const first = bytes.readUInt32LE(0) + frameOverhead
    if (first <= bytes.length || offset + first > limit) return bytes
    return this.#segments.bytes(chain, segment, { from: offset, to: offset + first })
  }

  #project(payload: Buffer, place: number): void {
    const facts = factsOf(payload)
    // What verify-audit names as damaged cannot be shown.
    if (facts) this.#rows.add(facts, ++this.#n, place)
  }

  /** Whether a payload of this key was projected. */
  has(key: Buffer): boolean {
    return this.#find.get(key) !== undefined
  }

  progress(chain: ChainName): Progress {
    return this.#progress[chain]
  }

  close(): void {
    this.commit()
    this.#db.close()
    this.#segments.close()
  }
}

const chunkBytes = 262_144
const transactionRecords = 32_768

function readCounter(db: DatabaseSync): number {
  return Number(db.prepare('SELECT n FROM counter').get()!.n)
}

function factsOf(payload: Buffer): TraceFacts | undefined {
  try {
    return readFacts(payload)
  } catch {
    return undefined
  }
}

function openForWriting(file: string): DatabaseSync {
  const db = tryOpen(file)
  if (db) return db
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  const fresh = new DatabaseSync(file)
  configure(fresh)
  fresh.exec(`BEGIN; ${schema} COMMIT`)
  return fresh
}

/** Undefined when the file is absent, damaged or of another form. */
function tryOpen(file: string): DatabaseSync | undefined {
  if (!existsSync(file)) return undefined
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file)
    configure(db)
    if (Number(db.prepare('PRAGMA user_version').get()!.user_version) === schemaVersion) return db
  } catch {
    // A damaged projection is no loss: it is made again.
  }
  db?.close()
  return undefined
}

/** A power cut may undo the last transactions, never damage the file; they are projected again. */
function configure(db: DatabaseSync): void {
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;
    PRAGMA wal_autocheckpoint = 4000; PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF`)
}

export function readProgress(db: DatabaseSync): Record<ChainName, Progress> {
  const rows = db.prepare('SELECT chain, segment, offset, records, hash FROM progress').all()
  const found = new Map(rows.map((row) => [row.chain, row]))
  const of = (chain: ChainName): Progress => {
    const row = found.get(chain)
    if (!row) return { segment: 0, offset: 0, records: 0, hash: Buffer.alloc(0) }
    return {
      segment: Number(row.segment),
      offset: Number(row.offset),
      records: Number(row.records),
      hash: Buffer.from(row.hash as Uint8Array),
    }
  }
  return Object.fromEntries(chainNames.map((chain) => [chain, of(chain)])) as Record<
    ChainName,
    Progress
  >
}
