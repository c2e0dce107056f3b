/** The elements, attributes and entities that a narrative may have. R4 narrative.html#xhtml. */

export const allowedElements: ReadonlySet<string> = new Set(
  (
    'p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite ' +
    'blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead ' +
    'tr tfoot tbody th td code samp img map area'
  ).split(' '),
)

export const allowedAttributes: ReadonlySet<string> = new Set(
  (
    'title style class id lang xml:lang xml:space dir accesskey tabindex xmlns ' +
    'span width align valign char charoff abbr axis headers scope rowspan colspan'
  ).split(' '),
)

/** Allowed on one element only. */
export const elementAttributes: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    a: 'href name charset type hreflang rel rev shape coords',
    img: 'src alt longdesc height width usemap ismap border',
    map: 'name',
    area: 'shape coords href nohref alt',
    table: 'summary width border frame rules cellspacing cellpadding',
    td: 'nowrap',
    th: 'nowrap',
    q: 'cite',
    blockquote: 'cite',
    ol: 'start type',
    ul: 'type',
  }).map(([element, names]) => [element, new Set(names.split(' '))]),
)

/** What a paragraph cannot hold. */
export const blockElements: ReadonlySet<string> = new Set('div blockquote table ol ul p'.split(' '))
