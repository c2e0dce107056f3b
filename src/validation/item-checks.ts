/** What a profile may state of one value. R4 elementdefinition.html. */
import type { JsonValue } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import { parsePeriod } from '../fhir/date-time.ts'
import type { ElementDefinition } from './element-definition.ts'
import { isEqual, matchesPattern } from './pattern.ts'
import type { ItemCheck } from './profile-check.ts'
import { compareQuantities, durationMs } from './quantities.ts'
import { shown, type Run } from './run.ts'

/** Fixed and pattern values, lengths and bounds that the base does not state. */
export function valueRules(
  definition: ElementDefinition,
  base: ElementDefinition | undefined,
): ItemCheck[] {
  const checks: ItemCheck[] = []
  const { fixed, pattern, maxLength, minValue, maxValue } = definition
  if (fixed !== undefined && base?.fixed === undefined) checks.push(fixedCheck(fixed))
  if (pattern !== undefined && base?.pattern === undefined) checks.push(patternCheck(pattern))
  if (maxLength !== undefined && base?.maxLength === undefined) checks.push(lengthCheck(maxLength))
  if (minValue !== undefined && base?.minValue === undefined) {
    checks.push(boundCheck(minValue, 'min-value'))
  }
  if (maxValue !== undefined && base?.maxValue === undefined) {
    checks.push(boundCheck(maxValue, 'max-value'))
  }
  return checks
}

function fixedCheck(fixed: JsonValue): ItemCheck {
  return ({ value }, run) => {
    if (value === undefined || isEqual(value, fixed)) return
    run.report('fixed-value', `Value is '${shown(value)}' but must be '${shown(fixed)}'`)
  }
}

function patternCheck(pattern: JsonValue): ItemCheck {
  return ({ value }, run) => {
    if (value === undefined || matchesPattern(value, pattern)) return
    run.report('pattern-value', `'${shown(value)}' does not match the pattern '${shown(pattern)}'`)
  }
}

function lengthCheck(maxLength: number): ItemCheck {
  return ({ value }, run) => {
    if (typeof value !== 'string' || [...value].length <= maxLength) return
    run.report('max-length', `The value is longer than ${maxLength} characters`)
  }
}

function boundCheck(bound: JsonValue, rule: 'min-value' | 'max-value'): ItemCheck {
  const sign = rule === 'min-value' ? -1 : 1
  const word = rule === 'min-value' ? 'less than the minimum' : 'greater than the maximum'
  return ({ value }, run) => {
    if (value === undefined) return
    const order = compareValues(value, limitOf(value, bound, sign))
    if (order === undefined || order * sign <= 0) return
    run.report(rule, `The value ${shown(value)} is ${word} ${shown(bound)}`)
  }
}

/** A duration bounds dates relative to the clock: so long ago at least, or so far ahead at most. */
function limitOf(value: JsonValue, bound: JsonValue, sign: number): JsonValue {
  if (!isObject(bound) || typeof value !== 'string') return bound
  const length = durationMs(bound)
  return length === undefined ? bound : new Date(Date.now() + sign * length).toISOString()
}

/** Negative, zero or positive; undefined when the two cannot be compared. */
export function compareValues(left: JsonValue, right: JsonValue): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (isObject(left) && isObject(right)) return compareQuantities(left, right)
  if (typeof left !== 'string' || typeof right !== 'string') return undefined
  const [one, other] = [parsePeriod(left), parsePeriod(right)]
  if (one && other) return one.low >= other.high ? 1 : one.high <= other.low ? -1 : 0
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * The types a profile leaves of a choice, or of a place for any resource. The name of a choice says
 * its type: `valueCode` is no `valueString`, although every code is a string.
 */
export function typeCheck(
  codes: readonly string[],
  isSubtype: (type: string, base: string) => boolean,
  profile: string,
): ItemCheck {
  return ({ value, type }, run: Run) => {
    const found = isResource(value) ? value.resourceType : type
    if (codes.includes(found)) return
    if (isResource(value) && codes.some((code) => isSubtype(found, code))) return
    const allowed = codes.join(', ')
    run.report('type-not-allowed', `${profile} allows the type ${allowed} but found ${found}`)
  }
}
