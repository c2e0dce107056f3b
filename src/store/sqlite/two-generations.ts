/**
 * A map bounded by bytes. What is asked for again moves to the young generation; when that is full,
 * the old one is dropped whole, so that forgetting costs nothing for each entry. What does not fit
 * into one generation is not kept.
 */
export class TwoGenerations<K, V> {
  readonly #generationBytes: number
  readonly #bytesOf: (value: V) => number
  #young = new Map<K, V>()
  #old = new Map<K, V>()
  #youngBytes = 0

  constructor(bytesMax: number, bytesOf: (value: V) => number) {
    this.#generationBytes = bytesMax / 2
    this.#bytesOf = bytesOf
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: K, value: V): void {
    const bytes = this.#bytesOf(value)
    if (bytes > this.#generationBytes) return
    if (this.#youngBytes + bytes > this.#generationBytes) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(key, value)
    this.#youngBytes += bytes
  }

  delete(key: K): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
