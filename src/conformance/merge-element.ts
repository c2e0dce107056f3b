/** Applies one element of a differential to the element that it constrains. */
import { isObject, type JsonObject, type JsonValue } from '../fhir/resource.ts'

const PLACE_KEYS = new Set(['id', 'path', 'base'])

/** A new element; neither argument is changed. Constraints and conditions add up. */
export function mergeElement(
  base: JsonObject,
  differential: JsonObject,
  profileUrl: string,
): JsonObject {
  const merged: JsonObject = { ...base }
  for (const [key, value] of Object.entries(differential)) {
    if (PLACE_KEYS.has(key)) continue
    if (key === 'constraint') merged[key] = addConstraints(base[key], value, profileUrl)
    else if (key === 'condition') merged[key] = union(base[key], value)
    else if (key === 'slicing') merged[key] = mergeSlicing(base[key], value)
    else if (key === 'binding') merged[key] = { ...objectOf(base[key]), ...objectOf(value) }
    else merged[key] = value
  }
  // A binding that only says something about none is no binding.
  if (isObject(merged.binding) && !merged.binding.strength) delete merged.binding
  return merged
}

const RULES = ['open', 'openAtEnd', 'closed']

/** A profile may close a slicing or add to it, never open what its base has closed. */
function mergeSlicing(base: JsonValue | undefined, added: JsonValue): JsonObject {
  const [from, to] = [objectOf(base), objectOf(added)]
  const discriminators = [listOf(from.discriminator), listOf(to.discriminator)].flat()
  const unique = new Map(discriminators.map((entry) => [discriminatorKey(entry), entry]))
  const rules = RULES[Math.max(RULES.indexOf(String(from.rules)), RULES.indexOf(String(to.rules)))]
  return {
    ...from,
    ...to,
    ...(unique.size > 0 ? { discriminator: [...unique.values()] } : {}),
    ...(rules ? { rules } : {}),
  }
}

function discriminatorKey(discriminator: JsonValue): string {
  const { type, path } = objectOf(discriminator)
  return `${String(type)} ${String(path)}`
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}

/** Appends the constraints whose keys are not there yet. */
function addConstraints(base: JsonValue | undefined, added: JsonValue, source: string): JsonValue {
  const known = listOf(base)
  const keys = new Set(known.map((constraint) => isObject(constraint) && constraint.key))
  const fresh = listOf(added).filter(isObject)
  return [
    ...known,
    ...fresh.filter(({ key }) => !keys.has(key!)).map((constraint) => ({ source, ...constraint })),
  ]
}

function union(base: JsonValue | undefined, added: JsonValue): JsonValue {
  const values = [...listOf(base), ...listOf(added)]
  return [...new Set(values)]
}
