/** Distributes the repetitions of an element over the slices of a profile. R4 profiling.html#slicing. */
import type { Slicing } from './element-definition.ts'
import type { Item, ItemCheck } from './profile-check.ts'
import { shown, type Run, type Step } from './run.ts'

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
  const members: PlacedItem[][] = slices.map(() => [])
  const fallback = slices.findIndex(({ name }) => name === '@default')
  const order: Order = { last: 0, hasFree: false }
  for (const placed of items) {
    run.spend(slices.length)
    let at = slices.findIndex(({ name, matches }, index) => {
      if (index === fallback || name === '@default') return false
      let isMatch = false
      run.at(placed.steps, () => (isMatch = matches(placed.item, run)))
      return isMatch
    })
    if (at < 0) at = fallback
    checkOrder(slicing, at, order, placed, run)
    if (at < 0) continue
    members[at]!.push(placed)
    const outer = run.source
    run.source = slices[at]!.source
    run.at(placed.steps, () => {
      for (const check of slices[at]!.checks) check(placed.item, run)
    })
    run.source = outer
  }
  const outer = run.source
  slices.forEach((slice, at) => checkSlice(slice, members[at]!, slicing.profile, run))
  run.source = outer
}

interface Order {
  last: number
  hasFree: boolean
}

function checkOrder(
  slicing: CompiledSlicing,
  at: number,
  order: Order,
  { steps, item }: PlacedItem,
  run: Run,
): void {
  if (at < 0) {
    order.hasFree = true
    if (slicing.rules === 'closed') {
      const wrong = `Matches no slice of ${slicing.profile}, and slicing is closed: ${shown(item.value)}`
      run.reportAt(steps, 'slice-closed', wrong)
    }
    return
  }
  if (slicing.rules === 'openAtEnd' && order.hasFree) {
    const wrong = `The slice ${slicing.slices[at]!.name} stands after values outside the slices`
    run.reportAt(steps, 'slice-open-at-end', wrong)
  }
  if (slicing.isOrdered && at < order.last) {
    run.reportAt(steps, 'slice-order', `The slice ${slicing.slices[at]!.name} is out of order`)
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
    run.report('slice-min', `Slice ${slice.label}: minimum required = ${slice.min}, ${found}`)
  }
  if (members.length > slice.max) {
    run.report('slice-max', `Slice ${slice.label}: max allowed = ${slice.max}, ${found}`)
  }
  if (slice.reslicing) checkSlices(slice.reslicing, members, run)
}
