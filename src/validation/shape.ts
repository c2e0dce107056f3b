/**
 * The shape of an R4 type: what its JSON may hold, compiled from the type's own snapshot. Checks of
 * a profile come on top (profile-check.ts) and state only what differs. R4 json.html.
 */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { decimalText } from '../json/decimals.ts'
import type { InvariantCheck } from './invariants.ts'
import { explain, reportPrimitive } from './primitive-issues.ts'
import type { PrimitiveType } from './primitives.ts'
import { shown, type ObjectCheck, type Run } from './run.ts'

export interface Shape {
  /** `HumanName`, `Patient.contact`. */
  readonly name: string
  readonly elements: ReadonlyMap<string, ElementShape>
  /** The elements with min > 0, as bits of `ElementShape.bit`. */
  readonly requiredBits: number
  readonly required: readonly { readonly name: string; readonly bit: number }[]
  readonly invariants: readonly InvariantCheck[]
  /** What JSON Schema cannot say of this type: references, codings, extensions, narratives. */
  readonly special: ObjectCheck | undefined
}

export type ValueCheck = (value: JsonValue, run: Run) => void

export interface ElementShape {
  /** In JSON: `valueString`. */
  readonly key: string
  /** In FHIRPath: `value`. */
  readonly step: string
  readonly type: string
  readonly kind: 'primitive' | 'complex' | 'resource' | 'sibling'
  readonly isArray: boolean
  readonly isChoice: boolean
  /** Marks elements that are required or a choice, to see absence and repetition; else 0. */
  readonly bit: number
  readonly primitive: PrimitiveType | undefined
  /** Of a complex element; found at first use, because types refer to each other. */
  readonly shape: () => Shape
  /** Bindings, reference targets and invariants that this element adds to its type's. */
  readonly extra: readonly ValueCheck[]
  readonly checkResource: ValueCheck
  /** Of a sibling (`_status`): the value itself must be there, a code being required. */
  readonly needsValue: boolean
}

/** Checks one object against a shape. The run's path stands at the object. */
export function checkObject(shape: Shape, value: JsonObject, run: Run): void {
  if (!run.enter()) return
  run.spend(1)
  let seen = 0
  let isEmpty = true
  let hasContent = false
  for (const key in value) {
    const item = value[key]
    // JSON has no undefined; resources made by code may.
    if (item === undefined) continue
    isEmpty = false
    if (key !== 'id') hasContent = true
    const element = shape.elements.get(key)
    if (element === undefined) {
      if (key !== 'resourceType' || value !== run.scope.resource) reportUnknown(key, run)
      continue
    }
    const { bit } = element
    if (bit !== 0) {
      if (element.isChoice && (seen & bit) !== 0) reportRepeatedChoice(element, value, run)
      seen |= bit
    }
    checkElement(element, item, value, run)
  }
  if (isEmpty) run.report('empty-object', `An object has no properties`)
  else if (!hasContent && shape.name !== 'Element') reportNoContent(run)
  else if ((seen & shape.requiredBits) !== shape.requiredBits) reportMissing(shape, seen, run)
  for (const check of shape.invariants) check(value, run)
  if (shape.special !== undefined) shape.special(value, run)
  run.leave()
}

function reportNoContent(run: Run): void {
  run.reportInvariant('ele-1', 'error', 'All FHIR elements must have a @value or children')
}

/** An id alone, without a value that it could be the id of. */
function checkSiblingContent(sibling: JsonValue, value: JsonValue | undefined, run: Run): void {
  if (value !== undefined && value !== null) return
  if (isObject(sibling) && sibling.id !== undefined && Object.keys(sibling).length === 1) {
    reportNoContent(run)
  }
}

function reportUnknown(key: string, run: Run): void {
  const name = shown(key)
  if (!/^_?[A-Za-z]\w*$/.test(key)) run.report('unknown-element', `Unrecognized property '${name}'`)
  else run.reportAt([key], 'unknown-element', `Unrecognized property '${name}'`)
}

function reportRepeatedChoice(element: ElementShape, value: JsonObject, run: Run): void {
  // `valueString` and `_valueString` are two halves of one value.
  const key = element.key.startsWith('_') ? element.key.slice(1) : `_${element.key}`
  if (value[key] !== undefined && countChoices(element, value) === 1) return
  run.reportAt([element.step], 'choice-repeated', `Only one ${element.step}[x] is allowed`)
}

function countChoices({ step }: ElementShape, value: JsonObject): number {
  const keys = new Set<string>()
  for (const key in value) {
    const name = key.startsWith('_') ? key.slice(1) : key
    if (name.startsWith(step) && /^[A-Z]/.test(name.slice(step.length))) keys.add(name)
  }
  return keys.size
}

