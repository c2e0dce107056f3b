/**
 * Random access records and resources, from pools small enough to meet: whoever asks is often named
 * on a record, and periods begin and end about the clock.
 */
import fc from 'fast-check'
import type { AccessRecord, TimeSpan } from '../../../src/access/access-record.ts'
import type { Caller } from '../../../src/auth/caller.ts'
import type { Depositor } from '../../../src/store/stored-version.ts'
import { clinic, hospital } from '../callers.ts'
import { TRE_A07 } from '../plain-world.ts'
import {
  docTypes,
  parties,
  people,
  perhaps,
  person,
  physicians,
  present,
  randomCallers,
  types,
  type WorldType,
} from './random-callers.ts'

const dayMs = 86_400_000
export const labels = {
  maskedToProfessionals: `${TRE_A07}|MASQUE_PS`,
  hiddenFromPatient: `${TRE_A07}|INVISIBLE_PATIENT`,
  hiddenFromRepresentatives: `${TRE_A07}|INVISIBLE_REPRESENTANTS_LEGAUX`,
} as const
const someLabels = [
  ...Object.values(labels),
  `${TRE_A07}|MASQUE_PSOCIAL`,
  `${TRE_A07}|MASQUE_PT`,
  'http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPAT',
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality|N',
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality|V',
  'https://mos.esante.gouv.fr/NOS/TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality|V',
  'https://mos.esante.gouv.fr/NOS/TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality|R',
  // Of another system: it hides nothing.
  'urn:other|MASQUE_PS',
]

/** Nothing, or one of the values, or several; the more the rarer. */
function few<T>(...values: readonly T[]) {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant([] as T[]) },
    { weight: 2, arbitrary: fc.constantFrom(...values).map((value) => [value]) },
    { weight: 1, arbitrary: fc.subarray([...values]) },
  )
}

/** True in one case of `odds`. */
const rarely = (odds: number) => fc.nat(odds - 1).map((value) => value === 0)

const clock = fc
  .tuple(
    fc.constantFrom(
      Date.UTC(2026, 4, 15, 10),
      Date.UTC(2026, 1, 28, 12),
      Date.UTC(2026, 2, 1),
      Date.UTC(2026, 2, 29, 5),
      Date.UTC(2026, 2, 31, 12),
      Date.UTC(2028, 1, 29, 23, 59),
      Date.UTC(2026, 0, 31, 0, 0),
    ),
    fc.constantFrom(-1, 0, 1),
  )
  .map(([base, jitter]) => base + jitter)

/** Most often in force; it may begin or end at the clock, or a millisecond from it. */
function spans(now: number): fc.Arbitrary<TimeSpan> {
  return fc
    .record({
      start: fc.constantFrom(-dayMs, -dayMs, -dayMs, -dayMs, -1, 0, 1),
      end: perhaps(dayMs, dayMs, dayMs, dayMs, -1, 0, 1),
    })
    .map(
      ({ start, end }) =>
        present({ start: now + start, end: end === undefined ? end : now + end }) as TimeSpan,
    )
}

const none: fc.Arbitrary<never[]> = fc.constant([])
function upTo<T>(max: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 1, arbitrary: none },
    { weight: 2, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: max }) },
  )
}

function accessRecords(now: number): fc.Arbitrary<AccessRecord> {
  const period = spans(now)
  return fc
    .record({
      blocked: fc.oneof(
        { weight: 3, arbitrary: fc.constant([] as string[]) },
        { weight: 1, arbitrary: few(...parties) },
      ),
      authorized: upTo(2, fc.record({ party: fc.constantFrom(...parties), period })),
      treatingPhysician: perhaps(undefined, undefined, ...physicians),
      representatives: upTo(2, fc.record({ person, period })),
      emergencies: upTo(
        1,
        fc.record({
          party: fc.constantFrom(...physicians),
          mode: fc.constantFrom('bris_de_glace' as const, 'centre_15' as const),
          period,
        }),
      ),
      opposesEmergency: rarely(4),
      isClosed: rarely(5),
      // An application has one consent at a time ($grant-app).
      apps: fc.uniqueArray(
        fc.record({
          client: fc.constantFrom('app-1', 'app-2'),
          types: fc.oneof(
            { weight: 3, arbitrary: fc.constant([...types]) },
            { weight: 1, arbitrary: fc.subarray([...types]) },
          ),
          period,
        }),
        { selector: ({ client }) => client, minLength: 1, maxLength: 2 },
      ),
    })
    .map(({ isClosed, treatingPhysician, ...facts }) => ({
      ...facts,
      blocked: facts.blocked.map((party) => ({ party, since: 0 })),
      authorized: facts.authorized.map((access) => ({ ...access, recordedBy: '' })),
      representatives: facts.representatives.map((of) => ({ ...of, kind: 'minor' as const })),
      emergencies: facts.emergencies.map((access) => ({ ...access, reason: 'coma' })),
      apps: facts.apps.map((app) => ({ ...app, purpose: 'suivi' })),
      ...(treatingPhysician === undefined ? {} : { treatingPhysician }),
      ...(isClosed ? { closed: { since: 0, reason: '' } } : {}),
    }))
}

