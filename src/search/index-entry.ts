/**
 * What a resource says under each search parameter: the meeting point of extraction, matching and
 * every store. Pure, structured-clonable data. R4 search.html#ptypes.
 */

export type IndexEntry =
  | TokenEntry
  | ReferenceEntry
  | StringEntry
  | DateEntry
  | NumberEntry
  | QuantityEntry
  | UriEntry
  | CompositeEntry

interface Entry {
  /**
   * The search parameter's code on the resource's own type (`identifier`, `_tag`). Two derived forms
   * exist: `subject:identifier` (a token: the Reference's logical identifier) and `author.family`
   * (an entry of a contained resource, reached through the reference `author`).
   */
  readonly code: string
}

export interface TokenEntry extends Entry {
  readonly kind: 'token'
  readonly system?: string
  readonly value?: string
  /** The system is implied by a binding (elements of type code); `|value` matches too. */
  readonly systemImplied?: true
}

export interface ReferenceEntry extends Entry {
  readonly kind: 'reference'
  /** A resource of this server. */
  readonly type?: string
  readonly id?: string
  readonly versionId?: string
  /** Any other target, or a canonical (without its version). */
  readonly url?: string
  /** The version after `|` of a canonical. */
  readonly urlVersion?: string
}

export interface StringEntry extends Entry {
  readonly kind: 'string'
  /** Folded by `foldText`: no case, accent, punctuation or space. */
  readonly folded: string
  readonly exact: string
}

/** `low` included, `high` excluded, ms since 1970 UTC, within timeMin and timeMax. */
export interface DateEntry extends Entry {
  readonly kind: 'date'
  readonly low: number
  readonly high: number
}

/** Equal for a plain number; the two ends of a Range, infinite where open. */
export interface NumberEntry extends Entry {
  readonly kind: 'number'
  readonly low: number
  readonly high: number
}

export interface QuantityEntry extends Entry {
  readonly kind: 'quantity'
  readonly low: number
  readonly high: number
  readonly system?: string
  readonly unitCode?: string
  readonly unit?: string
}

export interface UriEntry extends Entry {
  readonly kind: 'uri'
  readonly value: string
}

export interface CompositeEntry extends Entry {
  readonly kind: 'composite'
  /** One list of alternatives per component, in the SearchParameter's order. */
  readonly components: readonly (readonly IndexEntry[])[]
}
