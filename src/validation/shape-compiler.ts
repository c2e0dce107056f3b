/** Compiles the snapshots of R4 types into shapes, each at its first use. */
import type { Registry } from '../conformance/registry.ts'
import { isObject } from '../fhir/resource.ts'
import { checkSimpleQuantity } from './data-type-checks.ts'
import { bindingChecks, type BindingContext } from './bindings.ts'
import { readSnapshot, type ElementDefinition, type ElementType } from './element-definition.ts'
import { constraintChecks, keysOf, type CompileInvariant } from './invariants.ts'
import { primitiveTypes } from './primitives.ts'
import { referenceTargets } from './references.ts'
import type { ObjectCheck } from './run.ts'
import type { ElementShape, Shape, ValueCheck } from './shape.ts'
import { checkElementId, valueChecks } from './value-checks.ts'

const SIMPLE_QUANTITY = 'http://hl7.org/fhir/StructureDefinition/SimpleQuantity'

const simpleQuantity: ValueCheck = (value, run) => {
  if (isObject(value)) checkSimpleQuantity(value, run)
}

export interface ShapeSources {
  readonly registry: Registry
  readonly binding: BindingContext
  readonly compileInvariant: CompileInvariant
  /** By type name: the checks in code that the snapshot cannot state. */
  readonly specials: (type: string) => ObjectCheck | undefined
  readonly checkContained: ValueCheck
  readonly checkInner: ValueCheck
}

/** Finds the shape of `Patient`, `HumanName` or `Patient.contact`; undefined: no such type. */
export type ShapeLookup = (name: string) => Shape | undefined

export function createShapes(sources: ShapeSources): ShapeLookup {
  const shapes = new Map<string, Shape>()
  const definitions = new Map<string, readonly ElementDefinition[]>()

  function elementsOf(type: string): readonly ElementDefinition[] {
    let elements = definitions.get(type)
    if (!elements) {
      const definition = sources.registry.typeDefinition(type)
      elements = definition ? readSnapshot(definition) : []
      definitions.set(type, elements)
    }
    return elements
  }

  return function shape(name: string): Shape | undefined {
    const known = shapes.get(name)
    if (known) return known
    const elements = elementsOf(name.split('.')[0]!)
    const root = elements.find(({ path }) => path === name)
    if (!root) return undefined
    const compiled = compileShape(root, elements, { sources, elementsOf, shape })
    shapes.set(name, compiled)
    return compiled
  }
}

interface CompileContext {
  readonly sources: ShapeSources
  readonly elementsOf: (type: string) => readonly ElementDefinition[]
  readonly shape: ShapeLookup
}

function compileShape(
  root: ElementDefinition,
  all: readonly ElementDefinition[],
  context: CompileContext,
): Shape {
  const name = root.path
  const { compileInvariant, specials } = context.sources
  const elements = new Map<string, ElementShape>()
  const required: { name: string; bit: number }[] = []
  let nextBit = 1
  let requiredBits = 0
  for (const definition of all) {
    const isChild = definition.path === `${name}.${definition.name}`
    if (!isChild || definition.max === 0) continue
    const isMarked = definition.min > 0 || definition.name.endsWith('[x]')
    const bit = isMarked ? nextBit : 0
    if (isMarked) nextBit <<= 1
    if (definition.min > 0) {
      requiredBits |= bit
      required.push({ name: definition.name, bit })
    }
    for (const element of elementShapes(definition, bit, context)) {
      elements.set(element.key, element)
    }
  }
  return {
    name,
    elements,
    required,
    requiredBits,
    invariants: constraintChecks(root.constraints, new Set(), {
      type: name,
      compile: compileInvariant,
    }),
    special: specials(name),
  }
}

function elementShapes(
  definition: ElementDefinition,
  bit: number,
  context: CompileContext,
): ElementShape[] {
  const { contentReference, types, name } = definition
  if (contentReference !== undefined) {
    return [complexShape(definition, contentReference, { key: name, bit, context, extra: [] })]
  }
  const isChoice = name.endsWith('[x]')
  return types.flatMap((type) => {
    const key = isChoice ? choiceKey(name, type.code) : name
    return typedShapes(definition, type, { key, bit, context })
  })
}

