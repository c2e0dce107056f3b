/** The parts of an ElementDefinition that validation reads. R4 elementdefinition.html. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { correctedExpression, correctedStrength } from './errata.ts'

export interface ElementType {
  /** `string`, `HumanName`, `Reference`; System types are given as the FHIR type they stand for. */
  readonly code: string
  readonly profiles: readonly string[]
  readonly targetProfiles: readonly string[]
  readonly aggregation: readonly string[]
}

export interface Binding {
  readonly strength: string
  readonly valueSet: string
  /** Of the max-value-set extension: codes outside are errors. */
  readonly maxValueSet?: string
}

export interface AdditionalBinding {
  readonly purpose: string
  readonly valueSet: string
  /** Every coding-carrying repetition must satisfy it, not just one. */
  readonly isForAll: boolean
}

export interface Constraint {
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly human: string
  readonly expression: string
  readonly isBestPractice: boolean
}

export interface Discriminator {
  readonly type: string
  readonly path: string
}

export interface Slicing {
  readonly discriminators: readonly Discriminator[]
  readonly rules: string
  readonly isOrdered: boolean
}

export interface ElementDefinition {
  readonly id: string
  readonly path: string
  /** The last part of the path. */
  readonly name: string
  readonly sliceName: string | undefined
  readonly min: number
  readonly max: number
  readonly basePath: string | undefined
  readonly types: readonly ElementType[]
  readonly contentReference: string | undefined
  readonly binding: Binding | undefined
  readonly additionalBindings: readonly AdditionalBinding[]
  readonly constraints: readonly Constraint[]
  readonly slicing: Slicing | undefined
  readonly fixed: JsonValue | undefined
  readonly pattern: JsonValue | undefined
  readonly minValue: JsonValue | undefined
  readonly maxValue: JsonValue | undefined
  readonly maxLength: number | undefined
  readonly isModifier: boolean
}

const EXTENSIONS = 'http://hl7.org/fhir/StructureDefinition/'
const FHIR_TYPE = `${EXTENSIONS}structuredefinition-fhir-type`

/** The elements of a snapshot, in order; empty when there is none. */
export function readSnapshot(definition: JsonObject): ElementDefinition[] {
  const snapshot = definition.snapshot
  if (!isObject(snapshot)) return []
  return objects(snapshot.element).map(readElement)
}

export function readElement(element: JsonObject): ElementDefinition {
  const path = text(element.path) ?? ''
  return {
    id: text(element.id) ?? path,
    path,
    name: path.slice(path.lastIndexOf('.') + 1),
    sliceName: text(element.sliceName),
    min: typeof element.min === 'number' ? element.min : 0,
    max: maxOf(element.max),
    basePath: isObject(element.base) ? text(element.base.path) : undefined,
    types: objects(element.type).map(readType),
    contentReference: text(element.contentReference)?.replace(/^.*#/, ''),
    binding: readBinding(element.binding),
    additionalBindings: readAdditionalBindings(element.binding),
    constraints: objects(element.constraint).flatMap(readConstraint),
    slicing: readSlicing(element.slicing),
    fixed: choice(element, 'fixed'),
    pattern: choice(element, 'pattern'),
    minValue: choice(element, 'minValue'),
    maxValue: choice(element, 'maxValue'),
    maxLength: typeof element.maxLength === 'number' ? element.maxLength : undefined,
    isModifier: element.isModifier === true,
  }
}

function maxOf(max: JsonValue | undefined): number {
  if (max === undefined || max === '*') return Number.POSITIVE_INFINITY
  const count = Number(max)
  return Number.isInteger(count) ? count : Number.POSITIVE_INFINITY
}

function readType(type: JsonObject): ElementType {
  const code = text(type.code) ?? ''
  return {
    code: code.startsWith('http://hl7.org/fhirpath/') ? fhirTypeOf(type) : code,
    profiles: texts(type.profile),
    targetProfiles: texts(type.targetProfile),
    aggregation: texts(type.aggregation),
  }
}

function fhirTypeOf(type: JsonObject): string {
  const extension = extensionOf(type, FHIR_TYPE)
  return text(extension?.valueUrl) ?? text(extension?.valueUri) ?? 'string'
}

function readBinding(binding: JsonValue | undefined): Binding | undefined {
  if (!isObject(binding)) return undefined
  const valueSet = text(binding.valueSet)
  if (valueSet === undefined) return undefined
  const max = extensionOf(binding, `${EXTENSIONS}elementdefinition-maxValueSet`)
  const maxValueSet = text(max?.valueCanonical) ?? text(max?.valueUri)
  return {
    strength: correctedStrength(text(binding.strength) ?? 'example', valueSet),
    valueSet,
    ...(maxValueSet === undefined ? {} : { maxValueSet }),
  }
}

const ADDITIONAL_BINDING = [
  'http://hl7.org/fhir/tools/StructureDefinition/additional-binding',
  `${EXTENSIONS}additional-binding`,
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.binding.additional',
]

function readAdditionalBindings(binding: JsonValue | undefined): AdditionalBinding[] {
  if (!isObject(binding)) return []
  return objects(binding.extension)
    .filter((extension) => ADDITIONAL_BINDING.includes(text(extension.url) ?? ''))
    .flatMap((extension) => {
      const part = (url: string) => extensionOf(extension, url)
      const valueSet = text(part('valueSet')?.valueCanonical)
      if (valueSet === undefined || part('usage') !== undefined) return []
      const purpose = text(part('purpose')?.valueCode) ?? ''
      return [{ purpose, valueSet, isForAll: part('any')?.valueBoolean !== true }]
    })
}

function readConstraint(constraint: JsonObject): Constraint[] {
  const key = text(constraint.key)
  const expression = text(constraint.expression)
  if (key === undefined || expression === undefined) return []
  const bestPractice = extensionOf(constraint, `${EXTENSIONS}elementdefinition-bestpractice`)
  return [
    {
      key,
      severity: constraint.severity === 'warning' ? 'warning' : 'error',
      human: text(constraint.human) ?? '',
      expression: correctedExpression(expression),
      isBestPractice: bestPractice?.valueBoolean === true,
    },
  ]
}

function readSlicing(slicing: JsonValue | undefined): Slicing | undefined {
  if (!isObject(slicing)) return undefined
  return {
    discriminators: objects(slicing.discriminator).map((discriminator) => ({
      type: text(discriminator.type) ?? '',
      path: text(discriminator.path) ?? '$this',
    })),
    rules: text(slicing.rules) ?? 'open',
    isOrdered: slicing.ordered === true,
  }
}

/** The value of `fixed[x]` and the like. */
function choice(element: JsonObject, prefix: string): JsonValue | undefined {
  for (const key in element) {
    if (key.startsWith(prefix) && /^[A-Z]/.test(key.slice(prefix.length))) return element[key]
  }
  return undefined
}

export function extensionOf(element: JsonObject, url: string): JsonObject | undefined {
  return objects(element.extension).find((extension) => extension.url === url)
}

export function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

export function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
