/** The objects and arrays that the scanner is in: which keys they had, and where it stands. */
import type { KeyTable } from './key-table.ts'

/** From here on a set finds a repeated key sooner than a look at each. */
const listedKeysMax = 16
const noKey = -1

export class Nesting {
  depth = 0
  /** Whether the innermost is an object; meaningless at depth 0. */
  isObject = false
  readonly #table: KeyTable
  /** By depth: the key being read, or `-2 - index` in an array. */
  readonly #places: number[] = [noKey]
  /** The keys of all open objects, one after the other. */
  readonly #keys: number[] = []
  #keyCount = 0
  #firstKey = 0
  readonly #firstKeys: number[] = [0]
  readonly #keySets: (Set<number> | undefined)[] = [undefined]

  constructor(table: KeyTable) {
    this.#table = table
  }

  open(isObject: boolean): void {
    const depth = (this.depth += 1)
    this.isObject = isObject
    this.#places[depth] = isObject ? noKey : -2
    this.#firstKeys[depth] = this.#firstKey = this.#keyCount
    this.#keySets[depth] = undefined
  }

  close(): void {
    this.#keyCount = this.#firstKey
    const depth = (this.depth -= 1)
    this.#firstKey = this.#firstKeys[depth]!
    this.isObject = this.#places[depth]! >= noKey
  }

  /** A comma: the next element of the array, or the next key. */
  next(): void {
    this.#places[this.depth] = this.isObject ? noKey : this.#places[this.depth]! - 1
  }

  /** Takes the next key of the object; false when it had that key already. */
  enterKey(id: number): boolean {
    this.#places[this.depth] = id
    const count = this.#keyCount
    if (count - this.#firstKey >= listedKeysMax) return this.#enterIntoSet(id)
    for (let at = this.#firstKey; at < count; at += 1) {
      if (this.#keys[at] === id) return false
    }
    this.#keys[count] = id
    this.#keyCount = count + 1
    return true
  }

  #enterIntoSet(id: number): boolean {
    let keys = this.#keySets[this.depth]
    if (keys === undefined) {
      keys = new Set(this.#keys.slice(this.#firstKey, this.#keyCount))
      this.#keySets[this.depth] = keys
    }
    if (keys.has(id)) return false
    keys.add(id)
    return true
  }

  get key(): number {
    return this.#places[this.depth]!
  }

  /** The key under which the innermost object stands, or its array; undefined at the root. */
  get parentName(): string | undefined {
    for (let depth = this.depth - 1; depth > 0; depth -= 1) {
      const place = this.#places[depth]!
      if (place >= 0) return this.#table.names[place]
    }
    return undefined
  }

  /** FHIRPath of the place, with the JSON names of choice elements: `Bundle.entry[2].resource`. */
  path(root: string): string {
    let path = root
    for (let depth = 1; depth <= this.depth; depth += 1) {
      const place = this.#places[depth]!
      if (place <= -2) path += `[${-2 - place}]`
      else if (place >= 0) path += `.${toIdentifier(this.#table.names[place]!)}`
    }
    return path
  }
}

/** `_birthDate` holds what stands beside `birthDate`: R4 json.html#primitive. */
function toIdentifier(name: string): string {
  const element = name.startsWith('_') && name !== '__proto__' ? name.slice(1) : name
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(element)) return element
  return `\`${element.replaceAll(/[\\`]/g, String.raw`\$&`)}\``
}
