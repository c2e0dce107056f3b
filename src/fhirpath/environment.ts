/** What an evaluation needs from outside, and the state that it carries. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { EvaluationError, StepBudgetExceeded } from './fhirpath-errors.ts'
import type { ElementNode, SystemValue, Value } from './values.ts'

export interface Environment {
  /** `%resource`: the resource, contained or not, that holds the input; absent: the input. */
  readonly resource?: JsonObject
  /** `%rootResource`: the outermost resource; absent: `resource`. */
  readonly rootResource?: JsonObject
  /** `%context`; absent: the input. */
  readonly context?: JsonObject | ElementNode
  /** `resolve()`: contained resources of the root are found without it. */
  readonly resolve?: (reference: string) => JsonObject | undefined
  /** Undefined: the value set is not at hand. */
  readonly memberOf?: (valueSet: string, value: JsonValue) => boolean | undefined
  readonly conformsTo?: (profile: string, node: ElementNode) => boolean | undefined
  /** An instant with its zone, for `now()` and `today()`; absent: those functions fail. */
  readonly now?: string
  /** Further `%variables`. */
  readonly variables?: Readonly<Record<string, SystemValue | JsonObject>>
  /** An evaluation that takes more throws StepBudgetExceeded; absent: without bound. */
  readonly stepsMax?: number
}

/** One evaluation: `$this`, `$index` and `$total` change while lambdas run. */
export interface Scope {
  readonly environment: Environment
  readonly input: ElementNode
  /** `$this` as a collection of one. */
  self: readonly Value[]
  index: number
  total: readonly Value[]
  stepsLeft: number
}

export type Step = (focus: readonly Value[], scope: Scope) => readonly Value[]

export const nothing: readonly Value[] = []

export function spend(scope: Scope, steps: number): void {
  if ((scope.stepsLeft -= steps) < 0) throw new StepBudgetExceeded(scope.environment.stepsMax ?? 0)
}

/** Longer texts are refused before they are made: joining and replacing can double them each time. */
const TEXT_LENGTH_MAX = 10_000_000

/** Pays for a text that is about to be made. */
export function spendOnText(scope: Scope, length: number): void {
  if (length > TEXT_LENGTH_MAX) throw new EvaluationError('a text grows too long')
  spend(scope, length >> 6)
}

/** Evaluates with `$this` set to one item. */
export function evaluateFor(
  step: Step,
  item: Value,
  index: number,
  scope: Scope,
): readonly Value[] {
  const { self, index: outerIndex } = scope
  spend(scope, 1)
  scope.self = [item]
  scope.index = index
  const result = step(scope.self, scope)
  scope.self = self
  scope.index = outerIndex
  return result
}

/** Singleton evaluation as a truth value: one item that is no boolean counts as true. */
export function truthOf(values: readonly Value[]): boolean | undefined {
  if (values.length === 0) return undefined
  if (values.length > 1) throw new EvaluationError('a truth value is needed, not several items')
  const value = values[0]!
  if (typeof value === 'boolean') return value
  if (typeof value === 'object' && 'data' in value && typeof value.data === 'boolean')
    return value.data
  return true
}

const yes: readonly Value[] = [true]
const no: readonly Value[] = [false]

export function collectionOf(value: SystemValue | undefined): readonly Value[] {
  if (value === undefined) return nothing
  return value === true ? yes : value === false ? no : [value]
}

/** The only item; undefined of an empty collection. */
export function singleOf(values: readonly Value[]): Value | undefined {
  if (values.length > 1) throw new EvaluationError(`one item is needed, not ${values.length}`)
  return values[0]
}
