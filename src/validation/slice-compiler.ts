/** Compiles the slices of an element of a profile. R4 profiling.html#slicing. */
import { compileDiscriminator } from './discriminators.ts'
import type { Slicing } from './element-definition.ts'
import type { Item, ItemCheck } from './profile-check.ts'
import { sourceOf, type ProfileContext } from './profile-context.ts'
import type { ProfileNode } from './profile-tree.ts'
import type { Run } from './run.ts'
import type { CompiledSlice, CompiledSlicing } from './slicing.ts'

/** Compiles what a profile states of one element; passed in, since the two call each other. */
export type CompileNode = (
  node: ProfileNode,
  types: readonly string[],
  context: ProfileContext,
) => ItemCheck[]

export function compileSlicing(
  head: ProfileNode,
  types: readonly string[],
  context: ProfileContext,
  compileNode: CompileNode,
): CompiledSlicing | undefined {
  if (head.slices.length === 0) return undefined
  const slicing = head.definition.slicing ?? impliedSlicing(head)
  if (!slicing || slicing.discriminators.length === 0) return undefined
  const slices = head.slices.map((slice) =>
    compileSlice(slice, { slicing, types, context, compileNode }),
  )
  if (slicing.rules !== 'closed' && slices.every(isIdle)) return undefined
  return {
    rules: slicing.rules,
    isOrdered: slicing.isOrdered,
    slices,
    profile: context.canonical,
  }
}

function isIdle({ min, max, checks, reslicing }: CompiledSlice): boolean {
  return min === 0 && max === Number.POSITIVE_INFINITY && checks.length === 0 && !reslicing
}

/** Extensions are always sliced by url, choices by type. */
function impliedSlicing({ definition }: ProfileNode): Slicing | undefined {
  const { name } = definition
  if (name === 'extension' || name === 'modifierExtension') {
    return { discriminators: [{ type: 'value', path: 'url' }], rules: 'open', isOrdered: false }
  }
  if (!name.endsWith('[x]')) return undefined
  return { discriminators: [{ type: 'type', path: '$this' }], rules: 'open', isOrdered: false }
}

interface SliceContext {
  readonly slicing: Slicing
  readonly types: readonly string[]
  readonly context: ProfileContext
  readonly compileNode: CompileNode
}

function compileSlice(
  slice: ProfileNode,
  { slicing, types, context, compileNode }: SliceContext,
): CompiledSlice {
  const { definition } = slice
  const name = definition.sliceName ?? ''
  const codes = definition.types.map(({ code }) => code)
  const own = types.filter((type) => type.includes('.') || codes.includes(type))
  return {
    name,
    label: `${definition.path}:${name}`,
    source: sourceOf(definition, context),
    min: definition.min,
    max: definition.max,
    matches: lazyMatch(slice, slicing, context),
    checks: compileNode(slice, own.length > 0 ? own : types, context),
    reslicing: compileSlicing(slice, types, context, compileNode),
  }
}

/** Compiled at the first use, because profiles refer to each other. */
function lazyMatch(
  slice: ProfileNode,
  slicing: Slicing,
  { sources, package: from }: ProfileContext,
): (item: Item, run: Run) => boolean {
  let tests: readonly ((item: Item, run: Run) => boolean)[] | undefined
  return (item, run) => {
    tests ??= slicing.discriminators.flatMap(
      (discriminator) =>
        compileDiscriminator(discriminator, slice, {
          profile: sources.profile,
          terminology: sources.terminology,
          package: from,
          conforms: sources.conforms,
          isSubtype: sources.isSubtype,
        }) ?? [],
    )
    return tests.length > 0 && tests.every((test) => test(item, run))
  }
}
