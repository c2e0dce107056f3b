/** The index rows of one version, read from its pack; and what changes from one to the next. */
import { ByteReader } from './bytes.ts'
import type { PackHead, StoredTarget } from './entry-pack.ts'
import { flags, readStoredHead, rowKinds } from './entry-pack.ts'

interface Row {
  readonly param: number
  readonly rid: number
  readonly sort: number
  readonly since: number
}

/** What all rows of one version have in common. */
export type RowPlace = Omit<Row, 'param'>

export interface TokenRow extends Row {
  /** Signed halves of the 64-bit hash. */
  readonly high: number
  readonly low: number
  readonly system: number
}

export interface ReferenceRow extends Row {
  readonly target: number
  readonly version: number
}

export interface StringRow extends Row {
  readonly folded: string
  readonly high: number
  readonly low: number
}

export interface PeriodRow extends Row {
  readonly from: number
  readonly to: number
}

export interface QuantityRow extends Row {
  readonly from: number
  readonly to: number
  readonly system: number
  readonly code: number
  readonly unit: number
}

export interface IndexRows {
  readonly token: TokenRow[]
  readonly reference: ReferenceRow[]
  readonly string: StringRow[]
  readonly period: PeriodRow[]
  readonly quantity: QuantityRow[]
}

export function noRows(): IndexRows {
  return { token: [], reference: [], string: [], period: [], quantity: [] }
}

/** `token.system` of rows that are no tokens: what is not negative is a token's system. */
export const uriSystem = -1
/** The hash of a composite's first component differs from the token's own by this. */
export const componentMark = 0x5bd1e995
/** `quantity.system` of a plain number. */
export const numberSystem = -1

/** A token's system as it is kept; the last bit says that a binding implies it. */
export function tokenSystem(word: number, isImplied: boolean): number {
  return word * 2 + (isImplied ? 1 : 0)
}

/** A URL reference's version as it is kept in `token.system`. */
export function urlSystem(versionWord: number): number {
  return -2 - versionWord
}

/** Reads all rows of a pack whose head was read; appends them to `rows`. */
export function readRows(
  reader: ByteReader,
  head: PackHead<StoredTarget>,
  { rid, sort, since }: RowPlace,
  rows: IndexRows,
): void {
  const count = reader.varint()
  for (let index = 0; index < count; index++) {
    const kind = reader.byte()
    const place = { param: head.codes[reader.varint()]!, rid, sort, since }
    if (kind === rowKinds.composite) readComposite(reader, place, head, rows)
    else readRow(kind, reader, place, head, rows)
  }
}

function readRow(
  kind: number,
  reader: ByteReader,
  { param, rid, sort, since }: Row,
  head: PackHead<StoredTarget>,
  rows: IndexRows,
): void {
  if (kind === rowKinds.token) {
    rows.token.push(readToken(reader, { param, rid, sort, since }, head))
  } else if (kind === rowKinds.uri) {
    const high = reader.int32()
    const low = reader.int32()
    skipText(reader)
    rows.token.push({ param, rid, sort, since, high, low, system: uriSystem })
  } else if (kind === rowKinds.reference) {
    const has = reader.byte()
    const target = head.targets[reader.varint()]!.tid
    const version = has & flags.first ? head.words[reader.varint()]! : 0
    rows.reference.push({ param, rid, sort, since, target, version })
  } else if (kind === rowKinds.url) {
    const has = reader.byte()
    const high = reader.int32()
    const low = reader.int32()
    skipText(reader)
    const system = urlSystem(has & flags.first ? head.words[reader.varint()]! : 0)
    rows.token.push({ param, rid, sort, since, high, low, system })
  } else if (kind === rowKinds.string) {
    const high = reader.int32()
    const low = reader.int32()
    rows.string.push({ param, rid, sort, since, high, low, folded: reader.text() })
  } else if (kind === rowKinds.date) {
    rows.period.push({ param, rid, sort, since, from: reader.double(), to: reader.double() })
  } else {
    rows.quantity.push(readQuantity(kind, reader, { param, rid, sort, since }, head))
  }
}

function readToken(
  reader: ByteReader,
  { param, rid, sort, since }: Row,
  head: PackHead<StoredTarget>,
): TokenRow {
  const has = reader.byte()
  const word = has & flags.first ? head.words[reader.varint()]! : 0
  const system = tokenSystem(word, (has & flags.third) !== 0)
  if (!(has & flags.second)) return { param, rid, sort, since, high: 0, low: 0, system }
  const high = reader.int32()
  const low = reader.int32()
  skipText(reader)
  return { param, rid, sort, since, high, low, system }
}

function readQuantity(
  kind: number,
  reader: ByteReader,
  { param, rid, sort, since }: Row,
  { words }: PackHead<StoredTarget>,
): QuantityRow {
  const from = reader.double()
  const to = reader.double()
  if (kind === rowKinds.number)
    return { param, rid, sort, since, from, to, system: numberSystem, code: 0, unit: 0 }
  const has = reader.byte()
  const system = has & flags.first ? words[reader.varint()]! : 0
  const code = has & flags.second ? words[reader.varint()]! : 0
  const unit = has & flags.third ? words[reader.varint()]! : 0
  return { param, rid, sort, since, from, to, system, code, unit }
}

/** Only the first component's tokens get rows; they narrow, the pack itself decides. */
function readComposite(
  reader: ByteReader,
  place: Row,
  head: PackHead<StoredTarget>,
  rows: IndexRows,
): void {
  const components = reader.varint()
  for (let component = 0; component < components; component++) {
    const alternatives = reader.varint()
    for (let index = 0; index < alternatives; index++) {
      const kind = reader.byte()
      const inside = noRows()
      if (kind === rowKinds.composite) readComposite(reader, place, head, inside)
      else readRow(kind, reader, place, head, inside)
      if (kind === rowKinds.string) skipText(reader)
      if (component > 0) continue
      for (const row of inside.token) {
        if (kind === rowKinds.token)
          rows.token.push({ ...row, low: row.low ^ componentMark, system: uriSystem })
      }
    }
  }
}

function skipText(reader: ByteReader): void {
  const size = reader.varint()
  reader.position += size
}

/** All rows of a kept pack. */
export function rowsOfPack(pack: Uint8Array, place: RowPlace): IndexRows {
  const reader = new ByteReader(pack)
  const head = readStoredHead(reader)
  const rows = noRows()
  readRows(reader, head, place, rows)
  return rows
}

/** Rows of `left` that `right` has not. Rows are told apart by all their values. */
export function rowsWithout(left: IndexRows, right: IndexRows): IndexRows {
  const without = <T extends object>(a: readonly T[], b: readonly T[]) => {
    const known = new Set(b.map(keyOf))
    return a.filter((row) => !known.has(keyOf(row)))
  }
  return {
    token: without(left.token, right.token),
    reference: without(left.reference, right.reference),
    string: without(left.string, right.string),
    period: without(left.period, right.period),
    quantity: without(left.quantity, right.quantity),
  }
}

function keyOf(row: object): string {
  return Object.values(row).join('|')
}
