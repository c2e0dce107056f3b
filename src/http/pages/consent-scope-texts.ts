/** SMART scopes in plain French, for the consent page. */
import type { SmartScope } from '../../auth/smart-scope.ts'

const typeNames: Readonly<Record<string, string>> = {
  '*': 'toutes les données de santé',
  AllergyIntolerance: 'les allergies',
  Appointment: 'les rendez-vous',
  AuditEvent: 'les traces d’accès',
  Binary: 'le contenu des documents',
  CarePlan: 'les plans de soins',
  CareTeam: 'l’équipe de soins',
  Communication: 'les messages',
  Condition: 'les problèmes de santé',
  Consent: 'les consentements',
  Device: 'les appareils',
  DiagnosticReport: 'les comptes rendus d’examens',
  DocumentReference: 'les documents (comptes rendus, ordonnances, certificats)',
  Encounter: 'les consultations et séjours',
  Goal: 'les objectifs de soins',
  ImagingStudy: 'les examens d’imagerie',
  Immunization: 'les vaccinations',
  List: 'les listes et lots de documents',
  Location: 'les lieux de soins',
  Medication: 'les médicaments',
  MedicationRequest: 'les prescriptions de médicaments',
  MedicationStatement: 'les médicaments pris',
  Observation: 'les mesures et résultats',
  Organization: 'les établissements',
  Patient: 'l’identité du patient',
  Practitioner: 'les professionnels',
  Procedure: 'les actes',
  QuestionnaireResponse: 'les réponses aux questionnaires',
  RelatedPerson: 'les proches',
  ServiceRequest: 'les demandes d’examens',
}

/** `Lire et rechercher les mesures et résultats dans le dossier choisi, seulement pour category = laboratory`. */
export function describeScope(scope: SmartScope): string {
  const what = typeNames[scope.type] ?? `les ressources ${scope.type}`
  const where =
    scope.context === 'patient'
      ? 'dans le dossier choisi'
      : 'dans les dossiers auxquels vous avez vous-même accès'
  const only = scope.parameters.map(([code, value]) => `${code} = ${value.replace(/^.*\|/, '')}`)
  const limit = only.length === 0 ? '' : `, seulement pour ${only.join(' et ')}`
  return `${capitalize(verbs(scope))} ${what}, ${where}${limit}`
}

function verbs({ read, search, create, update, delete: remove }: SmartScope): string {
  const words = [
    ...(read ? ['lire'] : []),
    ...(search ? ['rechercher'] : []),
    ...(create ? ['ajouter'] : []),
    ...(update ? ['modifier'] : []),
    ...(remove ? ['supprimer'] : []),
  ]
  const last = words.pop()!
  return words.length === 0 ? last : `${words.join(', ')} et ${last}`
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
