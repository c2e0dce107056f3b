/** Random callers and their scopes, from small pools that records and resources share. */
import fc from 'fast-check'
import type { HabilitationMatrix } from '../../../src/access/habilitation-matrix.ts'
import type { Caller } from '../../../src/auth/caller.ts'
import type { SmartScope } from '../../../src/auth/smart-scope.ts'
import { anonymous, clinic, hospital, scope } from '../callers.ts'

export const people = ['p1', 'p2', 'p3'] as const
export const physicians = [
  'https://rpps.esante.gouv.fr|1',
  'https://rpps.esante.gouv.fr|2',
] as const
export const parties = [...physicians, hospital, clinic]
export const docTypes = ['http://loinc.org|11502-2', 'http://loinc.org|34133-9'] as const
export const matrix: HabilitationMatrix = { '10': 'all', '60': [docTypes[0]], '93': [] }

/** Decision 82, stated again. */
export const classes = {
  Patient: 'patient',
  DocumentReference: 'patient',
  List: 'patient',
  Binary: 'patient',
  Observation: 'patient',
  AuditEvent: 'patient',
  Device: 'patient',
  Organization: 'directory',
  ValueSet: 'directory',
  MessageHeader: 'operator',
} as const
export type WorldType = keyof typeof classes
export const types = Object.keys(classes) as readonly WorldType[]

/** Less what is undefined: absent and undefined differ under exactOptionalPropertyTypes. */
export function present<T extends object>(facts: T): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T
}

function scopeOf(contexts: readonly SmartScope['context'][]): fc.Arbitrary<SmartScope> {
  const letters = fc.oneof(
    fc.constantFrom('cruds', 'rs', 'r', 's', 'cud'),
    fc.subarray(['c', 'r', 'u', 'd', 's'], { minLength: 1 }).map((chosen) => chosen.join('')),
  )
  return fc
    .record({
      context: fc.constantFrom(...contexts),
      type: fc.oneof(fc.constant('*'), fc.constantFrom(...types)),
      letters,
      parameters: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.constantFrom('r0', 'r1').map((id) => [['_id', id] as const]) },
      ),
    })
    .map(({ context, type, letters: of, parameters }) =>
      scope(`${context}/${type}.${of}`, parameters),
    )
}

function scopesOf(...contexts: readonly SmartScope['context'][]) {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...contexts).map((of) => [scope(`${of}/*.cruds`)]) },
    { weight: 2, arbitrary: fc.array(scopeOf(contexts), { minLength: 1, maxLength: 3 }) },
  )
}

export const person = fc.constantFrom('p1', 'p1', 'p2')
export const perhaps = <T>(...values: readonly T[]) => fc.constantFrom(undefined, ...values)

const citizens = fc
  .record({ person, patient: perhaps('p1', 'p2'), scopes: scopesOf('user', 'user', 'patient') })
  .map((facts) =>
    present({ kind: 'citizen', user: `Patient/${facts.person}`, client: 'mes', ...facts }),
  )
const apps = fc
  .record({
    person,
    patient: perhaps('p1', 'p2'),
    client: fc.constantFrom('app-1', 'app-2'),
    scopes: scopesOf('patient'),
  })
  .map(({ patient, ...facts }) => ({
    kind: 'app',
    user: `Patient/${facts.person}`,
    patient: patient ?? facts.person,
    ...facts,
  }))
const professionals = fc
  .record({
    practitioner: fc.constantFrom(...physicians),
    organization: perhaps(hospital, clinic, clinic),
    profession: perhaps('10', '10', '10', '60', '60', '93', '99'),
    patient: perhaps(undefined, 'p1'),
    scopes: scopesOf('user', 'user', 'patient'),
  })
  .map((facts) =>
    present({
      kind: 'professional',
      user: `Practitioner/${facts.practitioner.at(-1)}`,
      client: 'lgc',
      ...facts,
    }),
  )
const establishments = fc
  .record({ organization: fc.constantFrom(hospital, clinic), scopes: scopesOf('system') })
  .map((facts) => ({
    kind: 'establishment',
    user: `Device/soft-${facts.organization.at(-1)}`,
    client: `soft-${facts.organization.at(-1)}`,
    ...facts,
  }))
const operators = scopesOf('system').map((scopes) => ({
  kind: 'operator',
  user: 'Device/operator',
  client: 'ops',
  scopes,
}))

export const randomCallers = fc.oneof(
  { weight: 6, arbitrary: professionals },
  { weight: 4, arbitrary: citizens },
  { weight: 5, arbitrary: apps },
  { weight: 8, arbitrary: establishments },
  { weight: 2, arbitrary: operators },
  { weight: 1, arbitrary: fc.constant(anonymous) },
) as fc.Arbitrary<Caller>
