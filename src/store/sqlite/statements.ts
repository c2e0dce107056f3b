/** Prepared statements by their text; rows come as arrays. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { Sql } from './sql.ts'

const statementsMax = 500

export type Row = readonly SQLOutputValue[]

export class Statements {
  readonly #db: DatabaseSync
  readonly #known = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  all({ text, values }: Sql): Row[] {
    return this.#prepare(text).all(...values) as unknown as Row[]
  }

  get({ text, values }: Sql): Row | undefined {
    return this.#prepare(text).get(...values) as unknown as Row | undefined
  }

  #prepare(text: string): StatementSync {
    let statement = this.#known.get(text)
    if (statement) return statement
    statement = this.#db.prepare(text)
    statement.setReturnArrays(true)
    // The oldest goes first: hot statements are few and come back at once.
    if (this.#known.size >= statementsMax) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(text, statement)
    return statement
  }
}
