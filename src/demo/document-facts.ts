/** What a demonstration document says, before it becomes a CDA or a PDF. */
import type { Resource } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import {
  birthListUrl,
  birthName,
  extensionsOf,
  objectsIn,
} from '../national/ins/patient-elements.ts'
import { nos } from './codings.ts'
import { at, frenchDate } from './dates.ts'
import type { Professional } from './establishments.ts'
import type { DemoPatient } from './people.ts'
import type { Random } from './random.ts'
import { oidOfUuid } from './random.ts'

export interface TypeCode {
  readonly system: string
  readonly code: string
  readonly display: string
  /** Of the system, for CDA. */
  readonly oid: string
}

export interface DocumentFacts {
  /** Names this document for ever: masterIdentifier, and the id in a CDA. */
  readonly oid: string
  readonly title: string
  readonly type: TypeCode
  /** TRE_A03: code and display. */
  readonly category: readonly [code: string, display: string]
  readonly created: string
  readonly actStart: string
  readonly author: Professional
  readonly patient: {
    readonly ins: DemoPatient['ins']
    readonly gender: DemoPatient['gender']
    readonly birthDate: string
    readonly birthFamily: string
    readonly birthGiven: readonly string[]
    readonly usualFamily: string
    readonly displayName: string
    readonly birthPlaceCode: string
  }
  readonly sections: readonly { readonly title: string; readonly lines: readonly string[] }[]
}

export type DocumentKind = keyof typeof kinds

interface Kind {
  readonly title: string
  readonly type: Omit<TypeCode, 'oid' | 'system'>
  readonly category: readonly [string, string]
  readonly sections: readonly (readonly [title: string, ...lines: string[]])[]
}

const kinds = {
  consultation: {
    title: 'Compte rendu de consultation',
    type: { code: '11488-4', display: 'CR ou fiche de consultation ou de visite' },
    category: ['10', 'Compte rendu'],
    sections: [
      ['Motif', 'Consultation de suivi, sans plainte nouvelle.'],
      [
        'Examen clinique',
        'Tension artérielle 128/76 mmHg, fréquence cardiaque 68/min, poids stable.',
      ],
      ['Conclusion', 'État général conservé. Poursuite du traitement, contrôle à trois mois.'],
    ],
  },
  hospitalStay: {
    title: 'Compte rendu hospitalier',
    type: { code: '34112-3', display: 'CR hospitalier (séjour)' },
    category: ['10', 'Compte rendu'],
    sections: [
      ['Motif d’hospitalisation', 'Surveillance après un malaise à domicile.'],
      ['Évolution', 'Séjour de deux jours sans complication ; examens rassurants.'],
      ['Traitement de sortie', 'Inchangé.'],
      ['Conclusion', 'Retour à domicile, consultation chez le médecin traitant dans la semaine.'],
    ],
  },
  laboratory: {
    title: 'Compte rendu d’examens biologiques',
    type: { code: '11502-2', display: "CR d'examens biologiques" },
    category: ['10', 'Compte rendu'],
    sections: [
      ['Hématologie', 'Hémoglobine 13,4 g/dL ; leucocytes 6,2 G/L ; plaquettes 241 G/L.'],
      ['Biochimie', 'Créatinine 74 µmol/L ; glycémie à jeun 5,1 mmol/L ; HbA1c 5,6 %.'],
    ],
  },
  imaging: {
    title: 'Compte rendu d’imagerie : radiographie du thorax',
    type: { code: '18748-4', display: "CR d'imagerie médicale" },
    category: ['31', 'Imagerie médicale'],
    sections: [
      ['Technique', 'Incidence de face, debout, en inspiration.'],
      ['Résultat', 'Pas de foyer parenchymateux. Silhouette cardiaque de taille normale.'],
      ['Conclusion', 'Radiographie sans anomalie.'],
    ],
  },
  prescription: {
    title: 'Ordonnance de médicaments',
    type: { code: '57833-6', display: 'Prescription de produits de santé' },
    category: ['42', 'Prescription'],
    sections: [
      [
        'Prescription',
        'Paracétamol 1 g : un comprimé jusqu’à trois fois par jour, pendant cinq jours.',
      ],
      ['Renouvellement', 'Non renouvelable.'],
    ],
  },
  summary: {
    title: 'Synthèse médicale',
    type: { code: '60591-5', display: 'Synthèse médicale' },
    category: ['11', 'Synthèse'],
    sections: [
      ['Antécédents', 'Hypertension artérielle équilibrée ; appendicectomie dans l’enfance.'],
      ['Allergies', 'Aucune allergie connue à ce jour.'],
      ['Points de vigilance', 'Surveillance tensionnelle à domicile.'],
    ],
  },
  certificate: {
    title: 'Certificat médical',
    type: { code: '89601-9', display: 'Certificat médical' },
    category: ['52', 'Certificat, déclaration'],
    sections: [
      ['Certificat', 'L’examen de ce jour ne révèle pas de contre-indication à la marche.'],
    ],
  },
} as const satisfies Record<string, Kind>

export interface FactsOptions {
  readonly kind: DocumentKind
  readonly patient: DemoPatient
  readonly author: Professional
  /** YYYY-MM-DD of the act. */
  readonly day: string
  readonly random: Random
}

export function documentFacts({ kind, patient, author, day, random }: FactsOptions): DocumentFacts {
  const { title, type, category, sections }: Kind = kinds[kind]
  const hour = random.integer(7, 15)
  return {
    oid: oidOfUuid(random.uuid()),
    title: `${title} du ${frenchDate(day)}`,
    type: { ...type, system: 'http://loinc.org', oid: '2.16.840.1.113883.6.1' },
    category,
    actStart: at(day, hour),
    created: at(day, hour, random.integer(20, 59)),
    author,
    patient: patientFacts(patient),
    sections: sections.map(([heading, ...lines]) => ({ title: heading, lines })),
  }
}

export const classSystem = nos('TRE_A03-ClasseDocument')

function patientFacts(patient: DemoPatient): DocumentFacts['patient'] {
  const { resource, ins, gender, birthDate, displayName, birthPlace } = patient
  const name = birthName(resource)
  const [birthList] = extensionsOf(name, birthListUrl)
  const usual = objectsIn(resource.name).find(({ use }) => use === 'usual')
  return {
    ins,
    gender,
    birthDate,
    displayName,
    birthFamily: textOf(name, 'family'),
    birthGiven: textOf(birthList, 'valueString').split(' '),
    usualFamily: textOf(usual, 'family'),
    birthPlaceCode: birthPlace.code,
  }
}

function textOf(element: Resource[string] | undefined, name: string): string {
  const value = isObject(element) ? element[name] : undefined
  return typeof value === 'string' ? value : ''
}
