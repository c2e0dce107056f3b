/** Rows of the projection on their way in: gathered, and inserted several to a statement. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { TraceFacts } from './record-codec.ts'

type Value = string | number | Uint8Array

const rowsPerStatement = 32

/** A record may come twice, and counts once: hence OR IGNORE. */
class RowInserts {
  readonly #columns: number
  readonly #one: StatementSync
  readonly #many: StatementSync
  #values: Value[] = []

  constructor(db: DatabaseSync, table: string, columns: number) {
    const row = `(${Array(columns).fill('?').join(', ')})`
    const prepare = (rows: number) =>
      db.prepare(`INSERT OR IGNORE INTO ${table} VALUES ${Array(rows).fill(row).join(', ')}`)
    this.#columns = columns
    this.#one = prepare(1)
    this.#many = prepare(rowsPerStatement)
  }

  add(...row: readonly Value[]): void {
    this.#values.push(...row)
    if (this.#values.length < rowsPerStatement * this.#columns) return
    this.#many.run(...this.#values)
    this.#values.length = 0
  }

  flush(): void {
    const values = this.#values
    for (let at = 0; at < values.length; at += this.#columns)
      this.#one.run(...values.slice(at, at + this.#columns))
    values.length = 0
  }

  drop(): void {
    this.#values.length = 0
  }
}

export class ProjectionRows {
  readonly #traces: RowInserts
  readonly #links: RowInserts
  readonly #submitted: RowInserts

  constructor(db: DatabaseSync) {
    this.#traces = new RowInserts(db, 'trace', 5)
    this.#links = new RowInserts(db, 'link', 3)
    this.#submitted = new RowInserts(db, 'submitted', 2)
  }

  /** `n` numbers the traces; nothing is in the database before `flush`. */
  add({ key, action, outcome, patients, submittedId }: TraceFacts, n: number, place: number): void {
    this.#traces.add(key, n, place, action, outcome)
    for (const { id, isSubject } of patients) this.#links.add(id, key, isSubject ? 1 : 0)
    if (submittedId !== undefined) this.#submitted.add(submittedId, key)
  }

  flush(): void {
    this.#traces.flush()
    this.#links.flush()
    this.#submitted.flush()
  }

  /** After a rollback. */
  drop(): void {
    this.#traces.drop()
    this.#links.drop()
    this.#submitted.drop()
  }
}
