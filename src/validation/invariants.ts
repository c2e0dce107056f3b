/** Constraints of definitions, compiled from FHIRPath by what is passed in. R4 conformance-rules.html#constraints. */
import type { JsonValue } from '../fhir/resource.ts'
import type { Constraint } from './element-definition.ts'
import type { Run } from './run.ts'

export type InvariantCheck = (value: JsonValue, run: Run) => void

/**
 * Whether a value satisfies an invariant; undefined when the expression cannot be evaluated. The
 * element's FHIR type comes with the value, since JSON does not say it.
 */
export type InvariantTest = (value: JsonValue, run: Run) => boolean | undefined

/** Undefined when the expression does not compile. */
export type CompileInvariant = (expression: string, type: string) => InvariantTest | undefined

/** Checked in code, on every resource or element, faster than any expression. */
const nativeKeys = new Set([
  'ele-1',
  'ext-1',
  'dom-2',
  'dom-3',
  'dom-4',
  'dom-5',
  'dom-6',
  'dom-r4b',
  'ref-1',
  'per-1',
  'sqty-1',
  'txt-1',
  'txt-2',
])

export function isNative({ key }: Constraint): boolean {
  return nativeKeys.has(key)
}

export interface InvariantSource {
  readonly constraint: Constraint
  /** The FHIR type of the value: `Patient`, `HumanName`, `Patient.contact`. */
  readonly type: string
  /** The canonical of the profile that states it; undefined: R4 itself. */
  readonly profile?: string
}

export function compileInvariantCheck(
  { constraint, type, profile }: InvariantSource,
  compile: CompileInvariant,
): InvariantCheck {
  const { key, human } = constraint
  const severity = constraint.isBestPractice ? 'warning' : constraint.severity
  const described = profile === undefined ? human : `${human} (${profile})`
  let test: InvariantTest | undefined
  let isCompiled = false
  return (value, run) => {
    if (!isCompiled) {
      test = compile(constraint.expression, type)
      isCompiled = true
    }
    const verdict = test?.(value, run)
    if (verdict === true) return
    if (verdict === false) run.reportInvariant(key, severity, described)
    else run.report('invariant-unchecked', `The invariant ${key} could not be evaluated`)
  }
}

export function constraintChecks(
  constraints: readonly Constraint[],
  known: ReadonlySet<string>,
  context: { readonly type: string; readonly profile?: string; readonly compile: CompileInvariant },
): InvariantCheck[] {
  const { type, profile, compile } = context
  return constraints
    .filter((constraint) => !isNative(constraint) && !known.has(constraint.key))
    .map((constraint) =>
      compileInvariantCheck(
        { constraint, type, ...(profile === undefined ? {} : { profile }) },
        compile,
      ),
    )
}

/** The own constraints of a type's root element, by key. */
export function keysOf(constraints: readonly Constraint[] | undefined): ReadonlySet<string> {
  return new Set((constraints ?? []).map(({ key }) => key))
}
