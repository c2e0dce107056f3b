/**
 * Index entries as bytes. A pack has a head (the codes, words and reference targets it names) and
 * rows that point into the head, so that the writer numbers the head and keeps the rows as sent.
 */
import type { IndexEntry } from '../../search/index-entry.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { exactDomain, tokenDomain, uriDomain, urlDomain } from './keyed-hash.ts'

export const rowKinds = {
  token: 1,
  uri: 2,
  reference: 3,
  url: 4,
  string: 5,
  date: 6,
  number: 7,
  quantity: 8,
  composite: 9,
} as const

/** Bits of a row's flags: which optional parts follow. */
export const flags = { first: 1, second: 2, third: 4 } as const

/** What the packing thread knows of the numbers already given; 0: not known. */
export interface Numbers {
  typeId(name: string): number
  paramId(typeId: number, code: string): number
  wordId(text: string): number
}

interface Target {
  readonly type: string
  readonly id: string
}

/** The numbered head of a pack, and where its rows are. */
export interface PackHead<T> {
  readonly codes: readonly number[]
  readonly words: readonly number[]
  readonly targets: readonly T[]
}

/** Turns the entries of one resource into bytes. One packer serves any number of calls. */
export class EntryPacker {
  readonly #hash: KeyedHash
  readonly #numbers: Numbers
  readonly #rows = new ByteWriter()
  #codes: string[] = []
  readonly #words = new Map<string, number>()
  readonly #targets = new Map<string, Target & { readonly place: number }>()

  constructor(hash: KeyedHash, numbers: Numbers) {
    this.#hash = hash
    this.#numbers = numbers
  }

  /** Appends the pack to `out`: a head with numbers or texts, then the rows. */
  pack(type: string, entries: readonly IndexEntry[], out: ByteWriter): void {
    this.#codes = []
    this.#words.clear()
    this.#targets.clear()
    this.#rows.length = 0
    for (const entry of entries) {
      this.#rows.byte(kindOf(entry))
      this.#rows.varint(this.#codePlace(entry.code))
      this.#row(entry, false)
    }
    const typeId = this.#numbers.typeId(type)
    this.#headPart(this.#codes, (code) => (typeId ? this.#numbers.paramId(typeId, code) : 0), out)
    this.#headPart([...this.#words.keys()], (word) => this.#numbers.wordId(word), out)
    out.varint(this.#targets.size)
    for (const target of this.#targets.values()) {
      const targetType = this.#numbers.typeId(target.type)
      out.varint(targetType)
      if (targetType === 0) out.text(target.type)
      out.text(target.id)
    }
    out.varint(entries.length)
    out.raw(this.#rows.bytes.subarray(0, this.#rows.length))
  }

  #headPart(texts: readonly string[], numberOf: (text: string) => number, out: ByteWriter): void {
    out.varint(texts.length)
    for (const text of texts) {
      const id = numberOf(text)
      out.varint(id)
      if (id === 0) out.text(text)
    }
  }

  #row(entry: IndexEntry, isComponent: boolean): void {
    switch (entry.kind) {
      case 'token':
        return this.#token(entry)
      case 'uri':
        return this.#hashed(entry.value, uriDomain)
      case 'reference':
        return this.#reference(entry)
      case 'string':
        return this.#string(entry, isComponent)
      case 'date':
      case 'number':
        this.#rows.double(entry.low)
        return this.#rows.double(entry.high)
      case 'quantity':
        return this.#quantity(entry)
      case 'composite':
        return this.#composite(entry)
    }
  }

