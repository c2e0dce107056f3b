/** What codes mean, from the CodeSystems and ValueSets at hand. R4 terminology-module.html. */
import type { PackageReference, Registry } from '../conformance/registry.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { compileCodeSystem, type CodeSystemTable } from './code-system.ts'
import { specialSystems } from './special-systems.ts'
import { compileValueSet, type ValueSetTest } from './value-set.ts'

/** The code set behind a binding. Undefined: the value set or its code system is not at hand. */
export interface Terminology {
  memberOf(
    valueSet: string,
    coding: { readonly system?: string; readonly code?: string; readonly version?: string },
    context?: PackageReference,
  ): boolean | undefined
  /** The code's display texts in the system at hand; undefined: system or code unknown. */
  displays(system: string, code: string): readonly string[] | undefined
  /** The system's concepts; undefined: not at hand, or only as a grammar. */
  codeSystem(system: string, version?: string): CodeSystemTable | undefined
  /** Whether a code exists in a system; undefined: not at hand. */
  isCodeOf(system: string, code: string, version?: string): boolean | undefined
  /** A value set that is not in the registry, such as a contained one. */
  testOf(valueSet: JsonObject): ValueSetTest
  /** The test behind `memberOf`, to keep for as long as the registry's epoch stands. */
  valueSetTest(valueSet: string, context?: PackageReference): ValueSetTest | undefined
}

const REMEMBERED_MAX = 10_000

function keyOf(canonical: string, from: PackageReference | undefined): string {
  return from ? `${canonical} ${from.name}#${from.version}` : canonical
}

const tables = new WeakMap<JsonObject, CodeSystemTable>()

/** One table for each resource, however it is named. */
function tableOf(resource: JsonObject): CodeSystemTable {
  let table = tables.get(resource)
  if (!table) tables.set(resource, (table = compileCodeSystem(resource)))
  return table
}

export function createTerminology(registry: Registry): Terminology {
  const codeSystems = new Map<string, CodeSystemTable | undefined>()
  const valueSets = new Map<string, ValueSetTest | undefined>()
  let epoch = registry.epoch

  /** Bounded, because the names that are looked up come from outside. */
  function refresh(): void {
    const isFull = codeSystems.size > REMEMBERED_MAX || valueSets.size > REMEMBERED_MAX
    if (epoch === registry.epoch && !isFull) return
    epoch = registry.epoch
    codeSystems.clear()
    valueSets.clear()
  }

  function codeSystem(
    url: string,
    version?: string,
    from?: PackageReference,
  ): CodeSystemTable | undefined {
    refresh()
    const canonical = version === undefined ? url : `${url}|${version}`
    const key = keyOf(canonical, from)
    if (codeSystems.has(key)) return codeSystems.get(key)
    const definition = registry.resolve('CodeSystem', canonical, from)
    const table = definition && tableOf(definition.resource)
    codeSystems.set(key, table)
    return table
  }

  function valueSetTest(canonical: string, context?: PackageReference): ValueSetTest | undefined {
    refresh()
    const key = keyOf(canonical, context)
    if (valueSets.has(key)) return valueSets.get(key)
    // A value set that includes itself finds nothing here and stays undecided.
    valueSets.set(key, undefined)
    const definition = registry.resolve('ValueSet', canonical, context)
    const from = definition?.package
    const test =
      definition &&
      compileValueSet(definition.resource, {
        codeSystem: (url, version) => codeSystem(url, version, from),
        valueSet: (inner) => valueSetTest(inner, from),
      })
    valueSets.set(key, test ?? wholeSystemTest(canonical, codeSystem))
    return valueSets.get(key)
  }

  function isCodeOf(system: string, code: string, version?: string): boolean | undefined {
    const table = codeSystem(system)
    if (!table) return specialSystems.get(system)?.(code)
    if (table.find(code)) return true
    if (version !== undefined && table.version !== undefined && table.version !== version) {
      const other = codeSystem(system, version)
      return other?.find(code) ? true : other?.content === 'complete' ? false : undefined
    }
    return table.content === 'complete' ? false : undefined
  }

  return {
    testOf: (valueSet) =>
      compileValueSet(valueSet, { codeSystem, valueSet: (inner) => valueSetTest(inner) }),
    codeSystem: (system, version) => codeSystem(system, version),
    isCodeOf,
    valueSetTest,
    displays: (system, code) => codeSystem(system)?.find(code)?.displays,
    memberOf: (canonical, { system, code }, context) =>
      code === undefined ? false : valueSetTest(canonical, context)?.(system, code),
  }
}

/** `http://hl7.org/fhir/ValueSet/x` of a code system `http://hl7.org/fhir/CodeSystem/x`. */
function wholeSystemTest(
  canonical: string,
  codeSystem: (url: string) => CodeSystemTable | undefined,
): ValueSetTest | undefined {
  if (!/^http:\/\/(?:terminology\.)?hl7\.org\//.test(canonical)) return undefined
  const url = canonical.replace(/\|.*$/, '').replace('/ValueSet/', '/CodeSystem/')
  if (url === canonical) return undefined
  const table = codeSystem(url)
  if (!table || table.content !== 'complete') return undefined
  return (system, code) =>
    (system === undefined || system === url) && table.find(code) !== undefined
}
