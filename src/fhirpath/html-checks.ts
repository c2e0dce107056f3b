/** What a narrative may hold: plain XHTML with content. R4 narrative.html, rules txt-1 and txt-2. */

const ELEMENTS = new Set(
  (
    'a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em ' +
    'h1 h2 h3 h4 h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup table tbody td ' +
    'tfoot th thead tr tt ul var'
  ).split(' '),
)

const ATTRIBUTES = new Set(
  (
    'abbr accesskey align axis bgcolor char charoff class colspan dir headers id lang rowspan scope span style ' +
    'tabindex title valign width xml:lang xml:space'
  ).split(' '),
)

/** Further attributes by element. */
const OWN_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  a: ['charset', 'coords', 'href', 'hreflang', 'name', 'rel', 'rev', 'shape', 'type'],
  area: ['alt', 'coords', 'href', 'nohref', 'shape'],
  blockquote: ['cite'],
  img: ['alt', 'border', 'height', 'ismap', 'longdesc', 'src', 'usemap'],
  map: ['name'],
  ol: ['start', 'type'],
  pre: ['space'],
  q: ['cite'],
  table: ['border', 'cellpadding', 'cellspacing', 'frame', 'rules', 'summary'],
  td: ['nowrap'],
  th: ['nowrap'],
}

const TAG =
  /<(\/?)([A-Za-z][A-Za-z0-9:]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
const ATTRIBUTE = /([A-Za-z_:][\w:.-]*)\s*=\s*("[^"]*"|'[^']*')/g
const COMMENT = /<!--[^]*?-->/y
const TEXT = /[^<]+/y
const BARE_AMPERSAND = /&(?!(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);)/

/** The first thing wrong with a narrative's div; undefined when it is sound. */
export function narrativeProblem(xhtml: string): string | undefined {
  const open: string[] = []
  let at = 0
  let hasContent = false
  while (at < xhtml.length) {
    const text = matchAt(TEXT, xhtml, at)
    if (text) {
      const outside = open.length === 0 && text[0].trim() !== ''
      if (outside) return 'text outside the div'
      if (BARE_AMPERSAND.test(text[0])) return 'an & that begins no entity'
      if (text[0].trim() !== '') hasContent = true
      at += text[0].length
      continue
    }
    const comment = matchAt(COMMENT, xhtml, at)
    const tag = comment ? undefined : matchAt(TAG, xhtml, at)
    if (!comment && !tag) return `malformed XHTML at character ${at + 1}`
    const problem = tag && tagProblem(tag, open, at)
    if (problem) return problem
    if (tag?.[2] === 'img') hasContent = true
    at += (comment ?? tag!)[0].length
  }
  if (open.length > 0) return `<${open.at(-1)}> is not closed`
  return hasContent ? undefined : 'no content'
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function tagProblem(tag: RegExpExecArray, open: string[], at: number): string | undefined {
  const [, closing, name = '', attributes = '', empty] = tag
  if (closing) return open.pop() === name ? undefined : `</${name}> closes another element`
  if (open.length === 0 && (name !== 'div' || at > 0))
    return 'the outermost element must be one div'
  if (!ELEMENTS.has(name)) return `<${name}> is not allowed`
  if (!empty) open.push(name)
  for (const [, attribute = '', value = ''] of attributes.matchAll(ATTRIBUTE)) {
    const isAllowed =
      attribute === 'xmlns' ||
      attribute.startsWith('xmlns:') ||
      ATTRIBUTES.has(attribute) ||
      OWN_ATTRIBUTES[name]?.includes(attribute)
    if (!isAllowed) return `the attribute ${attribute} of <${name}> is not allowed`
    if (/^.\s*(?:javascript|vbscript):/i.test(value)) return 'a script in an address'
  }
  return undefined
}
