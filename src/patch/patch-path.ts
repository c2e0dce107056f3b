/**
 * FHIRPath Patch needs places, not values: this resolves the paths that name places. R4
 * fhirpatch.html: plain navigation, indexers, where(), first(), last(), single(), extension(),
 * ofType(). The criteria of where() are evaluated by the FHIRPath engine that is passed in.
 */
import type { ElementModel } from '../conformance/registry.ts'
import type { JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { Token } from './draft.ts'
import { isContainer, memberOf } from './draft.ts'
import type { FindTypeModel } from './element-type.ts'
import { quote } from './element-type.ts'

export type PathStep =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'call'; readonly name: string; readonly argument: string }

/** Where an element is. Of a primitive also the sibling `_name` belongs to it. */
export interface Place {
  readonly path: readonly Token[]
  /** `Patient`, `HumanName`, `code`, `Patient.contact`. */
  readonly type: string
  /** Its definition; undefined for the resource itself. */
  readonly element?: ElementModel
  /** The definitions that may stand here: of a choice element one for each type. */
  readonly choices?: readonly ElementModel[]
}

export interface PathContext {
  readonly root: JsonValue
  readonly typeModel: FindTypeModel
  /** Whether FHIRPath criteria hold for one element; throws for a broken expression. */
  readonly evaluate: (
    criteria: string,
    element: JsonValue,
    type: string,
    root: JsonValue,
  ) => boolean
}

/** Why a path cannot be used. `patchFault` says it to the caller. */
export class PathProblem extends Error {
  readonly corrected: string | undefined

  constructor(reason: string, corrected?: string) {
    super(reason)
    this.corrected = corrected
  }
}

const NAME = /(?:([A-Za-z_][A-Za-z0-9_]*)|`([^`\\]+)`)/y
const INDEXER = /\[\s*(\d{1,9})\s*\]/y
const STEP_MAX = 100

/** The steps of a path; throws PathProblem for what names no place. */
export function parsePath(text: string): readonly PathStep[] {
  const source = text.trim()
  const steps: PathStep[] = []
  let at = 0
  const matchAt = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match) at = pattern.lastIndex
    return match
  }
  do {
    if (steps.length > STEP_MAX) throw new PathProblem(`it has more than ${STEP_MAX} steps`)
    const name = matchAt(NAME)
    if (!name) throw new PathProblem(unreadable(source, at))
    if (source[at] === '(') {
      const end = closingParenthesis(source, at)
      steps.push({ kind: 'call', name: name[1] ?? '', argument: source.slice(at + 1, end).trim() })
      at = end + 1
    } else steps.push({ kind: 'name', name: name[1] ?? name[2]! })
    for (let match = matchAt(INDEXER); match; match = matchAt(INDEXER))
      steps.push({ kind: 'index', index: Number(match[1]) })
  } while (source[at] === '.' && ++at)
  if (at < source.length) throw new PathProblem(unreadable(source, at))
  return steps
}

function unreadable(source: string, at: number): string {
  const rest = source.slice(at, at + 30)
  return rest === '' ? 'it ends too early' : `it cannot be read from ${quote(rest)} on`
}

function closingParenthesis(source: string, start: number): number {
  let depth = 0
  let quoteMark = ''
  for (let at = start; at < source.length; at += 1) {
    const character = source[at]!
    if (quoteMark !== '') {
      if (character === '\\') at += 1
      else if (character === quoteMark) quoteMark = ''
    } else if (`'"\``.includes(character)) quoteMark = character
    else if (character === '(') depth += 1
    else if (character === ')' && --depth === 0) return at
  }
  throw new PathProblem('a parenthesis is not closed')
}

/** All places that a path names in the resource; none when it leads nowhere. */
export function resolvePath(steps: readonly PathStep[], context: PathContext): readonly Place[] {
  const { root } = context
  if (!isObject(root) || typeof root.resourceType !== 'string') return []
  const type = root.resourceType
  let places: readonly Place[] = [{ path: [], type }]
  const rest = namesType(steps[0], type, context) ? steps.slice(1) : steps
  for (const step of rest) places = takeStep(places, step, context)
  return places
}

function namesType(step: PathStep | undefined, type: string, context: PathContext): boolean {
  if (step?.kind !== 'name') return false
  if ([type, 'Resource', 'DomainResource'].includes(step.name)) return true
  if (!/^[A-Z]/.test(step.name) || context.typeModel(step.name)?.kind !== 'resource') return false
  throw new PathProblem(`the resource is no ${step.name}`, `Begin the path with ${type}`)
}

