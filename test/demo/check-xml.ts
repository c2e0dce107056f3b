/**
 * Whether a text is well-formed XML, as far as our own documents go: one root, tags that match,
 * attributes in quotes and named once, only the five entities. Gives the first fault found.
 */
const TAG = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>/y
const ENTITIES = /&(?!(?:amp|lt|gt|quot|apos);)/

export function checkXml(text: string): string | undefined {
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '').trim()
  const open: string[] = []
  let at = 0
  while (at < body.length) {
    const next = body.indexOf('<', at)
    const content = body.slice(at, next < 0 ? undefined : next)
    if (ENTITIES.test(content) || content.includes('>')) return `unescaped text: ${content}`
    if (open.length === 0 && content.trim() !== '') return `text outside the root: ${content}`
    if (next < 0) break
    TAG.lastIndex = next
    const match = TAG.exec(body)
    if (!match) return `broken tag: ${body.slice(next, next + 60)}`
    const [, closing, name, attributes, empty] = match
    if (open.length === 0 && next > 0) return 'a second root'
    const names = [...attributes!.matchAll(/([\w:.-]+)="/g)].map(([, attribute]) => attribute)
    if (new Set(names).size < names.length || ENTITIES.test(attributes!))
      return `attributes of ${name}`
    if (closing && open.pop() !== name) return `wrong end of ${name}`
    if (!closing && !empty) open.push(name!)
    at = TAG.lastIndex
  }
  return open.length > 0 ? `not closed: ${open.join(' ')}` : undefined
}
