/** The guides' own examples, and what has to be corrected in their lots for the DMP's rules. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Transaction } from '../../../src/demo/documents.ts'
import { aLot } from '../../../src/demo/main-job.ts'
import type { DemoPatient } from '../../../src/demo/people.ts'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import { attachmentOf, entriesOf, ficheOf, jobOf, sha1 } from './record.ts'

const folder = fileURLToPath(new URL('../../../../shared/examples/fr/', import.meta.url))

export const isAtHand = existsSync(folder)

/** What every example of PDSm4DMP bears. */
export const exampleIns = { system: 'urn:oid:1.2.250.1.213.1.4.8', value: '123456789012345' }

export function readExample(file: string): Resource {
  return JSON.parse(readFileSync(folder + file, 'utf8')) as Resource
}

/**
 * The same lot with what the examples lack or have wrong: true hashes, producer codes of the French
 * nomenclatures, authors of the right type and contained, a patient that is known.
 */
export function corrected(lot: Transaction, patient: DemoPatient): Transaction {
  const copy = structuredClone(lot)
  const model = aLot(jobOf(JSON.stringify(lot).length.toString(), { patient }))
  const isDmp = JSON.stringify(copy).includes(exampleIns.value)
  for (const entry of copy.entry) {
    const { resource } = entry
    const subject = isDmp ? resource.subject : ficheOf(model).subject
    if (resource.resourceType === 'DocumentReference')
      entry.resource = withFacts(
        { ...correctedFiche(resource, ficheOf(model)), subject: subject! },
        copy,
      )
    if (resource.resourceType === 'List') {
      const isFolder = JSON.stringify(resource.code).includes('"folder"')
      entry.resource = {
        ...(isFolder
          ? correctedFolder(resource)
          : correctedList(resource, model.entry[0]!.resource)),
        subject: subject!,
      }
      if (entry.request.method === 'PUT') entry.request.url = 'List/guide-folder'
    }
  }
  const used = new Set(
    entriesOf(copy, 'DocumentReference').map(({ resource }) => attachmentOf(resource).url),
  )
  copy.entry = copy.entry.filter(
    ({ fullUrl, resource }) =>
      resource.resourceType !== 'Patient' &&
      (resource.resourceType !== 'Binary' || used.has(fullUrl!)),
  )
  return copy
}

/** Hash and size of the Binary that the fiche names; a document Bundle has none of its own. */
function withFacts(fiche: Resource, lot: Transaction): Resource {
  const attachment = attachmentOf(fiche)
  const binary = entriesOf(lot, 'Binary').find(({ fullUrl }) => fullUrl === attachment.url)
  if (!binary) return fiche
  const bytes = Buffer.from(String(binary.resource.data), 'base64')
  Object.assign(attachment, { hash: sha1(bytes), size: bytes.length })
  return fiche
}

function correctedFiche(fiche: Resource, model: Resource): Resource {
  const { hash: _, size: __, ...attachment } = attachmentOf(fiche)
  const content = (fiche.content as JsonObject[])[0]!
  const modelled = (model.content as JsonObject[])[0]!
  const { title, creation, language } = attachmentOf(model)
  const context = (fiche.context ?? {}) as JsonObject
  const { facilityType, practiceSetting, period, sourcePatientInfo } = model.context as JsonObject
  return {
    ...fiche,
    contained: model.contained!,
    masterIdentifier: {
      use: 'usual',
      system: 'urn:ietf:rfc:3986',
      value: `urn:uuid:${crypto.randomUUID()}`,
    },
    type: fiche.type ?? model.type!,
    category: model.category!,
    date: fiche.date ?? model.date!,
    author: model.author!,
    authenticator: model.authenticator!,
    securityLabel: fiche.securityLabel ?? model.securityLabel!,
    content: [
      {
        format: content.format ?? modelled.format!,
        attachment: { title: title!, creation: creation!, language: language!, ...attachment },
      },
    ],
    context: {
      period: context.period ?? period!,
      facilityType: facilityType!,
      practiceSetting: practiceSetting!,
      sourcePatientInfo: sourcePatientInfo!,
    },
  }
}

function correctedList(list: Resource, model: Resource): Resource {
  const { identifier: _, ...rest } = list
  return {
    ...rest,
    meta: model.meta!,
    contained: model.contained!,
    extension: model.extension!,
    date: list.date ?? model.date!,
    source: model.source!,
    code: model.code!,
  } as Resource
}

function isOfLot({ reference }: JsonObject): boolean {
  return String(reference).startsWith('urn:')
}

function correctedFolder(list: Resource): Resource {
  // MHD lets a Folder have several designationTypes, PDSm one.
  const [designationType] = list.extension as JsonObject[]
  return {
    ...list,
    id: 'guide-folder',
    title: list.title ?? 'Classeur',
    extension: [designationType!],
    // A document that is not here cannot be filed.
    entry: (list.entry as JsonObject[]).filter(({ item }) => isOfLot(item as JsonObject)),
  }
}
