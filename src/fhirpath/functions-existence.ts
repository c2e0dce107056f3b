/** Existence, counting and truth. http://hl7.org/fhirpath/N1/#existence */
import { collectionOf, evaluateFor, nothing, singleOf, truthOf } from './environment.ts'
import { distinctValues, includesValue } from './equality.ts'
import { ofPairs, plain } from './function-definition.ts'
import type { FunctionDefinition, FunctionTable } from './function-definition.ts'
import { systemValue } from './values.ts'
import type { Value } from './values.ts'

export const existenceFunctions: FunctionTable = {
  empty: plain((input) => collectionOf(input.length === 0)),
  exists: {
    arity: [0, 1],
    compile: ({ args, compile }) => {
      if (!args[0]) return (input) => collectionOf(input.length > 0)
      const test = compile(args[0])
      return (input, scope) =>
        collectionOf(input.some((item, i) => truthOf(evaluateFor(test, item, i, scope)) === true))
    },
  },
  all: {
    arity: [1, 1],
    compile: ({ args, compile }) => {
      const test = compile(args[0]!)
      return (input, scope) =>
        collectionOf(input.every((item, i) => truthOf(evaluateFor(test, item, i, scope)) === true))
    },
  },
  not: plain((input) => {
    const truth = truthOf(input)
    return collectionOf(truth === undefined ? undefined : !truth)
  }),
  allTrue: overTruths((truths) => truths.every(Boolean)),
  anyTrue: overTruths((truths) => truths.some(Boolean)),
  allFalse: overTruths((truths) => !truths.some(Boolean)),
  anyFalse: overTruths((truths) => !truths.every(Boolean)),
  subsetOf: ofPairs((input, other) =>
    collectionOf(input.every((item) => includesValue(other, item))),
  ),
  supersetOf: ofPairs((input, other) =>
    collectionOf(other.every((item) => includesValue(input, item))),
  ),
  count: plain((input) => [input.length]),
  distinct: plain(distinctValues),
  isDistinct: plain((input) => collectionOf(distinctValues(input).length === input.length)),
  hasValue: plain((input) =>
    collectionOf(input.length === 1 && primitiveValue(input) !== undefined),
  ),
  getValue: plain((input) => (input.length === 1 ? collectionOf(primitiveValue(input)) : nothing)),
}

function overTruths(test: (truths: readonly boolean[]) => boolean): FunctionDefinition {
  return plain((input) => collectionOf(test(input.map((item) => truthOf([item]) === true))))
}

function primitiveValue(input: readonly Value[]): ReturnType<typeof systemValue> {
  const value = singleOf(input)!
  const isComplex = typeof value === 'object' && 'data' in value && isComplexData(value.data)
  return isComplex ? undefined : systemValue(value)
}

function isComplexData(data: unknown): boolean {
  return typeof data === 'object' && data !== null
}
