/**
 * Truth tests over raw JSON for what invariants are mostly made of: `and`, `exists()`,
 * `where(...)`, comparison with a text. Elements are wrapped only where the general closures take
 * over.
 */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { compileExpression } from './compile-expression.ts'
import type { Compiler } from './compile-expression.ts'
import { spend, truthOf } from './environment.ts'
import type { Scope } from './environment.ts'
import type { BinaryExpression, CallExpression, Expression } from './syntax-tree.ts'
import { compileVisit, staticPath } from './static-path.ts'
import type { StaticPath } from './static-path.ts'
import { systemTypeOf } from './type-model.ts'
import { ElementNode, isNode } from './values.ts'

/**
 * The three-valued truth of an expression for a focus given as JSON, which is `$this`. Throws
 * EvaluationError.
 */
export type Test = (data: JsonValue | undefined, scope: Scope) => boolean | undefined

type QuickTest = (data: JsonObject, scope: Scope) => boolean | undefined

/** Without `type`, or where no quick form exists, the general closures do it. */
export function compileTest(
  expression: Expression,
  type: string | undefined,
  compiler: Compiler,
): Test {
  const quick = type === undefined ? undefined : quickTest(expression, type, compiler)
  if (!quick) return generalTest(expression, type, compiler)
  const general = generalTest(expression, type, compiler)
  return (data, scope) => (isObject(data) ? quick(data, scope) : general(data, scope))
}

function generalTest(expression: Expression, type: string | undefined, compiler: Compiler): Test {
  const step = compileExpression(expression, compiler)
  return (data, scope) => {
    const { self } = scope
    const focus = self[0]
    if (focus !== undefined && isNode(focus) && focus.data === data)
      return truthOf(step(self, scope))
    scope.self = [new ElementNode(data, undefined, type ?? '')]
    const truth = truthOf(step(scope.self, scope))
    scope.self = self
    return truth
  }
}

function quickTest(
  expression: Expression,
  type: string,
  compiler: Compiler,
): QuickTest | undefined {
  if (expression.kind === 'binary') return quickBinary(expression, type, compiler)
  return expression.kind === 'call' ? quickCall(expression, type, compiler) : undefined
}

function quickBinary(
  { operator, left, right }: BinaryExpression,
  type: string,
  compiler: Compiler,
): QuickTest | undefined {
  const combine = COMBINATIONS[operator]
  if (combine) {
    return combine(compileTest(left, type, compiler), compileTest(right, type, compiler))
  }
  if (operator === '=' || operator === '!=') {
    const text = textOf(right)
    const path = text === undefined ? undefined : textPath(left, type, compiler)
    return path && equalsText(path, text!, operator === '=')
  }
  if (operator !== 'in') return undefined
  const texts = textsOf(right)
  const path = texts && textPath(left, type, compiler)
  return path && isOneOf(path, new Set(texts))
}

const COMBINATIONS: Readonly<Record<string, (left: Test, right: Test) => QuickTest>> = {
  and: (left, right) => (data, scope) => {
    const a = left(data, scope)
    if (a === false) return false
    const b = right(data, scope)
    return b === false ? false : a && b
  },
  or: (left, right) => (data, scope) => {
    const a = left(data, scope)
    if (a === true) return true
    const b = right(data, scope)
    return b === true ? true : a === undefined ? undefined : b
  },
  xor: (left, right) => (data, scope) => {
    const a = left(data, scope)
    const b = right(data, scope)
    return a === undefined || b === undefined ? undefined : a !== b
  },
  implies: (left, right) => (data, scope) => {
    const a = left(data, scope)
    if (a === false) return true
    const b = right(data, scope)
    return b === true ? true : a && b
  },
}

function textOf(expression: Expression): string | undefined {
  const isText = expression.kind === 'literal' && typeof expression.value === 'string'
  if (isText) return expression.value as string
  return expression.kind === 'environment' && expression.name === 'ucum'
    ? 'http://unitsofmeasure.org'
    : undefined
}

/** The texts of `'a' | 'b' | 'c'`. */
function textsOf(expression: Expression): readonly string[] | undefined {
  const text = textOf(expression)
  if (text !== undefined) return [text]
  if (expression.kind !== 'binary' || expression.operator !== '|') return undefined
  const left = textsOf(expression.left)
  const right = textsOf(expression.right)
  return left && right && [...left, ...right]
}

