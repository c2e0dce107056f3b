/** Index rows on their way in: gathered, sorted, inserted several to a statement. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type {
  IndexRows,
  PeriodRow,
  QuantityRow,
  ReferenceRow,
  StringRow,
  TokenRow,
} from './index-rows.ts'
import { noRows } from './index-rows.ts'
import type { SqlValue } from './sql.ts'

const rowsPerStatement = 16

/** How the rows of one table are ordered, inserted and ended. */
interface Table<R> {
  readonly one: StatementSync
  readonly many: StatementSync
  readonly end: StatementSync
  readonly compare: (a: R, b: R) => number
  readonly push: (row: R, values: SqlValue[]) => void
  /** The row's key, without `since`. */
  readonly key: (row: R) => SqlValue[]
}

export class RowBatch {
  readonly #token: Table<TokenRow>
  readonly #reference: Table<ReferenceRow>
  readonly #string: Table<StringRow>
  readonly #period: Table<PeriodRow>
  readonly #quantity: Table<QuantityRow>
  #rows = noRows()

  constructor(db: DatabaseSync) {
    this.#token = tokenTable(db)
    this.#reference = referenceTable(db)
    this.#string = stringTable(db)
    this.#period = periodTable(db)
    this.#quantity = quantityTable(db)
  }

  /** Where readers of packs append; nothing is in the database before `flush`. */
  get rows(): IndexRows {
    return this.#rows
  }

  add(rows: IndexRows): void {
    this.#rows.token.push(...rows.token)
    this.#rows.reference.push(...rows.reference)
    this.#rows.string.push(...rows.string)
    this.#rows.period.push(...rows.period)
    this.#rows.quantity.push(...rows.quantity)
  }

  flush(): void {
    const rows = this.#rows
    this.#rows = noRows()
    insertRows(this.#token, rows.token)
    insertRows(this.#reference, rows.reference)
    insertRows(this.#string, rows.string)
    insertRows(this.#period, rows.period)
    insertRows(this.#quantity, rows.quantity)
  }

  /** After a rollback. */
  drop(): void {
    this.#rows = noRows()
  }

  /** The rows hold no more from this commit on; they are in the database already. */
  end(rows: IndexRows, sequence: number): void {
    endRows(this.#token, rows.token, sequence)
    endRows(this.#reference, rows.reference, sequence)
    endRows(this.#string, rows.string, sequence)
    endRows(this.#period, rows.period, sequence)
    endRows(this.#quantity, rows.quantity, sequence)
  }
}

function insertRows<R>({ one, many, compare, push }: Table<R>, rows: R[]): void {
  rows.sort(compare)
  let index = 0
  for (; index + rowsPerStatement <= rows.length; index += rowsPerStatement) {
    const values: SqlValue[] = []
    for (let offset = 0; offset < rowsPerStatement; offset++) push(rows[index + offset]!, values)
    many.run(...values)
  }
  for (; index < rows.length; index++) {
    const values: SqlValue[] = []
    push(rows[index]!, values)
    one.run(...values)
  }
}

function endRows<R>({ end, key }: Table<R>, rows: readonly R[], sequence: number): void {
  for (const row of rows) end.run(sequence, ...key(row))
}

/** One entry may say the same twice: hence OR IGNORE. */
function inserts(db: DatabaseSync, table: string, columns: string, marks: string) {
  const statement = (count: number) =>
    db.prepare(
      `INSERT OR IGNORE INTO ${table}(${columns}, ended) VALUES ${Array(count).fill(`(${marks}, 0)`).join(', ')}`,
    )
  return { one: statement(1), many: statement(rowsPerStatement) }
}

function ends(db: DatabaseSync, table: string, key: string): StatementSync {
  return db.prepare(`UPDATE ${table} SET ended = ? WHERE ${key} AND ended = 0`)
}

const hashMark = '(? << 32) | ?'

function tokenTable(db: DatabaseSync): Table<TokenRow> {
  return {
    ...inserts(db, 'token', 'param, value, sort, rid, system, since', `?, ${hashMark}, ?, ?, ?, ?`),
    end: ends(
      db,
      'token',
      `param = ? AND value = (${hashMark}) AND sort = ? AND rid = ? AND system = ?`,
    ),
    compare: (a, b) =>
      a.param - b.param ||
      a.high - b.high ||
      (a.low >>> 0) - (b.low >>> 0) ||
      b.sort - a.sort ||
      a.rid - b.rid,
    push: (row, values) =>
      values.push(row.param, row.high, row.low >>> 0, row.sort, row.rid, row.system, row.since),
    key: (row) => [row.param, row.high, row.low >>> 0, row.sort, row.rid, row.system],
  }
}

function referenceTable(db: DatabaseSync): Table<ReferenceRow> {
  return {
    ...inserts(db, 'reference', 'param, target, sort, rid, version, since', '?, ?, ?, ?, ?, ?'),
    end: ends(db, 'reference', 'param = ? AND target = ? AND sort = ? AND rid = ? AND version = ?'),
    compare: (a, b) => a.target - b.target || a.param - b.param || b.sort - a.sort || a.rid - b.rid,
    push: (row, values) =>
      values.push(row.param, row.target, row.sort, row.rid, row.version, row.since),
    key: (row) => [row.param, row.target, row.sort, row.rid, row.version],
  }
}

function stringTable(db: DatabaseSync): Table<StringRow> {
  return {
    ...inserts(
      db,
      'string',
      'param, folded, rid, exact, since, sort',
      `?, ?, ?, ${hashMark}, ?, ?`,
    ),
    end: ends(db, 'string', `param = ? AND folded = ? AND rid = ? AND exact = (${hashMark})`),
    compare: (a, b) =>
      a.param - b.param || (a.folded < b.folded ? -1 : a.folded > b.folded ? 1 : a.rid - b.rid),
    push: (row, values) =>
      values.push(row.param, row.folded, row.rid, row.high, row.low >>> 0, row.since, row.sort),
    key: (row) => [row.param, row.folded, row.rid, row.high, row.low >>> 0],
  }
}

function periodTable(db: DatabaseSync): Table<PeriodRow> {
  return {
    ...inserts(db, 'period', 'param, rid, low, high, since, sort', '?, ?, ?, ?, ?, ?'),
    end: ends(db, 'period', 'param = ? AND rid = ? AND low = ? AND high = ?'),
    compare: (a, b) => a.param - b.param || a.rid - b.rid,
    push: (row, values) => values.push(row.param, row.rid, row.from, row.to, row.since, row.sort),
    key: (row) => [row.param, row.rid, row.from, row.to],
  }
}

function quantityTable(db: DatabaseSync): Table<QuantityRow> {
  return {
    ...inserts(
      db,
      'quantity',
      'param, rid, low, high, system, code, unit, since, sort',
      '?, ?, ?, ?, ?, ?, ?, ?, ?',
    ),
    end: ends(
      db,
      'quantity',
      'param = ? AND rid = ? AND low = ? AND high = ? AND system = ? AND code = ? AND unit = ?',
    ),
    compare: (a, b) => a.param - b.param || a.rid - b.rid,
    push: (row, values) =>
      values.push(
        row.param,
        row.rid,
        row.from,
        row.to,
        row.system,
        row.code,
        row.unit,
        row.since,
        row.sort,
      ),
    key: (row) => [row.param, row.rid, row.from, row.to, row.system, row.code, row.unit],
  }
}
