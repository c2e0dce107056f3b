/**
 * The `fhirpath` package as a second opinion: the oracle of the differential tests, and the way for
 * what the compiler does not cover. It has no step budget: run it in a worker with a time limit.
 */
import { isObject, isResource } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import type { Environment } from './environment.ts'
import { NotCovered } from './fhirpath-errors.ts'

export interface ReferenceValue {
  /** `FHIR.HumanName`, `System.String`. */
  readonly type: string
  readonly data: JsonValue
}

export type ReferenceEngine = (
  text: string,
  input: JsonObject,
  options?: { readonly environment?: Environment; readonly rootType?: string },
) => readonly ReferenceValue[]

const COMPILED_MAX = 2_000

interface RawNode {
  readonly data?: unknown
  readonly fhirNodeDataType?: string | null
  convertData?(): unknown
}

/** Loads the package at first use: its grammar and unit tables are large. */
export async function loadReferenceEngine(): Promise<ReferenceEngine> {
  const { compile, types } = await import('fhirpath')
  const { default: model } = await import('fhirpath/fhir-context/r4')
  const compiled = new Map<string, ReturnType<typeof compile>>()
  let current: Environment = {}
  // What resolve() finds must be a node of the package's own, with its type.
  const toNodes = compile('$this', model, { resolveInternalTypes: false })
  const resolve = (input: readonly unknown[]) =>
    input
      .flatMap((item) => resolveWith(current, dataOf(item)))
      .flatMap((found) => toNodes(structuredClone(found)) as unknown[])

  function compileOnce(text: string, base: string | undefined) {
    const key = `${base ?? ''} ${text}`
    let evaluate = compiled.get(key)
    if (evaluate) return evaluate
    evaluate = compile(base === undefined ? text : { base, expression: text }, model, {
      resolveInternalTypes: false,
      // Never prints: what a resource holds does not belong in a log.
      traceFn: () => undefined,
      userInvocationTable: { ...invocations(() => current), resolve: ofInput(resolve) },
      preciseMath: true,
    })
    if (compiled.size >= COMPILED_MAX) compiled.clear()
    compiled.set(key, evaluate)
    return evaluate
  }

  return (text, input, { environment = {}, rootType } = {}) => {
    const evaluate = compileOnce(text, isResource(input) ? undefined : rootType)
    current = environment
    const variables = { resource: environment.resource ?? input, ...rootOf(environment, input) }
    // The package writes type information into what it is given.
    const found = evaluate(structuredClone(input), structuredClone(variables)) as unknown[]
    const names: string[] = types(found)
    return found.map((value, i) => ({ type: names[i] ?? '', data: dataOf(value) }))
  }
}

function rootOf(environment: Environment, input: JsonObject): Record<string, unknown> {
  const root = environment.rootResource ?? environment.resource ?? input
  return environment.context === undefined
    ? { rootResource: root }
    : { rootResource: root, context: environment.context }
}

function dataOf(value: unknown): JsonValue {
  if (typeof value !== 'object' || value === null) return value as JsonValue
  const { data, convertData } = value as RawNode
  if (convertData) return data === undefined ? null : withoutDecimals(data)
  return withoutDecimals(value)
}

/** The package holds exact decimals, dates and quantities as objects of its own. */
function withoutDecimals(value: unknown): JsonValue {
  const isOwn = isObject(value) && Object.getPrototypeOf(value) !== Object.prototype
  if (!isOwn) return value as JsonValue
  const text = String(value)
  return 'toNumber' in value ? Number(text) : text
}

function ofInput(fn: (input: readonly unknown[]) => unknown) {
  return { fn, arity: { 0: [] as never[] }, internalStructures: true }
}

function invocations(environment: () => Environment) {
  const single = (input: unknown[]) => dataOf(input[0]) as JsonValue
  const missing = (name: string) => {
    throw new NotCovered(`${name}() without what it asks`)
  }
  return {
    memberOf: {
      fn: (input: unknown[], valueSet: string) =>
        input.length === 0
          ? []
          : (environment().memberOf?.(valueSet, single(input)) ?? missing('memberOf')),
      arity: { 1: ['String' as const] },
      internalStructures: true,
    },
    conformsTo: {
      fn: () => missing('conformsTo'),
      arity: { 1: ['String' as const] },
    },
  }
}

function resolveWith(environment: Environment, data: JsonValue): readonly JsonObject[] {
  const reference =
    typeof data === 'object' && data !== null && !Array.isArray(data) ? data.reference : data
  const found = typeof reference === 'string' ? environment.resolve?.(reference) : undefined
  return found ? [found] : []
}
