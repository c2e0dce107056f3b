/** Why the two validators differ, as docs/validation-against-hapi.md explains. A table of data. */
export interface KnownDifference {
  readonly reason: string
  /** The side that finds errors. */
  readonly rejects: 'ours' | 'hapi'
  /** Holds for each error of that side: `rule place diagnostics`, or `id place message`. */
  readonly errors: RegExp
}

const known = (rejects: 'ours' | 'hapi', reason: string, errors: RegExp): KnownDifference => ({
  reason,
  rejects,
  errors,
})

export const knownDifferences: readonly KnownDifference[] = [
  known('ours', 'control character in a text', /^primitive-format .* without control characters/),
  known('ours', 'malformed media type', /^required-binding .*\/mimetypes/),
  known('ours', 'unknown modifier extension', /^modifier-extension-unknown /),
  known('ours', 'reference without a resource type', /^reference-format /),
  known('ours', 'reference to a type that is not allowed', /^reference-type /),
  known('ours', 'coding system that is a value set', /^coding-system .*references a value set/),
  known('ours', 'coding system that is not absolute', /^coding-system .*must be an absolute/),
  known('ours', 'language unknown to BCP 47', /^max-binding .*\/all-languages/),
  known('ours', 'wrong display', /^wrong-display /),
  known('ours', 'vital signs', /\/StructureDefinition\/(?:vitalsigns|body\w+|bp|bmi)\|/),
  known('ours', 'base64 that only the expression of R4 admits', /^primitive-format .* base64$/),
  known('ours', 'empty list of primitives', /^empty-array /),
  known('hapi', 'self link twice', /BUNDLE_LINK_SEARCH_NO_DUPLICATES/),
  known('hapi', 'base64 with line breaks', /DT_ATT_B64_DECODE_FAIL/),
  known('hapi', 'entry of a transaction without fullUrl', /NoFullUrl|FullUrl_Missing/),
  known('hapi', 'coding with a system and no code', /Unknown code '[^']*#null'/),
  known('hapi', 'period whose ends differ in precision', /Period#per-1 /),
]
