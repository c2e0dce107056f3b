/** Functions of text. http://hl7.org/fhirpath/N1/#string-manipulation */
import { RE2JS } from 're2js'
import { collectionOf, nothing, spend, spendOnText } from './environment.ts'
import { EvaluationError, NotCovered } from './fhirpath-errors.ts'
import {
  ofSingle,
  plain,
  requireInteger,
  requireText,
  singleSystemValue,
  withArguments,
} from './function-definition.ts'
import type { FunctionCall, FunctionDefinition, FunctionTable } from './function-definition.ts'
import { systemValue } from './values.ts'
import type { SystemValue } from './values.ts'

export const textFunctions: FunctionTable = {
  indexOf: onText((text, [part]) => text.indexOf(requireText(part))),
  lastIndexOf: onText((text, [part]) => text.lastIndexOf(requireText(part))),
  startsWith: onText((text, [part]) => text.startsWith(requireText(part))),
  endsWith: onText((text, [part]) => text.endsWith(requireText(part))),
  contains: onText((text, [part]) => text.includes(requireText(part))),
  upper: onText((text) => text.toUpperCase(), 0),
  lower: onText((text) => text.toLowerCase(), 0),
  trim: onText((text) => text.trim(), 0),
  length: onText((text) => text.length, 0),
  substring: withArguments([1, 2], (input, [start, length]) => {
    const value = singleSystemValue(input)
    const from = singleSystemValue(start!)
    if (value === undefined || from === undefined) return nothing
    const text = requireText(value)
    const at = requireInteger(from)
    if (at < 0 || at >= text.length) return nothing
    const size = length && singleSystemValue(length)
    return [
      size === undefined ? text.slice(at) : text.slice(at, at + Math.max(0, requireInteger(size))),
    ]
  }),
  replace: ofSingle([2, 2], (value, [pattern, replacement], scope) => {
    const text = requireText(value)
    const by = requireText(replacement)
    spendOnText(scope, (text.length + 1) * (by.length + 1))
    return text.replaceAll(requireText(pattern), () => by)
  }),
  matches: withPattern((text, pattern) => pattern.matcher(text).find()),
  matchesFull: withPattern((text, pattern) => pattern.matches(text)),
  replaceMatches: withPattern(
    (text, pattern, replacement) => pattern.matcher(text).replaceAll(replacement, true),
    2,
  ),
  toChars: plain((input, scope) => {
    const value = singleSystemValue(input)
    if (value === undefined) return nothing
    const text = requireText(value)
    spend(scope, text.length)
    return [...text]
  }),
  split: withArguments([1, 1], (input, [separator], scope) => {
    const value = singleSystemValue(input)
    const by = singleSystemValue(separator!)
    if (value === undefined || by === undefined) return nothing
    const text = requireText(value)
    spend(scope, text.length)
    return text.split(requireText(by))
  }),
  join: withArguments([0, 1], (input, [separator], scope) => {
    if (input.length === 0) return nothing
    const by = separator ? (singleSystemValue(separator) ?? '') : ''
    const between = requireText(by)
    const texts = input.map((item) => requireText(systemValue(item)))
    spendOnText(
      scope,
      texts.reduce((sum, { length }) => sum + length + between.length, 0),
    )
    return [texts.join(between)]
  }),
}

function onText(
  call: (text: string, args: readonly SystemValue[]) => SystemValue,
  argumentCount = 1,
): FunctionDefinition {
  return ofSingle([argumentCount, argumentCount], (value, args) => call(requireText(value), args))
}

/**
 * A pattern written in the expression is compiled once, one from data each time. RE2 runs in linear
 * time; `.` matches line ends, and a match anywhere counts, as in HL7's validator.
 */
function withPattern(
  call: (text: string, pattern: RE2JS, replacement: string) => SystemValue,
  argumentCount = 1,
): FunctionDefinition {
  const compile = ({ args, compile: compileArgument }: FunctionCall) => {
    const [first, second] = args
    const fixed = first!.kind === 'literal' ? compileFixed(requireText(first!.value)) : undefined
    const patternStep = compileArgument(first!)
    const replacementStep = second && compileArgument(second)
    return ((input, scope) => {
      const value = singleSystemValue(input)
      const text = fixed ? undefined : singleSystemValue(patternStep(scope.self, scope))
      const replacement = replacementStep
        ? singleSystemValue(replacementStep(scope.self, scope))
        : ''
      if (value === undefined || replacement === undefined || (!fixed && text === undefined)) {
        return nothing
      }
      const subject = requireText(value)
      const by = requireText(replacement)
      spendOnText(scope, (subject.length + 1) * (by.length + 1))
      const pattern = fixed ?? compileGiven(requireText(text))
      return collectionOf(call(subject, pattern, by))
    }) satisfies ReturnType<FunctionDefinition['compile']>
  }
  return { arity: [argumentCount, argumentCount], compile }
}

function compileFixed(text: string): RE2JS {
  try {
    return RE2JS.compile(text, RE2JS.DOTALL)
  } catch {
    throw new NotCovered(`the regular expression ${text}`)
  }
}

function compileGiven(text: string): RE2JS {
  try {
    return RE2JS.compile(text, RE2JS.DOTALL)
  } catch {
    throw new EvaluationError(`${text} is no regular expression that can be used`)
  }
}
