/** A patch as it came over the wire, by its media type. R4 http.html#patch. */
import type { ParsedBody } from '../json/parsed-body.ts'
import { parseJsonValue } from '../json/parse.ts'
import { patchFormatOf, type PatchBody } from '../patch/patch-format.ts'

export type PatchSource = {
  /** Reads the body as a resource: a FHIRPath Patch. */
  readonly readResource: () => Promise<ParsedBody>
  /** Reads the body as bytes: a JSON Patch. */
  readonly readBytes: () => Promise<Buffer>
}

/** Throws 415 for a media type that is no patch, 400 for a body that cannot be read. */
export async function readPatchBody(
  contentType: string | undefined,
  source: PatchSource,
): Promise<PatchBody> {
  const format = patchFormatOf(contentType)
  if (format === 'json-patch')
    return { format, operations: parseJsonValue(await source.readBytes()) }
  return { format, parameters: (await source.readResource()).resource }
}