function reportMissing(shape: Shape, seen: number, run: Run): void {
  for (const { name, bit } of shape.required) {
    if ((seen & bit) !== 0) continue
    const path = `${shape.name}.${name}`
    run.reportOf('min-cardinality', path, `${path}: minimum required = 1, but only found 0`)
  }
}

function checkElement(element: ElementShape, value: JsonValue, parent: JsonObject, run: Run): void {
  if (element.needsValue && parent[element.key.slice(1)] === undefined) {
    run.reportAt([element.step], 'code-missing', `No code provided for ${element.step}`)
  }
  if (element.isArray) checkArray(element, value, parent, run)
  else if (Array.isArray(value)) {
    const many = `The property ${element.key} must be a single value, not an array`
    run.reportAt([element.step], 'must-not-be-array', many)
  } else if (element.kind === 'primitive') {
    const { extra } = element
    if (!element.primitive!.test(value)) {
      run.path.push(element.step)
      reportPrimitive(element, value, parent[`_${element.key}`], run)
      run.path.pop()
    } else if (extra.length > 0 || element.primitive!.written !== undefined) {
      run.path.push(element.step)
      checkWritten(element, parent, element.key, run)
      for (const check of extra) check(value, run)
      run.path.pop()
    }
  } else {
    run.path.push(element.step)
    checkComplex(element, value, run)
    if (element.kind === 'sibling') checkSiblingContent(value, parent[element.key.slice(1)], run)
    run.path.pop()
  }
}

function checkArray(element: ElementShape, value: JsonValue, parent: JsonObject, run: Run): void {
  run.path.push(element.step)
  if (!Array.isArray(value)) {
    const found = isObject(value) ? 'an object' : 'a single value'
    run.report('must-be-array', `The property ${element.key} must be a JSON array, not ${found}`)
    if (element.kind !== 'primitive' && isObject(value)) checkComplex(element, value, run)
  } else if (value.length === 0) {
    run.report('empty-array', `The array ${element.key} has no items`)
  } else {
    run.path.push(0)
    const at = run.path.length - 1
    for (let index = 0; index < value.length; index++) {
      run.path[at] = index
      checkItem(element, value, index, parent, run)
    }
    run.path.pop()
  }
  run.path.pop()
}

function checkItem(
  element: ElementShape,
  values: readonly JsonValue[],
  index: number,
  parent: JsonObject,
  run: Run,
): void {
  const value = values[index]!
  if (element.kind === 'complex' || element.kind === 'resource') checkComplex(element, value, run)
  else if (element.kind === 'sibling') {
    // A null keeps the place of a value that has no id or extensions.
    if (value !== null) {
      const values = parent[element.key.slice(1)]
      checkComplex(element, value, run)
      checkSiblingContent(value, Array.isArray(values) ? values[index] : undefined, run)
    } else if (!hasCounterpart(parent[element.key.slice(1)], index)) reportNoValue(element, run)
  } else if (value === null) {
    if (!hasCounterpart(parent[`_${element.key}`], index)) reportNoValue(element, run)
    else if (element.extra.length > 0) for (const check of element.extra) check(value, run)
  } else if (!element.primitive!.test(value)) {
    const siblings = parent[`_${element.key}`]
    reportPrimitive(element, value, Array.isArray(siblings) ? siblings[index] : undefined, run)
  } else {
    checkWritten(element, values, index, run)
    for (const check of element.extra) check(value, run)
  }
}

/** R4 datatypes.html#integer gives the digits: 1.0 and 1e0 have the value of an integer only. */
function checkWritten(
  { primitive, type }: ElementShape,
  holder: object,
  key: string | number,
  run: Run,
): void {
  if (primitive?.written === undefined) return
  const text = decimalText(holder, key)
  if (!primitive.written.test(text)) run.report('primitive-format', explain(type, text))
}

function hasCounterpart(others: JsonValue | undefined, index: number): boolean {
  return Array.isArray(others) && others[index] !== null && others[index] !== undefined
}

function reportNoValue(element: ElementShape, run: Run): void {
  run.report('null-value', `The array ${element.key} has an item without value or extension`)
}

function checkComplex(element: ElementShape, value: JsonValue, run: Run): void {
  if (!isObject(value)) {
    const rule = value === null ? 'null-value' : 'must-be-object'
    const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : 'a simple value'
    run.report(rule, `The property ${element.key} must be an object, not ${found}`)
    return
  }
  if (element.kind === 'resource') {
    element.checkResource(value, run)
    return
  }
  checkObject(element.shape(), value, run)
  for (const check of element.extra) check(value, run)
}
