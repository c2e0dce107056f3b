/** Binary in its two forms: a FHIR resource, or bytes of its own type. R4 binary.html#rest. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidRequest, TooLarge } from '../errors.ts'
import type { Resource } from '../fhir/resource.ts'
import { binaryAsJson } from '../interactions/binary-content.ts'
import type { Context } from '../interactions/context.ts'
import { create } from '../interactions/create.ts'
import type { Outcome } from '../interactions/outcome.ts'
import { read } from '../interactions/read.ts'
import { update } from '../interactions/update.ts'
import { vread } from '../interactions/vread.ts'
import type { BlobReference, BlobSink } from '../json/blob-sink.ts'
import { contentTypeOf, sendNative } from './binary-reply.ts'
import { sendShown, sendWritten } from './fhir-reply.ts'
import {
  conditionsOf,
  createContext,
  headerOf,
  presentationOfParameters,
  queryOf,
  rawBody,
  requireNoParameters,
} from './fhir-request.ts'
import { binaryForm, isFhirJson, requirePlainEncoding } from './formats.ts'
import type { HttpParts } from './server-parts.ts'

/** Whether the body is the content itself rather than a Binary resource. */
export function isNativeBinary(type: string, request: FastifyRequest): boolean {
  const contentType = request.headers['content-type']
  return type === 'Binary' && contentType !== undefined && !isFhirJson(contentType)
}

export async function readBinary(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
): Promise<FastifyReply> {
  const context = createContext(parts.services, parts.guardFor, request)
  // The content's own ETag is compared by sendNative; If-Modified-Since holds for both forms.
  return show(context, request, reply, (conditions) =>
    read(context, { type: 'Binary', id }, conditions),
  )
}

export async function vreadBinary(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, versionId }: { id: string; versionId: string },
): Promise<FastifyReply> {
  const context = createContext(parts.services, parts.guardFor, request)
  return show(context, request, reply, (conditions) =>
    vread(context, { type: 'Binary', id }, versionId, conditions),
  )
}

async function show(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  find: (conditions: ReturnType<typeof conditionsOf>) => Promise<Outcome>,
): Promise<FastifyReply> {
  const parameters = queryOf(request)
  requireNoParameters(parameters, ['_summary', '_elements'])
  const format = parameters.find(([name]) => name === '_format')?.[1]
  const { version } = await find({})
  const form = binaryForm(request.headers.accept, format, contentTypeOf(version!))
  reply.header('vary', 'accept')
  if (form === 'native') {
    const { ifNoneMatch: _, ...conditions } = conditionsOf(request)
    const outcome =
      request.headers['if-none-match'] === undefined ? await find(conditions) : { status: 200 }
    if (outcome.status === 304) return reply.code(304).send()
    return sendNative(request, reply, context, version!)
  }
  const outcome = await find(conditionsOf(request))
  const shown =
    outcome.status === 304
      ? outcome
      : { ...outcome, version: await binaryAsJson(context, outcome.version!) }
  return sendShown(reply, context, shown, presentationOfParameters(parameters))
}

export async function createBinary(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const context = createContext(parts.services, parts.guardFor, request)
  const { resource, blob } = await receive(parts, context, request)
  const outcome = await create(context, {
    type: 'Binary',
    body: { resource, blobs: [], hasOddDecimals: false },
    blob,
    ifNoneExist: headerOf(request, 'if-none-exist'),
    securityContext: headerOf(request, 'x-security-context'),
  })
  return sendWritten(reply, context, await withContent(context, outcome), { pretty: false })
}

export async function updateBinary(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
): Promise<FastifyReply> {
  const context = createContext(parts.services, parts.guardFor, request)
  const { resource, blob } = await receive(parts, context, request)
  const outcome = await update(context, {
    type: 'Binary',
    target: { id },
    body: { resource: { ...resource, id }, blobs: [], hasOddDecimals: false },
    blob,
    ...conditionsOf(request),
    securityContext: headerOf(request, 'x-security-context'),
  })
  return sendWritten(reply, context, await withContent(context, outcome), { pretty: false })
}

async function withContent(context: Context, outcome: Outcome): Promise<Outcome> {
  const wanted = context.preferences.return ?? 'representation'
  if (!outcome.version || wanted !== 'representation') return outcome
  return { ...outcome, version: await binaryAsJson(context, outcome.version) }
}

async function receive(
  parts: HttpParts,
  context: Context,
  request: FastifyRequest,
): Promise<{ resource: Resource; blob: BlobReference }> {
  requirePlainEncoding(request.headers['content-encoding'])
  const contentType = request.headers['content-type']!
  if (contentType.length > 200)
    throw new InvalidRequest('The Content-Type is too long', { expression: 'http.content-type' })
  const blob = await receiveBlob(
    context.store.blobSink,
    rawBody(request),
    parts.services.limits.documentBytesMax,
  )
  return { resource: { resourceType: 'Binary', contentType }, blob }
}

async function receiveBlob(
  sink: BlobSink,
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<BlobReference> {
  const writer = sink.create()
  let size = 0
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > bytesMax)
        throw new TooLarge(`The document has more than the ${bytesMax} bytes that are accepted`)
      await writer.write(chunk)
    }
    return await writer.finish()
  } catch (error) {
    await writer.abort()
    throw error
  }
}
