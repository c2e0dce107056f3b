/** Paths whose every step is known from the types: read from JSON without wrapping elements. */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { spend } from './environment.ts'
import type { Scope } from './environment.ts'
import { fieldOf } from './navigate.ts'
import type { Field } from './navigate.ts'
import type { Expression } from './syntax-tree.ts'
import { isPrimitiveType, isTypeA } from './type-model.ts'
import type { TypeModelLookup } from './type-model.ts'

export type PathStep =
  | { readonly kind: 'fields'; readonly fields: readonly Field[]; readonly isArray: boolean }
  | { readonly kind: 'filter'; readonly test: ElementTest }

export type ElementTest = (value: JsonValue | undefined, scope: Scope) => boolean

export interface StaticPath {
  readonly steps: readonly PathStep[]
  /** Of the elements at the end; undefined when they may be of several. */
  readonly type: string | undefined
}

export interface StaticPathOptions {
  readonly typeModel: TypeModelLookup
  /** Undefined: the criterion needs the general closures. */
  readonly compileFilter: (criterion: Expression, type: string) => ElementTest | undefined
}

/** Undefined when the path is not known from the types alone. */
export function staticPath(
  expression: Expression,
  type: string,
  options: StaticPathOptions,
): StaticPath | undefined {
  if (expression.kind === 'this') return { steps: [], type }
  if (expression.kind === 'member') {
    const { input, name } = expression
    if (!input && /^[A-Z]/.test(name) && isTypeA(options.typeModel, type, name)) {
      return { steps: [], type }
    }
    const before = input ? staticPath(input, type, options) : { steps: [], type }
    return before && withMember(before, name, options)
  }
  if (expression.kind !== 'call' || expression.args.length !== 1) return undefined
  const { input, name, args } = expression
  const before = input ? staticPath(input, type, options) : { steps: [], type }
  if (!before) return undefined
  if (name === 'where') return withFilter(before, args[0]!, options)
  return name === 'extension' ? withExtension(before, args[0]!, options) : undefined
}

function withMember(
  { steps, type }: StaticPath,
  name: string,
  { typeModel }: StaticPathOptions,
): StaticPath | undefined {
  if (type === undefined || isPrimitiveType(type)) return undefined
  const elements = typeModel(type)?.paths.get(name)
  const isOpen = type === 'Resource' || !elements
  if (isOpen) return undefined
  const fields = elements.map(fieldOf)
  const [first] = fields
  const isOneType = fields.every((field) => field.type === first!.type)
  const isArray = elements.some((element) => element.isArray)
  return {
    steps: [...steps, { kind: 'fields', fields, isArray }],
    type: isOneType ? first!.type : undefined,
  }
}

function withFilter(
  { steps, type }: StaticPath,
  criterion: Expression,
  { compileFilter }: StaticPathOptions,
): StaticPath | undefined {
  const test = type === undefined ? undefined : compileFilter(criterion, type)
  return test && { steps: [...steps, { kind: 'filter', test }], type }
}

function withExtension(
  before: StaticPath,
  argument: Expression,
  options: StaticPathOptions,
): StaticPath | undefined {
  if (argument.kind !== 'literal') return undefined
  const path = withMember(before, 'extension', options)
  const url = argument.value
  const test: ElementTest = (value) => isObject(value) && value.url === url
  return path && { ...path, steps: [...path.steps, { kind: 'filter', test }] }
}

/**
 * Goes through the elements of a path until `last` says true. `found` is handed on to `last`. A
 * primitive that has only extensions is visited as undefined.
 */
export type Visit = (
  element: JsonObject,
  scope: Scope,
  found: (JsonValue | undefined)[] | undefined,
) => boolean

type VisitValue = (
  value: JsonValue | undefined,
  scope: Scope,
  found: (JsonValue | undefined)[] | undefined,
) => boolean

export function compileVisit({ steps }: StaticPath, last: VisitValue): Visit {
  let next = last
  for (const step of steps.toReversed()) next = visitStep(step, next)
  return next
}

function visitStep(step: PathStep, next: VisitValue): VisitValue {
  if (step.kind === 'filter') {
    const { test } = step
    return (value, scope, found) => test(value, scope) && next(value, scope, found)
  }
  const visits = step.fields.map((field) => visitField(field, next))
  const [only] = visits
  if (visits.length === 1) return only!
  return (value, scope, found) => visits.some((visit) => visit(value, scope, found))
}

function visitField({ name, extraName }: Field, next: VisitValue): VisitValue {
  return (element, scope, found) => {
    if (!isObject(element)) return false
    const value = element[name]
    if (value !== undefined && extraName === undefined) {
      return Array.isArray(value)
        ? visitItems(value, undefined, next, scope, found)
        : value !== null && next(value, scope, found)
    }
    const extra = extraName === undefined ? undefined : element[extraName]
    if (value === undefined && extra === undefined) return false
    if (Array.isArray(value) || Array.isArray(extra)) {
      return visitItems(value, extra, next, scope, found)
    }
    return (value ?? undefined) === undefined && !isObject(extra)
      ? false
      : next(value ?? undefined, scope, found)
  }
}

function visitItems(
  value: JsonValue | undefined,
  extra: JsonValue | undefined,
  next: VisitValue,
  scope: Scope,
  found: (JsonValue | undefined)[] | undefined,
): boolean {
  const values = Array.isArray(value) ? value : []
  const extras = Array.isArray(extra) ? extra : []
  const length = Math.max(values.length, extras.length)
  spend(scope, length)
  for (let i = 0; i < length; i++) {
    const item = values[i] ?? undefined
    if (item === undefined && !isObject(extras[i])) continue
    if (next(item, scope, found)) return true
  }
  return false
}
