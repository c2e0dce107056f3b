/** Fixed and pattern values. R4 elementdefinition-definitions.html#ElementDefinition.fixed_x_. */
import type { JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'

/** The same value, whatever the order of properties. */
export function isEqual(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, at) => isEqual(item, right[at]))
  }
  if (!isObject(left) || !isObject(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  )
}

/** Everything that the pattern states is there; arrays hold a match for each of its items. */
export function matchesPattern(value: JsonValue | undefined, pattern: JsonValue): boolean {
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(value) &&
      pattern.every((wanted) => value.some((item) => matchesPattern(item, wanted)))
    )
  }
  if (!isObject(pattern)) return value === pattern
  if (!isObject(value)) return false
  return Object.keys(pattern).every(
    (key) => Object.hasOwn(value, key) && matchesPattern(value[key], pattern[key]!),
  )
}
