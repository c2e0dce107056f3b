/** Searches, by GET and by POST. R4 search.html#Introduction. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { UnsupportedMediaType } from '../errors.ts'
import { search } from '../interactions/search-type.ts'
import { sendShown } from './fhir-reply.ts'
import { createContext, parseForm, presentationOf, queryOf, rawBody } from './fhir-request.ts'
import { mediaTypeOf, requirePlainEncoding } from './formats.ts'
import { readBytes } from './read-bytes.ts'
import type { HttpParts } from './server-parts.ts'

const formBytesMax = 1_000_000

export function searchFromUrl(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  type: string | undefined,
): Promise<FastifyReply> {
  return answer(parts, request, reply, { type, parameters: queryOf(request) })
}

/** Parameters of the URL and of the form count alike. */
export async function searchFromBody(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  type: string | undefined,
): Promise<FastifyReply> {
  const contentType = request.headers['content-type']
  requirePlainEncoding(request.headers['content-encoding'])
  if (
    contentType !== undefined &&
    mediaTypeOf(contentType) !== 'application/x-www-form-urlencoded'
  ) {
    throw new UnsupportedMediaType(
      `_search takes application/x-www-form-urlencoded, not ${contentType.slice(0, 100)}`,
      { expression: 'http.content-type' },
    )
  }
  const form = await readBytes(rawBody(request), formBytesMax)
  const parameters = [...queryOf(request), ...parseForm(form.toString('utf8').trim())]
  return answer(parts, request, reply, { type, parameters })
}

async function answer(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { type, parameters }: { type: string | undefined; parameters: [string, string][] },
): Promise<FastifyReply> {
  const { pretty } = presentationOf(request, parameters)
  const context = createContext(parts.services, parts.guardFor, request)
  // _summary and _elements are applied to each resource by the search itself.
  return sendShown(reply, context, await search(context, { type, parameters }), { pretty })
}
