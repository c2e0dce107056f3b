/** Splits FHIRPath text into tokens. http://hl7.org/fhirpath/N1/grammar.html */
import { FhirPathSyntaxError } from './fhirpath-errors.ts'

export interface Token {
  readonly kind:
    | 'word'
    | 'delimited'
    | 'string'
    | 'number'
    | 'temporal'
    | 'variable'
    | 'environment'
    | 'symbol'
    | 'end'
  /** Without quotes, `%`, `$` and `@`; escapes resolved. */
  readonly text: string
  readonly position: number
}

const SPACE = /(?:\s+|\/\/[^\n\r]*|\/\*[^]*?\*\/)+/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const NUMBER = /\d+(?:\.\d+)?/y
const TEMPORAL =
  /@(?:T\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?|\d{4}(?:-\d{2}(?:-\d{2})?)?(?:T(?:\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)/y
const STRING = /'((?:[^'\\]|\\[^])*)'/y
const DELIMITED = /`((?:[^`\\]|\\[^])*)`/y
const QUOTED = /"((?:[^"\\]|\\[^])*)"/y
const VARIABLE = /\$(this|index|total)\b/y
const ENVIRONMENT =
  /%(?:([A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*)|`((?:[^`\\]|\\[^])*)`|'((?:[^'\\]|\\[^])*)')/y
const SYMBOL = /<=|>=|!=|!~|[-+*/&|<>=~.,()[\]{}]/y

/** All tokens, the last one of kind `end`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let position = skipSpace(text, 0)
  while (position < text.length) {
    const { token, end } = nextToken(text, position)
    tokens.push(token)
    position = skipSpace(text, end)
  }
  tokens.push({ kind: 'end', text: '', position: text.length })
  return tokens
}

function skipSpace(text: string, position: number): number {
  SPACE.lastIndex = position
  return SPACE.test(text) ? SPACE.lastIndex : position
}

const KINDS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['word', WORD],
  ['number', NUMBER],
  ['temporal', TEMPORAL],
  ['string', STRING],
  ['delimited', DELIMITED],
  ['delimited', QUOTED],
  ['variable', VARIABLE],
  ['environment', ENVIRONMENT],
  ['symbol', SYMBOL],
]

function nextToken(text: string, position: number): { token: Token; end: number } {
  for (const [kind, pattern] of KINDS) {
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (match)
      return {
        token: { kind, text: readText(kind, match, text), position },
        end: pattern.lastIndex,
      }
  }
  throw new FhirPathSyntaxError(text, position, `unexpected '${text[position]}'`)
}

function readText(kind: Token['kind'], match: RegExpExecArray, whole: string): string {
  const inner = match[1] ?? match[2] ?? match[3]
  if (kind === 'temporal') return match[0].slice(1)
  if (inner === undefined) return match[0]
  return inner.includes('\\') ? unescapeText(inner, match.index, whole) : inner
}

const ESCAPES: Readonly<Record<string, string>> = {
  r: '\r',
  n: '\n',
  t: '\t',
  f: '\f',
}

function unescapeText(inner: string, position: number, whole: string): string {
  return inner.replace(/\\(?:u([0-9A-Fa-f]{4})|([^]))/g, (_, code?: string, letter?: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    if (letter === 'u') throw new FhirPathSyntaxError(whole, position, 'incomplete \\u escape')
    // Published expressions escape letters that need none (`'^\d+$'`): the backslash stays then.
    if (/[A-Za-z0-9]/.test(letter!)) return ESCAPES[letter!] ?? `\\${letter}`
    return letter!
  })
}
