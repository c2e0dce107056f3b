/** Reads a narrative's XHTML in one pass and says what is wrong with it. R4 narrative.html#xhtml. */
import {
  allowedAttributes,
  allowedElements,
  blockElements,
  elementAttributes,
} from './xhtml-names.ts'

export interface XhtmlReport {
  /** Not well-formed: nothing after it was read. */
  readonly malformed: string | undefined
  /** Elements, attributes and addresses that a narrative must not have (txt-1). */
  readonly forbidden: readonly string[]
  /** There is text or an image (txt-2). */
  readonly hasContent: boolean
  /** Hyperlinks inside the document, without the `#`. */
  readonly links: readonly string[]
  readonly anchors: ReadonlySet<string>
}

const NAMESPACE = 'http://www.w3.org/1999/xhtml'
const PROBLEMS_MAX = 20

interface Reading {
  readonly text: string
  at: number
  readonly open: string[]
  readonly forbidden: string[]
  readonly links: string[]
  readonly anchors: Set<string>
  hasContent: boolean
}

export function readXhtml(text: string): XhtmlReport {
  const reading: Reading = {
    text,
    at: 0,
    open: [],
    forbidden: [],
    links: [],
    anchors: new Set(),
    hasContent: false,
  }
  const malformed = readAll(reading)
  const { forbidden, hasContent, links, anchors } = reading
  return { malformed, forbidden, hasContent, links, anchors }
}

function readAll(reading: Reading): string | undefined {
  const { text, open } = reading
  if (!text.trimStart().startsWith('<')) return 'does not begin with an element'
  let hasRoot = false
  while (reading.at < text.length) {
    const next = text.indexOf('<', reading.at)
    const end = next < 0 ? text.length : next
    const problem = readText(reading, end)
    if (problem) return problem
    if (next < 0) break
    if (open.length === 0 && hasRoot && text[next + 1] !== '!') return 'has more than one element'
    reading.at = next
    const wrong = readMarkup(reading)
    if (wrong) return wrong
    hasRoot = true
  }
  return open.length > 0 ? `does not close <${open.at(-1)}>` : undefined
}

function readText(reading: Reading, end: number): string | undefined {
  const { text, at } = reading
  if (end === at) return undefined
  const first = skipSpace(text, at)
  const hasInk = first < end
  const part = text.slice(at, end)
  if (hasInk && reading.open.length === 0) return 'has text outside its element'
  if (hasInk) reading.hasContent = true
  return part.includes('&') ? checkEntities(part) : undefined
}

/** Without a DTD, XML knows five names: R4 narrative.html asks for Unicode instead of &nbsp;. */
function checkEntities(part: string): string | undefined {
  const wrong = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)/.exec(part)
  return wrong
    ? `has an & that begins no entity of XML: ${part.slice(wrong.index, wrong.index + 20)}`
    : undefined
}

function readMarkup(reading: Reading): string | undefined {
  const { text, at } = reading
  const next = text.charCodeAt(at + 1)
  if (next === 47) return readClose(reading)
  if (next === 63) return 'has a processing instruction'
  if (next !== 33) return readOpen(reading)
  if (text.startsWith('<!--', at)) return skipPast(reading, '-->', 'comment')
  return 'has a document type or CDATA section'
}

function skipPast(reading: Reading, mark: string, what: string): string | undefined {
  const end = reading.text.indexOf(mark, reading.at + 4)
  if (end < 0) return `does not end its ${what}`
  reading.at = end + mark.length
  return undefined
}

function readClose(reading: Reading): string | undefined {
  const end = reading.text.indexOf('>', reading.at)
  if (end < 0) return 'ends inside a tag'
  const name = reading.text.slice(reading.at + 2, end).trimEnd()
  const opened = reading.open.pop()
  if (opened !== name) return `closes <${opened ?? ''}> with </${name}>`
  reading.at = end + 1
  return undefined
}