  #hashed(text: string, domain: 0 | 1 | 2 | 3): void {
    this.#hash.run(text, domain)
    this.#rows.int32(this.#hash.high)
    this.#rows.int32(this.#hash.low)
    this.#rows.text(text)
  }

  #token(entry: Extract<IndexEntry, { kind: 'token' }>): void {
    const hasSystem = entry.system !== undefined && entry.system !== ''
    this.#rows.byte(
      (hasSystem ? flags.first : 0) |
        (entry.value === undefined ? 0 : flags.second) |
        (entry.systemImplied ? flags.third : 0),
    )
    if (hasSystem) this.#word(entry.system!)
    if (entry.value !== undefined) this.#hashed(entry.value, tokenDomain)
  }

  #reference(entry: Extract<IndexEntry, { kind: 'reference' }>): void {
    const version = entry.id === undefined ? entry.urlVersion : entry.versionId
    this.#rows.byte(version === undefined ? 0 : flags.first)
    if (entry.id === undefined) this.#hashed(entry.url ?? '', urlDomain)
    else this.#rows.varint(this.#targetPlace(entry.type ?? '', entry.id))
    if (version !== undefined) this.#word(version)
  }

  #string(entry: Extract<IndexEntry, { kind: 'string' }>, isComponent: boolean): void {
    this.#hash.run(entry.exact, exactDomain)
    this.#rows.int32(this.#hash.high)
    this.#rows.int32(this.#hash.low)
    this.#rows.text(entry.folded)
    if (isComponent) this.#rows.text(entry.exact)
  }

  #quantity(entry: Extract<IndexEntry, { kind: 'quantity' }>): void {
    this.#rows.double(entry.low)
    this.#rows.double(entry.high)
    const { system, unitCode, unit } = entry
    this.#rows.byte(
      (system === undefined ? 0 : flags.first) |
        (unitCode === undefined ? 0 : flags.second) |
        (unit === undefined ? 0 : flags.third),
    )
    for (const word of [system, unitCode, unit]) if (word !== undefined) this.#word(word)
  }

  #composite({ components }: Extract<IndexEntry, { kind: 'composite' }>): void {
    this.#rows.varint(components.length)
    for (const alternatives of components) {
      this.#rows.varint(alternatives.length)
      for (const entry of alternatives) {
        this.#rows.byte(kindOf(entry))
        this.#row(entry, true)
      }
    }
  }

  #word(text: string): void {
    let place = this.#words.get(text)
    if (place === undefined) this.#words.set(text, (place = this.#words.size))
    this.#rows.varint(place)
  }

  #codePlace(code: string): number {
    const place = this.#codes.indexOf(code)
    return place >= 0 ? place : this.#codes.push(code) - 1
  }

  #targetPlace(type: string, id: string): number {
    const key = `${type}/${id}`
    let target = this.#targets.get(key)
    if (!target) this.#targets.set(key, (target = { type, id, place: this.#targets.size }))
    return target.place
  }
}

function kindOf(entry: IndexEntry): number {
  return entry.kind === 'reference' && entry.id === undefined ? rowKinds.url : rowKinds[entry.kind]
}

export interface HeadNumbering<T> {
  code(text: string): number
  word(text: string): number
  target(typeId: number, typeName: string, id: string): T
}

/** Reads a head as it was sent, giving numbers to what came as text; leaves the reader at the rows. */
export function readSentHead<T>(reader: ByteReader, number: HeadNumbering<T>): PackHead<T> {
  const codes = readList(reader, () => reader.varint() || number.code(reader.text()))
  const words = readList(reader, () => reader.varint() || number.word(reader.text()))
  const targets = readList(reader, () => {
    const typeId = reader.varint()
    const typeName = typeId === 0 ? reader.text() : ''
    return number.target(typeId, typeName, reader.text())
  })
  return { codes, words, targets }
}

export interface StoredTarget {
  readonly tid: number
  readonly typeId: number
  readonly id: string
}

export function writeStoredHead(head: PackHead<StoredTarget>, out: ByteWriter): void {
  out.varint(head.codes.length)
  for (const code of head.codes) out.varint(code)
  out.varint(head.words.length)
  for (const word of head.words) out.varint(word)
  out.varint(head.targets.length)
  for (const { tid, typeId, id } of head.targets) {
    out.varint(tid)
    out.varint(typeId)
    out.text(id)
  }
}

/** Reads a head as it is kept; leaves the reader at the rows. */
export function readStoredHead(reader: ByteReader): PackHead<StoredTarget> {
  const codes = readList(reader, () => reader.varint())
  const words = readList(reader, () => reader.varint())
  const targets = readList(reader, () => ({
    tid: reader.varint(),
    typeId: reader.varint(),
    id: reader.text(),
  }))
  return { codes, words, targets }
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  const length = reader.varint()
  const list: T[] = []
  for (let index = 0; index < length; index++) list.push(read())
  return list
}
