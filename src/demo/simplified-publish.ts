/**
 * A document in one POST: the fiche with the bytes inside, ITI-105. The server makes the Binary and
 * the SubmissionSet. PDSm 3.1.1 flux 09.
 */
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { pdsm } from './codings.ts'
import { documentFacts } from './document-facts.ts'
import { lotBundle } from './documents.ts'
import type { JobOptions } from './main-job.ts'
import { subjectOf } from './main-job.ts'
import { createRandom } from './random.ts'

/** The fiche of a PDF (certificate), less what the server makes: entryUUID, url, size and hash. */
export function aSimplifiedPublish(options: JobOptions): Resource {
  const { patient, author, now, day = now.slice(0, 10), seed } = options
  const random = createRandom(`simplified/${seed}`)
  const facts = documentFacts({ kind: 'certificate', patient, author, day, random })
  const { entry } = lotBundle({
    patient,
    author,
    documents: [{ facts, form: 'pdf' }],
    submitted: now,
    random,
    ...subjectOf(options),
  })
  const [, fiche, binary] = entry.map(({ resource }) => resource)
  const { identifier: _, content, ...kept } = fiche!
  const [{ attachment, format }] = content as [{ attachment: JsonObject; format: JsonObject }]
  const { contentType, language, title, creation } = attachment
  const inline = { contentType, language, title, creation, data: binary!.data } as JsonObject
  return {
    ...kept,
    meta: { profile: [pdsm('pdsm-simplified-publish')] },
    content: [{ attachment: inline, format }],
  } as Resource
}
