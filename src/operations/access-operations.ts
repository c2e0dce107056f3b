/** The operations of decisions.md's last table, one row each. */
import type { AccessRecord } from '../access/access-record.ts'
import { closedRecord } from '../access/refusals.ts'
import { Forbidden, InvalidRequest } from '../errors.ts'
import type { AccessOperation, OperationFacts } from './access-operation.ts'

const emergencyMs = 30 * 60_000

/** The patient, or whoever represents them. */
const holder = ({ context, relation }: OperationFacts) =>
  context.store.caller.kind === 'citizen' && (relation.isSelf || relation.isRepresentative)

const kindOf = ({ context }: OperationFacts) => context.store.caller.kind

export const accessOperations: readonly AccessOperation[] = [
  {
    name: 'block',
    allow: holder,
    apply: (record, { input, now }) => {
      input.allowOnly('professional', 'organization')
      const party = input.party()
      const others = record.blocked.filter((blocked) => blocked.party !== party)
      const known = record.blocked.find((blocked) => blocked.party === party)
      return { ...record, blocked: [...others, known ?? { party, since: now }] }
    },
  },
  {
    name: 'unblock',
    allow: holder,
    apply: (record, { input }) => {
      input.allowOnly('professional', 'organization')
      const party = input.party()
      return { ...record, blocked: record.blocked.filter((blocked) => blocked.party !== party) }
    },
  },
  {
    name: 'authorize',
    // The patient, or the professional or establishment that records the patient's word.
    allow: (facts) =>
      holder(facts) ||
      ((kindOf(facts) === 'professional' || kindOf(facts) === 'establishment') &&
        isOwnParty(facts)),
    apply: (record, facts) => {
      const { input, context, now } = facts
      input.allowOnly('professional', 'organization', 'period')
      const party = input.party()
      if (facts.relation.isBlocked && !holder(facts))
        throw new Forbidden('The patient has blocked this party')
      const others = record.authorized.filter((authorized) => authorized.party !== party)
      const recordedBy =
        context.store.caller.user ?? context.store.caller.client ?? context.store.caller.kind
      return {
        ...record,
        authorized: [...others, { party, period: input.period(now), recordedBy }],
      }
    },
  },
  {
    name: 'withdraw',
    allow: (facts) => holder(facts) || (kindOf(facts) === 'professional' && isOwnParty(facts)),
    apply: (record, { input }) => {
      input.allowOnly('professional', 'organization')
      const party = input.party()
      return {
        ...record,
        authorized: record.authorized.filter((authorized) => authorized.party !== party),
      }
    },
  },
  {
    name: 'declare-treating-physician',
    allow: (facts) => holder(facts) || (kindOf(facts) === 'professional' && isOwnParty(facts)),
    apply: (record, facts) => {
      facts.input.allowOnly('professional')
      if (facts.relation.isBlocked && !holder(facts))
        throw new Forbidden('The patient has blocked this professional')
      return { ...record, treatingPhysician: facts.input.professional() }
    },
  },
  {
    name: 'end-treating-physician',
    allow: (facts) => holder(facts) || facts.relation.isTreatingPhysician,
    apply: (record, { input }) => {
      input.allowOnly('professional')
      const { treatingPhysician, ...rest } = record
      const isMeant = !input.has('professional') || input.professional() === treatingPhysician
      return isMeant ? rest : record
    },
  },
  {
    name: 'represent',
    people: ['representative'],
    allow: (facts) => kindOf(facts) === 'operator',
    apply: (record, { input, patientId, now }) => {
      input.allowOnly('representative', 'period', 'kind')
      const person = input.person('representative')
      if (person === patientId) throw new InvalidRequest('$represent: nobody represents themselves')
      const others = record.representatives.filter(
        (representative) => representative.person !== person,
      )
      return {
        ...record,
        representatives: [
          ...others,
          { person, kind: input.oneOf('kind', ['minor', 'mandate']), period: input.period(now) },
        ],
      }
    },
  },
  {
    name: 'end-representation',
    allow: (facts) => kindOf(facts) === 'operator',
    apply: (record, { input }) => {
      input.allowOnly('representative')
      const person = input.person('representative')
      return {
        ...record,
        representatives: record.representatives.filter(
          (representative) => representative.person !== person,
        ),
      }
    },
  },
  {
    name: 'emergency-access',
    allow: (facts) => kindOf(facts) === 'professional',
    apply: (record, { input, context, relation, now }) => {
      input.allowOnly('mode', 'reason')
      const mode = input.oneOf('mode', ['bris_de_glace', 'centre_15'])
      // Decision 21: a reason is asked of bris de glace; a regulator's call is one in itself.
      const reason =
        mode === 'centre_15' && !input.has('reason')
          ? 'Régulation médicale (centre 15)'
          : emergencyReason(() => input.text('reason'))
      if (record.opposesEmergency) throw new Forbidden('The patient opposes emergency access')
      if (relation.isBlocked) throw new Forbidden('The patient has blocked this professional')
      if (relation.isClosed) throw closedRecord()
      const party = context.store.caller.practitioner ?? 'open'
      const standing = record.emergencies.filter(
        (access) => access.party !== party && (access.period.end ?? 0) > now,
      )
      return {
        ...record,
        emergencies: [
          ...standing,
          { party, mode, reason, period: { start: now, end: now + emergencyMs } },
        ],
      }
    },
  },
  {
    name: 'oppose-emergency',
    allow: holder,
    apply: (record, { input }) => {
      input.allowOnly()
      return { ...record, opposesEmergency: true }
    },
  },
  {
    name: 'accept-emergency',
    allow: holder,
    apply: (record, { input }) => {
      input.allowOnly()
      return { ...record, opposesEmergency: false }
    },
  },
  {
    name: 'close-record',
    allow: holder,
    mirrorsActive: true,
    apply: (record, { input, now }) => {
      input.allowOnly('reason')
      return { ...record, closed: record.closed ?? { since: now, reason: input.text('reason') } }
    },
  },
  {
    name: 'reopen-record',
    allow: holder,
    mirrorsActive: true,
    apply: (record, { input }) => {
      input.allowOnly()
      const { closed: _, ...rest } = record
      return rest
    },
  },
  {
    name: 'grant-app',
    allow: holder,
    apply: (record, facts) => {
      const { input, context, now } = facts
      input.allowOnly('client', 'purpose', 'type', 'period')
      const client = input.text('client')
      const { applications } = context.services
      if (applications && !applications.has(client))
        throw new InvalidRequest(`$grant-app: "${client}" is no application of the catalogue`)
      const types = input.texts('type')
      if (types.length === 0) throw new InvalidRequest('$grant-app: at least one "type" is needed')
      for (const type of types) {
        if (!context.services.registry.isResourceType(type))
          throw new InvalidRequest(`$grant-app: "${type}" is no resource type`)
      }
      return {
        ...record,
        apps: [
          ...withoutApp(record, client),
          { client, purpose: input.text('purpose'), types, period: input.period(now) },
        ],
      }
    },
  },
  {
    name: 'revoke-app',
    allow: holder,
    apply: (record, { input }) => {
      input.allowOnly('client')
      return { ...record, apps: withoutApp(record, input.text('client')) }
    },
  },
]

function withoutApp(record: AccessRecord, client: string): AccessRecord['apps'] {
  return record.apps.filter((app) => app.client !== client)
}

/** The party named is the caller, or the organisation that the caller acts for. */
function isOwnParty({ context, input }: OperationFacts): boolean {
  const party = input.party()
  return party === context.store.caller.practitioner || party === context.store.caller.organization
}

/** Without a reason the access is refused, not merely malformed (acceptance 21). */
function emergencyReason(read: () => string): string {
  try {
    return read()
  } catch (error) {
    throw new Forbidden('Emergency access needs a reason', {
      cause: error,
      expression: "Parameters.parameter.where(name='reason')",
    })
  }
}
