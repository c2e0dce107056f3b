/** One access rule: data with one small function, so that an auditor can read the list. */
import type { Caller } from '../../auth/caller.ts'
import type { HabilitationMatrix } from '../habilitation-matrix.ts'
import type { PatientRelation } from '../patient-relation.ts'
import type { Predicate } from '../predicate.ts'

/** What a rule is asked about. */
export interface RuleFacts {
  readonly caller: Caller
  readonly relation: PatientRelation
  readonly type: string
  readonly now: number
  readonly matrix: HabilitationMatrix
}

export type RuleAction = 'consult' | 'feed' | 'change' | 'metadata'

export interface AccessRule {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly actions: readonly RuleAction[]
  /** The decision or article that it carries out. */
  readonly basis: string
  /** Told to whoever is refused by it, where that tells nothing of what is hidden. */
  readonly fr: string
  readonly en: string
  /** On which resources of the patient it bears; `never` when not at all. */
  readonly when: (facts: RuleFacts) => Predicate
}

export function lit(condition: boolean, predicate: Predicate): Predicate {
  return condition ? predicate : { op: 'false' }
}
