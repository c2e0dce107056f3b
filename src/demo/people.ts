/**
 * Made-up patients with qualified identities. FR Core 2.2.0 fr-core-patient-ins. Their INS are
 * under the test OID and name a commune or country that does not exist, so they belong to nobody.
 */
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { insAuthorities } from '../national/ins/ins-oids.ts'
import { matriculeKey } from '../national/ins/matricule.ts'
import {
  birthListUrl,
  birthPlaceUrl,
  inseeCodeUrl,
  reliabilityUrl,
  v2StatusSystem,
} from '../national/ins/patient-elements.ts'
import { coding, frCore, identifier, nos, reference, two } from './codings.ts'
import { addDays, yearOf } from './dates.ts'
import type { Establishment, Professional } from './establishments.ts'
import type { Commune } from './names.ts'
import * as names from './names.ts'
import type { Random } from './random.ts'

export interface DemoPatient {
  readonly id: string
  readonly ins: { readonly system: string; readonly value: string }
  readonly gender: 'female' | 'male'
  readonly birthDate: string
  readonly age: number
  /** As people write it: `Marie-Ève Béranger`. */
  readonly displayName: string
  readonly birthPlace: Commune
  readonly treatingPhysician: Professional
  readonly resource: Resource
}

export interface PeopleOptions {
  readonly random: Random
  /** YYYY-MM-DD. */
  readonly today: string
  readonly count: number
  readonly establishments: readonly Establishment[]
  readonly professionals: readonly Professional[]
}

export function demoPatients(options: PeopleOptions): readonly DemoPatient[] {
  return Array.from({ length: options.count }, (_, index) =>
    demoPatient(index + 1, options.random.fork(`patient-${index + 1}`), options),
  )
}

function demoPatient(number: number, random: Random, options: PeopleOptions): DemoPatient {
  const gender = random.pick(['female', 'male'] as const)
  const age = number % 5 === 0 ? random.integer(0, 17) : random.integer(18, 96)
  const birthDate = addDays(options.today, -Math.round(age * 365.25) - random.integer(1, 360))
  const given = pickDistinct(random, names.givenNames[gender], random.integer(1, 3))
  // Each family name once before any comes back, so that searches by name find few.
  const family = names.familyNames[(number * 7) % names.familyNames.length]!
  const birthPlace =
    number % 12 === 0 ? random.pick(names.countriesOfBirth) : random.pick(names.communes)
  const isMarried = gender === 'female' && age > 30 && random.chance(0.4)
  const usualFamily = isMarried ? random.pick(names.familyNames) : family
  const treatingPhysician = options.professionals[number % 2]!
  const identity = { number, gender, birthDate, given, family, usualFamily, birthPlace }
  const ins = { system: testInsSystem, value: matricule(identity) }
  return {
    id: `demo-patient-${two(number)}`,
    ins,
    gender,
    birthDate,
    age: yearOf(options.today) - yearOf(birthDate),
    displayName: `${given[0]!} ${usualFamily}`,
    birthPlace,
    treatingPhysician,
    resource: patientResource({ ...identity, ins, random, options, treatingPhysician }),
  }
}

const testInsSystem = insAuthorities.find(({ kind }) => kind === 'INS-NIR-TEST')!.system

interface Identity {
  readonly number: number
  readonly gender: 'female' | 'male'
  readonly birthDate: string
  /** All given names, the first being the one of `official.given`. */
  readonly given: readonly string[]
  readonly family: string
  readonly usualFamily: string
  readonly birthPlace: Commune
}

/** Right key, real département, and a commune (999, overseas 99) or country (999) without people. */
function matricule({ number, gender, birthDate, birthPlace }: Identity): string {
  const isOverseas = birthPlace.code.startsWith('97')
  const place = isOverseas
    ? `${birthPlace.code.slice(0, 3)}99`
    : `${birthPlace.code.slice(0, 2)}999`
  const sex = gender === 'male' ? '1' : '2'
  const thirteen = `${sex}${birthDate.slice(2, 4)}${birthDate.slice(5, 7)}${place}${String(number).padStart(3, '0')}`
  return `${thirteen}${matriculeKey(thirteen)}`
}

interface PatientDraft extends Identity {
  readonly ins: DemoPatient['ins']
  readonly random: Random
  readonly options: PeopleOptions
  readonly treatingPhysician: Professional
}

