/** Each kind of expression as a closure over collections of values. */
import { collectionOf, nothing, singleOf, spend, truthOf } from './environment.ts'
import type { Scope, Step } from './environment.ts'
import { distinctValues } from './equality.ts'
import { EvaluationError, NotCovered } from './fhirpath-errors.ts'
import { functions } from './functions.ts'
import { compileMember } from './navigate.ts'
import { negative, operators } from './operators.ts'
import type { BinaryExpression, CallExpression, Expression, TypeExpression } from './syntax-tree.ts'
import { isTypeA } from './type-model.ts'
import type { TypeModelLookup } from './type-model.ts'
import { compileTypeTest } from './type-test.ts'
import { resolvesToType } from './references.ts'
import { ElementNode, isNode, nodeOf, systemValue } from './values.ts'
import type { Value } from './values.ts'

export interface Compiler {
  readonly typeModel: TypeModelLookup
}

export function compileExpression(expression: Expression, compiler: Compiler): Step {
  switch (expression.kind) {
    case 'literal': {
      const result = collectionOf(expression.value)
      return () => result
    }
    case 'nothing':
      return () => nothing
    case 'this':
      return (_, scope) => scope.self
    case 'index':
      return (_, scope) => [scope.index]
    case 'total':
      return (_, scope) => scope.total
    case 'environment':
      return compileEnvironment(expression.name)
    case 'member':
      return compileMemberStep(expression.input, expression.name, compiler)
    case 'call':
      return compileCall(expression, compiler)
    case 'item':
      return compileItem(expression.input, expression.position, compiler)
    case 'sign':
      return compileSign(expression.operator, expression.operand, compiler)
    case 'binary':
      return compileBinary(expression, compiler)
    case 'type':
      return compileTypeOperator(expression, compiler)
  }
}

const CONSTANTS: Readonly<Record<string, string>> = {
  ucum: 'http://unitsofmeasure.org',
  sct: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
}

function compileEnvironment(name: string): Step {
  const constant = CONSTANTS[name]
  if (constant !== undefined) return () => [constant]
  if (name.startsWith('vs-')) return () => [`http://hl7.org/fhir/ValueSet/${name.slice(3)}`]
  if (name.startsWith('ext-')) {
    return () => [`http://hl7.org/fhir/StructureDefinition/${name.slice(4)}`]
  }
  switch (name) {
    case 'resource':
      return (_, { environment, input }) => [
        environment.resource ? nodeOf(environment.resource) : input,
      ]
    case 'rootResource':
      return (_, { environment, input }) => {
        const root = environment.rootResource ?? environment.resource
        return [root ? nodeOf(root) : input]
      }
    case 'context':
      return (_, { environment: { context }, input }) => [
        context === undefined ? input : context instanceof ElementNode ? context : nodeOf(context),
      ]
    default:
      return compileVariable(name)
  }
}

function compileVariable(name: string): Step {
  return (_, { environment }) => {
    const value = environment.variables?.[name]
    if (value === undefined) throw new EvaluationError(`%${name} is not known`)
    const isJson = typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
    return [isJson && !('temporal' in value) ? nodeOf(value as never) : (value as Value)]
  }
}

function compileMemberStep(input: Expression | undefined, name: string, compiler: Compiler): Step {
  const read = compileMember(name, compiler.typeModel)
  const step: Step = (focus, scope) => {
    const found: Value[] = []
    for (const value of focus) if (isNode(value)) read(value, found)
    spend(scope, focus.length + found.length)
    return found
  }
  if (input) {
    const before = compileExpression(input, compiler)
    return (focus, scope) => step(before(focus, scope), scope)
  }
  return /^[A-Z]/.test(name) ? rootTypeOr(name, step, compiler) : step
}

/** A path may begin with the type of what it is evaluated on: `Patient.name`. */
function rootTypeOr(name: string, step: Step, { typeModel }: Compiler): Step {
  return (focus, scope) => {
    const first = focus[0]
    const isRoot = first !== undefined && isNode(first) && isTypeA(typeModel, first.type, name)
    return isRoot ? focus : step(focus, scope)
  }
}

