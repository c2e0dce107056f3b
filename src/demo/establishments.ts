/** Four made-up establishments and the professionals who work there. FR Core 2.2.0. */
import type { JsonObject, Resource } from '../fhir/resource.ts'
import * as registry from '../national/ins/registry-keys.ts'
import { coding, concept, frCore, identifier, nos, reference, two } from './codings.ts'

export interface Establishment {
  readonly id: string
  readonly name: string
  readonly finess: string
  readonly siren: string
  /** TRE_R02 and TRE_A01: what the documents of this place say of it. */
  readonly facilityType: JsonObject
  readonly practiceSetting: JsonObject
  readonly resource: Resource
}

interface EstablishmentDraft {
  readonly name: string
  readonly sector: readonly [code: string, display: string]
  readonly setting: readonly [code: string, display: string]
  readonly address: JsonObject
}

const drafts: readonly EstablishmentDraft[] = [
  {
    name: 'Centre hospitalier des Trois-Vallées',
    sector: ['SA01', 'Etablissement public de santé'],
    setting: ['ETABLISSEMENT', 'Etablissement de santé'],
    address: { line: ['1 avenue du Belvédère'], postalCode: '38000', city: 'Grenoble' },
  },
  {
    name: 'Cabinet médical de la Fontaine-Rouge',
    sector: ['SA08', 'Cabinet de groupe'],
    setting: ['AMBULATOIRE', 'Ambulatoire'],
    address: { line: ['12 place du Marché-aux-Fleurs'], postalCode: '38000', city: 'Grenoble' },
  },
  {
    name: 'Laboratoire de biologie médicale Belle-Étoile',
    sector: ['SA25', 'Laboratoire de biologie médicale'],
    setting: ['AMBULATOIRE', 'Ambulatoire'],
    address: { line: ['8 rue du Puits-Salé'], postalCode: '38000', city: 'Grenoble' },
  },
  {
    name: 'Pharmacie de la Croix-Blanche',
    sector: ['SA33', "Pharmacie d'officine"],
    setting: ['AMBULATOIRE', 'Ambulatoire'],
    address: { line: ['3 chemin de la Croix-Blanche'], postalCode: '38000', city: 'Grenoble' },
  },
]

/** The first is the hospital, then a practice, a laboratory and a pharmacy. */
export function demoEstablishments(): readonly Establishment[] {
  return drafts.map((draft, index) => {
    const body = `9999900${index + 1}`
    // No département is called 99, and no company's number begins with 999.
    const finess = `${body}${registry.luhnKey(body)}`
    const siren = `${body}${registry.luhnKey(body)}`
    const id = `demo-organization-${two(index + 1)}`
    const facilityType = concept(nos('TRE_R02-SecteurActivite'), ...draft.sector)
    const practiceSetting = concept(nos('TRE_A01-CadreExercice'), ...draft.setting)
    const resource = organization(id, draft, { finess, siren, facilityType })
    return { id, name: draft.name, finess, siren, facilityType, practiceSetting, resource }
  })
}

function organization(
  id: string,
  { name, address }: EstablishmentDraft,
  { finess, siren, facilityType }: { finess: string; siren: string; facilityType: JsonObject },
): Resource {
  return {
    resourceType: 'Organization',
    id,
    meta: { profile: [frCore('fr-core-organization-etablissement')] },
    identifier: [
      identifier('IDNST', registry.idnstSystem, `1${finess}`, 'official'),
      identifier('FINEG', registry.finessSystem, finess),
      identifier('SIREN', registry.sirenSystem, siren),
    ],
    active: true,
    type: [
      concept(
        'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-3307',
        'GEOGRAPHICAL-ENTITY',
        'Entité géographique',
      ),
      facilityType,
    ],
    name,
    telecom: [{ system: 'phone', value: '+33 4 65 71 00 00', use: 'work' }],
    address: [{ use: 'work', type: 'both', ...address, country: 'FR' }],
  }
}

export interface Professional {
  readonly id: string
  readonly roleId: string
  readonly rpps: string
  readonly family: string
  readonly given: string
  readonly prefix: string
  readonly suffix?: string
  readonly establishment: Establishment
  /** TRE_R38 of a physician: code and display. */
  readonly specialty?: readonly [code: string, display: string]
  readonly profession: readonly [code: string, display: string]
  readonly practitioner: Resource
  readonly role: Resource
}

/** Prefix, given name, family name, establishment, profession and, of physicians, specialty. */
type Person = [
  prefix: 'M' | 'MME',
  given: string,
  family: string,
  establishment: number,
  profession: readonly [string, string],
  specialty?: readonly [string, string],
]

