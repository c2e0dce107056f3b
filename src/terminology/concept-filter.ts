/** The filters of `ValueSet.compose.include.filter`. R4 valueset-filter-operator.html. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { CodeSystemTable, Concept } from './code-system.ts'
import { compilePattern } from './linear-regex.ts'
import { not, type Verdict } from './three-valued.ts'

export type ConceptTest = (concept: Concept) => Verdict

type FilterKind = (property: string, value: string, system: CodeSystemTable) => ConceptTest

const operators: Readonly<Record<string, FilterKind>> = {
  '=': (property, value, system) => (concept) =>
    valuesOf(concept, property, system).some((found) => found === value),
  'is-a': (_property, value, system) => (concept) =>
    system.selfAndAncestors(concept.code).has(value),
  'descendent-of': (_property, value, system) => (concept) =>
    concept.code !== value && system.selfAndAncestors(concept.code).has(value),
  'is-not-a': (_property, value, system) => (concept) =>
    !system.selfAndAncestors(concept.code).has(value),
  generalizes: (_property, value, system) => {
    const above = system.selfAndAncestors(value)
    return (concept) => above.has(concept.code)
  },
  in: (property, value, system) => {
    const allowed = new Set(value.split(',').map((item) => item.trim()))
    return (concept) => valuesOf(concept, property, system).some((found) => allowed.has(found))
  },
  'not-in': (property, value, system) => {
    const test = operators.in!(property, value, system)
    return (concept) => not(test(concept))
  },
  exists: (property, value, system) => (concept) =>
    valuesOf(concept, property, system).length > 0 === (value === 'true'),
  regex: (property, value, system) => {
    const pattern = compilePattern(value)
    if (!pattern) return () => undefined
    return (concept) => valuesOf(concept, property, system).some((found) => pattern(found))
  },
}

/** A filter that is not understood gives undefined for every concept. */
export function compileFilter(filter: JsonObject, system: CodeSystemTable): ConceptTest {
  const { property, op, value } = filter
  if (typeof property !== 'string' || typeof op !== 'string' || typeof value !== 'string')
    return () => undefined
  const operator = Object.hasOwn(operators, op) ? operators[op] : undefined
  return operator ? operator(property, value, system) : () => undefined
}

function valuesOf(concept: Concept, property: string, system: CodeSystemTable): string[] {
  if (property === 'concept' || property === 'code') return [concept.code]
  if (property === 'display') return concept.display === undefined ? [] : [concept.display]
  if (property === 'parent') return [...concept.parents]
  if (property === 'child') {
    return [...system.concepts.values()]
      .filter((other) => other.parents.includes(concept.code))
      .map((other) => other.code)
  }
  return (concept.properties.get(property) ?? []).map(valueText)
}

function valueText(value: JsonValue): string {
  if (isObject(value)) return typeof value.code === 'string' ? value.code : ''
  return String(value)
}
