/** What FHIR adds to FHIRPath. R4 fhirpath.html#functions */
import { collectionOf, nothing, singleOf } from './environment.ts'
import type { Scope, Step } from './environment.ts'
import { EvaluationError } from './fhirpath-errors.ts'
import { plain, requireText, singleSystemValue, withArguments } from './function-definition.ts'
import type { FunctionCall, FunctionTable } from './function-definition.ts'
import { narrativeProblem } from './html-checks.ts'
import { compileMember } from './navigate.ts'
import { resolveReference } from './references.ts'
import { parseDateTime, parseTime } from './temporal.ts'
import { isNode, systemValue } from './values.ts'
import type { Value } from './values.ts'

export const fhirFunctions: FunctionTable = {
  extension: { arity: [1, 1], compile: compileExtension },
  resolve: plain((input, scope) =>
    input.flatMap((value) => resolveReference(value, scope) ?? nothing),
  ),
  memberOf: withArguments([1, 1], (input, [valueSet], scope) => {
    const value = singleOf(input)
    if (value === undefined) return nothing
    const { memberOf } = scope.environment
    if (!memberOf) throw new EvaluationError('memberOf() needs a terminology')
    const data = isNode(value) ? value.data : systemValue(value)
    if (data === undefined) return nothing
    return collectionOf(memberOf(requireText(singleSystemValue(valueSet!)), data as never))
  }),
  conformsTo: withArguments([1, 1], (input, [profile], scope) => {
    const value = singleOf(input)
    if (value === undefined) return nothing
    const { conformsTo } = scope.environment
    if (!conformsTo) throw new EvaluationError('conformsTo() needs a validator')
    if (!isNode(value)) return collectionOf(false)
    return collectionOf(conformsTo(requireText(singleSystemValue(profile!)), value))
  }),
  htmlChecks: plain((input) => {
    const value = singleSystemValue(input)
    return value === undefined
      ? nothing
      : collectionOf(narrativeProblem(requireText(value)) === undefined)
  }),
  now: plain((_, scope) => collectionOf(parseDateTime(nowOf(scope)))),
  today: plain((_, scope) => collectionOf(parseDateTime(nowOf(scope).slice(0, 10)))),
  timeOfDay: plain((_, scope) =>
    collectionOf(
      parseTime(
        nowOf(scope)
          .slice(11, 23)
          .replace(/[Z+-].*/, ''),
      ),
    ),
  ),
}

function nowOf({ environment: { now } }: Scope): string {
  if (now === undefined) throw new EvaluationError('now() is not known here')
  return now
}

function compileExtension({ args, typeModel, compile }: FunctionCall): Step {
  const read = compileMember('extension', typeModel)
  const urlStep = compile(args[0]!)
  return (input, scope) => {
    const url = singleSystemValue(urlStep(scope.self, scope))
    if (url === undefined) return nothing
    const found: Value[] = []
    for (const value of input) if (isNode(value)) read(value, found)
    return found.filter((value) => hasUrl(value, url))
  }
}

function hasUrl(value: Value, url: unknown): boolean {
  const data = isNode(value) ? value.data : undefined
  return typeof data === 'object' && data !== null && 'url' in data && data.url === url
}
