/**
 * Reduces a conformance resource to what validation, search and terminology read; narrative,
 * documentation and publication data are left behind.
 */
import { isObject, type JsonObject, type JsonValue, type Resource } from '../fhir/resource.ts'

const COMMON_KEYS = ['resourceType', 'id', 'url', 'version', 'name', 'title', 'status']

/** The kept keys of each kind, beside the common ones. A kind without a row is not loaded. */
const KEPT_KEYS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    StructureDefinition: [
      'kind',
      'abstract',
      'type',
      'baseDefinition',
      'derivation',
      'context',
      'contextInvariant',
      'snapshot',
      'differential',
    ],
    ValueSet: ['immutable', 'compose', 'expansion'],
    CodeSystem: [
      'identifier',
      'caseSensitive',
      'valueSet',
      'hierarchyMeaning',
      'compositional',
      'versionNeeded',
      'content',
      'supplements',
      'count',
      'filter',
      'property',
      'concept',
    ],
    SearchParameter: [
      'derivedFrom',
      'code',
      'base',
      'type',
      'expression',
      'target',
      'multipleOr',
      'multipleAnd',
      'comparator',
      'modifier',
      'chain',
      'component',
    ],
    ConceptMap: [
      'identifier',
      'sourceUri',
      'sourceCanonical',
      'targetUri',
      'targetCanonical',
      'group',
    ],
    OperationDefinition: [
      'kind',
      'affectsState',
      'code',
      'base',
      'resource',
      'system',
      'type',
      'instance',
      'inputProfile',
      'outputProfile',
      'parameter',
      'overload',
    ],
    CompartmentDefinition: ['code', 'search', 'resource'],
    NamingSystem: ['kind', 'date', 'uniqueId'],
  }),
)

const ELEMENT_KEYS = new Set([
  'id',
  'path',
  'representation',
  'sliceName',
  'sliceIsConstraining',
  'slicing',
  'min',
  'max',
  'base',
  'contentReference',
  'type',
  'maxLength',
  'condition',
  'constraint',
  'mustSupport',
  'isModifier',
  'isSummary',
  'binding',
])
const VALUE_KEY = /^_?(?:fixed|pattern|minValue|maxValue)[A-Z]/
const EXTENSIONS = 'http://hl7.org/fhir/StructureDefinition/'
const KEPT_EXTENSIONS = new Set(
  [
    'elementdefinition-maxValueSet',
    'elementdefinition-minValueSet',
    'elementdefinition-bestpractice',
    'structuredefinition-fhir-type',
    'regex',
  ].map((name) => EXTENSIONS + name),
)

/** A smaller copy of the definition; undefined for a kind that the server does not use. */
export function compactDefinition(resource: Resource): Resource | undefined {
  const keys = KEPT_KEYS.get(resource.resourceType)
  if (!keys) return undefined
  const compact = pick(resource, [...COMMON_KEYS, ...keys]) as Resource
  if (resource.resourceType === 'StructureDefinition') compactStructure(compact)
  if (isList(compact.concept)) compact.concept = compact.concept.map(compactConcept)
  return compact
}

function compactStructure(definition: JsonObject): void {
  if (isObject(definition.snapshot)) {
    delete definition.differential
    definition.snapshot = { element: elementsOf(definition.snapshot).map(compactSnapshotElement) }
  } else if (isObject(definition.differential)) {
    definition.differential = { element: elementsOf(definition.differential).map(compactElement) }
  }
}

function elementsOf(view: JsonObject): JsonObject[] {
  return isList(view.element) ? view.element.filter(isObject) : []
}

/** In a snapshot, where nothing is inherited any more, a false flag says what its absence says. */
function compactSnapshotElement(element: JsonObject): JsonObject {
  const compact = compactElement(element)
  for (const flag of ['isModifier', 'isSummary', 'mustSupport'])
    if (compact[flag] === false) delete compact[flag]
  return compact
}

function compactElement(element: JsonObject): JsonObject {
  const compact: JsonObject = {}
  for (const [key, value] of Object.entries(element))
    if (ELEMENT_KEYS.has(key) || VALUE_KEY.test(key)) compact[key] = value
  if (isList(compact.type)) compact.type = compact.type.map(keepUsedExtensions)
  if (isObject(compact.binding)) {
    const { description: _, ...binding } = compact.binding
    compact.binding = keepUsedExtensions(binding)
  }
  if (isList(compact.constraint)) compact.constraint = compact.constraint.map(compactConstraint)
  if (isObject(compact.slicing)) {
    const { description: _, ...slicing } = compact.slicing
    compact.slicing = slicing
  }
  return compact
}

function compactConstraint(constraint: JsonValue): JsonValue {
  if (!isObject(constraint)) return constraint
  const { xpath: _, requirements: __, ...kept } = constraint
  return keepUsedExtensions(kept)
}

function keepUsedExtensions(value: JsonValue): JsonValue {
  if (!isObject(value) || !isList(value.extension)) return value
  const { extension, ...rest } = value
  const used = (extension as JsonValue[]).filter(
    (entry) => isObject(entry) && KEPT_EXTENSIONS.has(String(entry.url)),
  )
  return used.length > 0 ? { extension: used, ...rest } : rest
}

function compactConcept(concept: JsonValue): JsonValue {
  if (!isObject(concept)) return concept
  const compact = pick(concept, ['code', 'display', 'designation', 'property', 'concept'])
  if (isList(compact.concept)) compact.concept = compact.concept.map(compactConcept)
  return compact
}

function pick(source: JsonObject, keys: readonly string[]): JsonObject {
  const picked: JsonObject = {}
  for (const key of keys) {
    const value = source[key]
    if (value !== undefined) picked[key] = value
  }
  return picked
}

function isList(value: unknown): value is JsonValue[] {
  return Array.isArray(value)
}
