/**
 * The order of a searchset. Ascending takes a resource's lowest value, descending its highest;
 * resources without a value come last either way; ties keep the order of creation.
 * R4 search.html#_sort.
 */
import type { IndexEntry } from './index-entry.ts'
import type { SortKey } from './search-request.ts'

/** What a resource is sorted by. */
export interface Sortable {
  /** Counts resources in the order of their creation, over all types. */
  readonly rid: number
  readonly id: string
  readonly lastUpdated: number
  readonly entries: readonly IndexEntry[]
}

/** The value under one key, undefined when there is none. */
export type SortValue = string | number | undefined

/** Negative when `a` comes first; never 0 for two resources. */
export function compareForSort(keys: readonly SortKey[], a: Sortable, b: Sortable): number {
  for (const key of keys) {
    const order = compareSortValues(key, sortValue(key, a), sortValue(key, b))
    if (order !== 0) return order
  }
  return a.rid - b.rid
}

export function compareSortValues(key: SortKey, a: SortValue, b: SortValue): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const order = compareValues(a, b)
  return key.descending ? -order : order
}

export function sortValue(key: SortKey, resource: Sortable): SortValue {
  if (key.kind === 'id') return resource.id
  if (key.kind === 'lastUpdated') return resource.lastUpdated
  let best: SortValue
  for (const entry of resource.entries) {
    if (entry.code !== key.code || entry.kind !== key.kind) continue
    const value = valueOf(entry)
    if (value === undefined) continue
    if (best === undefined || compareSortValues(key, value, best) < 0) best = value
  }
  return best
}

/**
 * A date sorts by its start, a number or quantity by its low end whatever its unit, a string by
 * its folded text, a token by its code alone, a reference by `Type/id` or its URL.
 */
function valueOf(entry: IndexEntry): SortValue {
  switch (entry.kind) {
    case 'token':
    case 'uri':
      return entry.value
    case 'reference':
      return entry.id === undefined ? entry.url : `${entry.type ?? ''}/${entry.id}`
    case 'string':
      return entry.folded
    case 'date':
    case 'number':
    case 'quantity':
      return entry.low
    case 'composite':
      return undefined
  }
}

/** Texts compare by code point, which is the order of their UTF-8 bytes. */
function compareValues(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}
