/**
 * Floor of a lot, by hand: the document's file fsynced with its folder, then one durable batch of
 * three rows and as many narrow index rows as the store makes of a lot.
 */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { answerQuestions } from '../harness/answer-questions.ts'

interface Work {
  readonly folder: string
  readonly documentBytes: number
  readonly rowBytes: number
  readonly indexRows: number
  readonly milliseconds: number
}

function open(folder: string): DatabaseSync {
  fs.mkdirSync(folder, { recursive: true })
  const db = new DatabaseSync(join(folder, 'floor.db'))
  db.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS version(vid INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS entry(param INTEGER, value INTEGER, sort INTEGER, rid INTEGER,
      PRIMARY KEY (param, value, sort, rid)) WITHOUT ROWID`)
  return db
}

function writeBlob(folder: string, bytes: Buffer): void {
  const path = join(folder, randomBytes(16).toString('hex'))
  const file = fs.openSync(`${path}.part`, 'wx')
  fs.writeSync(file, bytes)
  fs.fdatasyncSync(file)
  fs.closeSync(file)
  fs.renameSync(`${path}.part`, path)
  const directory = fs.openSync(folder, 'r')
  fs.fsyncSync(directory)
  fs.closeSync(directory)
}

let known: DatabaseSync | undefined

/** Lots per second, one after the other. */
function run({ folder, documentBytes, rowBytes, indexRows, milliseconds }: Work): number {
  const db = (known ??= open(folder))
  const addVersion = db.prepare('INSERT INTO version(body) VALUES (?)')
  const addEntry = db.prepare('INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?)')
  const document = randomBytes(documentBytes)
  const body = randomBytes(rowBytes)
  const started = performance.now()
  let lots = 0
  while (performance.now() - started < milliseconds) {
    writeBlob(folder, document)
    db.exec('BEGIN IMMEDIATE')
    for (let index = 0; index < 3; index++) addVersion.run(body)
    for (let index = 0; index < indexRows; index++)
      addEntry.run(index, Math.floor(Math.random() * 2 ** 47), lots, lots)
    db.exec('COMMIT')
    lots += 1
  }
  return (lots * 1000) / (performance.now() - started)
}

answerQuestions({ run })
