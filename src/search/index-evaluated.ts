/** Search parameters whose expression is no plain path: evaluated as FHIRPath. */
import type { JsonValue } from '../fhir/resource.ts'
import { compileFhirPath, compileTruth } from '../fhirpath/compile.ts'
import { Decimal } from '../fhirpath/decimal.ts'
import { EvaluationError } from '../fhirpath/fhirpath-errors.ts'
import type { Expression } from '../fhirpath/syntax-tree.ts'
import { ElementNode } from '../fhirpath/values.ts'
import type { Value } from '../fhirpath/values.ts'
import type { IndexOutput } from './index-output.ts'
import type { TypeModelLookup } from './index-paths.ts'
import type { Sink } from './index-trie.ts'

export type SinkFor = (type: string, codeSystem?: string) => Sink | undefined

/** Expressions arrive through the API too: a resource that needs more steps is refused. */
const STEPS_MAX = 500_000

/**
 * Each result goes to the sink of its own type. Where the expression does not fit the data there
 * are no entries; only StepBudgetExceeded is thrown.
 */
export function evaluatedSink(
  expression: Expression,
  text: string,
  sinkFor: SinkFor,
  { type, typeModel }: { readonly type: string; readonly typeModel: TypeModelLookup },
): Sink {
  const sink = isCondition(expression)
    ? truthSink(text, type, sinkFor, typeModel)
    : valuesSink(text, type, sinkFor, typeModel)
  return (element, output) => {
    try {
      sink(element, output)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
    }
  }
}

const CONDITIONS = new Set(['and', 'or', 'xor', 'implies', '=', '!=', 'in', 'contains'])

function isCondition(expression: Expression): boolean {
  return expression.kind === 'binary' && CONDITIONS.has(expression.operator)
}

function truthSink(text: string, type: string, sinkFor: SinkFor, typeModel: TypeModelLookup): Sink {
  const truth = compileTruth(text, { typeModel, rootType: type })
  const sink = sinkFor('boolean')
  return (element, output) => {
    const value = truth(new ElementNode(element, undefined, type), environmentOf(output))
    if (value !== undefined) sink?.(value, output)
  }
}

function valuesSink(
  text: string,
  type: string,
  sinkFor: SinkFor,
  typeModel: TypeModelLookup,
): Sink {
  const expression = compileFhirPath(text, { typeModel, rootType: type })
  const sinks = new Map<string, Sink | undefined>()
  return (element, output) => {
    const input = new ElementNode(element, undefined, type)
    for (const value of expression.evaluate(input, environmentOf(output))) {
      const data = dataOf(value)
      if (data === undefined) continue
      const found = typeOf(value)
      if (!sinks.has(found)) sinks.set(found, sinkFor(found))
      sinks.get(found)?.(data, output)
    }
  }
}

function environmentOf({ resource }: IndexOutput) {
  return { resource, stepsMax: STEPS_MAX }
}

function dataOf(value: Value): JsonValue | undefined {
  if (value instanceof ElementNode) return value.data
  if (value instanceof Decimal) return value.toNumber()
  if (typeof value !== 'object') return value
  return 'temporal' in value ? value.text : undefined
}

function typeOf(value: Value): string {
  if (value instanceof ElementNode) return value.type
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return 'integer'
  if (typeof value === 'object' && 'temporal' in value) return value.temporal
  return value instanceof Decimal ? 'decimal' : 'string'
}