/** Scanned by character: narratives are most of the text of many resources. */
function readOpen(reading: Reading): string | undefined {
  const { text, open } = reading
  let at = nameEnd(text, reading.at + 1)
  const name = text.slice(reading.at + 1, at)
  if (name === '') return 'has a < that begins no tag'
  checkElement(name, reading)
  let hasNamespace = false
  let known: string[] | undefined
  while (isSpace(text.charCodeAt(at))) {
    at = skipSpace(text, at)
    const end = nameEnd(text, at)
    if (end === at) break
    const attribute = text.slice(at, end)
    if (known?.includes(attribute)) return `repeats the attribute ${attribute} of <${name}>`
    ;(known ??= []).push(attribute)
    const start = valueStart(text, end)
    const close = start < 0 ? -1 : text.indexOf(text[start - 1]!, start)
    if (close < 0) return `has a malformed attribute ${attribute} of <${name}>`
    const problem = readAttribute(reading, name, attribute, text.slice(start, close))
    if (problem) return problem
    if (attribute === 'xmlns') hasNamespace = true
    at = close + 1
  }
  const isClosed = text.charCodeAt(at) === 47
  if (isClosed) at++
  if (text.charCodeAt(at) !== 62) return `has a malformed tag <${name}>`
  if (open.length === 0 && !hasNamespace) forbid(reading, 'the root without xmlns')
  if (!isClosed) open.push(name)
  reading.at = at + 1
  return undefined
}

function checkElement(name: string, reading: Reading): void {
  const { open } = reading
  if (open.length === 0 && name !== 'div') forbid(reading, `the root is <${name}>, not <div>`)
  if (!allowedElements.has(name)) forbid(reading, `the element <${name}>`)
  if (blockElements.has(name) && open.includes('p')) forbid(reading, `<${name}> inside <p>`)
  if (name === 'a' && open.includes('a')) forbid(reading, '<a> inside <a>')
  if (name === 'img') reading.hasContent = true
}

const isSpace = (code: number) => code === 32 || code === 10 || code === 9 || code === 13

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** Letters, digits, `_`, `-`, `.` and `:`; a letter or `_` first. */
function nameEnd(text: string, from: number): number {
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95
    if (!isLetter && (at === from || !(code >= 45 && code <= 58 && code !== 47))) break
  }
  return at
}

/** The first character after `=` and the quote; negative when they are not there. */
function valueStart(text: string, from: number): number {
  let at = skipSpace(text, from)
  if (text.charCodeAt(at) !== 61) return -1
  at = skipSpace(text, at + 1)
  const quote = text.charCodeAt(at)
  return quote === 34 || quote === 39 ? at + 1 : -1
}

function readAttribute(
  reading: Reading,
  element: string,
  attribute: string,
  value: string,
): string | undefined {
  if (value.includes('<')) return `has a < in the attribute ${attribute} of <${element}>`
  if (value.includes('&')) {
    const problem = checkEntities(value)
    if (problem) return problem
  }
  if (attribute === 'xmlns' && value !== NAMESPACE) {
    forbid(reading, `the namespace ${value}`)
  } else if (!allowedAttributes.has(attribute) && !elementAttributes.get(element)?.has(attribute)) {
    forbid(reading, `the attribute ${attribute} of <${element}>`)
  }
  if (attribute === 'id' || (attribute === 'name' && element === 'a')) reading.anchors.add(value)
  if (attribute === 'href' || attribute === 'src') readAddress(reading, value)
  return undefined
}

function readAddress(reading: Reading, value: string): void {
  const first = value.charCodeAt(0)
  if (first === 35) {
    if (value.length > 1) reading.links.push(value.slice(1))
    return
  }
  // `https:` and paths are what nearly all addresses are.
  if (first === 104 || first === 47) return
  const address = decoded(value)
    .replace(/[\s\p{Cc}]/gu, '')
    .toLowerCase()
  if (/^(?:javascript|vbscript|data:text)/.test(address)) forbid(reading, `the address ${value}`)
}

const hiding: Readonly<Record<string, string>> = { Tab: '\t', NewLine: '\n', colon: ':' }

/** Character references as a browser reads them, where they could hide a scheme. */
function decoded(value: string): string {
  if (!value.includes('&')) return value
  return value.replace(
    /&(?:#x([0-9A-Fa-f]{1,6})|#(\d{1,7})|(\w+));/g,
    (all, hex, decimal, name) => {
      if (name !== undefined) return hiding[name as string] ?? (all as string)
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : ''
    },
  )
}

function forbid(reading: Reading, what: string): void {
  if (reading.forbidden.length < PROBLEMS_MAX) reading.forbidden.push(what.slice(0, 100))
}
