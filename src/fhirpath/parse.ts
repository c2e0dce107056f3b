/** FHIRPath text to a syntax tree, by operator precedence. http://hl7.org/fhirpath/N1/#operator-precedence */
import { Decimal } from './decimal.ts'
import { FhirPathSyntaxError } from './fhirpath-errors.ts'
import { Quantity } from './quantity.ts'
import type { BinaryOperator, Expression, TypeSpecifier } from './syntax-tree.ts'
import { parseTemporal } from './temporal.ts'
import { tokenize } from './tokens.ts'
import type { Token } from './tokens.ts'

/** The higher, the tighter. `is` and `as` stand between `+` and `|`. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  implies: 1,
  or: 2,
  xor: 2,
  and: 3,
  in: 4,
  contains: 4,
  '=': 5,
  '~': 5,
  '!=': 5,
  '!~': 5,
  '<=': 6,
  '<': 6,
  '>': 6,
  '>=': 6,
  '|': 7,
  is: 8,
  as: 8,
  '+': 9,
  '-': 9,
  '&': 9,
  '*': 10,
  '/': 10,
  div: 10,
  mod: 10,
}
const SIGN_PRECEDENCE = 11
const CALENDAR_UNIT = /^(?:year|month|week|day|hour|minute|second|millisecond)s?$/
/** Deeper nesting is refused, so that no text can exhaust the stack. */
const DEPTH_MAX = 150

/** Throws FhirPathSyntaxError with the position of the first problem. */
export function parseFhirPath(text: string): Expression {
  const parser = new Parser(text)
  const expression = parser.parseExpression(0)
  parser.expectEnd()
  return expression
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokenize(text)
  }

  expectEnd(): void {
    if (this.#peek.kind !== 'end') this.#fail(`unexpected '${this.#peek.text}'`)
  }

  parseExpression(precedenceMin: number): Expression {
    if (++this.#depth > DEPTH_MAX) this.#fail('nested too deeply')
    let left = this.#parseOperand()
    for (;;) {
      const token = this.#peek
      if (token.kind !== 'word' && token.kind !== 'symbol') break
      const precedence = PRECEDENCE[token.text]
      if (precedence === undefined || precedence <= precedenceMin) break
      this.#at++
      left = this.#parseRight(left, token.text, precedence)
    }
    this.#depth--
    return left
  }

  #parseRight(left: Expression, operator: string, precedence: number): Expression {
    if (operator === 'is' || operator === 'as') {
      return { kind: 'type', operator, operand: left, type: this.#parseTypeSpecifier() }
    }
    const right = this.parseExpression(precedence)
    return { kind: 'binary', operator: operator as BinaryOperator, left, right }
  }

  #parseOperand(): Expression {
    const { kind, text } = this.#peek
    if (kind === 'symbol' && (text === '+' || text === '-')) {
      this.#at++
      return { kind: 'sign', operator: text, operand: this.parseExpression(SIGN_PRECEDENCE) }
    }
    return this.#parsePostfix(this.#parseTerm())
  }

  #parsePostfix(term: Expression): Expression {
    let input = term
    for (;;) {
      if (this.#take('.')) input = this.#parseInvocation(input)
      else if (this.#take('[')) {
        input = { kind: 'item', input, position: this.parseExpression(0) }
        this.#expect(']')
      } else return input
    }
  }

  #parseTerm(): Expression {
    const token = this.#peek
    switch (token.kind) {
      case 'string':
        this.#at++
        return { kind: 'literal', value: token.text }
      case 'number':
        return this.#parseNumber()
      case 'temporal':
        return this.#parseTemporal()
      case 'variable':
        this.#at++
        return { kind: token.text as 'this' | 'index' | 'total' }
      case 'environment':
        this.#at++
        return { kind: 'environment', name: token.text }
      case 'symbol':
        return this.#parseGroup()
      case 'word':
        if (token.text === 'true' || token.text === 'false') {
          this.#at++
          return { kind: 'literal', value: token.text === 'true' }
        }
        return this.#parseInvocation()
      default:
        return this.#parseInvocation()
    }
  }

  #parseGroup(): Expression {
    if (this.#take('{')) {
      this.#expect('}')
      return { kind: 'nothing' }
    }
    this.#expect('(')
    const expression = this.parseExpression(0)
    this.#expect(')')
    return expression
  }

  #parseInvocation(input?: Expression): Expression {
    const token = this.#peek
    if (token.kind === 'variable' && input) {
      this.#at++
      return token.text === 'this' ? input : this.#fail(`$${token.text} cannot follow a dot`)
    }
    if (token.kind !== 'word' && token.kind !== 'delimited') {
      this.#fail(token.kind === 'end' ? 'unexpected end' : `unexpected '${token.text}'`)
    }
    this.#at++
    const on = input === undefined ? {} : { input }
    if (!this.#take('(')) return { kind: 'member', ...on, name: token.text }
    return { kind: 'call', ...on, name: token.text, args: this.#parseArguments() }
  }

  #parseArguments(): readonly Expression[] {
    const args: Expression[] = []
    if (this.#take(')')) return args
    do args.push(this.parseExpression(0))
    while (this.#take(','))
    this.#expect(')')
    return args
  }

  #parseTypeSpecifier(): TypeSpecifier {
    const first = this.#expectName()
    return this.#take('.') ? { namespace: first, name: this.#expectName() } : { name: first }
  }

  #parseNumber(): Expression {
    const { text } = this.#next()
    const unit = this.#peek
    const isUnit = unit.kind === 'string' || (unit.kind === 'word' && CALENDAR_UNIT.test(unit.text))
    if (isUnit) {
      this.#at++
      return {
        kind: 'literal',
        value: new Quantity(Decimal.parse(text)!, unit.text, unit.kind === 'word'),
      }
    }
    const isInteger = !text.includes('.') && Number.isSafeInteger(Number(text))
    return { kind: 'literal', value: isInteger ? Number(text) : Decimal.parse(text)! }
  }

  #parseTemporal(): Expression {
    const { text } = this.#next()
    const value = parseTemporal(text)
    return value ? { kind: 'literal', value } : this.#fail(`@${text} is no date`)
  }

  get #peek(): Token {
    return this.#tokens[this.#at]!
  }

  #next(): Token {
    return this.#tokens[this.#at++]!
  }

  #take(symbol: string): boolean {
    if (this.#peek.kind !== 'symbol' || this.#peek.text !== symbol) return false
    this.#at++
    return true
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#fail(`'${symbol}' is missing`)
  }

  #expectName(): string {
    const token = this.#next()
    if (token.kind === 'word' || token.kind === 'delimited') return token.text
    this.#at--
    return this.#fail('a type name is missing')
  }

  #fail(problem: string): never {
    throw new FhirPathSyntaxError(this.#text, this.#peek.position, problem)
  }
}
