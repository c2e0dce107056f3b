/** The typed places of a resource, and the choices of a seeded random number generator. */
import type { ElementModel, Registry } from '../../src/conformance/registry.ts'
import type { JsonObject, JsonValue, Resource } from '../../src/fhir/resource.ts'
import { isObject, isResource } from '../../src/fhir/resource.ts'

/** One property of one object of a resource that R4 defines. */
export interface Place {
  readonly holder: JsonObject
  readonly key: string
  readonly element: ElementModel
  /** `Patient`, `HumanName`, `Patient.contact`. */
  readonly ownerType: string
  readonly isRequired: boolean
  readonly hasRequiredBinding: boolean
}

export interface TypedObject {
  readonly object: JsonObject
  readonly type: string
}

export interface Subject {
  readonly resource: Resource
  readonly places: readonly Place[]
  readonly objects: readonly TypedObject[]
  readonly registry: Registry
  readonly random: Random
}

export interface Random {
  below(count: number): number
  /** Undefined where there is nothing to choose from. */
  pick<T>(items: readonly T[]): T | undefined
}

/** mulberry32: small, and the same everywhere. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const below = (count: number) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count
  }
  return {
    below,
    pick: (items) => (items.length === 0 ? undefined : items[below(items.length)]),
  }
}

export function createSubject(resource: Resource, registry: Registry, random: Random): Subject {
  const places: Place[] = []
  const objects: TypedObject[] = []
  const visit = (object: JsonObject, type: string) => {
    const model = registry.typeModel(type)
    if (!model) return
    objects.push({ object, type })
    for (const [key, value] of Object.entries(object)) {
      const element = model.elements.get(key)
      if (!element) continue
      const definition = elementDefinition(registry, type, element)
      places.push({
        holder: object,
        key,
        element,
        ownerType: type,
        isRequired: Number(definition?.min ?? 0) > 0,
        hasRequiredBinding:
          isObject(definition?.binding) && definition.binding.strength === 'required',
      })
      for (const item of Array.isArray(value) ? value : [value]) {
        if (isObject(item)) visit(item, isResource(item) ? item.resourceType : element.type)
      }
    }
  }
  visit(resource, resource.resourceType)
  return { resource, places, objects, registry, random }
}

function elementDefinition(registry: Registry, type: string, { pathName, isChoice }: ElementModel) {
  const definition = registry.typeDefinition(type.split('.')[0]!)
  const path = `${type}.${pathName}${isChoice ? '[x]' : ''}`
  const elements = (definition?.snapshot as JsonObject | undefined)?.element as
    | JsonObject[]
    | undefined
  return elements?.find((element) => element.path === path)
}

/** Of a list the first, else the value itself. */
export function firstOf(value: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(value) ? value[0] : value
}
