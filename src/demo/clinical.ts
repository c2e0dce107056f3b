/** A little of what a patient's record holds besides documents: measures, problems, appointments. */
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { atc, coding, concept, frCore, icd10, loinc, nos, reference, ucum } from './codings.ts'
import { addDays, at } from './dates.ts'
import type { Establishment, Professional } from './establishments.ts'
import type { DemoPatient } from './people.ts'
import type { Random } from './random.ts'

export interface RecordOptions {
  readonly patient: DemoPatient
  readonly establishments: readonly Establishment[]
  readonly professionals: readonly Professional[]
  /** YYYY-MM-DD. */
  readonly today: string
  readonly random: Random
}

interface Draft extends RecordOptions {
  /** The day of the last visit. */
  readonly day: string
  /** Id of a resource of this patient: `demo-patient-01-weight`. */
  id(name: string): string
  readonly subject: JsonObject
  readonly physician: Professional
}

/** The resources of one patient, each with an id of our choice, those referred to first. */
export function clinicalRecord(options: RecordOptions): readonly Resource[] {
  const { patient, random, today } = options
  const draft: Draft = {
    ...options,
    day: addDays(today, -random.integer(3, 300)),
    id: (name) => `${patient.id}-${name}`,
    subject: reference('Patient', patient.id, patient.displayName),
    physician: patient.treatingPhysician,
  }
  return [
    encounter(draft),
    bodyWeight(draft),
    bloodPressure(draft),
    heartRate(draft),
    ...(patient.age >= 40 || random.chance(0.2) ? [condition(draft)] : []),
    ...(random.chance(0.3) ? [allergy(draft)] : []),
    immunization(draft),
    ...(patient.age >= 40 ? [medicationRequest(draft)] : []),
    ...(random.chance(0.5) ? [appointment(draft)] : []),
  ]
}

