/**
 * The grammar of JSON over the bytes at hand: what may come next, and where a token ends. RFC 8259.
 * It keeps its place in fields and never recurses, so that it can stop at any byte and go on.
 */
import { InvalidRequest, type FhirErrorOptions } from '../errors.ts'
import type { IssueCode } from '../fhir/operation-outcome.ts'
import { BytePieces } from './byte-pieces.ts'
import { closeBrace, closeBracket, colon, comma, endsPlainText, isSpace } from './bytes.ts'
import { lineFeed, minus, openBrace, openBracket, quote } from './bytes.ts'
import { knownKeys, sharedKeyTable } from './key-table.ts'
import { Nesting } from './nesting.ts'
import { classifyNumber, skipNumber } from './number-token.ts'
import { skipText, unitProblem } from './text-units.ts'

/** What may come next, or the string value that the last data ended in. */
type State =
  | 'value'
  | 'valueOrEnd'
  | 'key'
  | 'keyOrEnd'
  | 'colon'
  | 'commaOrEnd'
  | 'done'
  | 'text'
  | 'base64'

/** Keys and numbers are held until they are whole; no valid resource has longer ones. */
const tokenBytesMax = 1024
/** Per body; FHIR R4 has fewer. */
const newNamesMax = 10_000
const literals: Readonly<Record<number, Buffer>> = {
  0x74: Buffer.from('true'),
  0x66: Buffer.from('false'),
  0x6e: Buffer.from('null'),
}

export abstract class TokenScanner {
  /** The bytes at hand; the first is number `base` of the body. */
  protected data: Buffer = Buffer.alloc(0)
  protected base = 0
  /** The next byte to read. */
  protected position = 0
  /** From here to `position` the data belongs to the output, and is not there yet. */
  protected kept = 0
  /** No data follows: a number that reaches the end is whole. */
  protected isLast = false
  protected state: State = 'value'
  protected hasOddDecimals = false
  protected readonly output = new BytePieces()
  readonly #depthMax: number
  readonly #table = sharedKeyTable()
  readonly #namesMax = this.#table.names.length + newNamesMax
  protected readonly nesting = new Nesting(this.#table)
  #root: string | undefined
  #line = 1
  #lineStart = 0

  constructor(depthMax: number) {
    this.#depthMax = depthMax
  }

  /** Goes on in a string that may be base64; answers as `step`. */
  protected abstract base64(): boolean
  /** Whether the string value that begins here is to be read by `base64`. */
  protected abstract isBase64Place(): boolean

  /** Reads one token. False: the data ends, within a token or before the next one. */
  protected step(): boolean {
    const state = this.state
    if (state === 'text') return this.text(this.position)
    if (state === 'base64') return this.base64()
    const position = this.#skipSpace()
    if (position === this.data.length) return false
    const byte = this.data[position]!
    if (state === 'value') return this.#value(byte, position)
    if (state === 'commaOrEnd') return this.#commaOrEnd(byte)
    if (state === 'key') return byte === quote ? this.#key(position) : this.#refuse('a key')
    if (state === 'colon') return byte === colon ? this.#pass('value') : this.#refuse("':'")
    if (state === 'keyOrEnd') {
      if (byte === quote) return this.#key(position)
      return byte === closeBrace ? this.#close() : this.#refuse("a key or '}'")
    }
    if (state === 'valueOrEnd')
      return byte === closeBracket ? this.#close() : this.#value(byte, position)
    return this.#refuse('nothing after the end of the JSON')
  }

  /** The error of a body that ends where more must come. */
  protected endsEarly(): InvalidRequest {
    const isAtEnd = this.position === this.data.length
    if (this.state === 'value' && this.nesting.depth === 0 && isAtEnd)
      return new InvalidRequest('The body is empty, where a FHIR resource in JSON is expected', {
        code: 'structure',
      })
    this.position = this.data.length
    return this.broken('the text ends too early')
  }

  /** An error about the place where the scanner is. */
  protected broken(problem: string, code: IssueCode = 'structure'): InvalidRequest {
    const { where, options } = this.place()
    return new InvalidRequest(`The JSON cannot be read ${where}: ${problem}`, { ...options, code })
  }

  /** Where the scanner is, in words and as FHIRPath. */
  protected place(): { where: string; options: FhirErrorOptions } {
    const column = this.base + this.position - this.#lineStart + 1
    const path = this.nesting.path(this.#root ?? '$')
    return {
      where: `at line ${this.#line}, column ${column} (counted in bytes), in ${path}`,
      options: this.#root === undefined ? {} : { expression: path },
    }
  }

  #refuse(expected: string): never {
    const byte = this.data[this.position]!
    if (this.base + this.position === 0 && byte >= 0x80)
      throw this.broken('it must be UTF-8 without a byte order mark')
    const found =
      byte > 0x20 && byte < 0x7f
        ? `'${String.fromCharCode(byte)}'`
        : `the byte 0x${byte.toString(16).padStart(2, '0')}`
    throw this.broken(`expected ${expected}, found ${found}`)
  }

  #skipSpace(): number {
    const data = this.data
    const start = this.position
    if (data[start]! > 0x20) return start
    let position = start
    while (position < data.length && isSpace[data[position]!] === 1) {
      position += 1
      if (data[position - 1] === lineFeed) {
        this.#line += 1
        this.#lineStart = this.base + position
      }
    }
    if (position > start) {
      this.output.append(data, this.kept, start)
      this.position = this.kept = position
    }
    return position
  }

