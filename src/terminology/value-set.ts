/** Membership of a ValueSet, from its compose or its expansion. R4 valueset.html#compositions. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { CodeSystemTable } from './code-system.ts'
import { compileFilter } from './concept-filter.ts'
import { specialSystems } from './special-systems.ts'
import { and, not, type Verdict } from './three-valued.ts'

/** Whether a code belongs; without a system, whether it belongs in any of the set's systems. */
export type ValueSetTest = (system: string | undefined, code: string) => Verdict

export interface ValueSetSources {
  /** Undefined: not at hand. */
  readonly codeSystem: (url: string, version?: string) => CodeSystemTable | undefined
  readonly valueSet: (canonical: string) => ValueSetTest | undefined
}

export function compileValueSet(resource: JsonObject, sources: ValueSetSources): ValueSetTest {
  const expansion = expansionTest(resource.expansion)
  const compose = isObject(resource.compose) ? composeTest(resource.compose, sources) : undefined
  if (!compose) return expansion ?? (() => undefined)
  if (!expansion) return compose
  return (system, code) => compose(system, code) ?? expansion(system, code)
}

function composeTest(compose: JsonObject, sources: ValueSetSources): ValueSetTest {
  const include = objects(compose.include).map((part) => partTest(part, sources))
  const exclude = objects(compose.exclude).map((part) => partTest(part, sources))
  return (system, code) => and(anyOf(include, system, code), not(anyOf(exclude, system, code)))
}

function anyOf(tests: readonly ValueSetTest[], system: string | undefined, code: string): Verdict {
  let verdict: Verdict = false
  for (const test of tests) {
    const one = test(system, code)
    if (one === true) return true
    if (one === undefined) verdict = undefined
  }
  return verdict
}

/** One include or exclude: its system part and all of its value sets must hold the code. */
function partTest(part: JsonObject, sources: ValueSetSources): ValueSetTest {
  const tests: ValueSetTest[] = []
  if (typeof part.system === 'string') tests.push(systemTest(part, part.system, sources))
  for (const canonical of texts(part.valueSet)) {
    tests.push(sources.valueSet(canonical) ?? (() => undefined))
  }
  if (tests.length === 1) return tests[0]!
  return (system, code) => {
    let verdict: Verdict = tests.length > 0
    for (const test of tests) verdict = and(verdict, test(system, code))
    return verdict
  }
}

function systemTest(part: JsonObject, partSystem: string, sources: ValueSetSources): ValueSetTest {
  const version = typeof part.version === 'string' ? part.version : undefined
  const codeSystem = sources.codeSystem(partSystem, version)
  const inSystem = codesTest(part, partSystem, codeSystem)
  return (system, code) => (system !== undefined && system !== partSystem ? false : inSystem(code))
}

function codesTest(
  part: JsonObject,
  system: string,
  codeSystem: CodeSystemTable | undefined,
): (code: string) => Verdict {
  const listed = objects(part.concept)
  if (listed.length > 0) return listTest(listed, codeSystem)
  const filters = objects(part.filter)
  if (!codeSystem) {
    const special = specialSystems.get(system)
    return special && filters.length === 0 ? special : () => undefined
  }
  const isComplete = codeSystem.content === 'complete'
  const tests = filters.map((filter) => compileFilter(filter, codeSystem))
  return (code) => {
    const concept = codeSystem.find(code)
    if (!concept) return isComplete ? false : undefined
    let verdict: Verdict = true
    for (const test of tests) verdict = and(verdict, test(concept))
    return isComplete || verdict ? verdict : undefined
  }
}

function listTest(
  listed: readonly JsonObject[],
  codeSystem: CodeSystemTable | undefined,
): (code: string) => Verdict {
  const foldCase = codeSystem?.isCaseSensitive === false
  const codes = new Set<string>()
  for (const { code } of listed) {
    if (typeof code === 'string') codes.add(foldCase ? code.toLowerCase() : code)
  }
  return foldCase ? (code) => codes.has(code.toLowerCase()) : (code) => codes.has(code)
}

/** A stored expansion, when it is whole. */
function expansionTest(expansion: JsonValue | undefined): ValueSetTest | undefined {
  if (!isObject(expansion) || !Array.isArray(expansion.contains)) return undefined
  const bySystem = new Map<string, Set<string>>()
  let count = 0
  const waiting: JsonValue[] = [...expansion.contains]
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (!isObject(item)) continue
    if (Array.isArray(item.contains)) for (const child of item.contains) waiting.push(child)
    if (typeof item.code !== 'string' || item.abstract === true) continue
    const system = typeof item.system === 'string' ? item.system : ''
    const codes = bySystem.get(system) ?? new Set<string>()
    codes.add(item.code)
    bySystem.set(system, codes)
    count++
  }
  const isWhole = !(typeof expansion.total === 'number' && expansion.total > count)
  return (system, code) => {
    if (system !== undefined)
      return bySystem.get(system)?.has(code) || (isWhole ? false : undefined)
    for (const codes of bySystem.values()) if (codes.has(code)) return true
    return isWhole ? false : undefined
  }
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
