/** The rules put together for one action on one type: deny overrides, default deny (decision 18). */
import type { Caller } from '../auth/caller.ts'
import type { Envelope } from '../store/stored-version.ts'
import type { HabilitationMatrix } from './habilitation-matrix.ts'
import type { PatientRelation } from './patient-relation.ts'
import { and, holds, isIn, never, not, or, patientCountIs, type Predicate } from './predicate.ts'
import { appRules } from './rules/app-rules.ts'
import { citizenRules } from './rules/citizen-rules.ts'
import { depositedBy, professionalRules } from './rules/professional-rules.ts'
import type { AccessRule, RuleAction, RuleFacts } from './rules/rule.ts'

export const accessRules: readonly AccessRule[] = [
  ...citizenRules,
  ...professionalRules,
  ...appRules,
]

type RulesByAction = Readonly<Record<RuleAction, readonly AccessRule[]>>

/** The rules that bear on an action; sorted out once. */
const rulesFor: Readonly<Record<AccessRule['effect'], RulesByAction>> = {
  permit: sortOut('permit'),
  forbid: sortOut('forbid'),
}

function sortOut(effect: AccessRule['effect']): RulesByAction {
  const rulesOf = (action: RuleAction) =>
    accessRules.filter((rule) => rule.effect === effect && rule.actions.includes(action))
  return {
    consult: rulesOf('consult'),
    feed: rulesOf('feed'),
    change: rulesOf('change'),
    metadata: rulesOf('metadata'),
  }
}

export interface DecisionInput {
  readonly caller: Caller
  readonly action: RuleAction
  readonly type: string
  readonly relations: readonly PatientRelation[]
  readonly now: number
  readonly matrix: HabilitationMatrix
}

/** Which resources of the patients are open; resources of others, and of three or more, never are. */
export function decide(input: DecisionInput): Predicate {
  const parts = input.relations.map((relation) => ({
    relation,
    predicate: decideForPatient(input, relation),
  }))
  const single = parts.map(({ relation, predicate }) =>
    and(isIn('patients', [relation.patientId]), patientCountIs(1), predicate),
  )
  const pairs = parts.flatMap((first, index) =>
    parts
      .slice(index + 1)
      .map((second) =>
        and(
          isIn('patients', [first.relation.patientId]),
          isIn('patients', [second.relation.patientId]),
          patientCountIs(2),
          first.predicate,
          second.predicate,
        ),
      ),
  )
  return or(...single, ...pairs, withoutPatient(input))
}

/** The decision for one patient's resources, whatever else they are about. */
export function decideForPatient(input: DecisionInput, relation: PatientRelation): Predicate {
  // A closed record: its holder still reads, nobody else does anything, but TD0.2 finds the Patient
  // (decision 27).
  const isHolder = input.caller.kind === 'citizen' && (relation.isSelf || relation.isRepresentative)
  const isShut = relation.isClosed && input.type !== 'Patient'
  if (isShut && !(isHolder && input.action === 'consult')) return never
  const facts: RuleFacts = { ...input, relation }
  const predicates = (effect: AccessRule['effect']) =>
    rulesFor[effect][input.action].map((rule) => rule.when(facts))
  return and(or(...predicates('permit')), not(or(...predicates('forbid'))))
}

/** A resource of no patient belongs to the professional or establishment that deposited it. */
export function withoutPatient({ caller, action }: DecisionInput): Predicate {
  if (action === 'feed' || (caller.kind !== 'professional' && caller.kind !== 'establishment'))
    return never
  return and(patientCountIs(0), depositedBy(caller))
}

export interface Explanation {
  readonly permits: readonly string[]
  readonly forbids: readonly string[]
}

/** Which rules bear on one resource, for the audit and for refusals. */
export function explain(input: DecisionInput, envelope: Envelope, id: string): Explanation {
  const hits = (effect: AccessRule['effect']) =>
    rulesFor[effect][input.action]
      .filter((rule) =>
        input.relations.some((relation) => holds(rule.when({ ...input, relation }), envelope, id)),
      )
      .map(({ id: ruleId }) => ruleId)
  return { permits: hits('permit'), forbids: hits('forbid') }
}
