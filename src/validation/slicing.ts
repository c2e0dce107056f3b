/** Distributes the repetitions of an element over the slices of a profile. R4 profiling.html#slicing. */
import type { Step } from '../fhir/element-path.ts'
import type { Slicing } from './element-definition.ts'
import type { Item, ItemCheck } from './profile-check.ts'
import { shown, type Run } from './run.ts'

export interface CompiledSlice {
  readonly name: string
  /** As issues name it: `Observation.component:SystolicBP`. */
  readonly label: string
  /** As relaxations name it. */
  readonly source: string
  readonly min: number
  readonly max: number
  readonly matches: (item: Item, run: Run) => boolean
  readonly checks: readonly ItemCheck[]
  readonly reslicing: CompiledSlicing | undefined
}

export interface CompiledSlicing {
  readonly rules: Slicing['rules']
  readonly isOrdered: boolean
  readonly slices: readonly CompiledSlice[]
  readonly profile: string
}

export interface PlacedItem {
  readonly item: Item
  /** From the parent to the item. */
  readonly steps: readonly Step[]
}

/** At the parent of the items. */
export function checkSlices(
  slicing: CompiledSlicing,
  items: readonly PlacedItem[],
  run: Run,
): void {
  const { slices } = slicing
  const outer = run.source
  const members: PlacedItem[][] = slices.map(() => [])
  const order: Order = { last: 0, hasFree: false }
  const { path } = run
  const { length } = path
  for (const placed of items) {
    run.spend(slices.length)
    for (const step of placed.steps) path.push(step)
    const at = sliceOf(placed.item, slices, run)
    const slice = slices[at]
    checkOrder(slicing, at, order, placed, run)
    if (slice) {
      members[at]!.push(placed)
      run.source = slice.source
      for (const check of slice.checks) check(placed.item, run)
      run.source = outer
    }
    path.length = length
  }
  slices.forEach((slice, at) => checkSlice(slice, members[at]!, slicing.profile, run))
  run.source = outer
}

/** The first slice that matches, else `@default`; negative when there is none. */
function sliceOf(item: Item, slices: readonly CompiledSlice[], run: Run): number {
  let fallback = -1
  for (let at = 0; at < slices.length; at++) {
    const slice = slices[at]!
    if (slice.name === '@default') fallback = at
    else if (slice.matches(item, run)) return at
  }
  return fallback
}

interface Order {
  last: number
  hasFree: boolean
}

function checkOrder(
  slicing: CompiledSlicing,
  at: number,
  order: Order,
  { item }: PlacedItem,
  run: Run,
): void {
  if (at < 0) {
    order.hasFree = true
    if (slicing.rules === 'closed') {
      const wrong = `Matches no slice of ${slicing.profile}, and slicing is closed: ${shown(item.value)}`
      run.report('slice-closed', wrong)
    }
    return
  }
  if (slicing.rules === 'openAtEnd' && order.hasFree) {
    const wrong = `The slice ${slicing.slices[at]!.name} stands after values outside the slices`
    run.report('slice-open-at-end', wrong)
  }
  if (slicing.isOrdered && at < order.last) {
    run.report('slice-order', `The slice ${slicing.slices[at]!.name} is out of order`)
  }
  order.last = Math.max(order.last, at)
}

function checkSlice(
  slice: CompiledSlice,
  members: readonly PlacedItem[],
  profile: string,
  run: Run,
): void {
  const found = `but found ${members.length} (from ${profile})`
  run.source = slice.source
  if (members.length < slice.min) {
    run.reportOf(
      'slice-min',
      slice.label,
      `Slice ${slice.label}: minimum required = ${slice.min}, ${found}`,
    )
  }
  if (members.length > slice.max) {
    run.reportOf(
      'slice-max',
      slice.label,
      `Slice ${slice.label}: max allowed = ${slice.max}, ${found}`,
    )
  }
  if (slice.reslicing) checkSlices(slice.reslicing, members, run)
}
