/** The other DMP transactions on one document, with the refusals that do not depend on who calls. */
import { aSimplifiedPublish } from '../../src/demo/simplified-publish.ts'
import { nos } from '../../src/demo/codings.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import {
  attachmentOf,
  entryUuidOf,
  fetchContent,
  idsOf,
  labelCodesOf,
  masterIdentifierOf,
  patchOf,
  searchByIns,
} from './demo-run.ts'
import type { DemoRun, JsonPatchOperation } from './demo-run.ts'
import { diagnosticsOf, ruleOf } from './fhir-client.ts'

const isArchivedUrl =
  'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'

/** The document that the metadata steps work on. */
export interface Published {
  readonly id: string
  readonly master: string
  readonly fiche: JsonObject
  readonly contentUrl: string
}

/** TD2 by ITI-105. */
export async function publish(run: DemoRun): Promise<Published> {
  const { report, client, job } = run
  report.step('TD2 (ITI-105) : un document publié par un simple POST, octets dans la fiche')
  const sent = aSimplifiedPublish(job('simplified'))
  const { json, headers } = await client.expect(201, {
    method: 'POST',
    path: '/DocumentReference',
    body: sent,
  })
  const { url, data, hash } = attachmentOf(json)
  report.check(
    'créé (201), avec Location et ETag W/"1"',
    headers.get('etag') === 'W/"1"' && (headers.get('location') ?? '').includes(String(json.id)),
  )
  report.check(
    'le serveur a rangé les octets à part : attachment.url et hash, plus de data',
    typeof url === 'string' && typeof hash === 'string' && data === undefined,
  )
  const bytes = Buffer.from(String(attachmentOf(sent).data), 'base64')
  const native = await fetchContent(run, String(url), 'application/pdf')
  report.check('les octets lus à cette adresse sont ceux envoyés', native.bytes.equals(bytes))
  const lots = await searchByIns(
    run,
    { code: 'submissionset', status: 'current', item: `DocumentReference/${String(json.id)}` },
    'List',
  )
  report.check('le lot (List) a été dérivé, et ITI-66 le trouve', lots.json.total === 1)
  const master = masterIdentifierOf(json)
  return { id: String(json.id), master, fiche: json, contentUrl: String(url) }
}

/** TD3.1b. */
export async function findTechnicalId(run: DemoRun, { id, master }: Published): Promise<void> {
  const { report } = run
  report.step('TD3.1b (ITI-67) : l’identifiant technique retrouvé par l’identifiant local')
  const found = await searchByIns(run, { identifier: `urn:ietf:rfc:3986|${master}` })
  report.check(
    `une seule fiche : ${id}`,
    found.json.total === 1 && idsOf(found.json)[0] === id,
    String(found.json.total),
  )
  const none = await searchByIns(run, { identifier: 'urn:ietf:rfc:3986|urn:oid:2.25.0' })
  report.check('aucune pour un identifiant inconnu', none.json.total === 0)
}

const label = (code: string): JsonObject => ({
  coding: [{ system: nos('TRE_A07-StatutVisibiliteDocument'), code }],
})
const normal: JsonObject = { coding: [{ system: nos('TRE_A08-HL7Confidentiality'), code: 'N' }] }
const setLabels = (...value: JsonObject[]): JsonPatchOperation[] => [
  { op: 'replace', path: '/securityLabel', value },
]

/** TD3.3a and TD3.3b: a label is added, then taken away. */
export async function changeVisibility(
  run: DemoRun,
  { master, fiche }: Published,
  { title, code }: { title: string; code: string },
): Promise<void> {
  const { report, client } = run
  report.step(title)
  const hidden = await client.expect(200, patchOf(master, setLabels(label(code), normal)))
  report.check(
    `la fiche porte ${code}, puis le niveau N`,
    labelCodesOf(hidden.json).join() === `${code},N`,
    labelCodesOf(hidden.json).join(', '),
  )
  report.check(
    'nouvelle version (ETag), nouvel entryUUID',
    hidden.headers.get('etag') !== null && entryUuidOf(hidden.json) !== entryUuidOf(fiche),
  )
  const shown = await client.expect(200, patchOf(master, setLabels(normal)))
  report.check('puis elle ne porte plus que N', labelCodesOf(shown.json).join() === 'N')
}

