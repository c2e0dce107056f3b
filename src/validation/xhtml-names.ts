/** The elements, attributes and entities that a narrative may have. R4 narrative.html#xhtml. */

export const allowedElements: ReadonlySet<string> = new Set(
  (
    'p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite ' +
    'blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead ' +
    'tr tfoot tbody th td code samp img map area u s strike ins del section article figure ' +
    'figcaption nav main header footer aside'
  ).split(' '),
)

const anywhere =
  'title style class id lang xml:lang dir accesskey tabindex xmlns xml:space role name align valign'

export const allowedAttributes: ReadonlySet<string> = new Set(anywhere.split(' '))

/** Allowed on one element only. */
export const elementAttributes: Readonly<Record<string, ReadonlySet<string>>> = {
  a: new Set('href name rel rev charset hreflang type target shape coords'.split(' ')),
  img: new Set('src alt longdesc height width usemap ismap border hspace vspace'.split(' ')),
  table: new Set(
    'summary width border frame rules cellspacing cellpadding bgcolor height'.split(' '),
  ),
  td: new Set(
    'abbr axis headers scope rowspan colspan char charoff width height nowrap bgcolor'.split(' '),
  ),
  th: new Set(
    'abbr axis headers scope rowspan colspan char charoff width height nowrap bgcolor'.split(' '),
  ),
  tr: new Set(['bgcolor', 'char', 'charoff', 'height']),
  col: new Set('span width char charoff'.split(' ')),
  colgroup: new Set('span width char charoff'.split(' ')),
  thead: new Set(['char', 'charoff']),
  tbody: new Set(['char', 'charoff']),
  tfoot: new Set(['char', 'charoff']),
  q: new Set(['cite']),
  blockquote: new Set(['cite']),
  ins: new Set(['cite', 'datetime']),
  del: new Set(['cite', 'datetime']),
  ol: new Set(['start', 'type', 'compact']),
  ul: new Set(['type', 'compact']),
  li: new Set(['value', 'type']),
  hr: new Set(['size', 'width', 'noshade']),
  area: new Set('shape coords href nohref alt target'.split(' ')),
  br: new Set(['clear']),
  pre: new Set(['width']),
  div: new Set(['width']),
  p: new Set(['width']),
}
