/** The value that a Parameters part carries, as the element it is meant for. R4 fhirpatch.html. */
import type { ElementModel, TypeModel } from '../conformance/registry.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import { setMember, writeMember, writtenIn } from './draft.ts'
import type { FindTypeModel } from './element-type.ts'
import { correctValue, quote } from './element-type.ts'
import { PathProblem } from './patch-path.ts'

export interface ElementValue {
  /** Which of a choice's elements it is: `deceasedBoolean`. */
  readonly element: ElementModel
  /** Absent when a primitive has extensions only. */
  readonly value: JsonValue | undefined
  /** Of a number, as it was written. */
  readonly text: string | undefined
  /** The sibling `_name` of a primitive: its id and extensions. */
  readonly sibling: JsonValue | undefined
}

/** Reads a part for one of the candidate elements; throws PathProblem when none fits. */
export function readPartValue(
  part: JsonObject,
  candidates: readonly ElementModel[],
  typeModel: FindTypeModel,
): ElementValue {
  const key = valueKey(part)
  if (key === 'part') return anonymousValue(part, candidates, typeModel)
  const value = part[key]
  const sibling = part[`_${key}`]
  const element = candidates.find((candidate) => accepts(candidate, key, value, typeModel))
  if (!element) throw new PathProblem(misfit(key, candidates), correctKey(candidates))
  const correction =
    value === undefined
      ? undefined
      : correctValue(value, { type: element.type, isList: false }, typeModel)
  if (correction)
    throw new PathProblem(`${quote(value)} does not fit: ${correction.fault}`, correction.corrected)
  return { element, value, text: writtenIn(part, key).text, sibling }
}

function valueKey(part: JsonObject): string {
  const keys = new Set(
    Object.keys(part)
      .map((key) => key.replace(/^_/, ''))
      .filter((key) => /^value[A-Z]/.test(key) || key === 'resource' || key === 'part'),
  )
  const [key] = keys
  if (key === undefined) throw new PathProblem('the part "value" holds no value[x]')
  if (keys.size > 1) throw new PathProblem('the part "value" holds more than one value')
  return key
}

const TEXTS = new Set(
  `string code id uri url canonical oid uuid markdown xhtml date dateTime instant time base64Binary`
    .split(' ')
    .map(typeKey),
)
const NUMBERS = new Set('decimal integer positiveInt unsignedInt'.split(' ').map(typeKey))

function accepts(
  element: ElementModel,
  key: string,
  value: JsonValue | undefined,
  typeModel: FindTypeModel,
): boolean {
  if (key === 'resource') {
    return (
      isResource(value) && [value.resourceType, 'Resource', 'DomainResource'].includes(element.type)
    )
  }
  const wanted = typeKey(element.type)
  if (wanted === key) return true
  if (element.isChoice) return false
  // A text is a text: guides send valueString for a code, and the result is validated anyway.
  if (TEXTS.has(wanted)) return TEXTS.has(key)
  if (NUMBERS.has(wanted)) return NUMBERS.has(key)
  return key === 'valueQuantity' && (typeModel(element.type)?.base?.endsWith('Quantity') ?? false)
}

function typeKey(type: string): string {
  return `value${type.charAt(0).toUpperCase()}${type.slice(1)}`
}

function misfit(key: string, candidates: readonly ElementModel[]): string {
  const types = candidates.map((candidate) => candidate.type).join(' or ')
  return `${quote(key)} is not of the type that the element has (${types})`
}

function correctKey(candidates: readonly ElementModel[]): string | undefined {
  const [element, ...others] = candidates
  if (!element || others.length > 0) return undefined
  if (element.type.includes('.')) return 'Give its elements as parts of the part "value"'
  return element.type === 'Resource' ? 'Give it as "resource"' : `Write ${typeKey(element.type)}`
}

/** An element without a type name of its own, given part by part. */
function anonymousValue(
  part: JsonObject,
  candidates: readonly ElementModel[],
  typeModel: FindTypeModel,
): ElementValue {
  const element = candidates.find((candidate) => isBuildable(typeModel(candidate.type)))
  const model = element && typeModel(element.type)
  if (!element || !model || candidates.length > 1)
    throw new PathProblem('the element cannot be given part by part')
  const built: JsonObject = {}
  const members = Array.isArray(part.part) ? part.part : []
  for (const member of members) {
    const name = isObject(member) ? member.name : undefined
    const found = typeof name === 'string' ? model.paths.get(name) : undefined
    if (!isObject(member) || !found)
      throw new PathProblem(`${element.type} has no element ${quote(name)}`)
    addMember(built, readPartValue(member, found, typeModel))
  }
  if (Object.keys(built).length === 0) throw new PathProblem('the part "value" is empty')
  return { element, value: built, text: undefined, sibling: undefined }
}

function isBuildable(model: TypeModel | undefined): boolean {
  return model?.kind === 'complex-type'
}

function addMember(target: JsonObject, { element, value, text, sibling }: ElementValue): void {
  if (!element.isArray) {
    if (value !== undefined) writeMember(target, element.name, { value, text })
    if (sibling !== undefined) setMember(target, `_${element.name}`, sibling)
    return
  }
  const items = target[element.name]
  const list = Array.isArray(items) ? items : []
  setMember(target, element.name, [...list, value ?? null])
  const siblings = target[`_${element.name}`]
  if (sibling === undefined && siblings === undefined) return
  const padded = Array.isArray(siblings) ? siblings : list.map(() => null)
  setMember(target, `_${element.name}`, [...padded, sibling ?? null])
}
