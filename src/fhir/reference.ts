/** What a reference text points to. R4 references.html#literal. */
import { pathBelow } from './own-url.ts'
import { isId } from './resource.ts'

export type ParsedReference =
  | {
      readonly kind: 'local'
      readonly type: string
      readonly id: string
      readonly versionId?: string
    }
  | { readonly kind: 'contained'; readonly id: string }
  | { readonly kind: 'urn'; readonly urn: string }
  /** `Patient?identifier=...`, only allowed on input. R4 http.html#trules. */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  | { readonly kind: 'absolute'; readonly url: string }
  | { readonly kind: 'invalid'; readonly text: string }

const RELATIVE = /^([A-Z][A-Za-z]+)\/([^/?#]+)(?:\/_history\/([^/?#]+))?$/
const CONDITIONAL = /^([A-Z][A-Za-z]+)\?(.+)$/

/**
 * Parses a reference. An absolute URL below `baseUrl` (no trailing slash) is local; any other is
 * `absolute`. Never throws: what is no reference is `invalid`.
 */
export function parseReference(text: string, baseUrl?: string): ParsedReference {
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) }
  if (text.startsWith('urn:')) return { kind: 'urn', urn: text }
  const own = baseUrl ? pathBelow(text, baseUrl) : undefined
  if (own !== undefined) return parseRelative(own, text)
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) return { kind: 'absolute', url: text }
  return parseRelative(text, text)
}

function parseRelative(path: string, text: string): ParsedReference {
  const conditional = CONDITIONAL.exec(path)
  if (conditional) return { kind: 'conditional', type: conditional[1]!, query: conditional[2]! }
  const match = RELATIVE.exec(path)
  if (!match || !isId(match[2]!)) return { kind: 'invalid', text }
  const [, type, id, versionId] = match
  return versionId === undefined
    ? { kind: 'local', type: type!, id: id! }
    : { kind: 'local', type: type!, id: id!, versionId }
}
