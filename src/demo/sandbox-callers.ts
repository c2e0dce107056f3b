/**
 * The demonstration people as callers of the sandbox: who logs in, with what software, and the facts
 * on access records that make each of them what their name says. design.md §1 'Sandbox'.
 */
import * as registry from '../national/ins/registry-keys.ts'
import type { DemoPeople } from './demo-data.ts'
import { fullName, type Establishment, type Professional } from './establishments.ts'
import type { DemoPatient } from './people.ts'
import {
  clientIds,
  sandboxClients,
  scopeOf,
  type DemoSandboxClient,
  type SoftwareKey,
} from './sandbox-clients.ts'

export interface DemoAccount {
  readonly id: string
  readonly kind: 'citizen' | 'professional' | 'operator'
  readonly name: string
  readonly note?: string
  readonly fhirUser?: string
  readonly patient?: string
  readonly practitioner?: string
  readonly profession?: string
  readonly organization?: string
}

export interface DemoCaller {
  readonly name: string
  readonly kind:
    | 'citizen'
    | 'representative'
    | 'professional'
    | 'establishment'
    | 'app'
    | 'operator'
  readonly account?: string
  readonly client: string
  readonly patient?: string
  readonly practitioner?: string
  readonly organization?: string
  readonly scope: string
}

/** One named operation on a patient's access record, to be carried out when the data is loaded. */
export type SandboxFact =
  | {
      readonly operation: '$declare-treating-physician'
      readonly patient: string
      readonly professional: string
    }
  | { readonly operation: '$authorize'; readonly patient: string; readonly professional: string }
  | { readonly operation: '$block'; readonly patient: string; readonly professional: string }
  | {
      readonly operation: '$represent'
      readonly patient: string
      /** The representative's own Patient id. */
      readonly representative: string
      readonly kind: 'minor'
    }
  | {
      readonly operation: '$grant-app'
      readonly patient: string
      readonly client: string
      readonly purpose: string
      readonly types: readonly string[]
    }

export interface DemoSandbox {
  readonly accounts: readonly DemoAccount[]
  readonly clients: readonly DemoSandboxClient[]
  readonly callers: readonly DemoCaller[]
  readonly patients: Readonly<
    Record<string, readonly { readonly id: string; readonly name: string }[]>
  >
  readonly facts: readonly SandboxFact[]
}

/** The people of the sandbox, by the part that they play. */
interface Cast {
  readonly citizen: DemoPatient
  readonly minor: DemoPatient
  readonly representative: DemoPatient
  readonly treatingPhysician: Professional
  readonly specialist: Professional
  readonly stranger: Professional
  readonly blocked: Professional
  readonly nurse: Professional
  readonly hospital: Establishment
  readonly laboratory: Establishment
}

export function sandboxCallers(people: DemoPeople): DemoSandbox {
  const cast = castOf(people)
  const citizens = [cast.citizen, cast.minor, cast.representative]
  const professionals = [
    cast.treatingPhysician,
    cast.specialist,
    cast.stranger,
    cast.blocked,
    cast.nurse,
  ]
  const known = [cast.citizen, cast.minor].map(choiceOf)
  return {
    accounts: [
      ...citizens.map(citizenAccount),
      ...professionals.map(professionalAccount),
      { id: 'sandbox-operator', kind: 'operator', name: 'Exploitant du bac à sable' },
    ],
    clients: sandboxClients({ hospital: cast.hospital, laboratory: cast.laboratory }),
    callers: [...citizenCallers(cast), ...professionalCallers(cast), ...softwareCallers(cast)],
    patients: {
      [cast.citizen.id]: [choiceOf(cast.citizen)],
      [cast.minor.id]: [choiceOf(cast.minor)],
      [cast.representative.id]: [choiceOf(cast.representative), choiceOf(cast.minor)],
      // What the treating physician and those in a care relation may open; the gate decides again.
      [cast.treatingPhysician.id]: known,
      [cast.specialist.id]: [choiceOf(cast.citizen)],
      [cast.nurse.id]: [choiceOf(cast.citizen)],
    },
    facts: sandboxFacts(cast),
  }
}

/** Chosen by what they are, not by number, so that other demonstration data has its cast too. */
function castOf({ patients, professionals, establishments }: DemoPeople): Cast {
  // The fourth patient has four documents, one of them masked to professionals.
  const citizen = patients.find(({ age }, index) => age >= 18 && index % 16 === 3) ?? patients[0]!
  const minors = patients.filter(({ age, gender }) => age < 18 && gender === 'female')
  const minor = minors.toSorted((a, b) => b.age - a.age)[0] ?? patients.at(-1)!
  const representative = patients.find(
    ({ id, age }) => age >= 30 && age <= 60 && id !== citizen.id && id !== minor.id,
  )!
  return {
    citizen,
    minor,
    representative,
    treatingPhysician: citizen.treatingPhysician,
    specialist: professionals[2]!,
    // Neither they nor their establishments deposit anything about this citizen.
    stranger: professionals[7]!,
    blocked: professionals[8]!,
    nurse: professionals[9]!,
    hospital: establishments[0]!,
    laboratory: establishments[2]!,
  }
}