function takeStep(places: readonly Place[], step: PathStep, context: PathContext) {
  if (step.kind === 'index') return places.slice(step.index, step.index + 1)
  if (step.kind === 'name') return places.flatMap((place) => childrenOf(place, step.name, context))
  const call = Object.hasOwn(calls, step.name) ? calls[step.name] : undefined
  if (!call)
    throw new PathProblem(
      `the function ${step.name}() gives no place to change`,
      `Use names, indexers and ${Object.keys(calls).join('(), ')}()`,
    )
  return call(places, step.argument, context)
}

type Call = (places: readonly Place[], argument: string, context: PathContext) => readonly Place[]

const calls: Record<string, Call> = {
  where: (places, criteria, context) => places.filter((place) => holds(place, criteria, context)),
  first: (places) => places.slice(0, 1),
  last: (places) => places.slice(-1),
  single(places) {
    if (places.length > 1) throw new PathProblem('single() finds several elements')
    return places
  },
  extension(places, argument, context) {
    const url = textLiteral(argument)
    return places
      .flatMap((place) => childrenOf(place, 'extension', context))
      .filter((place) => {
        const extension = readPlace(context.root, place)
        return isObject(extension) && extension.url === url
      })
  },
  ofType: (places, type) => places.filter((place) => place.type === type.replace(/^FHIR\./, '')),
  as: (places, type) => places.filter((place) => place.type === type.replace(/^FHIR\./, '')),
}

function holds(place: Place, criteria: string, { root, evaluate }: PathContext): boolean {
  const value = readPlace(root, place)
  return value !== undefined && value !== null && evaluate(criteria, value, place.type, root)
}

function textLiteral(argument: string): string {
  const match = /^'([^'\\]*)'$/.exec(argument)
  if (!match) throw new PathProblem("extension() takes one text in single quotes: extension('url')")
  return match[1]!
}

/** The definitions behind a FHIRPath name in a type: several for a choice element, none: unknown. */
export function membersOf(place: Place, name: string, typeModel: FindTypeModel) {
  const model = typeModel(place.type)
  if (!model) throw new PathProblem(`the type ${place.type} is not known here`)
  if (model.kind === 'primitive-type') return siblingMembers(name)
  const members = model.paths.get(name)
  if (members) return members
  const choice = model.elements.get(name)
  throw new PathProblem(
    `${place.type} has no element ${quote(name)}`,
    choice ? `FHIRPath names it without its type: write ${choice.pathName}` : nearName(name, model),
  )
}

function nearName(name: string, model: { paths: ReadonlyMap<string, unknown> }) {
  const near = [...model.paths.keys()].find((key) => key.toLowerCase() === name.toLowerCase())
  return near && `The element is called ${near}`
}

function siblingMembers(name: string): readonly ElementModel[] {
  const common = { name, pathName: name, isChoice: false }
  if (name === 'extension') return [{ ...common, type: 'Extension', isArray: true }]
  if (name === 'id') return [{ ...common, type: 'string', isArray: false }]
  throw new PathProblem(`a primitive has only id and extension, no ${quote(name)}`)
}

function childrenOf(place: Place, name: string, context: PathContext): Place[] {
  const owner = ownerPath(place, context.typeModel)
  const container = readPath(context.root, owner)
  const choices = membersOf(place, name, context.typeModel)
  return choices.flatMap((element): Place[] => {
    if (!isObject(container)) return []
    const value = memberOf(container, element.name)
    const sibling = memberOf(container, `_${element.name}`)
    const path = [...owner, element.name]
    if (!element.isArray) {
      return value === undefined && sibling === undefined
        ? []
        : [{ path, choices, ...typed(element, value) }]
    }
    const items = Array.isArray(value) ? value : []
    const siblings = Array.isArray(sibling) ? sibling : []
    const length = Math.max(items.length, siblings.length)
    return Array.from({ length }, (_, index) => ({
      path: [...path, index],
      choices,
      ...typed(element, items[index]),
    }))
  })
}

function typed(element: ElementModel, value: JsonValue | undefined) {
  const isResource = element.type === 'Resource' || element.type === 'DomainResource'
  const own = isResource && isObject(value) ? value.resourceType : undefined
  return { element, type: typeof own === 'string' ? own : element.type }
}

/** Where the members of an element are: of a primitive in its sibling `_name`. */
export function ownerPath({ path, type }: Place, typeModel: FindTypeModel): readonly Token[] {
  return typeModel(type)?.kind === 'primitive-type' ? siblingPath(path) : path
}

/** The place of `_birthDate` beside `birthDate`, of `_given[1]` beside `given[1]`. */
export function siblingPath(path: readonly Token[]): readonly Token[] {
  const at = path.findLastIndex((token) => typeof token === 'string')
  return path.map((token, index) => (index === at ? `_${token}` : token))
}

export function readPlace(root: JsonValue, { path }: Place): JsonValue | undefined {
  return readPath(root, path)
}

export function readPath(root: JsonValue, path: readonly Token[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, token) => (isContainer(value) ? memberOf(value, token) : undefined),
    root,
  )
}
