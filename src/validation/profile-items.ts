/** Gathers the repetitions of an element from JSON, whichever names a choice gives it. */
import type { Registry } from '../conformance/registry.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { primitiveTypes } from './primitives.ts'
import type { PlacedItem } from './slicing.ts'

/** One JSON property that may hold the element. */
export interface Holder {
  readonly key: string
  readonly step: string
  /** Of a value that does not repeat. */
  readonly steps: readonly [string]
  readonly type: string
  readonly isPrimitive: boolean
}

export function holdersOf(
  name: string,
  parentTypes: readonly string[],
  registry: Registry,
): readonly Holder[] {
  const pathName = name.endsWith('[x]') ? name.slice(0, -3) : name
  const holders = new Map<string, Holder>()
  for (const parentType of parentTypes) {
    const model = registry.typeModel(parentType)
    const direct = model?.elements.get(name)
    const models = model?.paths.get(pathName) ?? (direct ? [direct] : [])
    for (const { name: key, type } of models) {
      holders.set(key, {
        key,
        step: pathName,
        steps: [pathName],
        type,
        isPrimitive: primitiveTypes.has(type),
      })
    }
  }
  return [...holders.values()]
}

/** Most elements of a profile are not there. */
const noItems: readonly PlacedItem[] = []

export function itemsOf(parent: JsonObject, holders: readonly Holder[]): readonly PlacedItem[] {
  let items: PlacedItem[] | undefined
  for (const holder of holders) {
    const value = parent[holder.key]
    const sibling = holder.isPrimitive ? parent[`_${holder.key}`] : undefined
    if (value === undefined && sibling === undefined) continue
    addItems((items ??= []), value, sibling, holder)
  }
  return items ?? noItems
}

function addItems(
  items: PlacedItem[],
  value: JsonValue | undefined,
  sibling: JsonValue | undefined,
  { step, steps, type }: Holder,
): void {
  if (!Array.isArray(value) && !Array.isArray(sibling)) {
    const half = isObject(sibling) ? sibling : undefined
    items.push({ item: { value: value ?? undefined, sibling: half, type }, steps })
    return
  }
  const values = Array.isArray(value) ? value : []
  const siblings = Array.isArray(sibling) ? sibling : []
  const length = Math.max(values.length, siblings.length)
  for (let index = 0; index < length; index++) {
    const half = siblings[index]
    items.push({
      item: {
        value: values[index] ?? undefined,
        sibling: isObject(half) ? half : undefined,
        type,
      },
      steps: [step, index],
    })
  }
}
