/**
 * Completes a profile: applies its differential to the snapshot of its base, opening datatypes,
 * profiles on types, slices and content references on the way.
 * R4 profiling.html#snapshot, elementdefinition.html#id.
 */
import { isObject, type JsonObject, type JsonValue } from '../fhir/resource.ts'
import { cloneNode, findChild, flatten, toTree, type ElementNode } from './element-tree.ts'
import { mergeElement } from './merge-element.ts'

export interface SnapshotSource {
  /** The snapshot elements behind a canonical; undefined when it is not loaded. */
  snapshotOf(canonical: string): readonly JsonObject[] | undefined
  /** The snapshot elements of an R4 type. */
  typeSnapshot(type: string): readonly JsonObject[] | undefined
}

export interface Snapshot {
  readonly elements: readonly JsonObject[]
  /** Differential elements that have no place in the base, and types that could not be opened. */
  readonly problems: readonly string[]
}

interface Walk {
  readonly source: SnapshotSource
  readonly profileUrl: string
  readonly root: ElementNode
  readonly problems: string[]
  readonly newSlices: Set<ElementNode>
  /** The names, such as `valueQuantity`, by which the differential speaks of a choice. */
  readonly namedChoices: Map<ElementNode, Set<string>>
}

/** Undefined when the base has no snapshot. */
export function generateSnapshot(
  definition: JsonObject,
  source: SnapshotSource,
): Snapshot | undefined {
  const base = source.snapshotOf(String(definition.baseDefinition))
  const root = base && toTree(base)
  if (!root) return undefined
  const walk: Walk = {
    source,
    profileUrl: String(definition.url),
    root: cloneNode(root),
    problems: [],
    newSlices: new Set(),
    namedChoices: new Map(),
  }
  for (const element of differentialOf(definition)) applyElement(walk, element)
  finishChoices(walk)
  return { elements: flatten(walk.root), problems: walk.problems }
}

function differentialOf({ differential }: JsonObject): JsonObject[] {
  return isObject(differential) ? listOf(differential.element) : []
}

function applyElement(walk: Walk, element: JsonObject): void {
  const node = locate(walk, element)
  if (!node) {
    walk.problems.push(`${idOf(element)} has no place in the base`)
    return
  }
  node.element = mergeElement(node.element, element, walk.profileUrl)
  // What a profile on the type says of a slice takes the place of what the type itself says.
  const isProfiled = profilesOf(listOf(element.type)).length > 0
  if ((isProfiled && walk.newSlices.has(node)) || node.element.max === '0') node.children = []
}

function idOf({ id, path }: JsonObject): string {
  return typeof id === 'string' ? id : String(path)
}

interface Step {
  readonly name: string
  readonly slice?: string
}

/** The way to an element: by its id, or by path and slice name where the id does not fit. */
function stepsOf(element: JsonObject): Step[] {
  const names = String(element.path).split('.')
  const tokens = idOf(element).split('.')
  const useId = tokens.length === names.length
  return names.map((name, index) => {
    const colon = useId ? tokens[index]!.indexOf(':') : -1
    const isLast = index === names.length - 1
    if (colon >= 0) return { name, slice: tokens[index]!.slice(colon + 1) }
    return isLast && typeof element.sliceName === 'string'
      ? { name, slice: element.sliceName }
      : { name }
  })
}

/** Finds the node that an element of the differential speaks of; makes slices on the way. */
function locate(walk: Walk, element: JsonObject): ElementNode | undefined {
  let node: ElementNode | undefined = walk.root
  for (const step of stepsOf(element).slice(1)) {
    openNode(walk, node)
    node = stepInto(walk, node, step)
    if (!node) return undefined
  }
  return node
}

function stepInto(walk: Walk, parent: ElementNode, { name, slice }: Step): ElementNode | undefined {
  const child = findChild(parent, name)
  if (child) return slice === undefined ? child : findOrMakeSlice(walk, child, slice)
  const choice = parent.children.find((other) => choiceType(other, name))
  if (!choice) return undefined
  if (slice === undefined) restrictChoice(walk, choice, name)
  return findOrMakeSlice(walk, choice, slice ?? name)
}

