/** Removes index rows that no page link can ask for any more. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { rowsOfPack } from './index-rows.ts'
import type { IndexRows } from './index-rows.ts'
import { deleteMethod, sortOfDate } from './packed-plan.ts'
import type { Envelope } from '../stored-version.ts'
import { versionKey } from './schema.ts'

const versionsPerStep = 200

interface EndedVersion {
  readonly rid: number
  readonly version: number
}

/**
 * Versions that ended at or before the horizon take their index rows with them: those rows, found
 * by the version's own pack, that ended too. Compartment rows stay: history asks for them.
 */
export class Tidier {
  readonly #db: DatabaseSync
  readonly #readHorizon: StatementSync
  readonly #commitsAfter: StatementSync
  readonly #saveHorizon: StatementSync
  readonly #ended: StatementSync
  readonly #findVersion: StatementSync
  readonly #removals: Readonly<Record<keyof IndexRows, StatementSync>>

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#readHorizon = db.prepare('SELECT horizon FROM state')
    this.#commitsAfter = db.prepare(
      `SELECT since, time FROM fact WHERE since > ? ORDER BY since LIMIT ${versionsPerStep}`,
    )
    this.#saveHorizon = db.prepare('UPDATE state SET horizon = ?')
    this.#ended = db.prepare(
      'SELECT rid, version - 1 AS version FROM fact WHERE since > ? AND since <= ? AND version > 1',
    )
    this.#findVersion = db.prepare('SELECT method, envelope, entries FROM version WHERE vid = ?')
    const removal = (table: string, key: string) =>
      db.prepare(`DELETE FROM ${table} WHERE ${key} AND ended > 0 AND ended <= ?`)
    this.#removals = {
      token: removal(
        'token',
        'param = ? AND value = ((? << 32) | ?) AND sort = ? AND rid = ? AND system = ?',
      ),
      reference: removal(
        'reference',
        'param = ? AND target = ? AND sort = ? AND rid = ? AND version = ?',
      ),
      string: removal('string', 'param = ? AND folded = ? AND rid = ? AND exact = ((? << 32) | ?)'),
      period: removal('period', 'param = ? AND rid = ?'),
      quantity: removal('quantity', 'param = ? AND rid = ?'),
    }
  }

  /** One small step; true when there is more to do. */
  step(endedBefore: number): boolean {
    const from = Number(this.#readHorizon.get()!.horizon)
    const seen = this.#commitsAfter.all(from)
    const reached = seen.findLast(({ time }) => Number(time) <= endedBefore)
    if (!reached) return false
    const horizon = Number(reached.since)
    this.#db.exec('BEGIN IMMEDIATE')
    for (const ended of this.#ended.all(from, horizon) as unknown as EndedVersion[])
      this.#remove(ended, horizon)
    this.#saveHorizon.run(horizon)
    this.#db.exec('COMMIT')
    return reached === seen.at(-1)
  }

  #remove({ rid, version }: EndedVersion, horizon: number): void {
    const row = this.#findVersion.get(versionKey(rid, version))
    if (!row || row.method === deleteMethod || !row.entries) return
    const { date } = JSON.parse(String(row.envelope)) as Envelope
    const place = { rid, sort: sortOfDate(date), since: 0 }
    const rows = rowsOfPack(row.entries as Uint8Array, place)
    const { token, reference, string, period, quantity } = this.#removals
    for (const { param, high, low, sort, system } of rows.token)
      token.run(param, high, low >>> 0, sort, rid, system, horizon)
    for (const { param, target, sort, version: targetVersion } of rows.reference)
      reference.run(param, target, sort, rid, targetVersion, horizon)
    for (const { param, folded, high, low } of rows.string)
      string.run(param, folded, rid, high, low >>> 0, horizon)
    for (const { param } of rows.period) period.run(param, rid, horizon)
    for (const { param } of rows.quantity) quantity.run(param, rid, horizon)
  }
}
