/**
 * Compiles what a profile adds to its base type. The base type's own rules are checked once by its
 * shape, so an element that the profile leaves as it is costs nothing here.
 */
import type { JsonObject } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import { bindingChecks, valueSetCheck } from './bindings.ts'
import type { ElementDefinition } from './element-definition.ts'
import { constraintChecks, type InvariantCheck } from './invariants.ts'
import { typeCheck, valueRules } from './item-checks.ts'
import type { ItemCheck } from './profile-check.ts'
import { holdersOf, itemsOf, type Holder } from './profile-items.ts'
import { nodeAt, type ProfileNode } from './profile-tree.ts'
import { scopeAround } from './resource-scope.ts'
import type { Run } from './run.ts'
import type { ValueCheck } from './shape.ts'
import { checkSlices, type CompiledSlicing, type PlacedItem } from './slicing.ts'
import { compileSlicing } from './slice-compiler.ts'
import { sourceOf, type ProfileContext } from './profile-context.ts'
import { targetChecks, typeProfileChecks } from './type-profiles.ts'

export function compileProfile(context: ProfileContext, type: string): ItemCheck[] {
  return nodeChecks(context.root, [type], context)
}

/** What the profile states of each repetition of an element, and of what is inside it. */
export function nodeChecks(
  node: ProfileNode,
  types: readonly string[],
  context: ProfileContext,
): ItemCheck[] {
  const { definition } = node
  const base = context.sources.baseElement(definition.basePath ?? definition.path)
  return [
    ...typeChecks(definition, base, context),
    ...valueRules(definition, base),
    ...boundCodeChecks(definition, base, context),
    ...typeProfileChecks(definition, base, context),
    ...targetChecks(definition, base, context),
    ...childChecks(node, types, context),
    ...invariantChecks(definition, base, types, context),
  ]
}

function typeChecks(
  { types, name }: ElementDefinition,
  base: ElementDefinition | undefined,
  { sources, canonical }: ProfileContext,
): ItemCheck[] {
  const codes = types.map(({ code }) => code)
  if (codes.length === 0 || codes.includes('Resource')) return []
  const isOpen = name.endsWith('[x]') || base?.types.some(({ code }) => code === 'Resource')
  if (!isOpen || codes.length === base?.types.length) {
    const isNarrowed = base?.types.some(({ code }) => code === 'Resource')
    if (!isNarrowed) return []
  }
  return [typeCheck(codes, sources.isSubtype, canonical)]
}

function boundCodeChecks(
  definition: ElementDefinition,
  base: ElementDefinition | undefined,
  { sources, package: from }: ProfileContext,
): ItemCheck[] {
  const { binding, additionalBindings } = definition
  const context = { terminology: sources.terminology, package: from }
  const isNew =
    binding !== undefined &&
    (base?.binding?.valueSet !== binding.valueSet || base.binding.strength !== binding.strength)
  const byType = new Map<string, readonly ValueCheck[]>()
  const checksFor = (type: string): readonly ValueCheck[] => {
    let checks = byType.get(type)
    if (!checks) {
      checks = [
        ...(isNew ? bindingChecks(binding, type, context) : []),
        ...additionalBindings.flatMap(({ purpose, valueSet }) =>
          purpose === 'required' || purpose === 'maximum'
            ? [valueSetCheck(valueSet, 'required-binding', type, context)]
            : purpose === 'extensible'
              ? [valueSetCheck(valueSet, 'extensible-binding', type, context)]
              : [],
        ),
      ]
      byType.set(type, checks)
    }
    return checks
  }
  if (!isNew && additionalBindings.length === 0) return []
  return [
    ({ value, type }, run) => {
      if (value === undefined || !bindable.has(type)) return
      for (const check of checksFor(type)) check(value, run)
    },
  ]
}

const bindable = new Set(
  'code Coding CodeableConcept Quantity Age Count Distance Duration SimpleQuantity string uri url canonical'.split(
    ' ',
  ),
)

function invariantChecks(
  definition: ElementDefinition,
  base: ElementDefinition | undefined,
  types: readonly string[],
  { sources, canonical }: ProfileContext,
): ItemCheck[] {
  const known = new Set((base?.constraints ?? []).map(({ key }) => key))
  for (const type of types) {
    for (const { key } of sources.baseElement(type)?.constraints ?? []) known.add(key)
  }
  if (definition.constraints.every(({ key }) => known.has(key))) return []
  const byType = new Map<string, readonly InvariantCheck[]>()
  return [
    ({ value, type }, run) => {
      if (value === undefined) return
      const name = isResource(value) ? value.resourceType : type
      let checks = byType.get(name)
      if (!checks) {
        const compile = sources.compileInvariant
        checks = constraintChecks(definition.constraints, known, {
          type: name,
          profile: canonical,
          compile,
        })
        byType.set(name, checks)
      }
      for (const check of checks) check(value, run)
    },
  ]
}

