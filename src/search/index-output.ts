/** Where one extraction gathers its entries: each once. */
import type { Resource } from '../fhir/resource.ts'
import type { CompositeEntry, IndexEntry, QuantityEntry, ReferenceEntry } from './index-entry.ts'

/**
 * One search parameter's code, and where its last entry stands in the extraction numbered `run`.
 * Extraction is synchronous, so that one slot serves all extractions in turn.
 */
export interface CodeSlot {
  readonly code: string
  run: number
  last: number
  count: number
}

export function createSlot(code: string): CodeSlot {
  return { code, run: 0, last: -1, count: 0 }
}

let runs = 0

/** Beyond so many entries of one code, equals are found by key instead of one by one. */
const COMPARED_MAX = 24

export class IndexOutput {
  readonly entries: IndexEntry[] = []
  /** The outermost resource, which holds what `#id` refers to. */
  readonly resource: Resource
  readonly #run = ++runs
  /** For each entry, where the one before it under the same code stands. */
  readonly #previous: number[] = []
  #keys: Map<CodeSlot, Set<string>> | undefined

  constructor(resource: Resource) {
    this.resource = resource
  }

  has(slot: CodeSlot): boolean {
    return slot.run === this.#run
  }

  push(slot: CodeSlot, entry: IndexEntry): void {
    if (slot.run !== this.#run) {
      slot.run = this.#run
      slot.last = -1
      slot.count = 0
    } else if (this.#isKnown(slot, entry)) return
    this.#previous.push(slot.last)
    slot.last = this.entries.push(entry) - 1
    slot.count++
  }

  #isKnown(slot: CodeSlot, entry: IndexEntry): boolean {
    if (slot.count >= COMPARED_MAX) return this.#isKeyKnown(slot, entry)
    for (let at = slot.last; at >= 0; at = this.#previous[at]!) {
      if (isSameEntry(this.entries[at]!, entry)) return true
    }
    return false
  }

  #isKeyKnown(slot: CodeSlot, entry: IndexEntry): boolean {
    this.#keys ??= new Map()
    let keys = this.#keys.get(slot)
    if (!keys) {
      keys = new Set()
      for (let at = slot.last; at >= 0; at = this.#previous[at]!) keys.add(keyOf(this.entries[at]!))
      this.#keys.set(slot, keys)
    }
    const key = keyOf(entry)
    if (keys.has(key)) return true
    keys.add(key)
    return false
  }
}

/** Infinity is no JSON, but two open ends are as equal as two nulls. */
function keyOf(entry: IndexEntry): string {
  return JSON.stringify(entry)
}

function isSameEntry(a: IndexEntry, b: IndexEntry): boolean {
  switch (a.kind) {
    case 'token':
      return a.kind === b.kind && a.value === b.value && a.system === b.system
    case 'string':
      return a.kind === b.kind && a.exact === b.exact
    case 'uri':
      return a.kind === b.kind && a.value === b.value
    case 'date':
    case 'number':
      return a.kind === b.kind && a.low === b.low && a.high === b.high
    case 'reference':
      return a.kind === b.kind && isSameReference(a, b)
    case 'quantity':
      return a.kind === b.kind && isSameQuantity(a, b)
    case 'composite':
      return a.kind === b.kind && isSameComposite(a, b)
  }
}

function isSameReference(a: ReferenceEntry, b: ReferenceEntry): boolean {
  return (
    a.id === b.id &&
    a.url === b.url &&
    a.type === b.type &&
    a.versionId === b.versionId &&
    a.urlVersion === b.urlVersion
  )
}

function isSameQuantity(a: QuantityEntry, b: QuantityEntry): boolean {
  const isSameUnit = a.system === b.system && a.unitCode === b.unitCode && a.unit === b.unit
  return isSameUnit && a.low === b.low && a.high === b.high
}

function isSameComposite(a: CompositeEntry, b: CompositeEntry): boolean {
  return a.components.every((entries, i) => {
    const others = b.components[i]!
    return entries.length === others.length && entries.every((e, j) => isSameEntry(e, others[j]!))
  })
}
