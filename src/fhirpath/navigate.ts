/** From an element to its children, with their types. R4 json.html, choice elements and `_` siblings. */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { decimalText } from '../json/decimals.ts'
import { isPrimitiveType, plainTypeName } from './type-model.ts'
import type { ElementModel, TypeModelLookup } from './type-model.ts'
import { ElementNode, nodeOf, systemValue } from './values.ts'
import type { Value } from './values.ts'

/** One property in JSON that a path step reads. */
export interface Field {
  readonly name: string
  /** Where id and extensions of a primitive stand. */
  readonly extraName?: string
  /** `Resource` where only the data tells. */
  readonly type: string
}

export function fieldOf(element: ElementModel): Field {
  const type = plainTypeName(element.type)
  return isPrimitiveType(type)
    ? { name: element.name, extraName: `_${element.name}`, type }
    : { name: element.name, type: type === 'DomainResource' ? 'Resource' : type }
}

export type ReadMember = (node: ElementNode, found: Value[]) => void

/** Above this many choices, the data's own keys are looked through instead. */
const FIELDS_TRIED_MAX = 4

/** Reads the children of one name; remembers the fields of each type that it meets. */
export function compileMember(name: string, typeModel: TypeModelLookup): ReadMember {
  const known = new Map<string, readonly Field[]>()
  return (node, found) => {
    const { data, extra, type } = node
    if (!isObject(data) || isPrimitiveType(type)) return readOfPrimitive(node, name, found)
    let fields = known.get(type)
    if (!fields) known.set(type, (fields = fieldsOf(typeModel, type, name) ?? untyped(name)))
    if (fields.length <= FIELDS_TRIED_MAX) for (const field of fields) readField(data, field, found)
    else readChoice(data, name, fields, found)
    if (extra && fields.length === 0) readOfPrimitive(node, name, found)
  }
}

export function fieldsOf(
  typeModel: TypeModelLookup,
  type: string,
  name: string,
): readonly Field[] | undefined {
  const model = typeModel(type)
  return model && (model.paths.get(name) ?? []).map(fieldOf)
}

function untyped(name: string): readonly Field[] {
  return [{ name, extraName: `_${name}`, type: '' }]
}

function readChoice(
  data: JsonObject,
  name: string,
  fields: readonly Field[],
  found: Value[],
): void {
  let isRead = false
  for (const key in data) {
    const isOfChoice = key.startsWith(name) || (key.startsWith(name, 1) && key.startsWith('_'))
    if (!isOfChoice || isRead) continue
    const plain = key.startsWith('_') ? key.slice(1) : key
    const field = fields.find((candidate) => candidate.name === plain)
    if (!field) continue
    readField(data, field, found)
    isRead = true
  }
}

/** `value` of a primitive is its bare value, as HL7's validator has it. */
function readOfPrimitive(node: ElementNode, name: string, found: Value[]): void {
  if (name === 'value') {
    const value = systemValue(node)
    if (value !== undefined) found.push(value)
    return
  }
  if (!node.extra) return
  if (name === 'extension') readField(node.extra, { name, type: 'Extension' }, found)
  if (name === 'id') readField(node.extra, { name, type: 'string' }, found)
}

export function readField(data: JsonObject, field: Field, found: Value[]): void {
  const value = data[field.name]
  const extra = field.extraName === undefined ? undefined : data[field.extraName]
  if (value === undefined && extra === undefined) return
  if (Array.isArray(value) || Array.isArray(extra))
    return readItems(value, extra, field.type, found)
  if (field.type === 'decimal' && typeof value === 'number') {
    const text = decimalText(data, field.name)
    found.push(new ElementNode(value, isObject(extra) ? extra : undefined, 'decimal', text))
    return
  }
  pushNode(value, extra, field.type, found)
}

function readItems(
  value: JsonValue | undefined,
  extra: JsonValue | undefined,
  type: string,
  found: Value[],
): void {
  const values = Array.isArray(value) ? value : []
  const extras = Array.isArray(extra) ? extra : []
  const length = Math.max(values.length, extras.length)
  for (let i = 0; i < length; i++) pushNode(values[i], extras[i], type, found)
}

function pushNode(
  value: JsonValue | undefined,
  extra: JsonValue | undefined,
  type: string,
  found: Value[],
): void {
  const data = value === null ? undefined : value
  const sibling = isObject(extra) ? extra : undefined
  if (data === undefined && sibling === undefined) return
  found.push(new ElementNode(data, sibling, actualType(data, type)))
}

function actualType(data: JsonValue | undefined, type: string): string {
  if (type === 'Resource') {
    return isObject(data) && typeof data.resourceType === 'string' ? data.resourceType : type
  }
  return type === '' && data !== undefined ? nodeOf(data).type : type
}

/** All children, in the order of the JSON. */
export function readChildren(node: ElementNode, typeModel: TypeModelLookup, found: Value[]): void {
  const { data, extra, type } = node
  if (extra) {
    readOfPrimitive(node, 'id', found)
    readOfPrimitive(node, 'extension', found)
  }
  if (!isObject(data) || isPrimitiveType(type)) return
  const model = typeModel(type)
  for (const key in data) {
    if (key === 'resourceType') continue
    const isExtra = key.startsWith('_')
    const name = isExtra ? key.slice(1) : key
    if (isExtra && data[name] !== undefined) continue
    const element = model?.elements.get(name)
    readField(data, element ? fieldOf(element) : untyped(name)[0]!, found)
  }
}
