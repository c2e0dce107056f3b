/** How a function of FHIRPath is written down, and short forms for the common kinds. */
import { collectionOf, nothing, singleOf, spend } from './environment.ts'
import type { Scope, Step } from './environment.ts'
import { EvaluationError } from './fhirpath-errors.ts'
import type { Expression } from './syntax-tree.ts'
import type { TypeModelLookup } from './type-model.ts'
import { systemTypeOfValue, systemValue } from './values.ts'
import type { SystemValue, Value } from './values.ts'

export interface FunctionCall {
  readonly args: readonly Expression[]
  readonly typeModel: TypeModelLookup
  readonly compile: (argument: Expression) => Step
}

export interface FunctionDefinition {
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number]
  readonly compile: (call: FunctionCall) => Step
}

export type FunctionTable = Readonly<Record<string, FunctionDefinition>>

/** A function of its input alone. */
export function plain(
  call: (input: readonly Value[], scope: Scope) => readonly Value[],
): FunctionDefinition {
  return {
    arity: [0, 0],
    compile: () => (input, scope) => {
      spend(scope, input.length)
      return call(input, scope)
    },
  }
}

/** A function whose arguments are evaluated once, on `$this`. */
export function withArguments(
  arity: readonly [number, number],
  call: (
    input: readonly Value[],
    args: readonly (readonly Value[])[],
    scope: Scope,
  ) => readonly Value[],
): FunctionDefinition {
  return {
    arity,
    compile: ({ args, compile }) => {
      const steps = args.map(compile)
      return (input, scope) => {
        const values = steps.map((step) => step(scope.self, scope))
        spend(
          scope,
          values.reduce((sum, { length }) => sum + length, input.length),
        )
        return call(input, values, scope)
      }
    },
  }
}

/** A function that compares each item of the input with each item of its argument. */
export function ofPairs(
  call: (input: readonly Value[], other: readonly Value[]) => readonly Value[],
): FunctionDefinition {
  return withArguments([1, 1], (input, [other = nothing], scope) => {
    spend(scope, input.length * other.length)
    return call(input, other)
  })
}

/** A function of one simple value and simple arguments; empty when any of them is empty. */
export function ofSingle(
  arity: readonly [number, number],
  call: (value: SystemValue, args: readonly SystemValue[], scope: Scope) => SystemValue | undefined,
): FunctionDefinition {
  return withArguments(arity, (input, args, scope) => {
    const value = singleSystemValue(input)
    if (value === undefined) return nothing
    const values: SystemValue[] = []
    for (const arg of args) {
      const argument = singleSystemValue(arg)
      if (argument === undefined) return nothing
      values.push(argument)
    }
    return collectionOf(call(value, values, scope))
  })
}

export function singleSystemValue(values: readonly Value[]): SystemValue | undefined {
  const value = singleOf(values)
  return value === undefined ? undefined : systemValue(value)
}

export function requireText(value: SystemValue | undefined): string {
  if (typeof value === 'string') return value
  throw new EvaluationError(
    `a text is needed, not ${value === undefined ? 'nothing' : systemTypeOfValue(value)}`,
  )
}

export function requireInteger(value: SystemValue | undefined): number {
  if (typeof value === 'number') return value
  throw new EvaluationError('an integer is needed')
}
