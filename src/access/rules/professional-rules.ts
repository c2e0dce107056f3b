/** Professionals and establishments. CSP L.1111-16, L.1111-17, R.1111-46 to 49; decisions 18 to 24, 53, 84. */
import type { Caller } from '../../auth/caller.ts'
import { always, and, isIn, never, not, or, type Predicate } from '../predicate.ts'
import { maskedToProfessionals } from './labels.ts'
import { lit, type AccessRule } from './rule.ts'

/** Deposited by the caller, or by the organisation that the caller acts for. */
export function depositedBy({ organization, user }: Caller): Predicate {
  return or(
    organization === undefined ? never : isIn('depositorOrganization', [organization]),
    user === undefined ? never : isIn('depositorUser', [user]),
  )
}

/** What the matrix is about: elsewhere `type` says something else. */
const documentTypes: ReadonlySet<string> = new Set(['DocumentReference', 'Composition'])

export const professionalRules: readonly AccessRule[] = [
  {
    id: 'P10-care-relation',
    effect: 'permit',
    actions: ['consult'],
    basis: 'CSP R.1111-46',
    fr: 'Le professionnel a une relation de soin ou une autorisation.',
    en: 'The professional has a care relation or an authorisation.',
    when: ({ caller, relation }) =>
      lit(caller.kind === 'professional' && relation.isAuthorized, always),
  },
  {
    id: 'P11-treating-physician',
    effect: 'permit',
    actions: ['consult', 'metadata'],
    basis: 'CSP L.1111-16; décisions 22 et 45',
    fr: 'Le médecin traitant accède à tout le dossier.',
    en: 'The treating physician reads the whole record.',
    when: ({ caller, relation }) =>
      lit(caller.kind === 'professional' && relation.isTreatingPhysician, always),
  },
  {
    id: 'P12-emergency',
    effect: 'permit',
    actions: ['consult'],
    basis: 'CSP L.1111-17; décision 21',
    fr: 'Accès en urgence, trente minutes, en lecture.',
    en: 'Emergency access, thirty minutes, reading only.',
    when: ({ caller, relation }) =>
      lit(caller.kind === 'professional' && relation.emergency !== undefined, always),
  },
  {
    id: 'P13-depositor',
    effect: 'permit',
    actions: ['consult', 'change', 'metadata'],
    basis: 'CSP R.1111-49; décisions 45, 53 et 84',
    fr: 'Qui a déposé un document le lit et le modifie.',
    en: 'Whoever deposited a document reads and changes it.',
    when: ({ caller }) =>
      caller.kind === 'professional' || caller.kind === 'establishment'
        ? depositedBy(caller)
        : never,
  },
  {
    id: 'P14-feeding',
    effect: 'permit',
    actions: ['feed'],
    basis: 'CSP R.1111-47; décisions 19 et 23',
    fr: 'L’alimentation d’un dossier ouvert ne demande pas d’autorisation.',
    en: 'Feeding an open record needs no authorisation.',
    when: ({ caller, type }) =>
      lit(
        caller.kind === 'establishment' || (caller.kind === 'professional' && type !== 'Patient'),
        always,
      ),
  },
  {
    id: 'F10-blocked',
    effect: 'forbid',
    actions: ['consult', 'metadata', 'change'],
    basis: 'décision 19',
    fr: 'Le patient a bloqué ce professionnel ou cet établissement.',
    en: 'The patient has blocked this professional or establishment.',
    when: ({ relation }) => lit(relation.isBlocked, always),
  },
  {
    id: 'F11-masked-to-professionals',
    effect: 'forbid',
    actions: ['consult', 'metadata', 'change'],
    basis: 'CSP R.1111-49; décision 20',
    fr: 'Document masqué aux professionnels.',
    en: 'Document masked to professionals.',
    when: ({ caller, relation }) =>
      caller.kind === 'professional' && !relation.isTreatingPhysician
        ? and(maskedToProfessionals, not(depositedBy(caller)))
        : never,
  },
  {
    id: 'F12-habilitation',
    effect: 'forbid',
    actions: ['consult'],
    basis: 'arrêté du 26 octobre 2023; décision 24',
    fr: 'La matrice d’habilitation n’ouvre pas ce type de document à cette profession.',
    en: 'The habilitation matrix does not open this document type to this profession.',
    when: ({ caller, matrix, type }) => {
      if (caller.kind !== 'professional' || !documentTypes.has(type)) return never
      const allowed = caller.profession === undefined ? [] : (matrix[caller.profession] ?? [])
      if (allowed === 'all') return never
      // A document that does not say its type is no pair of the table, and denied like those.
      return and(not(isIn('docType', allowed)), not(depositedBy(caller)))
    },
  },
]
