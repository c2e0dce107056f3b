/**
 * FHIRPath text to a closure, in R4's flavour. http://hl7.org/fhirpath/N1/, R4 fhirpath.html
 *
 * Known differences from the letter: `.value` of a primitive is its bare value and `is Boolean` holds
 * for a FHIR boolean (both as HL7's validator), `as()` filters collections (R4's own invariants need
 * it), `resolve() is Patient` trusts the reference's text before it resolves.
 */
import type { JsonObject } from '../fhir/resource.ts'
import { nothing } from './environment.ts'
import type { Environment, Scope } from './environment.ts'
import { compileExpression } from './compile-expression.ts'
import { compileTest } from './compile-test.ts'
import { EvaluationError } from './fhirpath-errors.ts'
import { parseFhirPath } from './parse.ts'
import type { TypeModelLookup } from './type-model.ts'
import { ElementNode, nodeOf } from './values.ts'
import type { Value } from './values.ts'

export interface CompileOptions {
  readonly typeModel: TypeModelLookup
  /** The type of the input: `Patient`, `HumanName`, `Patient.contact`; absent: found in the data. */
  readonly rootType?: string
}

export interface CompiledExpression {
  readonly text: string
  /** Throws EvaluationError and StepBudgetExceeded. */
  evaluate(input: JsonObject | ElementNode, environment?: Environment): readonly Value[]
}

/** Throws FhirPathSyntaxError and NotCovered. */
export function compileFhirPath(text: string, options: CompileOptions): CompiledExpression {
  const { typeModel, rootType } = options
  const step = compileExpression(parseFhirPath(text), { typeModel })
  return {
    text,
    evaluate: (input, environment = {}) => {
      const node = input instanceof ElementNode ? input : nodeOf(input, rootType)
      const scope = scopeOf(node, environment)
      return step(scope.self, scope)
    },
  }
}

export type Truth = (
  input: JsonObject | ElementNode,
  environment?: Environment,
) => boolean | undefined

/** The truth of a condition; undefined when it is empty. Quicker than `evaluate` with a type. */
export function compileTruth(text: string, options: CompileOptions): Truth {
  const { typeModel, rootType } = options
  const test = compileTest(parseFhirPath(text), rootType, { typeModel })
  return (input, environment = {}) => {
    const node = input instanceof ElementNode ? input : nodeOf(input, rootType)
    return test(node.data, scopeOf(node, environment))
  }
}

export type Invariant = (input: JsonObject | ElementNode, environment?: Environment) => boolean

/**
 * A predicate that is true when the rule holds. Empty, not true and failing to evaluate all count
 * as broken, as in HL7's validator; only StepBudgetExceeded is thrown.
 */
export function compileInvariant(text: string, options: CompileOptions): Invariant {
  const truth = compileTruth(text, options)
  return (input, environment) => {
    try {
      return truth(input, environment) === true
    } catch (error) {
      if (error instanceof EvaluationError) return false
      throw error
    }
  }
}

function scopeOf(input: ElementNode, environment: Environment): Scope {
  return {
    environment,
    input,
    self: [input],
    index: 0,
    total: nothing,
    stepsLeft: environment.stepsMax ?? Number.MAX_SAFE_INTEGER,
  }
}
