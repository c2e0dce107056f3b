/**
 * What a condition of a transaction meant when the same was sent before: a retry may name a resource
 * by a name that its first try changed. Decision 4: a retry is answered like the first time.
 */
import type { Context } from './context.ts'
import type { DraftPlan } from './draft.ts'

export interface UnmetCondition {
  readonly type: string
  readonly query: string
  /** What is thrown unless the plan turns out to be a retry. */
  readonly refusal: Error
}

/** The id. Throws the refusal where no rule knows what was meant. */
export async function findFormerTarget(
  context: Context,
  plan: DraftPlan,
  { type, query, refusal }: UnmetCondition,
): Promise<string> {
  for (const rule of context.services.rules) {
    const id = await rule.formerTarget?.(plan, context, { type, query })
    if (id === undefined) continue
    plan.retryOnly.push(refusal)
    return id
  }
  throw refusal
}
