/** Filtering, projection, subsetting, combining, tree navigation. http://hl7.org/fhirpath/N1/#functions */
import { collectionOf, evaluateFor, nothing, singleOf, spend, truthOf } from './environment.ts'
import type { Scope, Step } from './environment.ts'
import { distinctKey, distinctValues, includesValue } from './equality.ts'
import {
  ofPairs,
  plain,
  requireInteger,
  singleSystemValue,
  withArguments,
} from './function-definition.ts'
import type { FunctionCall, FunctionDefinition, FunctionTable } from './function-definition.ts'
import { readChildren } from './navigate.ts'
import type { TypeModelLookup } from './type-model.ts'
import { compileTypeTest, typeSpecifierOf } from './type-test.ts'
import { isNode } from './values.ts'
import type { Value } from './values.ts'

export const collectionFunctions: FunctionTable = {
  where: {
    arity: [1, 1],
    compile: ({ args, compile }) => {
      const test = compile(args[0]!)
      return (input, scope) =>
        input.filter((item, i) => truthOf(evaluateFor(test, item, i, scope)) === true)
    },
  },
  select: {
    arity: [1, 1],
    compile: ({ args, compile }) => {
      const project = compile(args[0]!)
      return (input, scope) => input.flatMap((item, i) => evaluateFor(project, item, i, scope))
    },
  },
  repeat: { arity: [1, 1], compile: compileRepeat },
  ofType: ofNamedType((values, isOfType) => values.filter(isOfType)),
  as: ofNamedType((values, isOfType) => values.filter(isOfType)),
  is: ofNamedType((values, isOfType) => {
    const value = singleOf(values)
    return value === undefined ? nothing : collectionOf(isOfType(value))
  }),
  single: plain((input) => {
    singleOf(input)
    return input
  }),
  first: plain((input) => input.slice(0, 1)),
  last: plain((input) => input.slice(-1)),
  tail: plain((input) => input.slice(1)),
  skip: withArguments([1, 1], (input, [count]) => {
    const skipped = requireInteger(singleSystemValue(count!))
    return skipped <= 0 ? input : input.slice(skipped)
  }),
  take: withArguments([1, 1], (input, [count]) =>
    input.slice(0, Math.max(0, requireInteger(singleSystemValue(count!)))),
  ),
  intersect: ofPairs((input, other) =>
    distinctValues(input.filter((item) => includesValue(other, item))),
  ),
  exclude: ofPairs((input, other) => input.filter((item) => !includesValue(other, item))),
  union: withArguments([1, 1], (input, [other]) => distinctValues([...input, ...other!])),
  combine: withArguments([1, 1], (input, [other]) => [...input, ...other!]),
  children: { arity: [0, 0], compile: ({ typeModel }) => compileChildren(typeModel) },
  descendants: { arity: [0, 0], compile: ({ typeModel }) => compileDescendants(typeModel) },
  aggregate: { arity: [1, 2], compile: compileAggregate },
  iif: { arity: [2, 3], compile: compileIif },
  // Never prints: what a resource holds does not belong in a log.
  trace: { arity: [1, 2], compile: () => (input) => input },
}

function ofNamedType(
  apply: (values: readonly Value[], isOfType: (value: Value) => boolean) => readonly Value[],
): FunctionDefinition {
  return {
    arity: [1, 1],
    compile: ({ args, typeModel }) => {
      const isOfType = compileTypeTest(typeSpecifierOf(args[0]!), typeModel)
      return (input) => apply(input, isOfType)
    },
  }
}

function compileRepeat({ args, compile }: FunctionCall): Step {
  const project = compile(args[0]!)
  return (input, scope) => {
    const seen = new Set<string>()
    const result: Value[] = []
    let round: readonly Value[] = input
    while (round.length > 0) {
      round = round
        .flatMap((item, i) => evaluateFor(project, item, i, scope))
        .filter((item) => {
          const key = distinctKey(item)
          spend(scope, 1 + (key.length >> 8))
          return seen.has(key) ? false : seen.add(key)
        })
      result.push(...round)
    }
    return result
  }
}

function childrenOf(input: readonly Value[], typeModel: TypeModelLookup, scope: Scope): Value[] {
  const found: Value[] = []
  for (const value of input) if (isNode(value)) readChildren(value, typeModel, found)
  spend(scope, found.length)
  return found
}

function compileChildren(typeModel: TypeModelLookup): Step {
  return (input, scope) => childrenOf(input, typeModel, scope)
}

function compileDescendants(typeModel: TypeModelLookup): Step {
  return (input, scope) => {
    const result: Value[] = []
    let round: readonly Value[] = input
    while (round.length > 0) {
      round = childrenOf(round, typeModel, scope)
      for (const value of round) result.push(value)
    }
    return result
  }
}

function compileAggregate({ args, compile }: FunctionCall): Step {
  const add = compile(args[0]!)
  const start = args[1] && compile(args[1])
  return (input, scope) => {
    const outer = scope.total
    scope.total = start ? start(scope.self, scope) : nothing
    input.forEach((item, i) => {
      scope.total = evaluateFor(add, item, i, scope)
    })
    const result = scope.total
    scope.total = outer
    return result
  }
}

function compileIif({ args, compile }: FunctionCall): Step {
  const [test, then, otherwise] = args.map(compile)
  return (input, scope) => {
    const outer = scope.self
    if (input.length === 1) scope.self = input
    const branch = truthOf(test!(input, scope)) === true ? then! : otherwise
    const result = branch ? branch(input, scope) : nothing
    scope.self = outer
    return result
  }
}
