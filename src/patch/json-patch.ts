/** JSON Patch, RFC 6902, as R4 http.html#patch uses it. Decisions 8 and 76. */
import type { JsonObject, JsonValue, Resource } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import { TooCostly } from '../errors.ts'
import type { Container, Draft, Token, Written } from './draft.ts'
import {
  createDraft,
  isContainer,
  memberOf,
  removeMember,
  setMember,
  writeMember,
  writtenIn,
} from './draft.ts'
import type { FindTypeModel } from './element-type.ts'
import { correctValue, elementTypeAt, quote } from './element-type.ts'
import { correctPointer, formatPointer, parseIndex, parsePointer } from './json-pointer.ts'
import { isSameJson } from './same-json.ts'
import { patchFault, wrongPatch } from './patch-fault.ts'

const operationsMax = 20_000

export interface JsonPatchOptions {
  /** With it, a value of the wrong shape is refused here, with the right form in the answer. */
  readonly typeModel?: FindTypeModel
}

/**
 * The resource after all operations; the one given is never changed. Throws
 * UnprocessableResource for a malformed patch, a place that does not exist and a failed `test`.
 */
export function applyJsonPatch(
  resource: Resource,
  operations: unknown,
  { typeModel }: JsonPatchOptions = {},
): Resource {
  if (!Array.isArray(operations))
    throw wrongPatch(
      'A JSON Patch is an array of operations: [{"op": "replace", "path": "/status", "value": "current"}]',
      { code: 'invalid' },
    )
  if (operations.length > operationsMax)
    throw new TooCostly(`The patch has more than ${operationsMax} operations`)
  const draft = createDraft(resource)
  for (const [index, operation] of operations.entries()) {
    applyOperation({ draft, at: `patch[${index}]`, operation, resource, typeModel })
  }
  const result = draft.finish()
  if (!isResource(result) || result.resourceType !== resource.resourceType)
    throw wrongPatch(`The patched document is no ${resource.resourceType}`)
  return result
}

interface Step {
  readonly draft: Draft
  /** Where this operation is in the patch. */
  readonly at: string
  readonly resource: Resource
  readonly typeModel: FindTypeModel | undefined
  readonly operation: JsonObject
}

const verbs: Record<string, (step: Step) => void> = {
  add: (step) => add(step, targetOf(step), valueOf(step)),
  remove: (step) => remove(step, existing(step, targetOf(step), 'path')),
  replace(step) {
    const target = existing(step, targetOf(step), 'path')
    const written = valueOf(step)
    checkValue(step, target.tokens, written.value)
    put(step.draft, target, written)
  },
  move,
  copy(step) {
    const source = existing(step, targetOf(step, 'from'), 'from')
    const value = step.draft.copyOf(source.value!)
    add(step, targetOf(step), { ...sourceWritten(source), value })
  },
  test(step) {
    const target = existing(step, targetOf(step), 'path')
    if (!isSameJson(sourceWritten(target), valueOf(step)))
      throw patchFault({
        expression: step.at,
        fault: `The test failed: the value at ${quote(target.pointer)} is not ${quote(step.operation.value)}`,
      })
  },
}

function applyOperation(step: Omit<Step, 'operation'> & { operation: unknown }): void {
  const { operation, at } = step
  if (!isObject(operation))
    throw patchFault({ expression: at, fault: 'An operation is an object', code: 'invalid' })
  const op = operation.op
  if (typeof op !== 'string' || !Object.hasOwn(verbs, op))
    throw patchFault({
      expression: `${at}.op`,
      fault: op === undefined ? 'The operation has no "op"' : `${quote(op)} is no operation`,
      corrected: `Write one of ${Object.keys(verbs).join(', ')}`,
      code: 'invalid',
    })
  verbs[op]!({ ...step, operation })
}

/** A place named by a pointer: its container exists; the place itself may not. */
interface Target {
  readonly pointer: string
  readonly tokens: readonly Token[]
  /** Undefined for the whole document. */
  readonly parent: Container | undefined
  readonly value: JsonValue | undefined
  /** The pointer ends in `-`: after the last item of the array. */
  readonly isEnd: boolean
}

function targetOf(step: Step, member: 'path' | 'from' = 'path'): Target {
  const { pointer, steps } = pointerOf(step, member)
  const root = step.draft.root
  const last = steps.at(-1)
  if (last === undefined)
    return { pointer, tokens: [], parent: undefined, value: root, isEnd: false }
  const tokens: Token[] = []
  let parent: JsonValue | undefined = root
  for (const text of steps.slice(0, -1)) {
    const token: Token = Array.isArray(parent) ? (parseIndex(text) ?? text) : text
    parent = isContainer(parent) ? memberOf(parent, token) : undefined
    tokens.push(token)
    if (parent === undefined) break
  }
  if (!isContainer(parent)) {
    // Decision 76: `add /extension/-` makes the array that is not there yet.
    if (last === '-' && step.operation.op === 'add' && tokens.length === steps.length - 1)
      return endOfAbsentArray(step, pointer, tokens)
    throw absent(step, member, pointer)
  }
  if (!Array.isArray(parent))
    return {
      pointer,
      tokens: [...tokens, last],
      parent,
      value: memberOf(parent, last),
      isEnd: false,
    }
  if (last === '-')
    return { pointer, tokens: [...tokens, parent.length], parent, value: undefined, isEnd: true }
  const index = parseIndex(last)
  if (index === undefined) throw noIndex(step, member, pointer, last)
  return { pointer, tokens: [...tokens, index], parent, value: parent[index], isEnd: false }
}

