/** What a caller is to one patient, read off the access record now. */
import type { Caller } from '../auth/caller.ts'
import type { AccessRecord, PartyIdentifier, TimeSpan } from './access-record.ts'

export interface PatientRelation {
  readonly patientId: string
  readonly isSelf: boolean
  readonly isRepresentative: boolean
  readonly isBlocked: boolean
  readonly isTreatingPhysician: boolean
  /** A care relation or a consent to consultation stands. */
  readonly isAuthorized: boolean
  readonly emergency?: 'bris_de_glace' | 'centre_15'
  readonly emergencyReason?: string
  /** The types that the patient's consent lets a third-party application see. */
  readonly appTypes?: readonly string[]
  readonly isClosed: boolean
}

export function relationOf(
  caller: Caller,
  patientId: string,
  record: AccessRecord,
  now: number,
): PatientRelation {
  const parties = partiesOf(caller)
  const isParty = ({ party }: { readonly party: PartyIdentifier }) => parties.includes(party)
  const emergency = record.opposesEmergency
    ? undefined
    : record.emergencies.find(
        (access) =>
          isParty(access) && access.party === caller.practitioner && covers(access.period, now),
      )
  const consent = caller.client === undefined ? undefined : consentOf(record, caller.client, now)
  const represents = record.representatives.some(
    ({ person, period }) => person === caller.person && covers(period, now),
  )
  return {
    patientId,
    isSelf: caller.person !== undefined && caller.person === patientId,
    isRepresentative: caller.person !== undefined && represents,
    isBlocked: record.blocked.some(isParty),
    isTreatingPhysician:
      caller.practitioner !== undefined && record.treatingPhysician === caller.practitioner,
    isAuthorized: record.authorized.some((access) => isParty(access) && covers(access.period, now)),
    isClosed: record.closed !== undefined,
    ...(emergency ? { emergency: emergency.mode, emergencyReason: emergency.reason } : {}),
    ...(consent ? { appTypes: consent.types } : {}),
  }
}

/** The consent to an application that stands now. */
export function consentOf(
  { apps }: AccessRecord,
  client: string,
  now: number,
): AccessRecord['apps'][number] | undefined {
  return apps.find((app) => app.client === client && covers(app.period, now))
}

function partiesOf({ practitioner, organization }: Caller): readonly PartyIdentifier[] {
  return [practitioner, organization].filter((party) => party !== undefined)
}

function covers({ start, end }: TimeSpan, now: number): boolean {
  return start <= now && (end === undefined || now < end)
}
