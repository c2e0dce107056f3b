/**
 * The elements of a StructureDefinition as a tree, for walking and completing; flat lists go in and
 * out. R4 elementdefinition.html#id says how ids name slices.
 */
import type { JsonObject } from '../fhir/resource.ts'

export interface ElementNode {
  /** The last segment of the path: `identifier`, `value[x]`. */
  readonly name: string
  /** `a`, or `a/b` for a slice of slice `a`; undefined for an element that is no slice. */
  readonly sliceName: string | undefined
  element: JsonObject
  children: ElementNode[]
  /** Slices and their slices, in order; a slice itself has none. */
  slices: ElementNode[]
}

/** Builds the tree of a snapshot; undefined when there are no elements. */
export function toTree(elements: readonly JsonObject[]): ElementNode | undefined {
  const [first, ...rest] = elements
  if (!first) return undefined
  const root = newNode(lastName(first), undefined, first)
  const open = [root]
  for (const element of rest) {
    const depth = String(element.path).split('.').length - 1
    const parent = open[depth - 1]
    if (!parent) continue
    const node = newNode(lastName(element), sliceNameOf(element), element)
    const sliced = node.sliceName === undefined ? undefined : findChild(parent, node.name)
    ;(sliced?.slices ?? parent.children).push(node)
    open.length = depth
    open[depth] = node
  }
  return root
}

function newNode(name: string, sliceName: string | undefined, element: JsonObject): ElementNode {
  return { name, sliceName, element, children: [], slices: [] }
}

function lastName({ path }: JsonObject): string {
  return String(path).slice(String(path).lastIndexOf('.') + 1)
}

function sliceNameOf({ sliceName }: JsonObject): string | undefined {
  return typeof sliceName === 'string' ? sliceName : undefined
}

export function findChild(parent: ElementNode, name: string): ElementNode | undefined {
  return parent.children.find((child) => child.name === name)
}

/** The tree as a flat list, each element with the id and path of its place. */
export function flatten(root: ElementNode): JsonObject[] {
  const elements: JsonObject[] = []
  const visit = (node: ElementNode, parentId: string, parentPath: string) => {
    const path = parentPath + node.name
    const id = parentId + node.name + (node.sliceName === undefined ? '' : `:${node.sliceName}`)
    elements.push({ ...node.element, id, path })
    for (const child of node.children) visit(child, `${id}.`, `${path}.`)
    for (const slice of node.slices) visit(slice, parentId, parentPath)
  }
  visit(root, '', '')
  return elements
}

/** A copy that shares elements, which are replaced and never changed. */
export function cloneNode(node: ElementNode): ElementNode {
  return {
    ...node,
    children: node.children.map(cloneNode),
    slices: node.slices.map(cloneNode),
  }
}
