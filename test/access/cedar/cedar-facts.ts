/** Callers, access records, resources and scopes as the entities of access.cedarschema. */
import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { AccessRecord, TimeSpan } from '../../../src/access/access-record.ts'
import type { Caller } from '../../../src/auth/caller.ts'
import type { SmartScope } from '../../../src/auth/smart-scope.ts'
import type { Depositor } from '../../../src/store/stored-version.ts'
import { classes, matrix } from './random-callers.ts'
import type { Item, World } from './world.ts'

export type Letter = 'create' | 'read' | 'update' | 'delete' | 'search'

/** The part of a resource that decides, for one of its patients. */
export type Decided = Pick<Item, 'type' | 'id' | 'envelope' | 'isDeleted'>

/** A granular scope covers what is there: nothing tells whether what was deleted fits it. */
export function scopeFacts(
  { context, type, parameters }: SmartScope,
  letter: Letter,
  isDeleted: boolean,
): CedarValueJson[] {
  const ids = parameters.length === 0 ? ['*'] : isDeleted ? [] : parameters.map(([, id]) => id)
  return ids.map((id) => ({ isPatient: context === 'patient', type, letter, id }))
}

export function reference(patient: string): CedarValueJson {
  return { __entity: { type: 'Record', id: patient } }
}

export function callerEntities(caller: Caller): readonly EntityJson[] {
  const { kind, person, patient, practitioner, organization, user, profession } = caller
  const type = `${kind[0]!.toUpperCase()}${kind.slice(1)}`
  const principal = (attrs: EntityJson['attrs']): EntityJson => ({
    uid: { type, id: 'caller' },
    attrs,
    parents: [],
  })
  const parties = [practitioner, organization].filter((party) => party !== undefined)
  const names = namesOf({ organization, user } as Depositor)
  switch (kind) {
    case 'citizen':
      return [principal({ person: reference(person!), user: `user ${user}` })]
    case 'app': {
      const { client } = caller
      const attrs = { person: reference(person!), patient: reference(patient!), client: client! }
      return [principal({ ...attrs, names: [`client ${client}`] })]
    }
    case 'professional': {
      const row = (profession !== undefined && matrix[profession]) || []
      const uid = { type: 'Profession', id: profession ?? 'unknown' }
      const docTypes = row === 'all' ? [] : [...row]
      return [
        principal({ practitioner: practitioner!, parties, profession: { __entity: uid }, names }),
        { uid, attrs: { isForAll: row === 'all', docTypes }, parents: [] },
      ]
    }
    case 'establishment':
      return [principal({ parties, names })]
    default:
      return [principal({})]
  }
}

/** A period from its first instant to before its last. */
function inForce<T extends { readonly period: TimeSpan }>(now: number, facts: readonly T[]): T[] {
  return facts.filter(
    ({ period }) => now >= period.start && (period.end === undefined || period.end > now),
  )
}

export function recordEntity(id: string, record: AccessRecord, { now, items }: World): EntityJson {
  const deposits = items.filter(
    ({ type, envelope, isDeleted }) =>
      type === 'DocumentReference' && !isDeleted && envelope.patients.includes(id),
  )
  return {
    uid: { type: 'Record', id },
    attrs: {
      blocked: record.blocked.map(({ party }) => party),
      authorised: inForce(now, record.authorized).map(({ party }) => party),
      treatingPhysicians: record.treatingPhysician === undefined ? [] : [record.treatingPhysician],
      representatives: inForce(now, record.representatives).map(({ person }) => reference(person)),
      emergencies: inForce(now, record.emergencies).map(({ party }) => party),
      opposesEmergency: record.opposesEmergency,
      isClosed: record.closed !== undefined,
      consents: inForce(now, record.apps).flatMap(({ client, types }) =>
        types.map((type) => ({ client, type })),
      ),
      depositors: deposits.flatMap(({ envelope }) => namesOf(envelope.depositor)),
    },
    parents: [],
  }
}

function namesOf({ organization, user, client }: Depositor): string[] {
  return [
    ...(organization === undefined ? [] : [`organization ${organization}`]),
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(client === undefined ? [] : [`client ${client}`]),
  ]
}

const classEntities = { directory: 'Directory', operator: 'Administrative' } as const

export function resourceEntity(
  { type, id, envelope, isDeleted }: Decided,
  patient: string | undefined,
): EntityJson {
  const entity = (kind: string, attrs: EntityJson['attrs']): EntityJson => ({
    uid: { type: kind, id: `${type}/${id}` },
    attrs: { type, isDeleted, ...attrs },
    parents: [],
  })
  const resourceClass = classes[type]
  if (resourceClass !== 'patient') return entity(classEntities[resourceClass], {})
  const depositors = namesOf(envelope.depositor)
  if (patient === undefined) return entity('Orphan', { depositors })
  return entity('PatientData', {
    record: reference(patient),
    patientCount: envelope.patients.length,
    labels: [...envelope.labels],
    ...(envelope.docType === undefined ? {} : { docType: envelope.docType }),
    depositors,
    hiddenUntil: oneMonthAfter(envelope.depositedAt),
  })
}

/**
 * The same time of the next month; the end of that month where it has no such day (code de procédure
 * civile, articles 641 and 642).
 */
function oneMonthAfter(time: number): number {
  const from = new Date(time)
  const to = new Date(time)
  to.setUTCMonth(from.getUTCMonth() + 1)
  return to.getUTCDate() === from.getUTCDate()
    ? to.getTime()
    : Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 2, 1)
}
