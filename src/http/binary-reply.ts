/** A Binary's bytes as they are: Range, Content-Disposition, ETag of the content. R4 binary.html#rest. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { RangeNotSatisfiable } from '../errors.ts'
import { isObject, type JsonObject } from '../fhir/resource.ts'
import type { Context } from '../interactions/context.ts'
import type { ShownVersion } from '../interactions/outcome.ts'
import { isNotModified } from '../interactions/preconditions.ts'
import { renderSlots } from '../json/slots.ts'
import { httpDate } from './fhir-reply.ts'
import { mediaTypeOf } from './formats.ts'

const MEDIA_TYPE =
  /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(\s*;\s*[a-z0-9_.-]+=("[^"\r\n\\]*"|[a-z0-9!#$&^_.+:-]+))*$/i

const extensions: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/xml': 'xml',
  'application/xml': 'xml',
  'text/plain': 'txt',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/tiff': 'tiff',
  'application/dicom': 'dcm',
  'application/fhir+json': 'json',
  'text/html': 'html',
  'text/rtf': 'rtf',
  'application/zip': 'zip',
}

/** The declared type of a Binary; bytes of no usable type are octets. */
export function contentTypeOf(version: ShownVersion): string {
  const { contentType } = elementsOf(version)
  return typeof contentType === 'string' && MEDIA_TYPE.test(contentType)
    ? contentType
    : 'application/octet-stream'
}

/** Sends the content; 206 for one range, 304 when the caller has it. */
export function sendNative(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
  version: ShownVersion,
): void {
  const { blob } = version
  const size = blob?.sizeBytes ?? 0
  const tag = `"${blob?.sha256 ?? 'empty'}"`
  setContentHeaders(reply, version, tag)
  const owner = securityContextOf(context, version)
  if (owner !== undefined) reply.header('x-security-context', owner)
  if (isKnown(request, version, tag)) return void reply.code(304).send()
  const range = request.method === 'GET' && blob ? rangeOf(request, tag, size) : undefined
  if (range) {
    const { start, end } = range
    reply
      .code(206)
      .header('content-range', `bytes ${start}-${end}/${size}`)
      .header('content-length', end - start + 1)
    return void reply.send(context.store.openBlob(version, range))
  }
  if (!blob) return void reply.send(Buffer.alloc(0))
  reply.header('content-length', size)
  // Fastify would count an absent body as 0 bytes; it leaves the length alone of a stream.
  const isHead = request.method === 'HEAD'
  void reply.send(isHead ? Readable.from([]) : context.store.openBlob(version))
}

function setContentHeaders(reply: FastifyReply, version: ShownVersion, tag: string): void {
  const contentType = contentTypeOf(version)
  const extension = extensions[mediaTypeOf(contentType)]
  reply
    .header('content-type', contentType)
    .header('etag', tag)
    .header('last-modified', httpDate(version.lastUpdated))
    .header('accept-ranges', 'bytes')
    // A stored page or script must never run under this origin.
    .header(
      'content-disposition',
      `attachment; filename="${version.id}${extension ? `.${extension}` : ''}"`,
    )
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
}

/** R4 binary.html#security-context: told again to whoever reads the bytes alone. */
function securityContextOf(context: Context, version: ShownVersion): string | undefined {
  const { securityContext } = elementsOf(version, context.services.baseUrl)
  if (!isObject(securityContext) || typeof securityContext.reference !== 'string') return undefined
  return /^[\x21-\x7e]+$/.test(securityContext.reference) ? securityContext.reference : undefined
}

function elementsOf({ body, slots }: ShownVersion, baseUrl = ''): JsonObject {
  return JSON.parse(renderSlots(body, slots, baseUrl).toString('utf8')) as JsonObject
}

/** Weak comparison, as RFC 9110 §13.1.2 asks; If-None-Match counts before If-Modified-Since. */
function isKnown({ headers }: FastifyRequest, version: ShownVersion, tag: string): boolean {
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch === undefined) {
    return isNotModified({ ifModifiedSince: headers['if-modified-since'] }, version)
  }
  return ifNoneMatch
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === tag || one === '*')
}

/**
 * One range; undefined for none, several, one that is malformed or of another unit: then all is
 * sent. RFC 9110 §14.2.
 */
function rangeOf(
  request: FastifyRequest,
  tag: string,
  size: number,
): { start: number; end: number } | undefined {
  const { range, 'if-range': ifRange } = request.headers
  if (range === undefined || (ifRange !== undefined && ifRange !== tag)) return undefined
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range.trim())
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first, last] = match
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start >= size) {
    throw new RangeNotSatisfiable(
      `The document has ${size} bytes; the range ${range.slice(0, 60)} lies outside`,
      { headers: { 'content-range': `bytes */${size}` }, expression: 'http.range' },
    )
  }
  return { start, end }
}