const physician = ['10', 'Médecin'] as const
const people: readonly Person[] = [
  ['MME', 'Hélène', 'Vauquelin', 1, physician, ['SM54', 'Médecine générale (SM)']],
  ['M', 'Jean-Noël', 'Trébuchet', 1, physician, ['SM54', 'Médecine générale (SM)']],
  ['M', 'Mehdi', 'Bouazizi', 1, physician, ['SM04', 'Cardiologie et Maladies vasculaires (SM)']],
  ['MME', 'Françoise', 'Ollivier-Després', 0, physician, ['SM18', 'Gériatrie (SM)']],
  ['MME', 'Awa', 'Sissoko', 0, physician, ['SM40', 'Pédiatrie (SM)']],
  ['M', 'Gaël', 'Péronne', 0, physician, ['SM44', 'Radio-diagnostic (SM)']],
  ['MME', 'Édith', 'Lachaussée', 0, physician, ['SM59', "Médecine d'urgence (SM)"]],
  ['M', 'Stéphane', 'Maréchaux', 2, physician, ['SM03', 'Biologie médicale (SM)']],
  ['MME', 'Linh', 'Trân-Mercier', 3, ['21', 'Pharmacien']],
  ['M', 'Aurélien', 'Goasdoué', 1, ['60', 'Infirmier']],
  ['MME', 'Maïté', 'Iribarne', 0, ['50', 'Sage-Femme']],
  ['M', 'Côme', 'Delestrée', 1, ['70', 'Masseur-Kinésithérapeute']],
]

export function demoProfessionals(
  establishments: readonly Establishment[],
): readonly Professional[] {
  return people.map(([prefix, given, family, place, profession, specialty], index) => {
    const body = `99700990${two(index + 1)}`
    const common = {
      id: `demo-practitioner-${two(index + 1)}`,
      roleId: `demo-role-${two(index + 1)}`,
      rpps: `${body}${registry.luhnKey(body)}`,
      family,
      given,
      prefix,
      establishment: establishments[place]!,
      profession,
      ...(specialty ? { specialty, suffix: 'DR' } : {}),
    }
    return { ...common, practitioner: practitioner(common), role: practitionerRole(common) }
  })
}

type ProfessionalFacts = Omit<Professional, 'practitioner' | 'role'>

export function professionalIdentifiers({ rpps }: Pick<Professional, 'rpps'>): JsonObject[] {
  return [
    identifier('IDNPS', registry.idnpsSystem, `8${rpps}`),
    identifier('RPPS', registry.rppsSystem, rpps),
  ]
}

export function professionalName(person: ProfessionalFacts): JsonObject {
  return {
    family: person.family,
    given: [person.given],
    prefix: [person.prefix],
    ...(person.suffix ? { suffix: [person.suffix] } : {}),
  }
}

function practitioner(person: ProfessionalFacts): Resource {
  const [specialtyCode, specialtyName] = person.specialty ?? []
  return {
    resourceType: 'Practitioner',
    id: person.id,
    meta: { profile: [frCore('fr-core-practitioner')] },
    identifier: professionalIdentifiers(person),
    active: true,
    name: [professionalName(person)],
    telecom: [{ system: 'phone', value: '+33 4 65 71 01 01', use: 'work' }],
    gender: person.prefix === 'M' ? 'male' : 'female',
    qualification: [
      {
        code: {
          coding: [
            coding(nos('TRE_R09-CategorieProfessionnelle'), 'C', 'Civil'),
            coding(nos('TRE_G15-ProfessionSante'), ...person.profession),
          ],
        },
      },
      ...(specialtyCode
        ? [
            {
              code: {
                coding: [
                  coding(nos('TRE_R04-TypeSavoirFaire'), 'S', 'Spécialité ordinale'),
                  coding(nos('TRE_R38-SpecialiteOrdinale'), specialtyCode, specialtyName),
                ],
              },
            },
          ]
        : []),
    ],
  }
}

function practitionerRole(person: ProfessionalFacts): Resource {
  const { establishment } = person
  const isSalaried = establishment.id.endsWith('01')
  return {
    resourceType: 'PractitionerRole',
    id: person.roleId,
    meta: { profile: [frCore('fr-core-practitioner-role')] },
    active: true,
    practitioner: reference('Practitioner', person.id, fullName(person)),
    organization: reference('Organization', establishment.id, establishment.name),
    ...roleCodes(person, isSalaried),
    telecom: [{ system: 'phone', value: '+33 4 65 71 01 01', use: 'work' }],
  }
}

/** Code and specialty of a role, also of the one that a document contains. */
export function roleCodes(person: ProfessionalFacts, isSalaried: boolean): JsonObject {
  const mode = isSalaried ? ['S', 'Salarié'] : ['L', 'Libéral, indépendant, artisan, commerçant']
  return {
    code: [
      concept(nos('TRE_R22-GenreActivite'), 'GENR01', 'Activité de soin et de pharmacie'),
      concept(nos('TRE_R23-ModeExercice'), mode[0]!, mode[1]),
    ],
    ...(person.specialty
      ? { specialty: [concept(nos('TRE_R38-SpecialiteOrdinale'), ...person.specialty)] }
      : {}),
  }
}

export function fullName({ suffix, given, family }: ProfessionalFacts): string {
  return `${suffix ? 'Dr ' : ''}${given} ${family}`
}
