/** The citizen and the legal representative. CSP L.1111-19, R.1111-53; decisions 12, 13, 49. */
import { always, isIn, never } from '../predicate.ts'
import { hiddenFromRepresentatives, stillHiddenFromPatient } from './labels.ts'
import { lit, type AccessRule } from './rule.ts'

export const citizenRules: readonly AccessRule[] = [
  {
    id: 'P1-own-record',
    effect: 'permit',
    actions: ['consult', 'metadata'],
    basis: 'CSP L.1111-19; décision 45',
    fr: 'La personne accède à son propre dossier.',
    en: 'A person reads their own record.',
    when: ({ caller, relation }) => lit(caller.kind === 'citizen' && relation.isSelf, always),
  },
  {
    id: 'P2-represented-record',
    effect: 'permit',
    actions: ['consult', 'metadata'],
    basis: 'CSP R.1111-32; décision 49',
    fr: 'Le représentant légal accède au dossier de la personne qu’il représente.',
    en: 'A legal representative reads the record of whom they represent.',
    when: ({ caller, relation }) =>
      lit(caller.kind === 'citizen' && relation.isRepresentative, always),
  },
  {
    id: 'P3-own-deposit',
    effect: 'permit',
    actions: ['feed'],
    basis: 'documents.md §4.2 C; décision 74',
    fr: 'La personne alimente son propre dossier.',
    en: 'A person feeds their own record.',
    when: ({ caller, relation, type }) =>
      lit(
        caller.kind === 'citizen' &&
          (relation.isSelf || relation.isRepresentative) &&
          type !== 'Patient',
        always,
      ),
  },
  {
    id: 'P4-change-own-deposit',
    effect: 'permit',
    actions: ['change'],
    basis: 'décision 45',
    fr: 'Qui a déposé un document peut le remplacer ou le supprimer.',
    en: 'Whoever deposited a document may replace or delete it.',
    when: ({ caller, relation, type }) =>
      caller.kind === 'citizen' &&
      (relation.isSelf || relation.isRepresentative) &&
      type !== 'Patient' &&
      caller.user !== undefined
        ? isIn('depositorUser', [caller.user])
        : never,
  },
  {
    id: 'F1-hidden-from-patient',
    effect: 'forbid',
    actions: ['consult', 'metadata', 'change'],
    basis: 'CSP R.1111-53; décision 12',
    fr: 'Document non visible par le patient avant la consultation d’annonce.',
    en: 'Document hidden from the patient until the announcement.',
    when: ({ caller, now }) =>
      caller.kind === 'citizen' || caller.kind === 'app' ? stillHiddenFromPatient(now) : never,
  },
  {
    id: 'F2-hidden-from-representatives',
    effect: 'forbid',
    actions: ['consult', 'metadata', 'change'],
    basis: 'CSP R.1111-50; décision 49',
    fr: 'Document non visible par les représentants légaux.',
    en: 'Document hidden from legal representatives.',
    when: ({ caller, relation }) =>
      lit(
        (caller.kind === 'citizen' || caller.kind === 'app') && !relation.isSelf,
        hiddenFromRepresentatives,
      ),
  },
]