function encounter({ id, subject, day, physician }: Draft): Resource {
  const { establishment } = physician
  return {
    resourceType: 'Encounter',
    id: id('visit'),
    meta: { profile: [frCore('fr-core-encounter')] },
    identifier: [
      {
        type: {
          coding: [
            coding(
              'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type',
              'VN',
              'Visit Number',
            ),
          ],
        },
        system: 'https://fontaine-rouge.example.org/venues',
        value: id('visit').toUpperCase(),
      },
    ],
    status: 'finished',
    class: coding('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'AMB', 'ambulatory'),
    subject,
    participant: [{ individual: reference('Practitioner', physician.id) }],
    period: { start: at(day, 9), end: at(day, 9, 20) },
    serviceProvider: reference('Organization', establishment.id, establishment.name),
  }
}

/** What the vital signs have in common. R4 vitalsigns.html, FR Core. */
function vitalSign(draft: Draft, name: string, profile: string, code: JsonObject): Resource {
  return {
    resourceType: 'Observation',
    id: draft.id(name),
    meta: { profile: [frCore(profile)] },
    status: 'final',
    category: [
      {
        coding: [
          coding(
            'http://terminology.hl7.org/CodeSystem/observation-category',
            'vital-signs',
            'Vital Signs',
          ),
        ],
      },
    ],
    code,
    subject: draft.subject,
    encounter: reference('Encounter', draft.id('visit')),
    effectiveDateTime: at(draft.day, 9, 10),
    performer: [reference('Practitioner', draft.physician.id)],
  }
}

function quantity(value: number, unit: string, code: string): JsonObject {
  return { value, unit, system: ucum, code }
}

function bodyWeight(draft: Draft): Resource {
  const { age } = draft.patient
  const expected = age < 18 ? 4 + age * 3.2 : 72
  const value =
    Math.round((expected + draft.random.integer(-9, 12) * (age < 5 ? 0.1 : 1)) * 10) / 10
  return {
    ...vitalSign(draft, 'weight', 'fr-core-observation-body-weight', {
      coding: [coding(loinc, '29463-7', 'Body weight')],
      text: 'Poids',
    }),
    valueQuantity: quantity(value, 'kg', 'kg'),
  }
}

function heartRate(draft: Draft): Resource {
  return {
    ...vitalSign(draft, 'heart-rate', 'fr-core-observation-heartrate', {
      coding: [coding(loinc, '8867-4', 'Heart rate')],
      text: 'Fréquence cardiaque',
    }),
    valueQuantity: quantity(draft.random.integer(58, 92), 'battements/min', '/min'),
  }
}

function bloodPressure(draft: Draft): Resource {
  const systolic = draft.random.integer(108, 148)
  const part = (code: string, display: string, text: string, value: number): JsonObject => ({
    code: { coding: [coding(loinc, code, display)], text },
    valueQuantity: quantity(value, 'mmHg', 'mm[Hg]'),
  })
  return {
    ...vitalSign(draft, 'blood-pressure', 'fr-core-observation-bp', {
      coding: [coding(loinc, '85354-9', 'Blood pressure panel with all children optional')],
      text: 'Pression artérielle',
    }),
    component: [
      part('8480-6', 'Systolic blood pressure', 'Systolique', systolic),
      part(
        '8462-4',
        'Diastolic blood pressure',
        'Diastolique',
        systolic - draft.random.integer(38, 55),
      ),
    ],
  }
}

const HL7_TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem/'

function condition(draft: Draft): Resource {
  const [code, text] = draft.random.pick([
    ['I10', 'Hypertension artérielle'],
    ['E11.9', 'Diabète de type 2'],
    ['J45.9', 'Asthme'],
    ['M17.9', 'Arthrose du genou'],
    ['E78.0', 'Hypercholestérolémie'],
  ] as const)
  return {
    resourceType: 'Condition',
    id: draft.id('condition'),
    clinicalStatus: { coding: [coding(`${HL7_TERMINOLOGY}condition-clinical`, 'active')] },
    verificationStatus: { coding: [coding(`${HL7_TERMINOLOGY}condition-ver-status`, 'confirmed')] },
    category: [{ coding: [coding(`${HL7_TERMINOLOGY}condition-category`, 'problem-list-item')] }],
    code: { coding: [coding(icd10, code)], text },
    subject: draft.subject,
    onsetDateTime: addDays(draft.today, -draft.random.integer(400, 4000)).slice(0, 7),
    recordedDate: at(draft.day, 9, 15),
    recorder: reference('Practitioner', draft.physician.id),
  }
}

function allergy(draft: Draft): Resource {
  const [category, text, reaction] = draft.random.pick([
    ['medication', 'Amoxicilline', 'Urticaire'],
    ['food', 'Arachide', 'Œdème des lèvres'],
    ['environment', 'Pollens de graminées', 'Rhinite'],
    ['environment', 'Venin de guêpe', 'Réaction locale étendue'],
  ] as const)
  return {
    resourceType: 'AllergyIntolerance',
    id: draft.id('allergy'),
    clinicalStatus: {
      coding: [coding(`${HL7_TERMINOLOGY}allergyintolerance-clinical`, 'active')],
    },
    verificationStatus: {
      coding: [coding(`${HL7_TERMINOLOGY}allergyintolerance-verification`, 'confirmed')],
    },
    type: 'allergy',
    category: [category],
    criticality: 'low',
    code: { text },
    patient: draft.subject,
    recordedDate: at(draft.day, 9, 12),
    recorder: reference('Practitioner', draft.physician.id),
    reaction: [{ manifestation: [{ text: reaction }], severity: 'moderate' }],
  }
}

function immunization(draft: Draft): Resource {
  const isChild = draft.patient.age < 18
  const vaccine = isChild
    ? concept(atc, 'J07BD52', 'Vaccin rougeole, oreillons, rubéole')
    : concept(atc, 'J07BB02', 'Vaccin contre la grippe saisonnière')
  return {
    resourceType: 'Immunization',
    id: draft.id('immunization'),
    status: 'completed',
    vaccineCode: vaccine,
    patient: draft.subject,
    encounter: reference('Encounter', draft.id('visit')),
    occurrenceDateTime: draft.day,
    primarySource: true,
    lotNumber: `DEMO${draft.random.integer(1000, 9999)}`,
    performer: [{ actor: reference('Practitioner', draft.physician.id) }],
  }
}

function medicationRequest(draft: Draft): Resource {
  const [code, text, dosage] = draft.random.pick([
    ['C09AA05', 'Ramipril 5 mg, comprimé', 'Un comprimé le matin'],
    ['A10BA02', 'Metformine 850 mg, comprimé', 'Un comprimé matin et soir, au cours du repas'],
    [
      'N02BE01',
      'Paracétamol 1 g, comprimé',
      'Un comprimé en cas de douleur, trois par jour au plus',
    ],
    ['C10AA05', 'Atorvastatine 20 mg, comprimé', 'Un comprimé le soir'],
  ] as const)
  return {
    resourceType: 'MedicationRequest',
    id: draft.id('medication'),
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { coding: [coding(atc, code)], text },
    subject: draft.subject,
    encounter: reference('Encounter', draft.id('visit')),
    authoredOn: at(draft.day, 9, 18),
    requester: reference('Practitioner', draft.physician.id),
    dosageInstruction: [{ text: dosage }],
  }
}

function appointment(draft: Draft): Resource {
  const day = addDays(draft.today, draft.random.integer(2, 90))
  const hour = draft.random.integer(8, 16)
  const { physician } = draft
  return {
    resourceType: 'Appointment',
    id: draft.id('appointment'),
    meta: { profile: [frCore('fr-core-appointment')] },
    status: 'booked',
    ...(physician.specialty
      ? { specialty: [concept(nos('TRE_R38-SpecialiteOrdinale'), ...physician.specialty)] }
      : {}),
    description: 'Consultation de suivi',
    start: at(day, hour),
    end: at(day, hour, 20),
    participant: [
      { actor: draft.subject, required: 'required', status: 'accepted' },
      {
        actor: reference('Practitioner', physician.id),
        required: 'required',
        status: 'accepted',
      },
    ],
  }
}