function compileCall({ input, name, args }: CallExpression, compiler: Compiler): Step {
  const definition = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (!definition) throw new NotCovered(`the function ${name}()`)
  const [min, max] = definition.arity
  if (args.length < min || args.length > max) {
    throw new NotCovered(`${name}() with ${args.length} arguments`)
  }
  const call = definition.compile({
    args,
    typeModel: compiler.typeModel,
    compile: (arg) => compileExpression(arg, compiler),
  })
  if (!input) return call
  const before = compileExpression(input, compiler)
  return (focus, scope) => call(before(focus, scope), scope)
}

function compileItem(input: Expression, position: Expression, compiler: Compiler): Step {
  const before = compileExpression(input, compiler)
  const at = compileExpression(position, compiler)
  return (focus, scope) => {
    const index = singleOf(at(scope.self, scope))
    if (index === undefined) return nothing
    const number = systemValue(index)
    if (typeof number !== 'number') throw new EvaluationError('an index is an integer')
    const item = before(focus, scope)[number]
    return item === undefined ? nothing : [item]
  }
}

function compileSign(operator: '+' | '-', operand: Expression, compiler: Compiler): Step {
  const step = compileExpression(operand, compiler)
  return (focus, scope) => {
    const value = singleOf(step(focus, scope))
    const system = value === undefined ? undefined : systemValue(value)
    if (system === undefined) return nothing
    return [operator === '-' ? negative(system) : system]
  }
}

function compileBinary(expression: BinaryExpression, compiler: Compiler): Step {
  const { operator } = expression
  const left = compileExpression(expression.left, compiler)
  const right = compileExpression(expression.right, compiler)
  const logic = LOGIC[operator]
  if (logic) return (focus, scope) => collectionOf(logic(left, right, focus, scope))
  if (operator === '|') {
    return (focus, scope) => {
      const all = [...left(focus, scope), ...right(focus, scope)]
      spend(scope, all.length)
      return distinctValues(all)
    }
  }
  const apply = operators[operator]!
  return (focus, scope) => apply(left(focus, scope), right(focus, scope), scope)
}

type Logic = (left: Step, right: Step, focus: readonly Value[], scope: Scope) => boolean | undefined

/** Three-valued; the right side is not evaluated where the left decides. */
const LOGIC: Readonly<Record<string, Logic>> = {
  and: (left, right, focus, scope) => {
    const a = truthOf(left(focus, scope))
    if (a === false) return false
    const b = truthOf(right(focus, scope))
    return b === false ? false : a === undefined || b === undefined ? undefined : true
  },
  or: (left, right, focus, scope) => {
    const a = truthOf(left(focus, scope))
    if (a === true) return true
    const b = truthOf(right(focus, scope))
    return b === true ? true : a === undefined || b === undefined ? undefined : false
  },
  xor: (left, right, focus, scope) => {
    const a = truthOf(left(focus, scope))
    const b = truthOf(right(focus, scope))
    return a === undefined || b === undefined ? undefined : a !== b
  },
  implies: (left, right, focus, scope) => {
    const a = truthOf(left(focus, scope))
    if (a === false) return true
    const b = truthOf(right(focus, scope))
    return b === true ? true : a === undefined ? undefined : b
  },
}

function compileTypeOperator(expression: TypeExpression, compiler: Compiler): Step {
  const { operand, operator, type } = expression
  const isOfType = compileTypeTest(type, compiler.typeModel)
  const isResolved = operand.kind === 'call' && operand.name === 'resolve' && operator === 'is'
  if (isResolved) {
    const before = operand.input && compileExpression(operand.input, compiler)
    return (focus, scope) => {
      const value = singleOf(before ? before(focus, scope) : focus)
      return value === undefined
        ? nothing
        : collectionOf(resolvesToType(value, type.name, isOfType, compiler.typeModel, scope))
    }
  }
  const step = compileExpression(operand, compiler)
  if (operator === 'as') return (focus, scope) => step(focus, scope).filter(isOfType)
  return (focus, scope) => {
    const value = singleOf(step(focus, scope))
    return value === undefined ? nothing : collectionOf(isOfType(value))
  }
}
