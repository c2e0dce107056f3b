/** The snapshot of a profile as a tree of elements and slices. R4 profiling.html#slicing. */
import type { ElementDefinition } from './element-definition.ts'

export interface ProfileNode {
  readonly definition: ElementDefinition
  readonly children: ProfileNode[]
  readonly slices: ProfileNode[]
}

export function buildProfileTree(elements: readonly ElementDefinition[]): ProfileNode | undefined {
  const first = elements[0]
  if (!first) return undefined
  const root = newNode(first)
  const open: ProfileNode[] = [root]
  for (const definition of elements.slice(1)) {
    const depth = definition.path.split('.').length - 1
    const parent = open[depth - 1]
    if (!parent || depth < 1) continue
    const node = newNode(definition)
    place(node, parent)
    open.length = depth
    open[depth] = node
  }
  return root
}

function newNode(definition: ElementDefinition): ProfileNode {
  return { definition, children: [], slices: [] }
}

function place(node: ProfileNode, parent: ProfileNode): void {
  const { name, sliceName } = node.definition
  const head = childNamed(parent, name)
  if (!head || sliceName === undefined) {
    parent.children.push(node)
    return
  }
  const cut = sliceName.lastIndexOf('/')
  const outer = cut < 0 ? undefined : findSlice(head, sliceName.slice(0, cut))
  ;(outer ?? head).slices.push(node)
}

function findSlice(head: ProfileNode, name: string): ProfileNode | undefined {
  for (const slice of head.slices) {
    if (slice.definition.sliceName === name) return slice
    const inner = findSlice(slice, name)
    if (inner) return inner
  }
  return undefined
}

export function childNamed({ children }: ProfileNode, name: string): ProfileNode | undefined {
  return children.find(({ definition }) => definition.name === name)
}

/** The first element at a path, as content references name it. */
export function nodeAt(root: ProfileNode, path: string): ProfileNode | undefined {
  if (root.definition.path === path) return root
  for (const child of root.children) {
    const isOnTheWay =
      path === child.definition.path || path.startsWith(`${child.definition.path}.`)
    const found = isOnTheWay ? nodeAt(child, path) : undefined
    if (found) return found
  }
  return undefined
}
