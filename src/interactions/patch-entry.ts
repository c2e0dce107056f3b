/** The patch of a PATCH entry, fetched back when its long text went to a blob. R4 http.html#patch. */
import type { Resource } from '../fhir/resource.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import { placeholderIndex } from '../json/parsed-body.ts'
import { patchOfEntry as readPatch, type PatchBody } from '../patch/patch-format.ts'
import type { Context } from './context.ts'

/** Throws 415 or 422 when the resource holds no patch. */
export async function patchOfEntry(
  context: Context,
  resource: Resource,
  blobs: readonly BlobReference[],
): Promise<PatchBody> {
  const place = placeholderIndex(resource.data)
  if (place === undefined) return readPatch(resource)
  const bytes = await context.store.readStagedBlob(blobs[place]!)
  return readPatch({ ...resource, data: bytes.toString('base64') })
}
