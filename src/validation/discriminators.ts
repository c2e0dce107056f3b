/** What puts a repetition into a slice: value, pattern, type, profile, exists. R4 profiling.html#discriminator. */
import type { JsonValue } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import {
  evaluatePath,
  parseDiscriminatorPath,
  type PathStep,
  type PathValue,
} from './discriminator-path.ts'
import type { Discriminator } from './element-definition.ts'
import { isEqual, matchesPattern } from './pattern.ts'
import type { Item, ProfileLookup, ProfileName } from './profile-check.ts'
import { childNamed, type ProfileNode } from './profile-tree.ts'
import type { Run } from './run.ts'
import type { PackageReference } from '../conformance/registry.ts'
import type { Terminology } from '../terminology/terminology.ts'

export type ItemTest = (item: Item, run: Run) => boolean

export interface DiscriminatorSources {
  readonly profile: ProfileLookup
  readonly terminology: Terminology
  readonly package: PackageReference
  /** Whether a value (a resource or a data type) conforms to a profile. */
  readonly conforms: (value: JsonValue, name: ProfileName, run: Run) => boolean
  readonly isSubtype: (type: string, base: string) => boolean
}

/** Undefined when the slice says nothing at the discriminator's path, so that nothing can match. */
export function compileDiscriminator(
  { type, path }: Discriminator,
  slice: ProfileNode,
  sources: DiscriminatorSources,
): ItemTest | undefined {
  const steps = parseDiscriminatorPath(path)
  if (!steps) return undefined
  if (type === 'value' || type === 'pattern') return valueTest(slice, steps, sources)
  if (type === 'exists') return existsTest(slice, steps, sources)
  if (type === 'type') return typeTest(slice, steps, sources)
  if (type === 'profile') return profileTest(slice, steps, sources)
  return undefined
}

const startOf = ({ value, type }: Item): PathValue => ({ value: value ?? null, choiceType: type })

function valueTest(
  slice: ProfileNode,
  steps: readonly PathStep[],
  sources: DiscriminatorSources,
): ItemTest | undefined {
  const expectation = expectationAt(slice, steps, sources)
  if (!expectation) return undefined
  return (item, run) =>
    evaluatePath(startOf(item), steps, run).some(({ value }) => expectation(value))
}

type Expectation = (value: JsonValue) => boolean

/** Looks for a fixed or pattern value, or a required binding, at the path or on the way to it. */
function expectationAt(
  node: ProfileNode,
  steps: readonly PathStep[],
  sources: DiscriminatorSources,
  depth = 0,
): Expectation | undefined {
  const { fixed, pattern } = node.definition
  const stated = fixed ?? pattern
  if (stated !== undefined) {
    const inner = valuesIn(stated, steps)
    if (inner.length > 0) {
      const isExact = fixed !== undefined
      return (value) =>
        inner.some((wanted) => (isExact ? isEqual(value, wanted) : matchesPattern(value, wanted)))
    }
  }
  const [step, ...rest] = steps
  if (!step) return bindingExpectation(node, sources) ?? childExpectation(node)
  if (step.kind !== 'child' && step.kind !== 'extension') {
    return expectationAt(node, rest, sources, depth)
  }
  for (const next of nodesAt(node, step, sources)) {
    const found = expectationAt(next, rest, sources, depth)
    if (found) return found
  }
  if (step.kind === 'child' && step.name === 'url') return extensionUrl(node)
  return depth < 3 ? inTypeProfiles(node, steps, sources, depth) : undefined
}

/** A slice by `$this` whose children are fixed: the value must agree with all of them. */
function childExpectation(node: ProfileNode): Expectation | undefined {
  const tests = node.children.flatMap((child) => {
    const { fixed, pattern, name } = child.definition
    const stated = fixed ?? pattern
    const inner = stated === undefined ? childExpectation(child) : undefined
    if (stated === undefined && !inner) return []
    const test: Expectation = (value) => {
      const found = isObject(value) ? value[name] : undefined
      const items = Array.isArray(found) ? found : found === undefined ? [] : [found]
      return items.some((item) => (inner ? inner(item) : matchesPattern(item, stated!)))
    }
    return [test]
  })
  if (tests.length === 0) return undefined
  return (value) => tests.every((test) => test(value))
}

function valuesIn(stated: JsonValue, steps: readonly PathStep[]): JsonValue[] {
  let values: JsonValue[] = [stated]
  for (const step of steps) {
    if (step.kind !== 'child') continue
    values = values.flatMap((value) => {
      const found = isObject(value) ? value[step.name] : undefined
      return Array.isArray(found) ? found : found === undefined ? [] : [found]
    })
  }
  return values
}

function nodesAt(
  node: ProfileNode,
  step: PathStep,
  sources: DiscriminatorSources,
): readonly ProfileNode[] {
  if (step.kind === 'extension') {
    const head = childNamed(node, 'extension')
    return (head?.slices ?? []).filter((slice) => extensionUrl(slice, sources)?.(step.url))
  }
  if (step.kind !== 'child') return []
  const head = childNamed(node, step.name) ?? childNamed(node, `${step.name}[x]`)
  return head ? [head, ...head.slices] : []
}

/** The url of a sliced extension is the canonical of its profile. */
function extensionUrl(node: ProfileNode, _sources?: DiscriminatorSources): Expectation | undefined {
  const urls = node.definition.types.flatMap(({ profiles }) => profiles)
  const fixed = childNamed(node, 'url')?.definition.fixed
  if (typeof fixed === 'string') urls.push(fixed)
  if (urls.length === 0) return undefined
  const plain = new Set(urls.map((url) => url.replace(/\|.*$/, '')))
  return (value) => typeof value === 'string' && plain.has(value)
}