type GroupCheck = (parent: JsonObject, run: Run) => void

function childChecks(
  node: ProfileNode,
  types: readonly string[],
  context: ProfileContext,
): ItemCheck[] {
  const { contentReference } = node.definition
  if (contentReference !== undefined && node.children.length === 0) {
    return referencedChildren(contentReference, types, context)
  }
  const groups = node.children.flatMap((child) => compileGroup(child, types, context))
  if (groups.length === 0) return []
  return [
    ({ value, sibling }, run) => {
      const parent = isObject(value) ? value : (sibling ?? {})
      run.spend(groups.length)
      // What is inside a contained resource or an entry is seen from there.
      scopeAround(parent, run, () => {
        for (const group of groups) group(parent, run)
      })
    },
  ]
}

/** `Questionnaire.item.item` follows what the profile states of `Questionnaire.item`. */
function referencedChildren(
  path: string,
  types: readonly string[],
  context: ProfileContext,
): ItemCheck[] {
  const target = nodeAt(context.root, path)
  if (!target) return []
  let checks: ItemCheck[] | undefined
  return [
    (item, run) => {
      checks ??= childChecks(target, types, context)
      for (const check of checks) check(item, run)
    },
  ]
}

function compileGroup(
  child: ProfileNode,
  parentTypes: readonly string[],
  context: ProfileContext,
): GroupCheck[] {
  const { definition } = child
  const holders = holdersOf(definition.name, parentTypes, context.sources.registry)
  if (holders.length === 0) return []
  const base = context.sources.baseElement(definition.basePath ?? definition.path)
  const types = typesOfItems(definition, holders)
  const bounds = {
    min: definition.min > (base?.min ?? 0) ? definition.min : 0,
    max: definition.max < (base?.max ?? Number.POSITIVE_INFINITY) ? definition.max : undefined,
  }
  const checks = nodeChecks(child, types, context)
  const slicing = compileSlicing(child, types, context, nodeChecks)
  const isIdle = bounds.min === 0 && bounds.max === undefined && checks.length === 0 && !slicing
  return isIdle ? [] : [groupCheck({ definition, holders, bounds, checks, slicing, context })]
}

function typesOfItems(definition: ElementDefinition, holders: readonly Holder[]): string[] {
  const codes = definition.types.map(({ code }) => code)
  if (holders.some(({ type }) => type === 'Resource')) return codes
  const types = new Set(holders.map(({ type }) => type))
  return [...types].filter(
    (type) => type.includes('.') || codes.length === 0 || codes.includes(type),
  )
}

/** Deeper than the base type's checks go, and they say so. */
const STEPS_MAX = 400

interface Group {
  readonly definition: ElementDefinition
  readonly holders: readonly Holder[]
  readonly bounds: { readonly min: number; readonly max: number | undefined }
  readonly checks: readonly ItemCheck[]
  readonly slicing: CompiledSlicing | undefined
  readonly context: ProfileContext
}

function groupCheck(group: Group): GroupCheck {
  const { holders, checks, slicing } = group
  const source = sourceOf(group.definition, group.context)
  return (parent, run) => {
    if (run.path.length > STEPS_MAX) return
    const items = itemsOf(parent, holders)
    const outer = run.source
    run.source = source
    checkBounds(group, items, run)
    if (checks.length > 0) {
      const { path } = run
      const { length } = path
      for (const { item, steps } of items) {
        for (const step of steps) path.push(step)
        for (const check of checks) check(item, run)
        path.length = length
      }
    }
    if (slicing) checkSlices(slicing, items, run)
    run.source = outer
  }
}

function checkBounds(
  { definition, bounds, context }: Group,
  items: readonly PlacedItem[],
  run: Run,
): void {
  const { min, max } = bounds
  const { path } = definition
  const count = items.length
  if (count < min) {
    const found = `but only found ${count} (from ${context.canonical})`
    run.reportOf('min-cardinality', path, `${path}: minimum required = ${min}, ${found}`)
  }
  if (max !== undefined && count > max) {
    const excess = `max allowed = ${max}, but found ${count} (from ${context.canonical})`
    // At the first that is too many.
    run.at(items[max]!.steps, () => run.reportOf('max-cardinality', path, `${path}: ${excess}`))
  }
}
