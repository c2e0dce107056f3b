/** Third-party applications of the catalogue. CSP R.1111-38, R.1111-39; decisions 13 and 25. */
import { always, isIn, never, or } from '../predicate.ts'
import { maskedToProfessionals, veryRestricted } from './labels.ts'
import { lit, type AccessRule, type RuleFacts } from './rule.ts'

/** Acting for the patient or their representative, with the consent that is on the record. */
function isConsented({ caller, relation, type }: RuleFacts): boolean {
  return (
    caller.kind === 'app' &&
    (relation.isSelf || relation.isRepresentative) &&
    relation.patientId === caller.patient &&
    (relation.appTypes?.includes(type) ?? false)
  )
}

export const appRules: readonly AccessRule[] = [
  {
    id: 'P20-consent',
    effect: 'permit',
    actions: ['consult', 'feed'],
    basis: 'CSP R.1111-38; décision 25',
    fr: 'Le patient a consenti à cette application, pour ces données et cette durée.',
    en: 'The patient has consented to this application, for these data and this time.',
    when: (facts) => lit(isConsented(facts), always),
  },
  {
    id: 'P21-change-own-deposit',
    effect: 'permit',
    actions: ['change'],
    basis: 'décisions 25 et 45',
    fr: 'Une application modifie ce qu’elle a déposé.',
    en: 'An application changes what it deposited.',
    when: (facts) =>
      isConsented(facts) && facts.caller.client !== undefined
        ? isIn('depositorClient', [facts.caller.client])
        : never,
  },
  {
    id: 'F20-never-for-apps',
    effect: 'forbid',
    actions: ['consult', 'change'],
    basis: 'décisions 13 et 25',
    fr: 'Document masqué, ou très restreint : jamais pour une application tierce.',
    en: 'Masked or very restricted document: never for a third-party application.',
    when: ({ caller }) => lit(caller.kind === 'app', or(maskedToProfessionals, veryRestricted)),
  },
]