/** A path to elements that convert to text. */
function textPath(
  expression: Expression,
  type: string,
  compiler: Compiler,
): StaticPath | undefined {
  const path = pathOf(expression, type, compiler)
  return path?.type !== undefined && systemTypeOf(path.type) === 'String' ? path : undefined
}

function pathOf(expression: Expression, type: string, compiler: Compiler): StaticPath | undefined {
  return staticPath(expression, type, {
    typeModel: compiler.typeModel,
    compileFilter: (test, of) => lambdaTest(test, of, compiler),
  })
}

type Collect = (data: JsonObject, scope: Scope) => readonly (JsonValue | undefined)[]

function compileCollect(path: StaticPath): Collect {
  const visit = compileVisit(path, (value, _, found) => {
    found!.push(value)
    return false
  })
  return (data, scope) => {
    const found: (JsonValue | undefined)[] = []
    visit(data, scope, found)
    return found
  }
}

function equalsText(path: StaticPath, text: string, wanted: boolean): QuickTest {
  const collect = compileCollect(path)
  return (data, scope) => {
    const found = collect(data, scope)
    if (found.length === 0) return undefined
    return (found.length === 1 && found[0] === text) === wanted
  }
}

function isOneOf(path: StaticPath, texts: ReadonlySet<string>): QuickTest {
  const collect = compileCollect(path)
  return (data, scope) => {
    const found = collect(data, scope)
    return found.length === 0 ? undefined : found.every((value) => texts.has(value as string))
  }
}

function quickCall(
  { name, input, args }: CallExpression,
  type: string,
  compiler: Compiler,
): QuickTest | undefined {
  if (!input) return undefined
  if (name === 'not' && args.length === 0) {
    const test = compileTest(input, type, compiler)
    return (data, scope) => {
      const truth = test(data, scope)
      return truth === undefined ? undefined : !truth
    }
  }
  if (name === 'exists' || name === 'empty' || name === 'all' || name === 'hasValue') {
    const path = pathOf(input, type, compiler)
    return path && existence(name, path, args, compiler)
  }
  return undefined
}

function existence(
  name: 'exists' | 'empty' | 'all' | 'hasValue',
  path: StaticPath,
  args: readonly Expression[],
  compiler: Compiler,
): QuickTest | undefined {
  const [criterion] = args
  if (name === 'hasValue') {
    if (path.type === undefined || systemTypeOf(path.type) === undefined) return undefined
    const collect = compileCollect(path)
    return (data, scope) => {
      const found = collect(data, scope)
      return found.length === 1 && found[0] !== undefined
    }
  }
  if (!criterion) {
    if (name === 'all') return undefined
    const some = compileVisit(path, () => true)
    return name === 'exists'
      ? (data, scope) => some(data, scope, undefined)
      : (data, scope) => !some(data, scope, undefined)
  }
  const test = path.type === undefined ? undefined : lambdaTest(criterion, path.type, compiler)
  if (!test || name === 'empty') return undefined
  const wanted = name === 'exists'
  const some = compileVisit(path, (value, scope) => test(value, scope) === wanted)
  return wanted
    ? (data, scope) => some(data, scope, undefined)
    : (data, scope) => !some(data, scope, undefined)
}

/** A criterion on complex elements of one type; undefined where `$index` or `$total` is needed. */
function lambdaTest(
  criterion: Expression,
  type: string,
  compiler: Compiler,
): ((value: JsonValue | undefined, scope: Scope) => boolean) | undefined {
  const isOpen = type === '' || type === 'Resource' || systemTypeOf(type) !== undefined
  if (isOpen || usesPosition(criterion)) return undefined
  const test = compileTest(criterion, type, compiler)
  return (value, scope) => {
    spend(scope, 1)
    return test(value, scope) === true
  }
}

function usesPosition(expression: Expression): boolean {
  switch (expression.kind) {
    case 'index':
    case 'total':
      return true
    case 'member':
      return expression.input !== undefined && usesPosition(expression.input)
    case 'call':
      return [expression.input, ...expression.args].some((part) => part && usesPosition(part))
    case 'item':
      return usesPosition(expression.input) || usesPosition(expression.position)
    case 'sign':
    case 'type':
      return usesPosition(expression.operand)
    case 'binary':
      return usesPosition(expression.left) || usesPosition(expression.right)
    default:
      return false
  }
}
