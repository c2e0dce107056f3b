/** Which R4 type stands at a place in a resource, and whether a value can be one. */
import type { TypeModel } from '../conformance/registry.ts'
import type { JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { Token } from './draft.ts'
import { isContainer, isRawNumber, memberOf } from './draft.ts'

export type FindTypeModel = (type: string) => TypeModel | undefined

export interface ElementType {
  /** `code`, `CodeableConcept`, `Patient.contact`. */
  readonly type: string
  /** The place is the whole list, not one of its items. */
  readonly isList: boolean
}

/** The type at a place; undefined where R4 knows no such element, or for a primitive's `_sibling`. */
export function elementTypeAt(
  root: JsonValue,
  path: readonly Token[],
  typeModel: FindTypeModel,
): ElementType | undefined {
  let value: JsonValue | undefined = root
  let type = resourceTypeOf(root)
  let isList = false
  for (const token of path) {
    if (type === undefined) return undefined
    if (isList) {
      if (typeof token !== 'number') return undefined
      isList = false
    } else {
      const element = typeModel(type)?.elements.get(String(token))
      if (!element) return undefined
      ;({ type, isArray: isList } = element)
    }
    value = isContainer(value) ? memberOf(value, token) : undefined
    type = resourceTypeOf(value) ?? type
  }
  return type === undefined ? undefined : { type, isList }
}

function resourceTypeOf(value: JsonValue | undefined): string | undefined {
  if (!isObject(value)) return undefined
  return typeof value.resourceType === 'string' ? value.resourceType : undefined
}

const NUMBERS = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt'])
/** Primitives whose texts hold no white space at either end. R4 datatypes.html#primitive. */
const TRIMMED = new Set(
  'code id uri url canonical oid uuid date dateTime instant time base64Binary'.split(' '),
)

/** How a value must be written to be of a type, when it plainly is not; undefined when it may be. */
export function correctValue(
  value: JsonValue,
  { type, isList }: ElementType,
  typeModel: FindTypeModel,
): { fault: string; corrected?: string } | undefined {
  if (isList && !Array.isArray(value))
    return { fault: `a list of ${type} is expected`, corrected: listForm(value, type) }
  if (isList) return undefined
  if (Array.isArray(value)) return { fault: `one ${type} is expected, not a list` }
  if (typeModel(type)?.kind === 'primitive-type') return correctPrimitive(value, type)
  if (isObject(value) && !isRawNumber(value)) return undefined
  return { fault: `an object of type ${type} is expected`, ...complexForm(value, type) }
}

function correctPrimitive(value: JsonValue, type: string) {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : booleanForm(value)
  if (NUMBERS.has(type)) {
    if (typeof value === 'number' || isRawNumber(value)) return undefined
    const isNumeric = typeof value === 'string' && /^-?\d{1,18}(\.\d{1,18})?$/.test(value)
    return {
      fault: `a number (${type}) is expected`,
      ...(isNumeric ? { corrected: `Write "value": ${value}` } : {}),
    }
  }
  if (typeof value !== 'string') return { fault: `a text (${type}) is expected` }
  if (!TRIMMED.has(type) || value.trim() === value) return undefined
  return {
    fault: `a ${type} has no white space around it`,
    corrected: `Write "value": ${quote(value.trim())}`,
  }
}

function booleanForm(value: JsonValue) {
  const fault = 'a boolean is expected'
  const text = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return text === 'true' || text === 'false'
    ? { fault, corrected: `Write "value": ${text}, without quotation marks` }
    : { fault }
}

function listForm(value: JsonValue, type: string): string {
  if (type === 'CodeableConcept' && typeof value === 'string')
    return `Write "value": [${conceptForm(value)}]`
  return 'Put the value in an array: "value": [ … ]'
}

function complexForm(value: JsonValue, type: string) {
  if (type !== 'CodeableConcept' || typeof value !== 'string') return {}
  return { corrected: `Write "value": ${conceptForm(value)}` }
}

function conceptForm(text: string): string {
  const levels: Record<string, string> = { normal: 'N', restricted: 'R', 'very restricted': 'V' }
  const level = Object.hasOwn(levels, text.toLowerCase()) ? levels[text.toLowerCase()] : undefined
  const system = level ? 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality' : '…'
  return `{"coding": [{"system": "${system}", "code": ${quote(level ?? text)}}]}`
}

/** A text as it was sent, cut where it is long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
