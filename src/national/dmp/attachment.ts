/** The bytes behind a fiche: found in the lot, their hash and size checked or filled in. Decisions 6, 14 and 80. */
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { createHash } from 'node:crypto'
import { serializeStored } from '../../json/serialize.ts'
import { checkContentFacts, type ContentFacts } from './content-facts.ts'
import { dmpIssue } from './dmp-issue.ts'
import { attachmentOf, withAttachment } from './document-parts.ts'

/** Checks and completes the attachment of one fiche of a lot; its url becomes absolute. */
export function settleAttachment(
  draft: Draft & { resource: Resource },
  plan: DraftPlan,
  context: Context,
): void {
  const attachment = attachmentOf(draft.resource)
  if (!attachment || typeof attachment.url !== 'string') return
  const url = attachment.url.startsWith(`${context.services.baseUrl}/`)
    ? attachment.url.slice(context.services.baseUrl.length + 1)
    : attachment.url
  const document = plan.drafts.find(
    (other) =>
      (other.type === 'Binary' || other.type === 'Bundle') && url === `${other.type}/${other.id}`,
  )
  if (!document) {
    draft.issues.push(
      dmpIssue({
        rule: 'constr-bind-attachmenturl',
        code: 'not-found',
        expression: 'DocumentReference.content[0].attachment.url',
        diagnostics: `attachment.url ${JSON.stringify(attachment.url)} leads to no Binary or Bundle of the lot`,
      }),
    )
    return
  }
  const facts = factsOf(document)
  if (facts && document.type === 'Binary') checkContentFacts(draft, attachment, facts)
  const settled: JsonObject = { ...attachment, url: `${context.services.baseUrl}/${url}` }
  if (facts && (attachment.hash === undefined || document.type === 'Bundle'))
    settled.hash = facts.sha1
  if (facts && (attachment.size === undefined || document.type === 'Bundle'))
    settled.size = facts.sizeBytes
  draft.resource = withAttachment(draft.resource, settled)
}

/** Of a document Bundle: the bytes that a read will give, less id and meta that the server sets. */
function factsOf(document: Draft): ContentFacts | undefined {
  if (document.blob) return document.blob
  if (document.type !== 'Bundle' || !document.resource) return undefined
  const { body } = serializeStored(document.resource, {
    id: document.id,
    versionId: document.versionId,
  })
  return { sha1: createHash('sha1').update(body).digest('base64'), sizeBytes: body.length }
}
