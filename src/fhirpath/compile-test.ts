/** Truth tests over raw JSON for what invariants are mostly made of. */
import type { JsonValue } from '../fhir/resource.ts'
import { compileExpression } from './compile-expression.ts'
import type { Compiler } from './compile-expression.ts'
import { truthOf } from './environment.ts'
import type { Scope } from './environment.ts'
import type { Expression } from './syntax-tree.ts'

/** The three-valued truth of an expression for a focus given as JSON, which is `$this`. */
export type Test = (data: JsonValue | undefined, scope: Scope) => boolean | undefined

export function compileTest(
  expression: Expression,
  _type: string | undefined,
  compiler: Compiler,
): Test {
  const step = compileExpression(expression, compiler)
  return (_, scope) => truthOf(step(scope.self, scope))
}