/** The type of a choice that a name stands for: Quantity, for `valueQuantity` of `value[x]`. */
function choiceType(choice: ElementNode, name: string): JsonObject | undefined {
  if (!choice.name.endsWith('[x]')) return undefined
  const stem = choice.name.slice(0, -3)
  return listOf(choice.element.type).find(({ code }) => name === stem + capitalize(String(code)))
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** A differential that says `valueQuantity` for `value[x]` leaves only the types that it names. */
function restrictChoice(walk: Walk, choice: ElementNode, name: string): void {
  if (choice.slices.some(({ sliceName }) => sliceName === name)) return
  const kept = walk.namedChoices.get(choice) ?? new Set()
  walk.namedChoices.set(choice, kept.add(name))
  impliedSlicing(choice)
  const slicing = { ...(choice.element.slicing as JsonObject), rules: 'closed' }
  choice.element = { ...choice.element, slicing }
}

/** Done last, because each name needs the types of the base. */
function finishChoices({ namedChoices }: Walk): void {
  for (const [choice, names] of namedChoices) {
    const types = [...names].map((name) => choiceType(choice, name)).filter((type) => type)
    choice.element = { ...choice.element, type: types as JsonObject[] }
  }
}

function findOrMakeSlice(walk: Walk, sliced: ElementNode, sliceName: string): ElementNode {
  const known = sliced.slices.find((slice) => slice.sliceName === sliceName)
  if (known) return known
  const parentName = sliceName.slice(0, Math.max(0, sliceName.lastIndexOf('/')))
  const parent = sliced.slices.find((slice) => slice.sliceName === parentName) ?? sliced
  if (parent === sliced) impliedSlicing(sliced)
  const slice = makeSlice(parent, sliceName)
  walk.newSlices.add(slice)
  insertSlice(sliced, slice, parentName)
  return slice
}

/** A slice of a slice comes after its siblings, before the next slice. */
function insertSlice(sliced: ElementNode, slice: ElementNode, parentName: string): void {
  const last = sliced.slices.findLastIndex(
    ({ sliceName }) => sliceName === parentName || sliceName?.startsWith(`${parentName}/`),
  )
  if (parentName === '' || last < 0) sliced.slices.push(slice)
  else sliced.slices.splice(last + 1, 0, slice)
}

function makeSlice(parent: ElementNode, sliceName: string): ElementNode {
  const { slicing: _, ...element } = parent.element
  const type = choiceType(parent, sliceName)
  return {
    ...cloneNode({ ...parent, slices: [] }),
    sliceName,
    element: { ...element, sliceName, min: 0, ...(type ? { type: [type] } : {}) },
  }
}

/** Extensions are always sliced by url, choices by type, whether the differential says so or not. */
function impliedSlicing(node: ElementNode): void {
  const isExtension = node.name === 'extension' || node.name === 'modifierExtension'
  if (!isExtension && !node.name.endsWith('[x]')) return
  const discriminator = isExtension
    ? { type: 'value', path: 'url' }
    : { type: 'type', path: '$this' }
  const known = node.element.slicing
  if (isObject(known) && known.discriminator) return
  const slicing = { discriminator: [discriminator], ordered: false, rules: 'open' }
  node.element = { ...node.element, slicing: isObject(known) ? { ...slicing, ...known } : slicing }
}

/** Gives a node its children, from its type, its profile or the element that it refers to. */
function openNode(walk: Walk, node: ElementNode): void {
  if (node.children.length > 0) return
  const { contentReference } = node.element
  if (typeof contentReference === 'string') {
    const target = findByPath(walk.root, contentReference.slice(contentReference.indexOf('#') + 1))
    if (target) node.children = target.children.map(cloneNode)
    return
  }
  const elements = openedElements(walk, listOf(node.element.type))
  const tree = elements && toTree(elements)
  if (tree) node.children = cloneNode(tree).children
  else walk.problems.push(`${node.name}: its type cannot be opened`)
}

function openedElements(
  { source, problems }: Walk,
  types: readonly JsonObject[],
): readonly JsonObject[] | undefined {
  const codes = new Set(types.map(({ code }) => String(code)))
  const [code] = codes
  if (code === undefined) return undefined
  if (codes.size > 1) return source.typeSnapshot('Element')
  const [profile, ...others] = profilesOf(types)
  if (profile !== undefined && others.length === 0) {
    const elements = source.snapshotOf(profile)
    if (elements) return elements
    problems.push(`${profile} is not loaded`)
  }
  return source.typeSnapshot(code)
}

function profilesOf(types: readonly JsonObject[]): string[] {
  return types.flatMap(({ profile }) => (Array.isArray(profile) ? profile.map(String) : []))
}

function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function findByPath(root: ElementNode, path: string): ElementNode | undefined {
  const names = path.split('.').slice(1)
  let node: ElementNode | undefined = root
  for (const name of names) node = node && findChild(node, name)
  return node
}
