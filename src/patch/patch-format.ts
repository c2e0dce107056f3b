/** How a patch is written, told by its media type. R4 http.html#patch; decision 86: no XML Patch. */
import type { JsonValue, Resource } from '../fhir/resource.ts'
import { UnsupportedMediaType } from '../errors.ts'
import { parseJsonValue } from '../json/parse.ts'
import { wrongPatch } from './patch-fault.ts'

export type PatchFormat = 'json-patch' | 'fhirpath-patch'

/** A patch that has been read: what `applyPatch` takes. */
export type PatchBody =
  | { readonly format: 'json-patch'; readonly operations: JsonValue }
  | { readonly format: 'fhirpath-patch'; readonly parameters: Resource }

const FORMATS: Record<string, PatchFormat> = {
  'application/json-patch+json': 'json-patch',
  'application/fhir+json': 'fhirpath-patch',
  'application/json': 'fhirpath-patch',
}

/** Throws UnsupportedMediaType (415) for every other media type. */
export function patchFormatOf(contentType: string | undefined): PatchFormat {
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (Object.hasOwn(FORMATS, mediaType)) return FORMATS[mediaType]!
  throw new UnsupportedMediaType(
    'A patch is a JSON Patch (application/json-patch+json) or a FHIRPath Patch, a Parameters resource (application/fhir+json)',
  )
}

/**
 * The patch in an entry of a batch or transaction: Parameters, or a Binary that holds a JSON Patch.
 * R4 http.html#patch.
 */
export function patchOfEntry(resource: Resource): PatchBody {
  if (resource.resourceType === 'Parameters')
    return { format: 'fhirpath-patch', parameters: resource }
  const { contentType, data } = resource
  if (resource.resourceType !== 'Binary' || typeof contentType !== 'string')
    throw wrongPatch(
      'The resource of a PATCH entry is a Parameters (FHIRPath Patch) or a Binary (JSON Patch)',
    )
  if (patchFormatOf(contentType) !== 'json-patch' || typeof data !== 'string')
    throw wrongPatch('The Binary of a PATCH entry holds no JSON Patch in its data')
  return { format: 'json-patch', operations: parseOperations(data) }
}

function parseOperations(base64: string): JsonValue {
  try {
    // As strictly as a patch that comes alone: no digit lost, no member twice.
    return parseJsonValue(Buffer.from(base64, 'base64'))
  } catch (cause) {
    throw wrongPatch('The data of the Binary is no JSON', { cause })
  }
}