/** What no caller may do with a fiche: 404, 405, 412, 422. */
export async function refuseWrongChanges(run: DemoRun, { id, master, contentUrl }: Published) {
  const { report, client, patient } = run
  report.step('Modifications refusées, quel que soit l’appelant')
  const unknown = await client.expect(404, patchOf('urn:oid:2.25.0', setLabels(normal)))
  report.check(`404 pour un document inconnu : ${diagnosticsOf(unknown.json)}`, true)
  const stale = await client.expect(
    412,
    patchOf(master, setLabels(normal), { 'if-match': 'W/"1"' }),
  )
  report.check(`412 sur une version dépassée (If-Match) : ${diagnosticsOf(stale.json)}`, true)
  const many = await client.expect(412, {
    ...patchOf(master, setLabels(normal)),
    path: `/DocumentReference?patient=Patient/${patient.id}&status=current`,
  })
  report.check(`412 si plusieurs fiches répondent : ${diagnosticsOf(many.json)}`, true)
  const element = await client.expect(
    405,
    patchOf(master, [{ op: 'replace', path: '/description', value: 'autre' }]),
  )
  expectRule(run, element.json, { status: 405, rule: 'pdsm-patch-element' })
  const value = await client.expect(
    422,
    patchOf(master, [{ op: 'replace', path: '/status', value: 'current ' }]),
  )
  report.check(
    `422, et la forme juste est dite : ${diagnosticsOf(value.json)}`,
    diagnosticsOf(value.json).includes('"current"'),
  )
  const unknownLabel = { coding: [{ system: 'https://exemple.fr/labels', code: 'SECRET' }] }
  const labels = await client.expect(422, patchOf(master, setLabels(unknownLabel)))
  expectRule(run, labels.json, { status: 422, rule: 'pdsm-label' })
  const removal = await client.expect(405, { method: 'DELETE', path: `/DocumentReference/${id}` })
  expectRule(run, removal.json, { status: 405, rule: 'pdsm-immutable' })
  const rewriting = await client.expect(405, {
    method: 'PUT',
    path: contentUrl,
    body: {
      resourceType: 'Binary',
      id: contentUrl.slice(contentUrl.lastIndexOf('/') + 1),
      contentType: 'text/plain',
      data: 'YXV0cmU=',
    },
  })
  expectRule(run, rewriting.json, { status: 405, rule: 'pdsm-immutable' })
}

function expectRule(
  { report }: DemoRun,
  outcome: JsonObject,
  { status, rule }: { status: number; rule: string },
): void {
  report.check(
    `${status}, règle ${rule} : ${diagnosticsOf(outcome)}`,
    ruleOf(outcome) === rule,
    ruleOf(outcome),
  )
}

/** TD3.3d. */
export async function archive(run: DemoRun, { id, master }: Published): Promise<void> {
  const { report, client } = run
  report.step('TD3.3d : archiver, puis désarchiver')
  const isFound = async (isArchived: boolean) => {
    const identifier = `urn:ietf:rfc:3986|${master}`
    const { json } = await searchByIns(run, { identifier, isArchived: String(isArchived) })
    return idsOf(json).includes(id)
  }
  report.check('avant : isArchived=false la trouve', await isFound(false))
  const value = { url: isArchivedUrl, valueBoolean: true }
  await client.expect(200, patchOf(master, [{ op: 'add', path: '/extension/-', value }]))
  report.check('archivée : isArchived=true la trouve', await isFound(true))
  report.check('isArchived=false ne la trouve plus', !(await isFound(false)))
  await client.expect(
    200,
    patchOf(master, [{ op: 'replace', path: '/extension/0/valueBoolean', value: false }]),
  )
  report.check('désarchivée : isArchived=false la trouve de nouveau', await isFound(false))
}

/** TD3.3c, and what is left of a deleted document. */
export async function remove(run: DemoRun, published: Published): Promise<void> {
  const { report, client, job } = run
  const { id, master, contentUrl } = published
  report.step('TD3.3c : suppression logique')
  const erase: JsonPatchOperation[] = [
    { op: 'replace', path: '/status', value: 'entered-in-error' },
  ]
  const { json } = await client.expect(200, patchOf(master, erase))
  report.check('status est entered-in-error', json.status === 'entered-in-error')
  const found = await searchByIns(run, { identifier: `urn:ietf:rfc:3986|${master}` })
  report.check('plus aucune recherche ne la trouve', found.json.total === 0)
  await client.expect(410, { method: 'GET', path: `/DocumentReference/${id}` })
  report.check('la fiche répond 410', true)
  await client.expect(410, { method: 'GET', path: contentUrl, headers: { accept: '*/*' } })
  report.check('ses octets aussi', true)
  const history = await client.expect(200, {
    method: 'GET',
    path: `/DocumentReference/${id}/_history`,
  })
  report.check(
    `l’historique garde ses ${String(history.json.total)} versions`,
    Number(history.json.total) > 1,
  )
  await client.expect(404, patchOf(master, erase))
  report.check('un nouveau PATCH conditionnel ne trouve rien (404)', true)
  const again = await client.expect(409, {
    method: 'POST',
    path: '/DocumentReference',
    body: aSimplifiedPublish(job('simplified')),
  })
  expectRule(run, again.json, { status: 409, rule: 'pdsm-master-identifier' })
}
