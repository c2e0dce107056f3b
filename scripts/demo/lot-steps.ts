/** The main job: a lot goes in, is found and read by another, is replaced; a bad lot leaves nothing. */
import { createHash } from 'node:crypto'
import { aBadLot, aLot, aReplacement } from '../../src/demo/main-job.ts'
import type { Transaction } from '../../src/demo/documents.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import {
  attachmentOf,
  entryUuidOf,
  expectNothingStored,
  fetchContent,
  idsOf,
  masterIdentifierOf,
  searchByIns,
  versionIdOf,
} from './demo-run.ts'
import type { DemoRun } from './demo-run.ts'
import { diagnosticsOf, entriesOf, errorsOf, referenceOf, ruleOf } from './fhir-client.ts'
import type { Answer } from './fhir-client.ts'

/** A document of a lot, as it was sent and where the server put it. */
export interface Deposited {
  readonly fiche: JsonObject
  readonly bytes: Buffer
  readonly contentType: string
  /** `DocumentReference/x`. */
  readonly reference: string
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const sha1Base64 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('base64')

function postLot({ client }: DemoRun, lot: Transaction, status = 200): Promise<Answer> {
  return client.expect(status, { method: 'POST', path: '', body: lot })
}

/** The documents of a lot with the addresses that the answer gives, which keeps the order. */
function depositedOf(lot: Transaction, answer: JsonObject): readonly Deposited[] {
  const responses = entriesOf(answer)
  return lot.entry.flatMap(({ resource }, index) => {
    if (resource.resourceType !== 'DocumentReference') return []
    const { url } = attachmentOf(resource)
    const binary = lot.entry.find(({ fullUrl }) => fullUrl === url)!.resource
    return {
      fiche: resource,
      bytes: Buffer.from(String(binary.data), 'base64'),
      contentType: String(binary.contentType),
      reference: referenceOf(responses[index]?.response?.location),
    }
  })
}

const statusesOf = (answer: JsonObject) =>
  entriesOf(answer).map(({ response }) => String(response?.status).slice(0, 3))

export interface DepositStep {
  readonly lot: Transaction
  readonly documents: readonly Deposited[]
  readonly answer: Answer
}

/** TD2 by ITI-65. */
export async function deposit(run: DemoRun): Promise<DepositStep> {
  const { report, job } = run
  report.step('TD2 (ITI-65) : un logiciel hospitalier dépose un lot, un CDA et un PDF')
  const lot = aLot({ ...job('lot'), subject: 'conditional' })
  const answer = await postLot(run, lot)
  const statuses = statusesOf(answer.json)
  report.check(
    'la réponse rend une entrée par entrée envoyée, chacune créée (201)',
    statuses.length === lot.entry.length && statuses.every((status) => status === '201'),
    statuses.join(', '),
  )
  const documents = depositedOf(lot, answer.json)
  report.check(
    'chaque fiche a une adresse (Location)',
    documents.every(({ reference }) => reference.startsWith('DocumentReference/')),
  )
  return { lot, documents, answer }
}

/** TD3.1a by another caller, in the same second. */
export async function findAtOnce(
  run: DemoRun,
  { documents, answer }: DepositStep,
): Promise<Answer> {
  const { report } = run
  report.step('TD3.1a (ITI-67) : un autre logiciel trouve les documents par l’INS, aussitôt')
  const found = await searchByIns(run, {
    status: 'current',
    _sort: '-_lastUpdated',
    _count: '10',
  })
  const ids = idsOf(found.json)
  report.check(
    'les deux fiches du lot sont là, l’INS étant dans le corps de la requête',
    documents.every(({ reference }) => ids.includes(reference.split('/')[1]!)),
    ids.join(', '),
  )
  const milliseconds = Math.round(found.at - answer.at)
  report.check(
    `trouvées ${milliseconds} ms après la réponse au dépôt : dans la même seconde`,
    milliseconds < 1000,
  )
  return found
}

/** TD3.2 in its two forms: the bytes themselves, and a Binary in JSON. */
export async function readContent(
  run: DemoRun,
  { documents }: DepositStep,
  found: Answer,
): Promise<void> {
  const { report, client } = run
  report.step('TD3.2 (ITI-68) : il lit les octets, sous les deux formes de la négociation')
  for (const { reference, bytes, contentType } of documents) {
    const fiche = entriesOf(found.json).find(
      ({ resource }) => resource?.id === reference.split('/')[1],
    )?.resource
    const { url, hash, size } = attachmentOf(fiche)
    const native = await fetchContent(run, String(url), contentType)
    report.check(
      `${contentType} : mêmes octets (SHA-256 ${sha256(bytes).slice(0, 16)}…, ${bytes.length} octets)`,
      sha256(native.bytes) === sha256(bytes) && native.headers.get('content-type') === contentType,
      `${native.bytes.length} octets de type ${native.headers.get('content-type')}`,
    )
    report.check(
      'hash et size de la fiche sont ceux des octets lus',
      hash === sha1Base64(native.bytes) && size === native.bytes.length,
    )
    const wrapped = await fetchContent(run, String(url), 'application/fhir+json')
    report.check(
      'application/fhir+json : la ressource Binary, mêmes octets en base64',
      wrapped.json.resourceType === 'Binary' &&
        sha256(Buffer.from(String(wrapped.json.data), 'base64')) === sha256(bytes),
    )
  }
  await client.expect(404, { method: 'GET', path: '/Binary/inconnu' })
  report.check('une adresse inconnue est refusée par 404', true)
}

/** TD2.1: Y replaces X, with the PATCH entry. */
export async function replace(run: DemoRun, x: Deposited): Promise<void> {
  const { report, client, job } = run
  report.step('TD2.1 (ITI-65) : un second lot remplace le CDA, avec une entrée PATCH')
  const lot = aReplacement({ ...job('replacement'), replaced: x.reference })
  const answer = await postLot(run, lot)
  report.check(
    'lot, fiche et octets créés (201), ancienne fiche modifiée (200)',
    statusesOf(answer.json).join() === '201,201,201,200',
    statusesOf(answer.json).join(', '),
  )
  const [y] = depositedOf(lot, answer.json)
  const old = await client.expect(200, { method: 'GET', path: `/${x.reference}` })
  report.check('l’ancienne fiche est superseded', old.json.status === 'superseded')
  const identifier = `urn:ietf:rfc:3986|${masterIdentifierOf(x.fiche)}`
  const current = await searchByIns(run, { identifier, status: 'current' })
  report.check('elle n’est plus trouvée avec status=current', current.json.total === 0)
  const superseded = await searchByIns(run, { identifier, status: 'superseded' })
  report.check('elle l’est avec status=superseded', superseded.json.total === 1)
  const replacing = await searchByIns(run, {
    identifier: `urn:ietf:rfc:3986|${masterIdentifierOf(y!.fiche)}`,
    status: 'current',
  })
  report.check(
    'la nouvelle fiche est trouvée, et nomme celle qu’elle remplace',
    replaces(replacing, x),
  )
  await checkHistory(run, x)
  const again = aReplacement({ ...job('replacement again'), replaced: x.reference })
  const refused = await postLot(run, again, 422)
  report.check(
    `remplacer une seconde fois le même document est refusé (422) : ${diagnosticsOf(refused.json)}`,
    ruleOf(refused.json) === 'pdsm-replaced-target',
    ruleOf(refused.json),
  )
}

function replaces({ json }: Answer, x: Deposited): boolean {
  const [entry] = entriesOf(json)
  const relations = (entry?.resource?.relatesTo ?? []) as { target?: JsonObject }[]
  return relations.some(({ target }) => referenceOf(String(target?.reference)) === x.reference)
}

async function checkHistory({ report, client }: DemoRun, x: Deposited): Promise<void> {
  const { json } = await client.expect(200, { method: 'GET', path: `/${x.reference}/_history` })
  const versions = entriesOf(json).map(({ resource }) => resource!)
  report.check(
    'l’historique montre les deux versions : 2 superseded, 1 current',
    versions
      .map((version) => `${String(versionIdOf(version))} ${String(version.status)}`)
      .join() === '2 superseded,1 current',
    versions.map((version) => `${String(versionIdOf(version))} ${String(version.status)}`).join(),
  )
  report.check(
    'chaque version des métadonnées a son entryUUID',
    entryUuidOf(versions[0]!) !== entryUuidOf(versions[1]!),
  )
}

/** A lot with one bad entry: nothing of it stays. */
export async function refuseBadLot(run: DemoRun): Promise<void> {
  const { report, client, job } = run
  report.step('Un lot dont une entrée est fausse ne laisse rien')
  const lot = aBadLot({ ...job('bad lot'), fault: 'hash' })
  const refused = await expectNothingStored(run, () => postLot(run, lot, 422))
  const [issue] = errorsOf(refused.json)
  report.check(
    `refusé (422), l’élément est nommé : ${issue?.expression?.[0] ?? ''}`,
    issue?.expression?.[0]?.endsWith('attachment.hash') ?? false,
    JSON.stringify(refused.json),
  )
  report.check(
    `la règle aussi : ${ruleOf(refused.json)}, « ${issue?.details?.text ?? ''} »`,
    ruleOf(refused.json) === 'dmp-hash',
  )
  const [coding] = issue?.details?.coding ?? []
  const page = await client.expect(200, {
    method: 'GET',
    path: `${coding?.system}/${coding?.code}`,
    headers: { accept: 'text/html' },
  })
  report.check(
    'la page de cette règle dit la cause et le remède',
    page.bytes.includes('Cause') && page.bytes.includes('Remède'),
  )
  for (const { resource } of lot.entry) {
    if (resource.resourceType !== 'DocumentReference') continue
    const identifier = `urn:ietf:rfc:3986|${masterIdentifierOf(resource)}`
    const found = await searchByIns(run, { identifier })
    report.check('la recherche par masterIdentifier ne trouve rien', found.json.total === 0)
  }
}

/** The same lot again is answered as the first time; another one with its identifier is 409. */
export async function sendAgain(run: DemoRun, { lot, documents }: DepositStep): Promise<void> {
  const { report, job } = run
  report.step('Un lot renvoyé après une réponse perdue, et un masterIdentifier déjà pris')
  const again = await expectNothingStored(run, () => postLot(run, lot))
  report.check(
    'le même lot, renvoyé, reçoit les mêmes adresses',
    depositedOf(lot, again.json).every(
      ({ reference }, index) => reference === documents[index]!.reference,
    ),
  )
  const other = aLot(job('another lot'))
  const fiche = other.entry.find(({ resource }) => resource.resourceType === 'DocumentReference')!
  fiche.resource.masterIdentifier = documents[1]!.fiche.masterIdentifier!
  const refused = await postLot(run, other, 409)
  report.check(
    `un autre document sous le même masterIdentifier est refusé (409, règle ${ruleOf(refused.json)})`,
    ruleOf(refused.json) === 'pdsm-master-identifier',
  )
}
