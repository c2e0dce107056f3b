/** What is measured, and how a result is told. */
import type { Workbench } from './workbench.ts'

export interface Goal {
  readonly bound: 'at least' | 'at most'
  readonly value: number
}

export interface Result {
  readonly work: string
  /** Undefined: it could not be measured, and `detail` says why. */
  readonly value: number | undefined
  readonly unit: '' | 's' | 'ms' | 'µs' | 'MB' | 'KB' | 'rows'
  /** The First column of design.md §6. */
  readonly goal?: Goal
  /** The absolute figures behind a ratio; noise by themselves. */
  readonly detail: string
  readonly where?: string
  readonly rounds?: Readonly<Record<string, readonly number[]>>
}

export interface Figure {
  readonly name: string
  readonly run: (bench: Workbench) => Promise<readonly Result[]>
}

export const atLeast = (value: number): Goal => ({ bound: 'at least', value })
export const atMost = (value: number): Goal => ({ bound: 'at most', value })

export function isMet({ value, goal }: Result): boolean | undefined {
  if (value === undefined || !goal) return undefined
  return goal.bound === 'at least' ? value >= goal.value : value <= goal.value
}