/** What a deposit through each kind of caller leaves; of an identity, software's alone. */
const softwareDepositors: readonly Depositor[] = [hospital, clinic].map((organization) => ({
  organization,
  user: `Device/soft-${organization.at(-1)}`,
  client: `soft-${organization.at(-1)}`,
}))
const depositors: readonly Depositor[] = [
  ...softwareDepositors,
  { organization: clinic, user: 'Practitioner/1', client: 'lgc' },
  { user: 'Practitioner/2', client: 'lgc' },
  { user: 'Patient/p1', client: 'mes' },
  { user: 'Patient/p1', client: 'app-1' },
  { user: 'Patient/p2', client: 'app-2' },
]

export interface RandomResource {
  readonly type: WorldType
  readonly patients: readonly string[]
  readonly labels: readonly string[]
  readonly depositor: Depositor
  readonly softwareDepositor: Depositor
  /** Whoever asks has deposited it. */
  readonly isOwn: boolean
  readonly depositedAt: number
  readonly docType: string | undefined
  readonly status: string
  readonly isGoverned: boolean
  readonly isDeleted: boolean
  /** Of a lot: which resources it names; of a Binary, the first is its owner, if there is one. */
  readonly names: readonly number[]
  readonly hasOwner: boolean
  /** A Binary keeps the patients that it was stored with. */
  readonly keepsPatients: boolean
  /** By a search; the second of two may be a patient that it is not about. */
  readonly named: 'nobody' | 'its patient' | 'two'
  readonly change: 'create' | 'replace' | 'move' | 'delete' | 'archive' | 'mask' | 'hide' | 'status'
  readonly movedTo: readonly string[]
}

const somePatients = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('p1', 'p1', ...people).map((id) => [id]) },
  { weight: 3, arbitrary: fc.shuffledSubarray([...people], { minLength: 2 }) },
  { weight: 1, arbitrary: fc.constant([] as string[]) },
)

function resources(now: number): fc.Arbitrary<RandomResource> {
  const aboutAMonth = fc
    .tuple(fc.constantFrom(28, 30, 31), fc.constantFrom(-1, 0, 1, -4 * 3_600_000, 4 * 3_600_000))
    .map(([days, jitter]) => now - days * dayMs + jitter)
  return fc.record({
    type: fc.oneof(
      { weight: 1, arbitrary: fc.constant<WorldType>('DocumentReference') },
      {
        weight: 2,
        arbitrary: fc.constantFrom<WorldType>('Patient', 'Patient', 'Binary', ...types),
      },
    ),
    patients: somePatients,
    labels: fc.oneof(
      few(...someLabels),
      fc.constantFrom(...Object.values(labels)).map((label) => [label]),
    ),
    depositor: fc.constantFrom(...depositors),
    softwareDepositor: fc.constantFrom(...softwareDepositors),
    isOwn: fc.boolean(),
    depositedAt: fc.oneof(
      aboutAMonth,
      fc.nat(60).map((days) => now - days * dayMs),
    ),
    docType: perhaps(...docTypes),
    status: fc.constantFrom('current', 'superseded', 'entered-in-error'),
    isGoverned: rarely(4).map((isPlain) => !isPlain),
    isDeleted: rarely(8),
    names: fc.subarray([0, 1, 2, 3]),
    hasOwner: fc.boolean(),
    keepsPatients: rarely(4),
    named: fc.oneof(fc.constant('its patient' as const), fc.constantFrom('nobody', 'two')),
    change: fc.constantFrom(
      'create',
      'replace',
      'move',
      'delete',
      'archive',
      'mask',
      'mask',
      'hide',
      'hide',
      'hide',
      'status',
    ),
    movedTo: somePatients,
  })
}

export interface RandomWorld {
  readonly now: number
  readonly caller: Caller
  readonly records: Readonly<Record<(typeof people)[number], AccessRecord>>
  readonly resources: readonly RandomResource[]
}

/** Without bias towards the ends of each pool: what is to be frequent is said above. */
export const randomWorlds: fc.Arbitrary<RandomWorld> = fc.noBias(clock.chain(worldsAt))

function worldsAt(now: number): fc.Arbitrary<RandomWorld> {
  return fc.record({
    now: fc.constant(now),
    caller: randomCallers,
    records: fc.record({
      p1: accessRecords(now),
      p2: accessRecords(now),
      p3: accessRecords(now),
    }),
    resources: fc.array(resources(now), { minLength: 4, maxLength: 4 }),
  })
}
