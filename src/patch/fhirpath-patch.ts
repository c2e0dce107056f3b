/** FHIRPath Patch: a Parameters resource of operations. R4 fhirpatch.html, decision 8. */
import type { JsonObject, JsonValue, Resource } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import { FhirError, TooCostly } from '../errors.ts'
import type { Draft } from './draft.ts'
import { createDraft } from './draft.ts'
import { quote } from './element-type.ts'
import { readPartValue } from './parameter-value.ts'
import { patchFault, wrongPatch } from './patch-fault.ts'
import type { PathContext, PathStep, Place } from './patch-path.ts'
import {
  PathProblem,
  membersOf,
  ownerPath,
  parsePath,
  readPath,
  resolvePath,
} from './patch-path.ts'
import * as edit from './place-edit.ts'

/** Each operation walks the resource anew. */
const operationsMax = 1_000

export type FhirPathPatchOptions = Omit<PathContext, 'root'>

/**
 * The resource after all operations; the one given is never changed. Throws
 * UnprocessableResource for a malformed patch and for a path that names no place, or several.
 */
export function applyFhirPathPatch(
  resource: Resource,
  parameters: Resource,
  options: FhirPathPatchOptions,
): Resource {
  if (parameters.resourceType !== 'Parameters')
    throw wrongPatch(
      `A FHIRPath Patch is a Parameters resource, not a ${parameters.resourceType}`,
      { code: 'invalid' },
    )
  const draft = createDraft(resource)
  const listed = Array.isArray(parameters.parameter) ? parameters.parameter : []
  requireOnlyParameters(parameters)
  if (listed.length > operationsMax)
    throw new TooCostly(`The patch has more than ${operationsMax} operations`)
  for (const [index, parameter] of listed.entries()) {
    const at = `Parameters.parameter[${index}]`
    try {
      applyOperation({ draft, at, parts: partsOf(parameter, at), ...options })
    } catch (error) {
      throw toFault(error, at)
    }
  }
  const result = draft.finish()
  if (!isResource(result)) throw wrongPatch('The patch removed the resource')
  return result
}

const MEMBERS = new Set(['resourceType', 'id', 'meta', 'implicitRules', 'language', 'parameter'])

/** Operations that stand elsewhere than in `parameter` would not be seen, and must not pass for done. */
function requireOnlyParameters(parameters: Resource): void {
  const strange = Object.keys(parameters).find((name) => !MEMBERS.has(name))
  if (strange === undefined) return
  throw patchFault({
    expression: `Parameters.${strange}`,
    fault: `Parameters has no element ${quote(strange)}`,
    corrected: 'Write each operation as a parameter called "operation"',
    code: 'invalid',
  })
}

interface Operation extends FhirPathPatchOptions {
  readonly draft: Draft
  readonly at: string
  readonly parts: ReadonlyMap<string, JsonObject>
}

function toFault(error: unknown, at: string): unknown {
  if (!(error instanceof PathProblem)) return error
  const fault = error.message.charAt(0).toUpperCase() + error.message.slice(1)
  return patchFault({ expression: at, fault, corrected: error.corrected })
}

const PARTS = new Set(['type', 'path', 'name', 'value', 'index', 'source', 'destination'])

function partsOf(parameter: JsonValue, at: string): ReadonlyMap<string, JsonObject> {
  if (!isObject(parameter) || parameter.name !== 'operation')
    throw patchFault({
      expression: `${at}.name`,
      fault: 'Every parameter of a patch is called "operation"',
      code: 'invalid',
    })
  const parts = new Map<string, JsonObject>()
  for (const part of Array.isArray(parameter.part) ? parameter.part : []) {
    if (!isObject(part) || typeof part.name !== 'string' || !PARTS.has(part.name))
      throw new PathProblem(
        `${quote(isObject(part) ? part.name : part)} is no part of an operation`,
        `Write ${[...PARTS].join(', ')}`,
      )
    if (parts.has(part.name)) throw new PathProblem(`the part ${quote(part.name)} is there twice`)
    parts.set(part.name, part)
  }
  return parts
}

