/** What can go wrong with an expression: its text, its coverage, its evaluation, its cost. */
import { InvalidRequest, TooCostly, UnprocessableResource } from '../errors.ts'

export class FhirPathSyntaxError extends InvalidRequest {
  readonly position: number

  constructor(text: string, position: number, problem: string) {
    super(`FHIRPath '${text}', character ${position + 1}: ${problem}`)
    this.position = position
  }
}

/** The compiler does not do this; the reference engine may. */
export class NotCovered extends InvalidRequest {
  readonly reason: string

  constructor(reason: string) {
    super(`FHIRPath is not supported here: ${reason}`, { code: 'not-supported' })
    this.reason = reason
  }
}

/** The expression does not fit the data, such as a collection where one item is needed. */
export class EvaluationError extends UnprocessableResource {
  constructor(problem: string) {
    super(`FHIRPath: ${problem}`)
  }
}

export class StepBudgetExceeded extends TooCostly {
  constructor(stepsMax: number) {
    super(`The FHIRPath expression needs more than ${stepsMax} steps`)
  }
}