function patientResource(draft: PatientDraft): Resource {
  const { number, gender, birthDate, birthPlace, options, treatingPhysician } = draft
  const hospital = options.establishments[0]!
  return {
    resourceType: 'Patient',
    id: `demo-patient-${two(number)}`,
    meta: { profile: [frCore('fr-core-patient-ins')] },
    extension: [
      reliability(addDays(options.today, -draft.random.integer(30, 900)), draft.random),
      birthPlaceExtension(birthPlace),
    ],
    identifier: [
      identifier('INS-NIR-TEST', draft.ins.system, draft.ins.value, 'official'),
      {
        use: 'usual',
        type: { coding: [coding('http://terminology.hl7.org/CodeSystem/v2-0203', 'PI')] },
        system: 'https://trois-vallees.example.org/ipp',
        value: `IPP-${String(100_000 + number * 37)}`,
        assigner: reference('Organization', hospital.id, hospital.name),
      },
    ],
    active: true,
    name: patientNames(draft),
    telecom: telecom(draft),
    gender,
    birthDate,
    address: [homeAddress(draft.random)],
    generalPractitioner: [reference('Practitioner', treatingPhysician.id)],
    managingOrganization: reference('Organization', hospital.id, hospital.name),
  }
}

function reliability(date: string, random: Random): JsonObject {
  const frCoreSystem = (name: string) => `https://hl7.fr/ig/fhir/core/CodeSystem/${name}`
  const [mode, proof] = random.pick([
    ['CN', "Carte nationale d'identité"],
    ['PA', 'Passeport'],
    ['LE', 'Livret de famille'],
  ] as const)
  return {
    url: reliabilityUrl,
    extension: [
      {
        url: 'methodCollection',
        valueCoding: coding(
          frCoreSystem('fr-core-cs-method-collection'),
          'INSI',
          'Téléservice INSI',
        ),
      },
      { url: 'dateCollection', valueDate: date },
      { url: 'identityStatus', valueCoding: coding(v2StatusSystem, 'VALI', 'Identité validée') },
      { url: 'validationDate', valueDate: date },
      {
        url: 'validationMode',
        valueCoding: coding(frCoreSystem('fr-core-cs-mode-validation-identity'), mode, proof),
      },
    ],
  }
}

function inseeCode({ code, name }: Commune): JsonObject {
  return { url: inseeCodeUrl, valueCoding: coding(nos('TRE_R13-CommuneOM'), code, name) }
}

function birthPlaceExtension(place: Commune): JsonObject {
  const isAbroad = place.code.startsWith('99')
  return {
    url: birthPlaceUrl,
    valueAddress: {
      extension: [inseeCode(place)],
      ...(isAbroad ? { country: place.name } : { city: place.name, country: 'FR' }),
    },
  }
}

function patientNames({ family, given, usualFamily, gender }: Identity): JsonObject[] {
  const stateNames = given.map(names.toStateName)
  return [
    {
      use: 'official',
      extension: [{ url: birthListUrl, valueString: stateNames.join(' ') }],
      family: names.toStateName(family),
      given: [stateNames[0]!],
    },
    {
      use: 'usual',
      family: usualFamily,
      given: [given[0]!],
      prefix: [gender === 'male' ? 'M' : 'MME'],
    },
  ]
}

/** Numbers and addresses that are reserved for fiction. */
function telecom({ number, random }: PatientDraft): JsonObject[] {
  return [
    {
      system: 'phone',
      value: `+33 6 39 98 ${two(number)} ${two(random.integer(0, 99))}`,
      use: 'mobile',
    },
    { system: 'email', value: `patient${two(number)}@example.org`, use: 'home' },
  ]
}

function homeAddress(random: Random): JsonObject {
  const commune = random.pick(names.communes)
  return {
    use: 'home',
    type: 'both',
    line: [`${random.integer(1, 120)} ${random.pick(names.streets)}`],
    city: commune.name.replace(/ \d+er? Arrondissement$/, ''),
    postalCode: commune.postalCode!,
    country: 'FR',
  }
}

function pickDistinct(random: Random, list: readonly string[], count: number): string[] {
  const picked = new Set<string>()
  while (picked.size < count) picked.add(random.pick(list))
  return [...picked]
}
