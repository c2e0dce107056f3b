/** The tables, and how an older database becomes a newer one. What each is for: design.md §5. */
import type { DatabaseSync } from 'node:sqlite'
import { Unavailable } from '../../errors.ts'

/** `ended` of the newest version in `fact`: beyond every sequence number. */
export const endless = 140_737_488_355_327

/** A version's place: its resource's number, then 20 bits of version number. */
export const versionBits = 20
export const versionMax = 2 ** versionBits - 1

export function versionKey(rid: number, versionId: number): number {
  return rid * (versionMax + 1) + versionId
}

/**
 * `rid` numbers resources by creation; `tid` numbers what references point to. They are equal,
 * unless a reference came before its target: then the row had a tid first, and `alias` links them.
 * In index tables `ended` is 0 while the row holds; `sort` orders by clinical date, 0: none.
 */
const firstSchema = `
CREATE TABLE state(
  id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, time INTEGER NOT NULL,
  rid INTEGER NOT NULL, horizon INTEGER NOT NULL, probe INTEGER NOT NULL, secret BLOB NOT NULL);
CREATE TABLE type(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dated INTEGER NOT NULL DEFAULT 0);
CREATE TABLE param(
  id INTEGER PRIMARY KEY, type INTEGER NOT NULL, code TEXT NOT NULL,
  clinical INTEGER NOT NULL DEFAULT 0, UNIQUE (type, code));
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE resource(
  type INTEGER NOT NULL, id TEXT NOT NULL, rid INTEGER NOT NULL, tid INTEGER NOT NULL,
  version INTEGER NOT NULL, PRIMARY KEY (type, id)) WITHOUT ROWID;
CREATE TABLE alias(rid INTEGER PRIMARY KEY, tid INTEGER NOT NULL UNIQUE);
CREATE TABLE version(
  vid INTEGER PRIMARY KEY, type INTEGER NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
  time INTEGER NOT NULL, method INTEGER NOT NULL, extra TEXT, blob TEXT, envelope TEXT NOT NULL,
  entries BLOB, withheld BLOB, body BLOB NOT NULL);
CREATE INDEX version_blob ON version(blob) WHERE blob IS NOT NULL;
CREATE TABLE fact(
  rid INTEGER NOT NULL, ended INTEGER NOT NULL, version INTEGER NOT NULL, since INTEGER NOT NULL,
  type INTEGER NOT NULL, deleted INTEGER NOT NULL, sort INTEGER NOT NULL, time INTEGER NOT NULL,
  class INTEGER NOT NULL, doc_type INTEGER NOT NULL, status INTEGER NOT NULL,
  confidentiality INTEGER NOT NULL, organization INTEGER NOT NULL, user INTEGER NOT NULL,
  client INTEGER NOT NULL, deposited INTEGER NOT NULL, patients INTEGER NOT NULL,
  owner TEXT NOT NULL,
  labels TEXT NOT NULL, authors TEXT NOT NULL, params TEXT NOT NULL,
  PRIMARY KEY (type, rid, ended, version)) WITHOUT ROWID;
CREATE INDEX fact_by_date ON fact(type, sort DESC, rid);
CREATE INDEX fact_by_time ON fact(type, time DESC, rid);
CREATE INDEX fact_by_seq ON fact(since, rid);
CREATE TABLE compartment(
  patient INTEGER NOT NULL, type INTEGER NOT NULL, deleted INTEGER NOT NULL,
  sort INTEGER NOT NULL, rid INTEGER NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL,
  class INTEGER NOT NULL, doc_type INTEGER NOT NULL, status INTEGER NOT NULL,
  confidentiality INTEGER NOT NULL,
  PRIMARY KEY (patient, type, deleted, sort DESC, rid, since)) WITHOUT ROWID;
CREATE TABLE token(
  param INTEGER NOT NULL, value INTEGER NOT NULL, sort INTEGER NOT NULL, rid INTEGER NOT NULL,
  system INTEGER NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL,
  PRIMARY KEY (param, value, sort DESC, rid, system, since)) WITHOUT ROWID;
CREATE TABLE reference(
  param INTEGER NOT NULL, target INTEGER NOT NULL, sort INTEGER NOT NULL, rid INTEGER NOT NULL,
  version INTEGER NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL,
  PRIMARY KEY (target, param, sort DESC, rid, version, since)) WITHOUT ROWID;
CREATE TABLE string(
  param INTEGER NOT NULL, folded TEXT NOT NULL, rid INTEGER NOT NULL, exact INTEGER NOT NULL,
  since INTEGER NOT NULL, ended INTEGER NOT NULL, sort INTEGER NOT NULL,
  PRIMARY KEY (param, folded, rid, exact, since)) WITHOUT ROWID;
CREATE TABLE period(
  param INTEGER NOT NULL, rid INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL,
  since INTEGER NOT NULL, ended INTEGER NOT NULL, sort INTEGER NOT NULL,
  PRIMARY KEY (param, rid, low, high, since)) WITHOUT ROWID;
CREATE INDEX period_by_high ON period(param, high);
CREATE TABLE quantity(
  param INTEGER NOT NULL, rid INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
  system INTEGER NOT NULL, code INTEGER NOT NULL, unit INTEGER NOT NULL, since INTEGER NOT NULL,
  ended INTEGER NOT NULL, sort INTEGER NOT NULL,
  PRIMARY KEY (param, rid, low, high, system, code, unit, since)) WITHOUT ROWID;
CREATE INDEX quantity_by_high ON quantity(param, high);
CREATE TABLE claim(claim TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE audit(position INTEGER PRIMARY KEY, seq INTEGER NOT NULL, record BLOB NOT NULL);
CREATE TABLE outbox(
  position INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL, kind TEXT NOT NULL,
  data TEXT NOT NULL);
INSERT INTO state VALUES (1, 0, 0, 0, 0, 0, randomblob(32));
`

/** In order; the place in this list, from 1, is the version. Never change one that was released. */
const migrations: readonly { readonly name: string; readonly script: string }[] = [
  { name: 'first schema', script: firstSchema },
  {
    name: 'small blobs as rows',
    script: 'CREATE TABLE content(key INTEGER PRIMARY KEY, bytes BLOB NOT NULL)',
  },
]

export function migrateSchema(db: DatabaseSync): void {
  db.exec(`CREATE TABLE IF NOT EXISTS migration(
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)`)
  const row = db.prepare('SELECT coalesce(max(version), 0) AS version FROM migration').get()
  const current = Number(row?.version)
  if (current > migrations.length)
    throw new Unavailable(
      `The data were written by a newer Passerelle (schema ${current}); this one knows schemas up to ${migrations.length}`,
    )
  for (const [index, { name, script }] of migrations.entries()) {
    if (index < current) continue
    db.exec('BEGIN IMMEDIATE')
    db.exec(script)
    db.prepare('INSERT INTO migration VALUES (?, ?, ?)').run(index + 1, name, Date.now())
    db.exec('COMMIT')
  }
}

/**
 * The writer's cache is small on purpose: SQLite walks all of it at the end of each transaction that
 * split a page (`sqlite3PagerRekey` leaves a page number beyond the end), half a millisecond for 64 MB.
 * What it lacks is in the mapped file or the system's cache. A large transaction still fits: it is
 * kept in memory until it commits.
 */
export function configureWriter(db: DatabaseSync): void {
  db.exec(`PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA cache_size = -2048; PRAGMA cache_spill = OFF; PRAGMA mmap_size = 1073741824;
    PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;
    PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF`)
}

export function configureReader(db: DatabaseSync): void {
  db.exec(`PRAGMA cache_size = -32768; PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY;
    PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF`)
}
