/** What all steps share: who plays, and the requests that come back in several steps. */
import type { DemoPatient } from '../../src/demo/people.ts'
import type { JobOptions } from '../../src/demo/main-job.ts'
import type { JsonObject, JsonValue } from '../../src/fhir/resource.ts'
import type { Answer, Call, FhirClient } from './fhir-client.ts'
import { entriesOf } from './fhir-client.ts'
import type { Report } from './report.ts'

export interface DemoRun {
  readonly client: FhirClient
  readonly report: Report
  readonly patient: DemoPatient
  /** Callers have tokens, and see what they may. */
  readonly isGuarded: boolean
  /** Another seed for each lot of this run. */
  readonly job: (name: string) => JobOptions
}

/** The other caller: another program, which knows the patient by INS only. */
const otherCaller = { 'user-agent': 'logiciel-du-cabinet/1.0' }

/** ITI-67 by INS in the body, so that no INS stands in a URL. */
export function searchByIns(
  { client, patient }: DemoRun,
  parameters: Readonly<Record<string, string>>,
  type = 'DocumentReference',
): Promise<Answer> {
  const { system, value } = patient.ins
  return client.expect(200, {
    method: 'POST',
    path: `/${type}/_search`,
    form: { 'patient.identifier': `${system}|${value}`, ...parameters },
    headers: otherCaller,
    as: 'reader',
  })
}

/** The bytes at an attachment's url. */
export function fetchContent({ client }: DemoRun, url: string, accept: string): Promise<Answer> {
  return client.expect(200, {
    method: 'GET',
    path: url,
    headers: { ...otherCaller, accept },
    as: 'reader',
  })
}

export interface JsonPatchOperation extends JsonObject {
  op: 'add' | 'replace' | 'remove' | 'test'
  path: string
}

/** A conditional JSON Patch by masterIdentifier, as PDSm writes it. */
export function patchOf(
  masterIdentifier: string,
  operations: readonly JsonPatchOperation[],
  headers: Readonly<Record<string, string>> = {},
): Call {
  return {
    method: 'PATCH',
    path: `/DocumentReference?identifier=${encodeURIComponent(`urn:ietf:rfc:3986|${masterIdentifier}`)}`,
    body: [...operations],
    headers: { 'content-type': 'application/json-patch+json', ...headers },
  }
}

/**
 * How many of each the whole server holds, in words; under access control, where no software may
 * ask that, how many the patient's record holds.
 */
async function countAll({ client, patient, isGuarded }: DemoRun): Promise<string> {
  const record = `patient=Patient/${patient.id}&status=current,superseded&`
  const queries = isGuarded
    ? [`DocumentReference?${record}`, `List?${record}code=submissionset&`]
    : ['DocumentReference?', 'List?', 'Binary?']
  const counts: string[] = []
  for (const query of queries) {
    const path = `/${query}_summary=count&_total=accurate`
    const { json } = await client.expect(200, { method: 'GET', path })
    counts.push(`${String(json.total)} ${query.slice(0, query.indexOf('?'))}`)
  }
  return counts.join(', ')
}

const TRIES = 3

/**
 * Makes a request that must store nothing, and counts before and after. Where the counts differ it
 * is made again, since somebody else may have written meanwhile.
 */
export async function expectNothingStored(
  run: DemoRun,
  request: () => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await countAll(run)
    const answer = await request()
    const after = await countAll(run)
    if (before !== after && attempt < TRIES) continue
    run.report.check(`rien n’est stocké : ${after}, avant comme après`, before === after, before)
    return answer
  }
}

export const idsOf = (bundle: JsonObject): string[] =>
  entriesOf(bundle).map(({ resource }) => String(resource?.id))

export function attachmentOf(fiche: JsonObject | undefined): JsonObject {
  const [content] = (fiche?.content ?? []) as JsonObject[]
  return (content?.attachment ?? {}) as JsonObject
}

export function masterIdentifierOf(fiche: JsonObject): string {
  return String((fiche.masterIdentifier as JsonObject).value)
}

/** The entryUUID of a fiche: its official identifier. */
export function entryUuidOf(fiche: JsonObject): string {
  const list = (fiche.identifier ?? []) as JsonObject[]
  return String(list.find(({ use }) => use === 'official')?.value)
}

export function labelCodesOf(fiche: JsonObject): string[] {
  const labels = (fiche.securityLabel ?? []) as { coding?: { code?: string }[] }[]
  return labels.flatMap(({ coding = [] }) => coding.map(({ code = '' }) => code))
}

export function versionIdOf(resource: JsonObject | undefined): JsonValue | undefined {
  return (resource?.meta as JsonObject | undefined)?.versionId
}
