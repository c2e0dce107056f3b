/** A Binary's bytes as they are: Range, Content-Disposition, ETag of the content. R4 binary.html#rest. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RangeNotSatisfiable } from '../errors.ts'
import type { Context } from '../interactions/context.ts'
import type { ShownVersion } from '../interactions/outcome.ts'
import { httpDate } from './fhir-reply.ts'

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
  const { contentType } = JSON.parse(version.body.toString('utf8')) as { contentType?: unknown }
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
): FastifyReply {
  const contentType = contentTypeOf(version)
  const blob = version.blob
  const size = blob?.sizeBytes ?? 0
  const tag = `"${blob?.sha256 ?? 'empty'}"`
  const extension = extensions[contentType.split(';', 1)[0]!.toLowerCase()]
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
  if (
    request.headers['if-none-match']
      ?.split(',')
      .some((one) => one.trim() === tag || one.trim() === '*')
  ) {
    return reply.code(304).send()
  }
  if (!blob) return reply.code(200).send(Buffer.alloc(0))
  const range = rangeOf(request, tag, size)
  if (!range) {
    reply.header('content-length', size)
    return request.method === 'HEAD' ? reply.send() : reply.send(context.store.openBlob(version))
  }
  reply
    .code(206)
    .header('content-range', `bytes ${range.start}-${range.end}/${size}`)
    .header('content-length', range.end - range.start + 1)
  return request.method === 'HEAD'
    ? reply.send()
    : reply.send(context.store.openBlob(version, range))
}

/** One range; undefined for none, several or another unit: then all is sent. RFC 9110 §14.2. */
function rangeOf(
  request: FastifyRequest,
  tag: string,
  size: number,
): { start: number; end: number } | undefined {
  const { range, 'if-range': ifRange } = request.headers
  if (range === undefined || (ifRange !== undefined && ifRange !== tag)) return undefined
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim())
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first, last] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start >= size || start > end) {
    throw new RangeNotSatisfiable(
      `The document has ${size} bytes; the range ${range.slice(0, 60)} lies outside`,
      {
        headers: { 'content-range': `bytes */${size}` },
        expression: 'http.range',
      },
    )
  }
  return { start, end }
}
