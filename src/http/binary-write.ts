/** A Binary sent as its bytes, in whatever type they have. R4 binary.html#rest. */
import { InvalidRequest, TooLarge } from '../errors.ts'
import type { Resource } from '../fhir/resource.ts'
import { create } from '../interactions/create.ts'
import { update } from '../interactions/update.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import { sendWritten } from './fhir-reply.ts'
import {
  conditionsOf,
  headerOf,
  presentationOf,
  rawBody,
  requireNoParameters,
} from './fhir-request.ts'
import { isFhirJson, requireNoFhirXml, requirePlainEncoding } from './formats.ts'
import type { TypedIncoming } from './incoming.ts'
import { readChunks } from './read-bytes.ts'

/** Undefined when the body is a resource, or the URL that of a condition. */
export function writeBinary(incoming: TypedIncoming): Promise<void> | undefined {
  const { type, id, request } = incoming
  const isCreate = request.method === 'POST'
  if (type !== 'Binary' || (!isCreate && id === undefined)) return undefined
  const contentType = request.headers['content-type']
  if (contentType === undefined || isFhirJson(contentType)) return undefined
  return isCreate ? createFromBytes(incoming) : updateFromBytes(incoming)
}

async function createFromBytes(incoming: TypedIncoming): Promise<void> {
  const { context, request, reply, parameters } = incoming
  requireNoParameters(parameters)
  const presentation = presentationOf(request, parameters)
  const { resource, blob } = await receive(incoming)
  const outcome = await create(context, {
    type: 'Binary',
    body: { resource, blobs: [], hasOddDecimals: false },
    blob,
    ifNoneExist: headerOf(request, 'if-none-exist'),
    securityContext: headerOf(request, 'x-security-context'),
  })
  return sendWritten(reply, context, outcome, presentation)
}

async function updateFromBytes(incoming: TypedIncoming): Promise<void> {
  const { context, request, reply, parameters } = incoming
  requireNoParameters(parameters)
  const presentation = presentationOf(request, parameters)
  const id = incoming.id!
  const { resource, blob } = await receive(incoming)
  const outcome = await update(context, {
    type: 'Binary',
    target: { id },
    body: { resource: { ...resource, id }, blobs: [], hasOddDecimals: false },
    blob,
    ...conditionsOf(request),
    securityContext: headerOf(request, 'x-security-context'),
  })
  return sendWritten(reply, context, outcome, presentation)
}

async function receive({
  parts,
  context,
  request,
}: TypedIncoming): Promise<{ resource: Resource; blob: BlobReference }> {
  requirePlainEncoding(request.headers['content-encoding'])
  const contentType = request.headers['content-type']!
  requireNoFhirXml(contentType)
  if (contentType.length > 200)
    throw new InvalidRequest('The Content-Type is too long', { expression: 'http.content-type' })
  const { documentBytesMax } = parts.services.limits
  const writer = context.store.blobSink.create()
  let size = 0
  try {
    await readChunks(rawBody(request), (chunk) => {
      size += chunk.length
      if (size > documentBytesMax) throw tooLarge(documentBytesMax)
      return writer.write(chunk)
    })
    return { resource: { resourceType: 'Binary', contentType }, blob: await writer.finish() }
  } catch (error) {
    await writer.abort()
    throw error
  }
}

function tooLarge(bytesMax: number): TooLarge {
  return new TooLarge(`The document has more than the ${bytesMax} bytes that are accepted`)
}
