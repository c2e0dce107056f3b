/** Finds the places of a resource that point elsewhere. R4 references.html, http.html#trules. */
import { expressionOf, type Step } from './element-path.ts'
import { isObject, type JsonObject, type JsonValue } from './resource.ts'

export interface ReferencePlace {
  readonly holder: JsonObject
  /** `reference` of a Reference; `url` of an Attachment or any other uri. */
  readonly key: string
  readonly text: string
  readonly isReference: boolean
  /** FHIRPath of the element. */
  readonly path: string
}

/** Keys and indexes from the root to where a walk stands; the path is told only when it is asked for. */
type Steps = Step[]

interface Walk {
  readonly steps: Steps
  readonly visit: (place: ReferencePlace) => void
}

/** Puts its path together when it is asked for, which must be while it is visited. */
class Place implements ReferencePlace {
  readonly holder: JsonObject
  readonly key: string
  readonly text: string
  readonly #walk: Walk

  constructor(holder: JsonObject, key: string, text: string, walk: Walk) {
    this.holder = holder
    this.key = key
    this.text = text
    this.#walk = walk
  }

  get isReference(): boolean {
    return this.key === 'reference'
  }

  get path(): string {
    return expressionOf([...this.#walk.steps, this.key])
  }
}

/** Calls `visit` for every Reference.reference and every text under a key `url` or `uri`. */
export function walkReferences(root: JsonObject, visit: (place: ReferencePlace) => void): void {
  const name = typeof root.resourceType === 'string' ? root.resourceType : '$'
  walk(root, { steps: [name], visit }, 0)
}

const DEPTH_MAX = 200

function walk(value: JsonObject, run: Walk, depth: number): void {
  if (depth > DEPTH_MAX) return
  const { steps, visit } = run
  for (const key in value) {
    const child = value[key]!
    if (typeof child === 'string') {
      if (key !== 'reference' && key !== 'url' && key !== 'uri') continue
      visit(new Place(value, key, child, run))
    } else if (typeof child === 'object' && child !== null) {
      steps.push(key)
      if (Array.isArray(child)) walkList(child, run, depth + 1)
      else walk(child, run, depth + 1)
      steps.pop()
    }
  }
}

function walkList(list: readonly JsonValue[], run: Walk, depth: number): void {
  for (let index = 0; index < list.length; index++) {
    const item = list[index]
    if (!isObject(item)) continue
    run.steps.push(index)
    walk(item, run, depth)
    run.steps.pop()
  }
}

/** What takes the place of a text; `path` tells where it stands. */
type Replace = (text: string, isReference: boolean, path: () => string) => string

/**
 * A copy of a value in which `replace` has had its say on every text under `reference`, `url` and
 * `uri`; what does not change is shared with the original.
 */
export function replaceReferences<T extends JsonValue>(value: T, replace: Replace, root = '$'): T {
  return replaceIn(value, { replace, steps: [root] }, 0) as T
}

interface Replacement {
  readonly replace: Replace
  readonly steps: Steps
}

function replaceIn(value: JsonValue, run: Replacement, depth: number): JsonValue {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return value
  return Array.isArray(value)
    ? replaceInList(value, run, depth)
    : replaceInObject(value, run, depth)
}

function replaceInList(list: JsonValue[], run: Replacement, depth: number): JsonValue[] {
  let copy: JsonValue[] | undefined
  for (let index = 0; index < list.length; index++) {
    const item = list[index]!
    if (typeof item !== 'object') continue
    run.steps.push(index)
    const changed = replaceIn(item, run, depth + 1)
    run.steps.pop()
    if (changed !== item) (copy ??= [...list])[index] = changed
  }
  return copy ?? list
}

function replaceInObject(object: JsonObject, run: Replacement, depth: number): JsonObject {
  const { replace, steps } = run
  let copy: JsonObject | undefined
  for (const key in object) {
    const child = object[key]!
    let changed: JsonValue = child
    if (typeof child === 'string') {
      if (key === 'reference' || key === 'url' || key === 'uri')
        changed = replace(child, key === 'reference', () => expressionOf([...steps, key]))
    } else if (typeof child === 'object' && child !== null) {
      steps.push(key)
      changed = replaceIn(child, run, depth + 1)
      steps.pop()
    }
    if (changed !== child) (copy ??= { ...object })[key] = changed
  }
  return copy ?? object
}
