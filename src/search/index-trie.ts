/**
 * All paths of a type's search parameters as one tree, so that each element is visited once. Where a
 * path ends, sinks turn the element into entries.
 */
import { isObject } from '../fhir/resource.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import type { IndexOutput } from './index-output.ts'

/** Takes an element (never null) and adds its entries. */
export type Sink = (value: JsonValue, output: IndexOutput) => void

export interface TrieNode {
  /** The property in JSON that leads here. */
  readonly name: string
  sinks: Sink[]
  children: TrieNode[]
  filters: TrieFilter[]
}

export interface TrieFilter {
  /** Equal keys mean the same test. */
  readonly key: string
  readonly test: (element: JsonObject, output: IndexOutput) => boolean
  readonly node: TrieNode
}

export function createNode(name: string): TrieNode {
  return { name, sinks: [], children: [], filters: [] }
}

export function childOf(node: TrieNode, name: string): TrieNode {
  let child = node.children.find((candidate) => candidate.name === name)
  if (!child) node.children.push((child = createNode(name)))
  return child
}

export function filterOf(node: TrieNode, key: string, test: TrieFilter['test']): TrieNode {
  let filter = node.filters.find((candidate) => candidate.key === key)
  if (!filter) node.filters.push((filter = { key, test, node: createNode(node.name) }))
  return filter.node
}

/** Takes away branches without sinks; true when nothing is left. */
export function prune(node: TrieNode): boolean {
  node.children = node.children.filter((child) => !prune(child))
  node.filters = node.filters.filter((filter) => !prune(filter.node))
  return node.sinks.length === 0 && node.children.length === 0 && node.filters.length === 0
}

/** Above this many children, the element's own keys are looked up instead of all children. */
const CHILDREN_TRIED_MAX = 12

/** A node ready to be walked. */
export interface Walker {
  readonly name: string
  readonly sinks: readonly Sink[]
  readonly children: readonly Walker[]
  readonly byName: ReadonlyMap<string, Walker> | undefined
  readonly filters: readonly { readonly test: TrieFilter['test']; readonly walker: Walker }[]
  readonly hasInner: boolean
}

export function toWalker({ name, sinks, children, filters }: TrieNode): Walker {
  const walkers = children.map(toWalker)
  const isWide = walkers.length > CHILDREN_TRIED_MAX
  return {
    name,
    sinks,
    children: walkers,
    byName: isWide ? new Map(walkers.map((walker) => [walker.name, walker])) : undefined,
    filters: filters.map(({ test, node }) => ({ test, walker: toWalker(node) })),
    hasInner: walkers.length > 0 || filters.length > 0,
  }
}

/** Visits one element and all below it that a path reaches. */
export function walk(walker: Walker, value: JsonValue, output: IndexOutput): void {
  const { sinks, filters } = walker
  for (let i = 0; i < sinks.length; i++) sinks[i]!(value, output)
  if (!walker.hasInner || !isObject(value)) return
  for (let i = 0; i < filters.length; i++) {
    const { test, walker: filtered } = filters[i]!
    if (test(value, output)) walk(filtered, value, output)
  }
  walkChildren(walker, value, output)
}

function walkChildren(walker: Walker, element: JsonObject, output: IndexOutput): void {
  const { children, byName } = walker
  if (byName) {
    for (const key in element) {
      const child = byName.get(key)
      if (child) walkEach(child, element[key]!, output)
    }
    return
  }
  for (let i = 0; i < children.length; i++) {
    const value = element[children[i]!.name]
    if (value !== undefined) walkEach(children[i]!, value, output)
  }
}

function walkEach(walker: Walker, value: JsonValue, output: IndexOutput): void {
  if (!Array.isArray(value)) {
    if (value !== null) walk(walker, value, output)
    return
  }
  for (let i = 0; i < value.length; i++) {
    if (value[i] !== null && value[i] !== undefined) walk(walker, value[i]!, output)
  }
}
