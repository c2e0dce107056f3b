/**
 * Numbers for the names of elements, so that the scanner compares and remembers integers. The table
 * is shared by all scans: FHIR has few names, and they are soon all known.
 */

interface KeyEntry {
  readonly id: number
  readonly bytes: Buffer
}

const slotCount = 2048
/** A shared table that clients have filled with more names than FHIR has is dropped. */
const sharedNamesMax = 8192

export class KeyTable {
  readonly names: string[] = []
  readonly #slots: (KeyEntry | undefined)[] = Array.from({ length: slotCount }, () => undefined)
  readonly #entries = new Map<string, KeyEntry>()

  constructor() {
    for (const name of knownNames) this.idOf(name)
  }

  /** The id of the plain ASCII name in `data`; `hash` is any function of its bytes. */
  find(data: Buffer, start: number, end: number, hash: number): number {
    const slot = (hash ^ (hash >>> 11)) & (slotCount - 1)
    const known = this.#slots[slot]
    if (known !== undefined && isSame(known.bytes, data, start, end)) return known.id
    const entry = this.#entryOf(data.toString('latin1', start, end))
    this.#slots[slot] = entry
    return entry.id
  }

  idOf(name: string): number {
    return this.#entryOf(name).id
  }

  #entryOf(name: string): KeyEntry {
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      entry = { id: this.names.length, bytes: Buffer.from(name) }
      this.names.push(name)
      this.#entries.set(name, entry)
    }
    return entry
  }
}

function isSame(known: Buffer, data: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let at = 0; at < known.length; at += 1) {
    if (known[at] !== data[start + at]) return false
  }
  return true
}

/** Ids that every table gives to the names that the scanner treats by themselves. */
export const knownKeys = { resourceType: 0, data: 1, valueBase64Binary: 2, proto: 3 } as const
const knownNames = ['resourceType', 'data', 'valueBase64Binary', '__proto__']

let shared = new KeyTable()

/** The table for a new scan. */
export function sharedKeyTable(): KeyTable {
  if (shared.names.length > sharedNamesMax) shared = new KeyTable()
  return shared
}