  /** Goes past one byte. */
  #pass(next: State): boolean {
    this.position += 1
    this.state = next
    return true
  }

  #value(byte: number, position: number): boolean {
    if (byte === quote) return this.#string(position)
    if (byte === openBrace || byte === openBracket) {
      if (this.nesting.depth >= this.#depthMax)
        throw this.broken(`more than ${this.#depthMax} objects and arrays within each other`)
      this.nesting.open(byte === openBrace)
      return this.#pass(byte === openBrace ? 'keyOrEnd' : 'valueOrEnd')
    }
    if (byte === minus || (byte >= 0x30 && byte <= 0x39)) return this.#number(position)
    const literal = literals[byte]
    return literal ? this.#literal(literal, position) : this.#refuse('a value')
  }

  #commaOrEnd(byte: number): boolean {
    const isObject = this.nesting.isObject
    if (byte === comma) {
      this.nesting.next()
      return this.#pass(isObject ? 'key' : 'value')
    }
    if (byte === (isObject ? closeBrace : closeBracket)) return this.#close()
    return this.#refuse(isObject ? "',' or '}'" : "',' or ']'")
  }

  #close(): boolean {
    this.nesting.close()
    return this.afterValue(this.position + 1)
  }

  protected afterValue(position: number): boolean {
    this.position = position
    this.state = this.nesting.depth === 0 ? 'done' : 'commaOrEnd'
    return true
  }

  #number(position: number): boolean {
    const end = skipNumber(this.data, position, this.data.length)
    this.#requireShort('a number', end - position)
    if (end === this.data.length && !this.isLast) return false
    const kind = classifyNumber(this.data, position, end)
    if (kind === 'odd') this.hasOddDecimals = true
    else if (kind !== 'plain') {
      const text = this.data.toString('latin1', position, end)
      throw kind === 'malformed'
        ? this.broken(`${text} is not a number as JSON writes it`)
        : this.broken(`the number ${text} is too large`, 'invalid')
    }
    return this.afterValue(end)
  }

  #requireShort(token: string, length: number): void {
    if (length > tokenBytesMax) throw this.broken(`${token} has more than ${tokenBytesMax} bytes`)
  }

  #literal(literal: Buffer, position: number): boolean {
    for (let at = 0; at < literal.length; at += 1) {
      if (position + at === this.data.length) return false
      if (this.data[position + at] !== literal[at]) return this.#refuse('a value')
    }
    return this.afterValue(position + literal.length)
  }

  #key(position: number): boolean {
    const data = this.data
    let end = position + 1
    let hash = 0
    while (end < data.length && endsPlainText[data[end]!] === 0) {
      hash = (Math.imul(hash, 31) + data[end]!) | 0
      end += 1
    }
    const isPlain = data[end] === quote
    if (!isPlain) end = this.#skipText(end)
    this.#requireShort('a key', end - position)
    if (data[end] !== quote) return false
    this.#enterKey(
      isPlain
        ? this.#table.find(data, position + 1, end, hash)
        : this.#table.idOf(JSON.parse(data.toString('utf8', position, end + 1))),
    )
    const isNext = data[end + 1] === colon
    this.position = isNext ? end + 2 : end + 1
    this.state = isNext ? 'value' : 'colon'
    return true
  }

  #enterKey(id: number): void {
    const name = this.#table.names[id]!
    if (id === knownKeys.proto) throw this.broken(`the key "${name}" is not allowed`)
    if (!this.nesting.enterKey(id)) throw this.broken(`the key ${JSON.stringify(name)} comes twice`)
    if (this.#table.names.length > this.#namesMax)
      throw this.broken(`more than ${newNamesMax} different keys that FHIR does not have`)
  }

  #string(position: number): boolean {
    const { isObject, key, depth } = this.nesting
    if (isObject && key === knownKeys.resourceType && depth === 1) return this.#rootType(position)
    if (!this.isBase64Place()) return this.text(position + 1)
    this.output.append(this.data, this.kept, position + 1)
    this.kept = position + 1
    return this.#pass('base64')
  }

  /** Waits for the whole of the root's type, which begins every path. */
  #rootType(position: number): boolean {
    const end = this.#skipText(position + 1)
    if (this.data[end] !== quote && end - position < tokenBytesMax) return false
    const type = this.data.toString('latin1', position + 1, end)
    if (/^[A-Za-z]{1,64}$/.test(type)) this.#root = type
    return this.text(end)
  }

  protected text(position: number): boolean {
    const end = this.#skipText(position)
    if (this.data[end] === quote) return this.afterValue(end + 1)
    this.position = end
    this.state = 'text'
    return false
  }

  #skipText(position: number): number {
    const end = skipText(this.data, position, this.data.length)
    if (end >= 0) return end
    this.position = -1 - end
    throw this.broken(unitProblem(this.data, this.position))
  }
}