const verbs: Record<string, (operation: Operation) => void> = {
  add(operation) {
    if (operation.parts.has('index'))
      throw new PathProblem('add puts an element at the end, whatever "index" says', 'Write insert')
    const place = one(operation, textPart(operation, 'path'))
    const name = textPart(operation, 'name')
    const members = membersOf(place, name, operation.typeModel)
    const item = valueFor(operation, members)
    const owner = ownerPath(place, operation.typeModel)
    const container = readPath(operation.draft.root, owner)
    if (item.element.isArray)
      return edit.insertItem(ready(operation, owner), owner, edit.listLength(container, name), item)
    const isThere = members.some(
      (member) =>
        isObject(container) &&
        (Object.hasOwn(container, member.name) || Object.hasOwn(container, `_${member.name}`)),
    )
    if (isThere) throw new PathProblem(`${name} is there already`, 'To change it use type replace')
    edit.setSingle(ready(operation, owner), owner, item)
  },
  insert(operation) {
    const list = listOf(operation)
    const index = indexPart(operation, 'index', list.length)
    const item = valueFor(operation, [list.element])
    edit.insertItem(ready(operation, list.owner), list.owner, index, item)
  },
  delete(operation) {
    const places = resolve(operation, parsePath(textPart(operation, 'path')))
    if (places.length > 1) throw new PathProblem(several(operation, places.length))
    if (places[0]) removePlace(operation.draft, inside(places[0]))
  },
  replace(operation) {
    const place = inside(one(operation, textPart(operation, 'path')))
    const owner = place.path.slice(0, place.element.isArray ? -2 : -1)
    const item = valueFor(operation, place.choices ?? [place.element])
    const index = place.path.at(-1)
    if (typeof index === 'number') return edit.replaceItem(operation.draft, owner, index, item)
    edit.removeSingle(operation.draft, owner, place.element.name)
    edit.setSingle(operation.draft, owner, item)
  },
  move(operation) {
    const { owner, element, length } = listOf(operation)
    const source = indexPart(operation, 'source', length - 1)
    const destination = indexPart(operation, 'destination', length - 1)
    edit.moveItem(operation.draft, owner, element.name, source, destination)
  },
}

function applyOperation(operation: Operation): void {
  const type = textPart(operation, 'type')
  if (!Object.hasOwn(verbs, type))
    throw new PathProblem(
      `${quote(type)} is no operation`,
      `Write one of ${Object.keys(verbs).join(', ')}`,
    )
  verbs[type]!(operation)
}

function textPart({ parts }: Operation, name: string): string {
  const part = parts.get(name)
  const value = part?.valueString ?? part?.valueCode ?? part?.valueUri
  if (typeof value !== 'string') throw new PathProblem(`the operation has no part ${quote(name)}`)
  return value
}

function indexPart({ parts }: Operation, name: string, max: number): number {
  const part = parts.get(name)
  const value = part?.valueInteger ?? part?.valuePositiveInt ?? part?.valueUnsignedInt
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw new PathProblem(`the operation has no part ${quote(name)} with a valueInteger from 0`)
  if (value > max) throw new PathProblem(`${name} ${value} is beyond the end of the list`)
  return value
}

function resolve(operation: Operation, steps: readonly PathStep[]): readonly Place[] {
  const { draft, typeModel, evaluate } = operation
  try {
    return resolvePath(steps, { root: draft.root, typeModel, evaluate })
  } catch (error) {
    if (error instanceof PathProblem || (error instanceof FhirError && error.status !== 400))
      throw error
    if (!(error instanceof Error)) throw error
    throw new PathProblem(`the path cannot be evaluated: ${error.message}`)
  }
}

function one(operation: Operation, path: string): Place {
  const places = resolve(operation, parsePath(path))
  if (places.length > 1) throw new PathProblem(several(operation, places.length))
  if (!places[0])
    throw new PathProblem(
      `there is nothing at ${quote(path)}`,
      'To make a new element use type add, with the path of its parent and its name',
    )
  return places[0]
}

function several(operation: Operation, count: number): string {
  const path = quote(textPart(operation, 'path'))
  return `${path} names ${count} elements, and one is expected; choose it with [n] or where()`
}

function inside(place: Place) {
  const { element } = place
  if (!element) throw new PathProblem('the path names the resource itself')
  return { ...place, element }
}

function removePlace(draft: Draft, { path, element }: ReturnType<typeof inside>): void {
  const index = path.at(-1)
  if (typeof index === 'number') edit.removeItem(draft, path.slice(0, -2), element.name, index)
  else edit.removeSingle(draft, path.slice(0, -1), element.name)
}

/** The list that a path names by its last step, there or not. */
function listOf(operation: Operation) {
  const steps = parsePath(textPart(operation, 'path'))
  const last = steps.at(-1)
  if (last?.kind !== 'name')
    throw new PathProblem('the path names no list', 'End it with the name of a repeating element')
  const places = resolve(operation, steps.slice(0, -1))
  const [place] = places
  if (!place || places.length > 1)
    throw new PathProblem(
      `the list is looked for in ${places.length} elements, and one is expected`,
    )
  const [element] = membersOf(place, last.name, operation.typeModel)
  if (!element?.isArray) throw new PathProblem(`${last.name} does not repeat`)
  const owner = ownerPath(place, operation.typeModel)
  const length = edit.listLength(readPath(operation.draft.root, owner), element.name)
  return { owner, element, length }
}

function valueFor({ parts, typeModel }: Operation, members: Parameters<typeof readPartValue>[1]) {
  const part = parts.get('value')
  if (!part) throw new PathProblem('the operation has no part "value"')
  return readPartValue(part, members, typeModel)
}

/** The draft with the place in it: an absent sibling of a primitive is made for its extension. */
function ready({ draft }: Operation, owner: Place['path']): Draft {
  const value = readPath(draft.root, owner)
  if (value !== undefined && value !== null) return draft
  const last = owner.at(-1)!
  if (typeof last === 'string') edit.makeMember(draft, owner.slice(0, -1), last)
  else edit.makeItem(draft, owner.slice(0, -2), String(owner.at(-2)), last)
  return draft
}
