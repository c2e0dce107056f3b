/** The bytes behind a fiche: found in the lot, their hash and size checked or filled in. Decisions 6, 14 and 80. */
import type { Issue } from '../../fhir/operation-outcome.ts'
import type { JsonObject, JsonValue, Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { checkContentFacts, type ContentFacts } from './content-facts.ts'
import { dmpIssue } from './dmp-issue.ts'
import { attachmentOf, relativeUrl, withAttachment } from './document-parts.ts'

/** Checks and completes the attachment of one fiche of a lot; its url becomes absolute. */
export function settleAttachment(
  draft: Draft & { resource: Resource },
  plan: DraftPlan,
  context: Context,
): void {
  const attachment = attachmentOf(draft.resource)
  if (!attachment || typeof attachment.url !== 'string') return
  const { baseUrl } = context.services
  const url = relativeUrl(attachment.url, baseUrl)!
  const content = plan.drafts.find(
    ({ type, id }) => (type === 'Binary' || type === 'Bundle') && url === `${type}/${id}`,
  )
  if (!content?.resource) {
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
  checkContentType(draft, attachment, content.resource)
  const settled = { ...attachment, url: `${baseUrl}/${url}` }
  if (content.type === 'Bundle') {
    // A document Bundle gets its hash when all of it is settled: document-facts.ts.
    const { hash, size, ...rest } = settled as JsonObject
    if (hash !== undefined || size !== undefined) draft.issues.push(factsReplaced())
    draft.resource = withAttachment(draft.resource, { ...rest, ...unknownFacts })
    return
  }
  const facts = content.blob ?? emptyFacts
  checkContentFacts(draft, attachment, facts)
  draft.resource = withAttachment(draft.resource, withFacts(settled, facts))
}

function factsReplaced(): Issue {
  return dmpIssue({
    rule: 'dmp-document-facts',
    severity: 'warning',
    expression: 'DocumentReference.content[0].attachment',
    diagnostics:
      'hash and size of a FHIR document are those of the Bundle as it is served, with its id and meta; what was sent was replaced',
  })
}

/** Stands in while the fiche is validated. */
const unknownFacts = { hash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=', size: 0 }

const emptyFacts: ContentFacts = { sha1: unknownFacts.hash, sizeBytes: 0 }

function withFacts(attachment: JsonObject, { sha1, sizeBytes }: ContentFacts): JsonObject {
  return {
    ...attachment,
    hash: attachment.hash ?? sha1,
    size: attachment.size ?? sizeBytes,
  }
}

/** What a read gives must be what the fiche announces: PDSm flux 07, MHD ITI-68. */
function checkContentType(
  draft: Draft,
  { contentType }: JsonObject,
  { resourceType, contentType: held }: Resource,
): void {
  const served = resourceType === 'Bundle' ? 'application/fhir+json' : held
  if (typeof contentType !== 'string' || isSameType(contentType, served)) return
  draft.issues.push(
    dmpIssue({
      rule: 'dmp-content-type',
      code: 'value',
      expression: 'DocumentReference.content[0].attachment.contentType',
      diagnostics: `attachment.contentType is ${JSON.stringify(contentType)}, but the ${resourceType} is served as ${JSON.stringify(served ?? null)}`,
    }),
  )
}

function isSameType(stated: string, served: JsonValue | undefined): boolean {
  if (typeof served !== 'string') return false
  const essence = (type: string) => type.split(';', 1)[0]!.trim().toLowerCase()
  return essence(stated) === essence(served)
}
