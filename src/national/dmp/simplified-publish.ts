/**
 * ITI-105: one DocumentReference with its bytes inside. The server makes the Binary and the
 * SubmissionSet. PDSm 3.1.1 flux 09, MHD 4.2.3 ITI-105; decision 73.
 */
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import { storeBlob } from '../../interactions/binary-content.ts'
import type { Context } from '../../interactions/context.ts'
import { newDraft, type Draft, type DraftPlan } from '../../interactions/draft.ts'
import { decodeBase64Strict } from '../../json/base64.ts'
import type { BlobReference } from '../../json/blob-sink.ts'
import { placeholderIndex } from '../../json/parsed-body.ts'
import { listTypesSystem, uriSystem } from './dmp-codes.ts'
import { checkContentFacts } from './content-facts.ts'
import {
  attachmentOf,
  isSimplifiedProfile,
  makeEntryUuid,
  patientIdOfSubject,
  withAttachment,
} from './document-parts.ts'

/** The bytes of a simplified publish, and the attachment that carried them. */
export interface PublishedContent {
  readonly blob: BlobReference
  readonly attachment: JsonObject
}

/**
 * Takes the bytes out of the fiche. A short text stands for them while the fiche is validated, so
 * that they are not brought back into memory. Undefined when there are none: validation says so,
 * of an empty text too, which FHIR does not know.
 */
export async function extractContent(
  draft: Draft & { resource: Resource },
  context: Context,
): Promise<PublishedContent | undefined> {
  const attachment = attachmentOf(draft.resource)
  if (!attachment || typeof attachment.data !== 'string' || attachment.data === '') return undefined
  const { data, size: _, hash: __, ...rest } = attachment
  const place = placeholderIndex(data)
  const bytes = place === undefined ? decodeBase64Strict(data as string) : undefined
  const blob =
    place !== undefined
      ? draft.blobs[place]
      : bytes &&
        (await storeBlob(context.store.blobSink, bytes, context.services.limits.documentBytesMax))
  if (!blob) return undefined
  checkContentFacts(draft, attachment, blob)
  draft.resource = withAttachment(draft.resource, { ...rest, data: 'AA==' })
  return { blob, attachment }
}

/** The drafts that the server makes of a simplified publish; the fiche now points to the Binary. */
export function buildPublication(
  plan: DraftPlan,
  draft: Draft & { resource: Resource },
  { blob, attachment: sent }: PublishedContent,
  context: Context,
): void {
  const { baseUrl, makeId, now } = context.services
  const patientId = patientIdOfSubject(draft.resource)
  const { data: _, ...attachment } = sent
  const binary = serverDraft('Binary', makeId(patientId), {
    resourceType: 'Binary',
    contentType: attachment.contentType ?? 'application/octet-stream',
  })
  binary.blob = blob
  draft.resource = withAttachment(withoutSimplifiedProfile(draft.resource), {
    ...attachment,
    url: `${baseUrl}/Binary/${binary.id}`,
    hash: attachment.hash ?? blob.sha1,
    size: attachment.size ?? blob.sizeBytes,
  })
  const list = serverDraft(
    'List',
    makeId(patientId),
    submissionSetOf(draft, new Date(now()).toISOString()),
  )
  plan.drafts.push(binary, list)
}

/** What is kept has a url and no data: it no longer is what the simplified profile describes. */
function withoutSimplifiedProfile(resource: Resource): Resource {
  const { meta } = resource
  if (!isObject(meta) || !Array.isArray(meta.profile)) return resource
  const { profile, ...rest } = meta
  const kept = profile.filter((canonical) => !isSimplifiedProfile(canonical))
  return { ...resource, meta: kept.length > 0 ? { ...rest, profile: kept } : rest }
}

function serverDraft(type: string, id: string, resource: Resource): Draft {
  return {
    ...newDraft(type, id, resource),
    governedBy: new Set(['dmp']),
    isImplied: true,
  }
}

function submissionSetOf(draft: Draft & { resource: Resource }, date: string): Resource {
  const { subject, description } = draft.resource
  const list: JsonObject = {
    resourceType: 'List',
    status: 'current',
    mode: 'working',
    code: { coding: [{ system: listTypesSystem, code: 'submissionset' }] },
    identifier: [{ use: 'official', system: uriSystem, value: makeEntryUuid() }],
    date,
    entry: [{ item: { reference: `DocumentReference/${draft.id}` } }],
    ...(subject === undefined ? {} : { subject }),
    ...(typeof description === 'string' ? { title: description } : {}),
  }
  return list as Resource
}
