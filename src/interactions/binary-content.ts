/** A Binary's content lives in a blob; its resource keeps the rest. R4 binary.html. */
import { InvalidRequest, TooLarge, UnprocessableResource } from '../errors.ts'
import type { JsonObject, JsonValue, Resource } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { decodeBase64Strict } from '../json/base64.ts'
import type { BlobReference, BlobSink } from '../json/blob-sink.ts'
import { placeholderIndex } from '../json/parsed-body.ts'
import { renderSlots } from '../json/slots.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { Context } from './context.ts'
import type { Draft } from './draft.ts'

/** Moves Binary.data into a blob, and puts long texts of other resources back where they stood. */
export async function settleContent(context: Context, draft: Draft): Promise<void> {
  if (!draft.resource) return
  if (draft.type === 'Binary') await settleBinary(context, draft, draft.resource)
  else if (draft.blobs.length > 0)
    draft.resource = (await inlineTexts(context, draft.blobs, draft.resource)) as Resource
}

async function settleBinary(context: Context, draft: Draft, resource: Resource): Promise<void> {
  const { data, ...rest } = resource
  draft.resource = withSecurityContext(draft, rest as Resource)
  if (data === undefined) return
  const place = placeholderIndex(data)
  if (place !== undefined) {
    draft.blob = draft.blobs[place]!
    return
  }
  const bytes = typeof data === 'string' ? decodeBase64Strict(data) : undefined
  if (!bytes || data === '') {
    const wrong = data === '' ? 'empty; leave it out where there are no bytes' : 'not valid base64'
    throw new UnprocessableResource(`Binary.data is ${wrong}`, {
      code: 'value',
      expression: 'Binary.data',
    })
  }
  draft.blob = await storeBlob(
    context.store.blobSink,
    bytes,
    context.services.limits.documentBytesMax,
  )
}

/** The header and the element say the same of what a Binary belongs to. R4 binary.html#security-context. */
function withSecurityContext(draft: Draft, resource: Resource): Resource {
  const own = isObject(resource.securityContext) ? resource.securityContext.reference : undefined
  const given = draft.securityContext
  if (given === undefined) {
    if (typeof own === 'string') draft.securityContext = own
    return resource
  }
  if (own !== undefined && own !== given) {
    throw new InvalidRequest(
      `X-Security-Context names ${given}, Binary.securityContext another resource; they must agree`,
      { expression: 'http.x-security-context' },
    )
  }
  return { ...resource, securityContext: { reference: given } }
}

/** Makes a blob of bytes at hand. Throws 413 beyond the limit. */
export async function storeBlob(
  sink: BlobSink,
  bytes: Uint8Array,
  bytesMax: number,
): Promise<BlobReference> {
  if (bytes.length > bytesMax) {
    throw new TooLarge(`The document has ${bytes.length} bytes; at most ${bytesMax} are accepted`)
  }
  const writer = sink.create()
  try {
    await writer.write(bytes)
    return await writer.finish()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** A copy of a part of the body with its long texts back where they stood. */
export async function inlineTexts(
  context: Context,
  blobs: readonly BlobReference[],
  value: JsonValue,
): Promise<JsonValue> {
  const places: number[] = []
  addPlaces(value, places)
  const texts = new Map<number, string>()
  for (const place of places) {
    const blob = blobs[place]
    if (!blob) throw new InvalidRequest('A text of the body is missing')
    texts.set(place, (await context.store.readStagedBlob(blob)).toString('base64'))
  }
  return texts.size === 0 ? value : replacePlaceholders(value, texts)
}

function addPlaces(value: JsonValue, places: number[]): void {
  if (typeof value === 'string') {
    const place = placeholderIndex(value)
    if (place !== undefined) places.push(place)
  } else if (Array.isArray(value)) for (const item of value) addPlaces(item, places)
  else if (isObject(value)) for (const key in value) addPlaces(value[key]!, places)
}

function replacePlaceholders(value: JsonValue, texts: ReadonlyMap<number, string>): JsonValue {
  const place = placeholderIndex(value)
  if (place !== undefined) return texts.get(place)!
  if (Array.isArray(value)) return value.map((item) => replacePlaceholders(item, texts))
  if (!isObject(value)) return value
  // A spread, for it keeps how decimals were written.
  const copy: JsonObject = { ...value }
  for (const key of Object.keys(copy)) copy[key] = replacePlaceholders(copy[key]!, texts)
  return copy
}

/** The Binary as FHIR JSON, its content put back as base64. */
export async function binaryWithData(context: Context, version: StoredVersion): Promise<Buffer> {
  const bytes = renderSlots(version.body, version.slots, context.services.baseUrl)
  // JSON has no empty values. R4 json.html.
  if (!version.blob || version.blob.sizeBytes === 0) return bytes
  const data = (await context.store.readBlob(version)).toString('base64')
  return Buffer.concat([
    bytes.subarray(0, bytes.lastIndexOf(0x7d)),
    Buffer.from(`,"data":"${data}"}`, 'latin1'),
  ])
}
