/** True, false, or undefined where something needed is not at hand. */
export type Verdict = boolean | undefined

export function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict
}

export function and(left: Verdict, right: Verdict): Verdict {
  if (left === false || right === false) return false
  return left === undefined || right === undefined ? undefined : true
}