function inTypeProfiles(
  node: ProfileNode,
  steps: readonly PathStep[],
  sources: DiscriminatorSources,
  depth: number,
): Expectation | undefined {
  for (const { profiles, targetProfiles } of node.definition.types) {
    for (const canonical of [...profiles, ...targetProfiles]) {
      const tree = sources.profile(canonical, sources.package)?.tree()
      const found = tree && expectationAt(tree, steps, sources, depth + 1)
      if (found) return found
    }
  }
  return undefined
}

function bindingExpectation(
  { definition }: ProfileNode,
  { terminology, package: from }: DiscriminatorSources,
): Expectation | undefined {
  const { binding } = definition
  if (binding?.strength !== 'required') return undefined
  const isMember = (coding: JsonValue): boolean => {
    if (typeof coding === 'string') {
      return terminology.memberOf(binding.valueSet, { code: coding }, from) === true
    }
    if (!isObject(coding)) return false
    if (Array.isArray(coding.coding)) return coding.coding.some(isMember)
    const { system, code } = coding
    if (typeof code !== 'string' || typeof system !== 'string') return false
    return terminology.memberOf(binding.valueSet, { system, code }, from) === true
  }
  return isMember
}

function existsTest(
  slice: ProfileNode,
  steps: readonly PathStep[],
  sources: DiscriminatorSources,
): ItemTest | undefined {
  let nodes: readonly ProfileNode[] = [slice]
  for (const step of steps) {
    const next = nodes.flatMap((node) => nodesAt(node, step, sources))
    const isSaid = next.some(({ definition }) => definition.min > 0 || definition.max === 0)
    nodes = isSaid ? next : [...typeTrees(nodes, step, sources), ...next]
  }
  const definition = nodes[0]?.definition
  if (!definition) return undefined
  const exists = (item: Item, run: Run) => evaluatePath(startOf(item), steps, run).length > 0
  if (definition.max === 0) return (item, run) => !exists(item, run)
  return definition.min > 0 ? exists : () => true
}

function typeTest(
  slice: ProfileNode,
  steps: readonly PathStep[],
  sources: DiscriminatorSources,
): ItemTest | undefined {
  const allowed = typesAt(slice, steps, sources)
  if (allowed.length === 0) return undefined
  // A choice names its type: `valueCode` is no string, as a Patient is a DomainResource.
  const isAllowed = (type: string) =>
    allowed.some(
      (base) => base === type || (base.endsWith('Resource') && sources.isSubtype(type, base)),
    )
  return (item, run) => {
    if (steps.length === 0 && !isResource(item.value)) return isAllowed(item.type)
    return evaluatePath(startOf(item), steps, run).some(({ value, choiceType }) => {
      const type = isResource(value) ? value.resourceType : choiceType
      return type === undefined ? true : isAllowed(decapitalized(type, isAllowed))
    })
  }
}

/** `valueString` says String for the type string. */
function decapitalized(type: string, isKnown: (type: string) => boolean): string {
  return isKnown(type) ? type : type[0]!.toLowerCase() + type.slice(1)
}

function typesAt(
  slice: ProfileNode,
  steps: readonly PathStep[],
  sources: DiscriminatorSources,
): string[] {
  let nodes: readonly ProfileNode[] = [slice]
  let isTarget = false
  for (const step of steps) {
    if (step.kind === 'resolve') isTarget = true
    else if (step.kind === 'type') return [step.type]
    else {
      isTarget = false
      const next = nodes.flatMap((node) => nodesAt(node, step, sources))
      nodes = next.length > 0 ? next : typeTrees(nodes, step, sources)
    }
  }
  if (!isTarget) return nodes.flatMap((node) => node.definition.types.map(({ code }) => code))
  return nodes
    .flatMap((node) => node.definition.types.flatMap(({ targetProfiles }) => targetProfiles))
    .flatMap((canonical) => typeOfProfile(canonical, sources) ?? [])
}

function typeTrees(
  nodes: readonly ProfileNode[],
  step: PathStep,
  sources: DiscriminatorSources,
): ProfileNode[] {
  return nodes
    .flatMap((node) => node.definition.types.flatMap(({ profiles }) => profiles))
    .flatMap((canonical) => sources.profile(canonical, sources.package)?.tree() ?? [])
    .flatMap((tree) => nodesAt(tree, step, sources))
}

const CORE = 'http://hl7.org/fhir/StructureDefinition/'

function typeOfProfile(canonical: string, sources: DiscriminatorSources): string | undefined {
  const profile = sources.profile(canonical, sources.package)
  if (profile) return profile.type
  return canonical.startsWith(CORE) ? canonical.slice(CORE.length) : undefined
}

function profileTest(
  slice: ProfileNode,
  steps: readonly PathStep[],
  sources: DiscriminatorSources,
): ItemTest | undefined {
  const isTarget = steps.at(-1)?.kind === 'resolve'
  let nodes: readonly ProfileNode[] = [slice]
  for (const step of steps) {
    if (step.kind === 'resolve' || step.kind === 'type') continue
    nodes = nodes.flatMap((node) => nodesAt(node, step, sources))
  }
  const canonicals = nodes.flatMap(({ definition }) =>
    definition.types.flatMap(({ profiles, targetProfiles }) =>
      isTarget ? targetProfiles : profiles,
    ),
  )
  if (canonicals.length === 0) return undefined
  const from = sources.package
  return (item, run) =>
    evaluatePath(startOf(item), steps, run).some(({ value }) =>
      canonicals.some((canonical) => sources.conforms(value, { canonical, from }, run)),
    )
}
