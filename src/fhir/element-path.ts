/** Where an element stands, as issues name it. R4 operationoutcome.html, `expression`. */

/** A key, or an index of a list. */
export type Step = string | number

/** `Patient.name[0].given[1]` of `['Patient', 'name', 0, 'given', 1]`. */
export function expressionOf(path: readonly Step[]): string {
  let expression = ''
  for (const step of path) {
    if (typeof step === 'number') expression += `[${step}]`
    else if (expression === '') expression = step
    else expression += `.${step}`
  }
  return expression
}
