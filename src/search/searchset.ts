/**
 * The searchset Bundle, put together from stored bytes that nobody parses. R4
 * bundle.html#searchset, search.html#errors for the outcome entry.
 */
import type { JsonObject } from '../fhir/resource.ts'

export interface SearchsetEntry {
  readonly fullUrl: string
  readonly mode: 'match' | 'include'
  /** One resource as JSON, ready to send. */
  readonly body: Buffer
}

export interface Searchset {
  /** Matches first, then what was included. */
  readonly entries: readonly SearchsetEntry[]
  readonly total: number | undefined
  readonly links: readonly { readonly relation: string; readonly url: string }[]
  /** An OperationOutcome about the search itself; comes last. */
  readonly outcome?: JsonObject | undefined
}

export function renderSearchset({ entries, total, links, outcome }: Searchset): Buffer {
  const parts: Buffer[] = [Buffer.from(openBundle(total, links))]
  let separator = ',"entry":['
  for (const { fullUrl, mode, body } of entries) {
    const head = `${separator}{"fullUrl":${JSON.stringify(fullUrl)},"resource":`
    parts.push(Buffer.from(head), body, tails[mode])
    separator = ','
  }
  if (outcome) {
    const entry = `{"resource":${JSON.stringify(outcome)},"search":{"mode":"outcome"}}`
    parts.push(Buffer.from(separator + entry))
    separator = ','
  }
  parts.push(Buffer.from(separator === ',' ? ']}' : '}'))
  return Buffer.concat(parts)
}

const tails = {
  match: Buffer.from(',"search":{"mode":"match"}}'),
  include: Buffer.from(',"search":{"mode":"include"}}'),
}

function openBundle(total: number | undefined, links: Searchset['links']): string {
  const counted = total === undefined ? '' : `,"total":${total}`
  const linked = links.length === 0 ? '' : `,"link":${JSON.stringify(links)}`
  return `{"resourceType":"Bundle","type":"searchset"${counted}${linked}`
}
