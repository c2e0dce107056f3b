/** A server under national rules with one patient's record, and what tests do to its documents. */
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { demoPeople } from '../../../src/demo/demo-data.ts'
import type { BundleEntry, Transaction } from '../../../src/demo/documents.ts'
import { aLot, type JobOptions } from '../../../src/demo/main-job.ts'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { Server } from '../../../src/server.ts'
import { call, openServer, type Answer, type ServerOptions } from '../../fixtures.ts'

export const people = demoPeople({ seed: 'test', today: '2026-03-18', patientCount: 3 })
export const [patient, otherPatient] = people.patients as [
  (typeof people.patients)[0],
  (typeof people.patients)[0],
]
export const author = people.professionals[0]!
export const patientUrl = `Patient/${patient.id}`

export function jobOf(seed: string, over: Partial<JobOptions> = {}): JobOptions {
  return { patient, author, now: '2026-03-18T10:30:00Z', seed, ...over }
}

/** National rules on, the directory and two patients stored. */
export async function openRecord(t: Test, options: ServerOptions = {}): Promise<Server> {
  const server = await openServer(t, { national: true, ...options })
  const resources = [
    ...people.establishments.map(({ resource }) => resource),
    ...people.professionals.flatMap(({ practitioner, role }) => [practitioner, role]),
    patient.resource,
    otherPatient.resource,
  ]
  const entry = resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${String(resource.id)}` },
  }))
  const answer = await post(server, '', { resourceType: 'Bundle', type: 'transaction', entry })
  if (answer.status !== 200) throw new Error(answer.text)
  return server
}

export function post(server: Server, path: string, body: unknown, headers = {}): Promise<Answer> {
  return call(server, 'POST', path, { body, headers })
}

export function get(server: Server, path: string, headers = {}): Promise<Answer> {
  return call(server, 'GET', path, { headers })
}

export async function read(server: Server, reference: string): Promise<Resource> {
  const answer = await get(server, `/${reference}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.body as unknown as Resource
}

/** `Type/id` of each entry of a transaction's answer, in the request's order. */
export function locations(answer: Answer): string[] {
  return (answer.body.entry ?? []).map(({ response }) =>
    String((response as JsonObject).location).replace(/\/_history\/.*/, ''),
  )
}

export function statuses(answer: Answer): string[] {
  return (answer.body.entry ?? []).map(({ response }) => String((response as JsonObject).status))
}

/** The rule keys of an answer's issues of severity error. */
export function brokenRules(answer: Answer): string[] {
  const issues = (answer.body.issue ?? []) as {
    severity: string
    details?: { coding?: { code: string }[] }
  }[]
  return issues
    .filter(({ severity }) => severity === 'error')
    .map(({ details }) => details?.coding?.[0]?.code ?? 'none')
}

export interface Deposit {
  readonly bundle: Transaction
  readonly list: string
  readonly fiches: readonly string[]
  readonly contents: readonly string[]
}

/** Sends a lot that must be accepted. */
export async function deposit(
  server: Server,
  seed: string,
  over: Partial<JobOptions> = {},
): Promise<Deposit> {
  const bundle = aLot(jobOf(seed, over))
  const answer = await post(server, '', bundle)
  if (answer.status !== 200) throw new Error(answer.text)
  const made = locations(answer)
  const of = (type: string) => made.filter((reference) => reference.startsWith(`${type}/`))
  return { bundle, list: of('List')[0]!, fiches: of('DocumentReference'), contents: of('Binary') }
}

export function entriesOf(bundle: Transaction, type: string): BundleEntry[] {
  return bundle.entry.filter(({ resource }) => resource.resourceType === type)
}

export function ficheOf(bundle: Transaction, index = 0): Resource {
  return entriesOf(bundle, 'DocumentReference')[index]!.resource
}

export function attachmentOf(fiche: Resource): JsonObject {
  return (fiche.content as { attachment: JsonObject }[])[0]!.attachment
}

export function entryUuidOf(fiche: Resource): string | undefined {
  const found = ((fiche.identifier ?? []) as JsonObject[]).find(({ use }) => use === 'official')
  return found && String(found.value)
}

export function sha1(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('base64')
}

export const simplifiedProfile =
  'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-simplified-publish'

/** A simplified publish (ITI-105). */
export function aPublish(over: JsonObject = {}, attachment: JsonObject = {}): Resource {
  return {
    resourceType: 'DocumentReference',
    meta: { profile: [simplifiedProfile] },
    contained: [
      {
        resourceType: 'Practitioner',
        id: 'author',
        identifier: [{ system: 'https://rpps.esante.gouv.fr', value: '10001234562' }],
        name: [{ family: 'Martin', given: ['Anne'] }],
      },
    ],
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.250.1.999.7' },
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
    subject: { reference: patientUrl },
    date: '2026-03-18T10:30:00Z',
    author: [{ reference: '#author' }],
    content: [
      {
        attachment: {
          contentType: 'text/plain',
          language: 'fr-FR',
          data: Buffer.from('Compte rendu').toString('base64'),
          title: 'Compte rendu',
          ...attachment,
        },
      },
    ],
    ...over,
  }
}

export type Labels = readonly (readonly [system: string, code: string])[]

export const nosLabels =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
export const nosLevels =
  'https://mos.esante.gouv.fr/NOS/TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality'
export const levels = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'

export function labelOf(system: string, code: string): JsonObject {
  return { coding: [{ system, code }] }
}

export function labelCodes(fiche: Resource): string[] {
  return ((fiche.securityLabel ?? []) as { coding: { code: string }[] }[]).map(
    ({ coding }) => coding[0]!.code,
  )
}

export const isArchivedUrl =
  'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'

/** A JSON Patch by id or by condition (`DocumentReference?identifier=...`). */
export function patch(server: Server, target: string, operations: unknown): Promise<Answer> {
  return call(server, 'PATCH', `/${target}`, {
    body: JSON.stringify(operations),
    headers: { 'content-type': 'application/json-patch+json' },
  })
}

/** A demonstration patient with another identityStatus (VALI makes it qualified). */
export function withStatus(resource: Resource, code: string): Resource {
  const copy = structuredClone(resource)
  const statement = (copy.extension as JsonObject[]).find(({ url }) =>
    String(url).endsWith('identity-reliability'),
  )!
  const status = (statement.extension as JsonObject[]).find(({ url }) => url === 'identityStatus')!
  const { system } = status.valueCoding as JsonObject
  status.valueCoding = { system: system!, code }
  return copy
}

/** Stores the patient with another identityStatus. */
export async function setStatus(server: Server, code: string, resource = patient.resource) {
  const answer = await call(server, 'PUT', `/Patient/${String(resource.id)}`, {
    body: withStatus(resource, code),
  })
  if (answer.status !== 200) throw new Error(answer.text)
}

/** How many documents and lots there are. */
export async function counts(server: Parameters<typeof get>[0]): Promise<number[]> {
  const types = ['DocumentReference', 'List']
  return Promise.all(
    types.map(async (type) => (await get(server, `/${type}?_summary=count`)).body.total!),
  )
}