function choiceOf({ id, displayName }: DemoPatient): { id: string; name: string } {
  return { id, name: displayName }
}

function citizenAccount({ id, displayName, age }: DemoPatient): DemoAccount {
  const note = age < 18 ? `Citoyenne, ${age} ans` : `Citoyen ou citoyenne, ${age} ans`
  return { id, kind: 'citizen', name: displayName, note, fhirUser: `Patient/${id}`, patient: id }
}

function professionalAccount(person: Professional): DemoAccount {
  const { id, rpps, profession, specialty, establishment } = person
  const title = specialty?.[1].replace(/ \(SM\)$/, '') ?? profession[1]
  return {
    id,
    kind: 'professional',
    name: fullName(person),
    note: `${title}, ${establishment.name}`,
    fhirUser: `Practitioner/${id}`,
    practitioner: `${registry.rppsSystem}|${rpps}`,
    profession: profession[0],
    organization: finessOf(establishment),
  }
}

function finessOf({ finess }: Establishment): string {
  return `${registry.finessSystem}|${finess}`
}

function citizenCallers({ citizen, minor, representative }: Cast): readonly DemoCaller[] {
  const portal = { client: clientIds.portal, scope: scopeOf('portal') }
  const app = (name: string, key: SoftwareKey): DemoCaller => ({
    name,
    kind: 'app',
    account: citizen.id,
    client: clientIds[key],
    patient: citizen.id,
    scope: scopeOf(key),
  })
  return [
    { name: 'Citoyenne', kind: 'citizen', account: citizen.id, patient: citizen.id, ...portal },
    {
      name: 'Mineure avec son compte',
      kind: 'citizen',
      account: minor.id,
      patient: minor.id,
      ...portal,
    },
    {
      name: 'Représentant de la mineure',
      kind: 'representative',
      account: representative.id,
      patient: minor.id,
      ...portal,
    },
    app('Application tierce publique', 'publicApp'),
    app('Application tierce confidentielle', 'confidentialApp'),
  ]
}

function professionalCallers(cast: Cast): readonly DemoCaller[] {
  const caller = (name: string, { id, establishment }: Professional): DemoCaller => ({
    name,
    kind: 'professional',
    account: id,
    client: clientIds.practiceSoftware,
    practitioner: id,
    organization: establishment.id,
    scope: 'openid fhirUser user/*.cruds',
  })
  return [
    caller('Médecin traitant', cast.treatingPhysician),
    caller('Spécialiste en relation de soin', cast.specialist),
    caller('Professionnel étranger au patient', cast.stranger),
    caller('Professionnel bloqué', cast.blocked),
    caller('Infirmier', cast.nurse),
  ]
}

function softwareCallers({ hospital, laboratory }: Cast): readonly DemoCaller[] {
  return [
    {
      name: 'Logiciel de l’hôpital',
      kind: 'establishment',
      client: clientIds.hospital,
      organization: hospital.id,
      scope: scopeOf('hospital'),
    },
    {
      name: 'Logiciel du laboratoire',
      kind: 'establishment',
      client: clientIds.laboratory,
      organization: laboratory.id,
      scope: scopeOf('laboratory'),
    },
    {
      name: 'Exploitant',
      kind: 'operator',
      account: 'sandbox-operator',
      client: clientIds.console,
      scope: scopeOf('console'),
    },
  ]
}

function sandboxFacts(cast: Cast): readonly SandboxFact[] {
  const { citizen, minor, representative } = cast
  const rppsOf = ({ rpps }: Professional) => `${registry.rppsSystem}|${rpps}`
  const authorized = [cast.specialist, cast.nurse, cast.blocked]
  return [
    ...[citizen, minor].map((patient) => ({
      operation: '$declare-treating-physician' as const,
      patient: patient.id,
      professional: rppsOf(patient.treatingPhysician),
    })),
    ...authorized.map((professional) => ({
      operation: '$authorize' as const,
      patient: citizen.id,
      professional: rppsOf(professional),
    })),
    // Blocked after a care relation began: the block is what counts (decision 19).
    { operation: '$block', patient: citizen.id, professional: rppsOf(cast.blocked) },
    {
      operation: '$represent',
      patient: minor.id,
      representative: representative.id,
      kind: 'minor',
    },
    ...(['publicApp', 'confidentialApp'] as const).map((key) => ({
      operation: '$grant-app' as const,
      patient: citizen.id,
      client: clientIds[key],
      purpose: 'Démonstration du bac à sable',
      types: ['Patient', 'Observation', 'DocumentReference', 'Binary'],
    })),
  ]
}
