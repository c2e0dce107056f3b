/** References and canonicals as entries. R4 references.html, search.html#reference. */
import { parseReference } from '../fhir/reference.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import type { JsonObject, JsonValue, Resource } from '../fhir/resource.ts'
import type { ReferenceEntry } from './index-entry.ts'
import type { CodeSlot, IndexOutput } from './index-output.ts'
import type { Sink } from './index-trie.ts'

export interface ReferenceSinkOptions {
  readonly slot: CodeSlot
  /**
   * `<code>:identifier`: of the logical identifier, and of those of a contained resource (decision
   * 78 asks that of authorOrg).
   */
  readonly identifierSlot: CodeSlot
  readonly baseUrl: string
  /** Adds the entries of a contained resource that the reference points to. */
  readonly onContained: (contained: Resource, output: IndexOutput) => void
}

export function referenceSink(options: ReferenceSinkOptions): Sink {
  const { slot, baseUrl, onContained } = options
  return (value, output) => {
    if (!isObject(value)) return
    if (isObject(value.identifier)) pushIdentifier(value.identifier, options, output)
    const { reference } = value
    if (typeof reference !== 'string') {
      // What is named by its display alone is there all the same (`:missing`).
      if (!isObject(value.identifier))
        output.push(slot, { kind: 'reference', code: slot.code, url: '#' })
      return
    }
    if (reference.startsWith('#')) {
      // Matches nothing, but shows that the element has a value (`:missing`).
      output.push(slot, { kind: 'reference', code: slot.code, url: reference })
      const contained = containedOf(output.resource, reference)
      if (!contained) return
      for (const identifier of listOf(contained.identifier)) {
        if (isObject(identifier)) pushIdentifier(identifier, options, output)
      }
      onContained(contained, output)
      return
    }
    const entry = referenceEntry(slot.code, reference, baseUrl)
    if (entry) output.push(slot, entry)
  }
}

function pushIdentifier(
  { system, value }: JsonObject,
  { identifierSlot }: ReferenceSinkOptions,
  output: IndexOutput,
): void {
  const hasSystem = typeof system === 'string'
  if (!hasSystem && typeof value !== 'string') return
  output.push(identifierSlot, {
    kind: 'token',
    code: identifierSlot.code,
    ...(hasSystem ? { system } : {}),
    ...(typeof value === 'string' ? { value } : {}),
  })
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

/** The common form is read without a regular expression for each part. */
const RELATIVE = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/

function referenceEntry(code: string, text: string, baseUrl: string): ReferenceEntry | undefined {
  const relative = RELATIVE.exec(text)
  if (relative) return { kind: 'reference', code, type: relative[1]!, id: relative[2]! }
  const parsed = parseReference(text, baseUrl)
  switch (parsed.kind) {
    case 'local': {
      const { type, id, versionId } = parsed
      return versionId === undefined
        ? { kind: 'reference', code, type, id }
        : { kind: 'reference', code, type, id, versionId }
    }
    case 'urn':
      return { kind: 'reference', code, url: parsed.urn }
    case 'absolute':
      return { kind: 'reference', code, url: parsed.url }
    default:
      return undefined
  }
}

/** R4 references.html#canonical: the version follows `|`. */
export function canonicalSink(slot: CodeSlot): Sink {
  return (value, output) => {
    if (typeof value !== 'string' || value === '') return
    const cut = value.indexOf('|')
    const { code } = slot
    output.push(
      slot,
      cut < 0
        ? { kind: 'reference', code, url: value }
        : { kind: 'reference', code, url: value.slice(0, cut), urlVersion: value.slice(cut + 1) },
    )
  }
}

/** A resource that stands in place of a reference to it: Bundle.entry.resource. */
export function inlineSink(slot: CodeSlot): Sink {
  return (value, output) => {
    if (!isResource(value) || typeof value.id !== 'string') return
    const { resourceType: type, id } = value
    output.push(slot, { kind: 'reference', code: slot.code, type, id })
  }
}

export function containedOf(resource: Resource, reference: string): Resource | undefined {
  if (!reference.startsWith('#') || !Array.isArray(resource.contained)) return undefined
  const id = reference.slice(1)
  for (const contained of resource.contained) {
    if (isResource(contained) && contained.id === id) return contained
  }
  return undefined
}
