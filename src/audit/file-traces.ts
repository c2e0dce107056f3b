/** Finds traces in the projection and reads them from the segments. */
import { DatabaseSync } from 'node:sqlite'
import type { Trace, TraceContent, TracePlace, TraceQuery, TraceSource } from './journal.ts'
import { projectionFile } from './projection.ts'
import { decodePayload, keyOf } from './record-codec.ts'
import { SegmentReader } from './segment-walk.ts'

type Value = string | number | Uint8Array

interface Sql {
  readonly from: string
  readonly values: readonly Value[]
  /** The column that orders: that of the index that drives. */
  readonly key: string
}

export class FileTraces implements TraceSource {
  readonly #db: DatabaseSync
  readonly #segments: SegmentReader
  readonly #settle: () => Promise<void>

  constructor(folder: string, settle: () => Promise<void>) {
    this.#db = new DatabaseSync(projectionFile(folder), { readOnly: true })
    this.#db.exec('PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF')
    this.#segments = new SegmentReader(folder)
    this.#settle = settle
  }

  settle(): Promise<void> {
    return this.#settle()
  }

  newest(): number {
    return Number(this.#db.prepare('SELECT n FROM counter').get()!.n)
  }

  page(query: TraceQuery, { after, before, max }: TracePlace): readonly Trace[] {
    const { from, values, key } = compile(query)
    const limits = [
      ...(after === undefined ? [] : [Buffer.from(after, 'hex')]),
      ...(before === undefined ? [] : [Buffer.from(before, 'hex')]),
    ]
    const beyond = [
      ...(after === undefined ? [] : [` AND ${key} < ?`]),
      ...(before === undefined ? [] : [` AND ${key} > ?`]),
    ]
    const order = before === undefined ? 'DESC' : 'ASC'
    // The plus: see `limitTo` of store/sqlite/sql.ts.
    const sql = `SELECT t.key, t.place ${from}${beyond.join('')} ORDER BY ${key} ${order} LIMIT +?`
    const rows = this.#db.prepare(sql).all(...values, ...limits, max)
    return rows.map(({ key, place }) => this.#trace(key as Uint8Array, Number(place)))
  }

  count(query: TraceQuery, max: number): number {
    const { from, values } = compile(query)
    const sql = `SELECT count(*) AS n FROM (SELECT 1 ${from} LIMIT +?)`
    return Number(this.#db.prepare(sql).get(...values, max)!.n)
  }

  find(id: string): Trace | undefined {
    const submitted = this.#db.prepare('SELECT key FROM submitted WHERE id = ?').get(id)
    const key = submitted
      ? (submitted.key as Uint8Array)
      : /^[0-9a-f]{32}$/.test(id)
        ? Buffer.from(id, 'hex')
        : undefined
    const row = key && this.#db.prepare('SELECT key, place FROM trace WHERE key = ?').get(key)
    const trace = row && this.#trace(row.key as Uint8Array, Number(row.place))
    // A submitted trace has its own id and is not found by its key.
    if (!trace?.content) return undefined
    return submitted !== undefined || trace.content.kind === 'own' ? trace : undefined
  }

  #trace(key: Uint8Array, place: number): Trace {
    return { key: Buffer.from(key).toString('hex'), content: this.#content(key, place) }
  }

  #content(key: Uint8Array, place: number): TraceContent | undefined {
    try {
      const content = decodePayload(this.#segments.payloadAt(place))
      return keyOf(content).equals(key) ? content : undefined
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#db.close()
    this.#segments.close()
  }
}

/** One patient drives the search by its own index; further ones are tested row by row. */
function compile(query: TraceQuery): Sql {
  const { patients, from, to, action, outcome, kind, asOf } = query
  const driver = patients.find(({ ids }) => ids.length === 1)
  const tests: string[] = ['t.n <= ?']
  const values: Value[] = [asOf]
  const add = (test: string, ...given: Value[]) => {
    tests.push(test)
    values.push(...given)
  }
  const key = driver ? 'l.key' : 't.key'
  if (from !== undefined) add(`${key} >= ?`, keyBound(from, 0))
  if (to !== undefined) add(`${key} <= ?`, keyBound(to, 255))
  if (action !== undefined) add('t.action = ?', action)
  if (outcome !== undefined) add('t.outcome = ?', outcome)
  // The chain is one bit of the place: see placeOf.
  if (kind !== undefined) add('((t.place >> 32) & 1) = ?', kind === 'own' ? 0 : 1)
  if (driver) {
    add('l.patient = ?', driver.ids[0]!)
    if (driver.subjectOnly) add('l.subject = 1')
  }
  for (const { ids, subjectOnly } of patients) {
    if (ids === driver?.ids) continue
    const marks = ids.map(() => '?').join(', ')
    add(
      `EXISTS (SELECT 1 FROM link x WHERE x.key = t.key AND x.patient IN (${marks})${
        subjectOnly ? ' AND x.subject = 1' : ''
      })`,
      ...ids,
    )
  }
  const table = driver ? 'link l CROSS JOIN trace t ON t.key = l.key' : 'trace t'
  return { from: `FROM ${table} WHERE ${tests.join(' AND ')}`, values, key }
}

/** The first or last key of a millisecond. */
function keyBound(time: number, fill: number): Buffer {
  const key = Buffer.alloc(16, fill)
  key.writeUIntBE(Math.min(Math.max(0, Math.floor(time)), 2 ** 48 - 1), 0, 6)
  return key
}