export function choiceKey(name: string, type: string): string {
  return name.slice(0, -3) + type[0]!.toUpperCase() + type.slice(1)
}

interface Placement {
  readonly key: string
  readonly bit: number
  readonly context: CompileContext
}

function typedShapes(
  definition: ElementDefinition,
  type: ElementType,
  placement: Placement,
): ElementShape[] {
  const { sources, elementsOf } = placement.context
  // The id of a resource is an `id`, of an element any text.
  const isResourceId = definition.basePath === 'Resource.id'
  const code = isResourceId ? 'id' : type.code
  const isBackbone = code === 'BackboneElement' || code === 'Element'
  const typeName = isBackbone ? definition.path : code
  const root = elementsOf(typeName.split('.')[0]!)[0]
  const known = isBackbone ? keysOf(definition.constraints) : keysOf(root?.constraints)
  const extra: ValueCheck[] = [
    ...(definition.binding ? bindingChecks(definition.binding, code, sources.binding) : []),
    ...constraintChecks(definition.constraints, known, {
      type: typeName,
      compile: sources.compileInvariant,
    }),
    ...(code === 'Reference' ? referenceTargets(type.targetProfiles, sources.registry) : []),
    ...(definition.basePath === 'Element.id' ? [checkElementId] : valueChecks(code)),
    ...(type.profiles.includes(SIMPLE_QUANTITY) ? [simpleQuantity] : []),
  ]
  const primitive = primitiveTypes.get(code)
  if (!primitive) return [complexShape(definition, typeName, { ...placement, extra })]
  return primitiveShapes(definition, code, { ...placement, extra })
}

interface ExtraPlacement extends Placement {
  readonly extra: readonly ValueCheck[]
}

function complexShape(
  definition: ElementDefinition,
  type: string,
  { key, bit, context, extra }: ExtraPlacement,
): ElementShape {
  const { sources } = context
  const isContained = definition.name === 'contained'
  return {
    ...placed(definition, key, bit),
    type,
    kind: type === 'Resource' ? 'resource' : 'complex',
    primitive: undefined,
    shape: lazyShape(type, context),
    extra,
    checkResource: isContained ? sources.checkContained : sources.checkInner,
    needsValue: false,
  }
}

/** Attributes in XML, so without id and extensions, as XHTML is. R4 json.html, narrative.html. */
const bareValues = new Set(['Element.id', 'Extension.url'])

/** The value under its name, and its id and extensions under `_name`. */
function primitiveShapes(
  definition: ElementDefinition,
  code: string,
  { key, bit, context, extra }: ExtraPlacement,
): ElementShape[] {
  const value: ElementShape = {
    ...placed(definition, key, bit),
    type: code,
    kind: 'primitive',
    primitive: primitiveTypes.get(code),
    shape: lazyShape('Element', context),
    extra,
    checkResource: context.sources.checkInner,
    needsValue: false,
  }
  if (code === 'xhtml' || bareValues.has(definition.basePath ?? '')) return [value]
  const needsValue = code === 'code' && definition.binding?.strength === 'required'
  return [value, { ...value, key: `_${key}`, kind: 'sibling', extra: [], needsValue }]
}

function placed(definition: ElementDefinition, key: string, bit: number) {
  const isChoice = definition.name.endsWith('[x]')
  const step = isChoice ? definition.name.slice(0, -3) : definition.name
  return { key, step, bit, isArray: definition.max > 1, isChoice }
}

function lazyShape(type: string, { shape }: CompileContext): () => Shape {
  let found: Shape | undefined
  return () => (found ??= shape(type) ?? emptyShape)
}

const emptyShape: Shape = {
  name: 'Element',
  elements: new Map(),
  required: [],
  requiredBits: 0,
  invariants: [],
  special: undefined,
}
