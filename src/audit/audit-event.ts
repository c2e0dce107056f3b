/**
 * A record of the journal as an AuditEvent in the shape of TdE: one subtype, at most two agents
 * (who acted, and for which organisation or with which software). TDEAuditEvent 2.0.0,
 * R4 auditevent.html.
 */
import type { JsonObject } from '../fhir/resource.ts'
import type { AuditAgent, AuditRecord } from './journal.ts'
import { outcomeCodes } from './record-codec.ts'

const profile = 'https://interop.esante.gouv.fr/ig/fhir/tde/StructureDefinition/tde-auditevent'
const interactionSystem = 'http://hl7.org/fhir/restful-interaction'
const entityTypes = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
const objectRoles = 'http://terminology.hl7.org/CodeSystem/object-role'
const actReasons = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const professions =
  'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'

const interactions: Readonly<Record<string, string>> = {
  read: 'read',
  vread: 'vread',
  update: 'update',
  patch: 'patch',
  delete: 'delete',
  create: 'create',
  batch: 'batch',
  transaction: 'transaction',
  'search-type': 'search-type',
  'search-system': 'search-system',
  'history-instance': 'history-instance',
  'history-type': 'history-type',
  'history-system': 'history-system',
}

/** `lastUpdated` and `versionId` never change: a trace has one version. */
export function renderAuditEvent(id: string, record: AuditRecord, baseUrl: string): JsonObject {
  const recorded = new Date(record.recorded).toISOString()
  const { purpose } = record
  return {
    resourceType: 'AuditEvent',
    id,
    meta: { versionId: '1', lastUpdated: recorded, profile: [profile] },
    type: {
      system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
      code: 'rest',
      display: 'RESTful Operation',
    },
    subtype: [subtypeOf(record)],
    action: record.action,
    period: { start: recorded },
    recorded,
    outcome: outcomeCodes[record.outcome],
    ...(record.outcome === 'success' ? {} : { outcomeDesc: `HTTP ${record.status}` }),
    ...(purpose === undefined ? {} : { purposeOfEvent: [purposeOf(purpose, record.reason)] }),
    agent: agentsOf(record.agent),
    source: {
      observer: {
        type: 'Device',
        identifier: { system: baseUrl, value: 'passerelle' },
        display: 'Passerelle',
      },
    },
    ...entitiesOf(record),
  }
}

function subtypeOf({ interaction }: AuditRecord): JsonObject {
  return { system: interactionSystem, code: interactions[interaction] ?? 'operation' }
}

function purposeOf(purpose: 'bris_de_glace' | 'centre_15', reason: string | undefined): JsonObject {
  const coding =
    purpose === 'bris_de_glace'
      ? { system: actReasons, code: 'BTG', display: 'break the glass' }
      : { system: actReasons, code: 'ETREAT', display: 'Emergency Treatment' }
  return { coding: [coding], ...(reason === undefined ? {} : { text: reason }) }
}

function agentsOf(agent: AuditAgent): JsonObject[] {
  const { user, practitioner, organization, client, display, kind, profession } = agent
  const isPerson = user !== undefined || practitioner !== undefined
  const organisation = organization === undefined ? undefined : identified(organization)
  const software =
    client === undefined ? undefined : { type: 'Device', identifier: { value: client } }
  const person = {
    ...(user === undefined ? {} : { reference: user }),
    ...(practitioner === undefined ? {} : identified(practitioner)),
    ...(display === undefined ? {} : { display }),
  }
  const who = isPerson ? person : (organisation ?? software ?? { display: display ?? kind })
  const behalf = isPerson ? (organisation ?? software) : organisation && software
  return [
    {
      ...(profession === undefined
        ? {}
        : { role: [{ coding: [{ system: professions, code: profession }] }] }),
      who,
      ...(isPerson || display === undefined ? {} : { name: display }),
      requestor: true,
    },
    ...(behalf === undefined
      ? []
      : [
          {
            who: behalf,
            ...(client !== undefined && behalf !== software ? { altId: client } : {}),
            requestor: false,
          },
        ]),
  ]
}

/** `system|value` as a logical reference. */
function identified(text: string): JsonObject {
  const bar = text.indexOf('|')
  return { identifier: { system: text.slice(0, bar), value: text.slice(bar + 1) } }
}

function entitiesOf(record: AuditRecord): JsonObject {
  const { patient, entities, entitiesOmitted, query, interaction } = record
  const own = patient === undefined ? undefined : `Patient/${patient}`
  const entity: JsonObject[] = []
  if (own !== undefined) {
    entity.push({
      what: { reference: own },
      type: { system: entityTypes, code: '1', display: 'Person' },
      role: { system: objectRoles, code: '1', display: 'Patient' },
    })
  }
  for (const reference of entities) if (reference !== own) entity.push(touched(reference))
  if (entitiesOmitted !== undefined)
    entity.push({ type: systemObject, description: `${entitiesOmitted} more resources` })
  if (query !== undefined)
    entity.push({
      type: systemObject,
      role: { system: objectRoles, code: '24', display: 'Query' },
      query: Buffer.from(query).toString('base64'),
    })
  // The subtype says only that it was an operation.
  if (interaction.startsWith('$'))
    entity.push({ type: systemObject, detail: [{ type: 'operation', valueString: interaction }] })
  return entity.length > 0 ? { entity } : {}
}

const systemObject = { system: entityTypes, code: '2', display: 'System Object' }

function touched(reference: string): JsonObject {
  const type = reference.slice(0, reference.indexOf('/'))
  const isDocument = type === 'DocumentReference' || type === 'Binary'
  return {
    what: { reference },
    type: systemObject,
    role: isDocument
      ? { system: objectRoles, code: '3', display: 'Report' }
      : { system: objectRoles, code: '4', display: 'Domain Resource' },
  }
}
