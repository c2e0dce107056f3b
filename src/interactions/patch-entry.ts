/** The patch of a PATCH entry, its long texts fetched back from their blobs. R4 http.html#patch. */
import type { Resource } from '../fhir/resource.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import { patchOfEntry as readPatch, type PatchBody } from '../patch/patch-format.ts'
import { inlineTexts } from './binary-content.ts'
import type { Context } from './context.ts'

/** Throws 415 or 422 when the resource holds no patch. */
export async function patchOfEntry(
  context: Context,
  resource: Resource,
  blobs: readonly BlobReference[],
): Promise<PatchBody> {
  return readPatch((await inlineTexts(context, blobs, resource)) as Resource)
}
