/** FHIRPath as an immutable tree. Parentheses leave no trace. http://hl7.org/fhirpath/N1/grammar.html */
import type { SystemValue } from './values.ts'

export type Expression =
  | { readonly kind: 'literal'; readonly value: SystemValue }
  /** `{}` */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'this' | 'index' | 'total' }
  /** `%resource`, `` %`ext-patient-birthPlace` `` */
  | { readonly kind: 'environment'; readonly name: string }
  /** Without `input`: applied to the focus. */
  | { readonly kind: 'member'; readonly input?: Expression; readonly name: string }
  | CallExpression
  | { readonly kind: 'item'; readonly input: Expression; readonly position: Expression }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Expression }
  | BinaryExpression
  | TypeExpression

export interface CallExpression {
  readonly kind: 'call'
  readonly input?: Expression
  readonly name: string
  readonly args: readonly Expression[]
}

export interface BinaryExpression {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
}

export interface TypeExpression {
  readonly kind: 'type'
  readonly operator: 'is' | 'as'
  readonly operand: Expression
  readonly type: TypeSpecifier
}

/** `Patient`, `FHIR.Patient`, `System.String`. */
export interface TypeSpecifier {
  readonly namespace?: string
  readonly name: string
}

export type BinaryOperator =
  | '*'
  | '/'
  | 'div'
  | 'mod'
  | '+'
  | '-'
  | '&'
  | '|'
  | '<='
  | '<'
  | '>'
  | '>='
  | '='
  | '~'
  | '!='
  | '!~'
  | 'in'
  | 'contains'
  | 'and'
  | 'or'
  | 'xor'
  | 'implies'
