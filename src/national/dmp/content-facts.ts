/** Hash and size as a fiche states them, against the bytes. Decision 6. */
import type { JsonObject } from '../../fhir/resource.ts'
import type { Draft } from '../../interactions/draft.ts'
import { dmpIssue } from './dmp-issue.ts'

export interface ContentFacts {
  /** Base64. */
  readonly sha1: string
  readonly sizeBytes: number
}

/** Adds an issue for each stated value that is not the true one. */
export function checkContentFacts(
  draft: Draft,
  attachment: JsonObject,
  { sha1, sizeBytes }: ContentFacts,
): void {
  const path = 'DocumentReference.content[0].attachment'
  if (attachment.hash !== undefined && attachment.hash !== sha1) {
    draft.issues.push(
      dmpIssue({
        rule: 'dmp-hash',
        expression: `${path}.hash`,
        diagnostics: `attachment.hash is ${JSON.stringify(attachment.hash)}, but the SHA-1 of the bytes is "${sha1}" in base64`,
      }),
    )
  }
  if (attachment.size !== undefined && Number(attachment.size) !== sizeBytes) {
    draft.issues.push(
      dmpIssue({
        rule: 'dmp-size',
        expression: `${path}.size`,
        diagnostics: `attachment.size is ${JSON.stringify(attachment.size)}, but the document has ${sizeBytes} bytes`,
      }),
    )
  }
}