function pointerOf(step: Step, member: 'path' | 'from') {
  const pointer = step.operation[member]
  const expression = `${step.at}.${member}`
  if (typeof pointer !== 'string')
    throw patchFault({ expression, fault: `The operation has no "${member}"`, code: 'invalid' })
  const steps = parsePointer(pointer)
  if (steps) return { pointer, steps }
  throw patchFault({
    expression,
    fault: `${quote(pointer)} is no JSON Pointer (RFC 6901)`,
    corrected: correctPointer(pointer, step.resource.resourceType),
    code: 'invalid',
  })
}

function endOfAbsentArray(step: Step, pointer: string, tokens: readonly Token[]): Target {
  const owner = tokens
    .slice(0, -1)
    .reduce<JsonValue | undefined>(
      (value, token) => (isContainer(value) ? memberOf(value, token) : undefined),
      step.draft.root,
    )
  const name = tokens.at(-1)
  const isAbsent =
    isContainer(owner) && !Array.isArray(owner) && memberOf(owner, name!) === undefined
  if (!isAbsent) throw absent(step, 'path', pointer)
  setMember(step.draft.own(tokens.slice(0, -1)), name!, [])
  return { pointer, tokens: [...tokens, 0], parent: [], value: undefined, isEnd: true }
}

function existing(step: Step, target: Target, member: 'path' | 'from'): Target {
  if (target.value === undefined) throw absent(step, member, target.pointer)
  return target
}

function absent(step: Step, member: 'path' | 'from', pointer: string) {
  const lastName = parsePointer(pointer)?.findLast((token) => parseIndex(token) === undefined)
  const known = step.typeModel?.(step.resource.resourceType)?.elements
  const meant =
    lastName && ![...(known?.keys() ?? [])].includes(lastName)
      ? [...(known?.keys() ?? [])].find((name) => name.toLowerCase() === lastName.toLowerCase())
      : undefined
  return patchFault({
    expression: `${step.at}.${member}`,
    fault: `There is nothing at ${quote(pointer)}`,
    corrected: meant
      ? `The element is called ${meant}: names are case-sensitive`
      : (correctPointer(pointer, step.resource.resourceType) ?? addForm(step, pointer)),
  })
}

/** Who replaces what is not there wants to add it. */
function addForm(step: Step, pointer: string): string | undefined {
  if (step.operation.op !== 'replace') return undefined
  const path = pointer.replace(/\/\d+$/, '/-')
  return `To add it write "op": "add", "path": ${quote(path)}`
}

function noIndex(step: Step, member: 'path' | 'from', pointer: string, token: string) {
  return patchFault({
    expression: `${step.at}.${member}`,
    fault: `${quote(pointer)} goes into an array, and ${quote(token)} is no index`,
    corrected:
      correctPointer(pointer, step.resource.resourceType) ??
      'Write a number from 0 without leading zeros, or - (with add) for the end of the array',
  })
}

function valueOf(step: Step): Written {
  if (step.operation.value === undefined)
    throw patchFault({
      expression: step.at,
      fault: 'The operation has no "value"',
      code: 'invalid',
    })
  return writtenIn(step.operation, 'value')
}

/** What stands at a place, with the text of the number that it may be. */
function sourceWritten({ parent, tokens, value }: Target): Written {
  return parent ? writtenIn(parent, tokens.at(-1)!) : { value: value!, text: undefined }
}

function checkValue(step: Step, tokens: readonly Token[], value: JsonValue): void {
  if (!step.typeModel) return
  const type = elementTypeAt(step.draft.root, tokens, step.typeModel)
  const correction = type && correctValue(value, type, step.typeModel)
  if (!correction) return
  throw patchFault({
    expression: `${step.at}.value`,
    fault: `${quote(value)} does not fit ${formatPointer(tokens)}: ${correction.fault}`,
    corrected: correction.corrected,
    code: 'value',
  })
}

function put(draft: Draft, { tokens }: Target, written: Written): void {
  if (tokens.length === 0) draft.setRoot(written.value)
  else writeMember(draft.own(tokens.slice(0, -1)), tokens.at(-1)!, written)
}

function add(step: Step, target: Target, written: Written): void {
  const { tokens, parent } = target
  checkValue(step, tokens, written.value)
  if (!Array.isArray(parent)) return put(step.draft, target, written)
  const index = Number(tokens.at(-1))
  if (index > parent.length)
    throw patchFault({
      expression: `${step.at}.path`,
      fault: `${quote(target.pointer)} is beyond the end of the array`,
      corrected: `To append write "path": ${quote(target.pointer.replace(/\d+$/, '-'))}`,
    })
  const list = step.draft.own(tokens.slice(0, -1))
  if (Array.isArray(list)) list.splice(index, 0, written.value)
}

function remove(step: Step, { tokens }: Target): void {
  if (tokens.length === 0)
    throw patchFault({ expression: `${step.at}.path`, fault: 'A patch cannot remove the resource' })
  removeMember(step.draft.own(tokens.slice(0, -1)), tokens.at(-1)!)
}

function move(step: Step): void {
  const source = existing(step, targetOf(step, 'from'), 'from')
  const { pointer } = pointerOf(step, 'path')
  if (pointer === source.pointer) return
  if (pointer.startsWith(`${source.pointer}/`))
    throw patchFault({ expression: `${step.at}.path`, fault: 'Nothing can be moved into itself' })
  const written = sourceWritten(source)
  remove(step, source)
  add(step, targetOf(step), written)
}
