/**
 * The authorization server's records in a small database of their own, written where they are asked
 * for. What takes access away, and what may happen once only, is on the disk before it returns.
 */
import { chmodSync, closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { accessKinds, type AuthRecord, type AuthStore } from '../../auth/store-port.ts'
import { Unavailable } from '../../errors.ts'
import { storageFailure } from './storage-failure.ts'

const schema = `
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, key TEXT NOT NULL, payload TEXT NOT NULL,
  expires INTEGER, consumed INTEGER, grant_id TEXT, handle TEXT,
  PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS record_by_grant ON record (grant_id, kind) WHERE grant_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_by_handle ON record (handle, kind) WHERE handle IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_by_expiry ON record (expires) WHERE expires IS NOT NULL;
`

const version = 1
const sweepEvery = 500

interface Row {
  readonly kind: string
  readonly key: string
  readonly payload: string
  readonly expires: number | null
  readonly consumed: number | null
  readonly grant_id: string | null
  readonly handle: string | null
}

/** Throws Unavailable when the file cannot be used or is of a newer version. */
export function openAuthRecords(file: string, now: () => number = Date.now): AuthStore {
  try {
    // It holds private keys in the sandbox: nobody else's to read.
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
    return createAuthRecords(openDatabase(file), now)
  } catch (error) {
    throw asUnavailable(error)
  }
}

function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL')
  const { user_version: found } = db.prepare('PRAGMA user_version').get() as {
    user_version: number
  }
  if (found > version) {
    db.close()
    throw new Unavailable('The data folder belongs to a newer version of Passerelle')
  }
  db.exec(`${schema} PRAGMA user_version = ${version};`)
  return db
}

function createAuthRecords(db: DatabaseSync, now: () => number): AuthStore {
  const seconds = () => Math.floor(now() / 1000)
  const statements = prepareStatements(db)
  let epoch = 0
  let writes = 0
  const count = () => {
    writes += 1
    if (writes % sweepEvery === 0) statements.sweep.run(seconds())
  }
  statements.sweep.run(seconds())
  return {
    find: guarded((kind, key) => toRecord(statements.find.get(kind, key))),
    findByHandle: guarded((kind, handle) =>
      statements.findByHandle.all(handle, kind).flatMap((row) => toRecord(row) ?? []),
    ),
    save: guarded((record) => {
      statements.save.run(...valuesOf(record))
      count()
    }),
    insert: guarded((record) =>
      durably(db, () => {
        count()
        return statements.insert.run(...valuesOf(record), seconds()).changes === 1
      }),
    ),
    consume: guarded((kind, key, at) =>
      durably(db, () => statements.consume.run(at, kind, key).changes === 1),
    ),
    remove: guarded((kind, key) => {
      const { changes } = durably(db, () => statements.remove.run(kind, key))
      if (changes > 0 && accessKinds.has(kind)) epoch += 1
    }),
    removeByGrant: guarded((kind, grantId) => {
      const { changes } = durably(db, () => statements.removeByGrant.run(grantId, kind))
      if (changes > 0 && accessKinds.has(kind)) epoch += 1
    }),
    epoch: () => epoch,
    close: () => db.close(),
  }
}

function prepareStatements(db: DatabaseSync) {
  const columns = 'kind, key, payload, expires, consumed, grant_id, handle'
  const replace = `payload = excluded.payload, expires = excluded.expires,
    consumed = excluded.consumed, grant_id = excluded.grant_id, handle = excluded.handle`
  const insert = `INSERT INTO record (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, key) DO UPDATE SET ${replace}`
  return {
    find: db.prepare(`SELECT ${columns} FROM record WHERE kind = ? AND key = ?`),
    findByHandle: db.prepare(`SELECT ${columns} FROM record WHERE handle = ? AND kind = ?`),
    save: db.prepare(insert),
    insert: db.prepare(`${insert} WHERE record.expires <= ?`),
    consume: db.prepare(
      'UPDATE record SET consumed = ? WHERE kind = ? AND key = ? AND consumed IS NULL',
    ),
    remove: db.prepare('DELETE FROM record WHERE kind = ? AND key = ?'),
    removeByGrant: db.prepare('DELETE FROM record WHERE grant_id = ? AND kind = ?'),
    sweep: db.prepare('DELETE FROM record WHERE expires <= ?'),
  } satisfies Record<string, StatementSync>
}

/** On the disk when it returns, with all that was written before. */
function durably<T>(db: DatabaseSync, work: () => T): T {
  db.exec('PRAGMA synchronous = FULL')
  try {
    return work()
  } finally {
    db.exec('PRAGMA synchronous = NORMAL')
  }
}

/** A failing disk is 503: a token that cannot be looked up is never taken for a good one. */
function guarded<A extends unknown[], T>(work: (...args: A) => T): (...args: A) => Promise<T> {
  return async (...args) => {
    try {
      return work(...args)
    } catch (error) {
      throw asUnavailable(error)
    }
  }
}

function asUnavailable(error: unknown): unknown {
  const reason = storageFailure(error)
  return reason === undefined
    ? error
    : new Unavailable(`Logins and tokens cannot be kept: ${reason}`, { cause: error })
}

type Values = [string, string, string, number | null, number | null, string | null, string | null]

function valuesOf(record: AuthRecord): Values {
  return [
    record.kind,
    record.key,
    JSON.stringify(record.payload),
    record.expiresAt ?? null,
    record.consumedAt ?? null,
    record.grantId ?? null,
    record.handle ?? null,
  ]
}

function toRecord(found: unknown): AuthRecord | undefined {
  if (found === undefined) return undefined
  const row = found as Row
  return {
    kind: row.kind,
    key: row.key,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    ...(row.expires === null ? {} : { expiresAt: row.expires }),
    ...(row.consumed === null ? {} : { consumedAt: row.consumed }),
    ...(row.grant_id === null ? {} : { grantId: row.grant_id }),
    ...(row.handle === null ? {} : { handle: row.handle }),
  }
}
