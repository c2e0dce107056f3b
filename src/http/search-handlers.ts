/** Searches, by GET and by POST, of one type or of the system. R4 search.html#Introduction. */
import { UnsupportedMediaType } from '../errors.ts'
import { parseQueryString } from '../interactions/query-string.ts'
import { search } from '../interactions/search-type.ts'
import { tracedQuery } from '../interactions/traced-entry.ts'
import { sendShown } from './fhir-reply.ts'
import { presentationOf, rawBody } from './fhir-request.ts'
import { mediaTypeOf, requirePlainEncoding } from './formats.ts'
import type { Incoming } from './incoming.ts'
import { readBytes } from './read-bytes.ts'

const formBytesMax = 1_000_000

export function searchFromUrl(incoming: Incoming): Promise<void> {
  return answer(incoming, incoming.parameters)
}

/** Parameters of the URL and of the form count alike. */
export async function searchFromBody(incoming: Incoming): Promise<void> {
  const { request } = incoming
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
  const sent = parseQueryString(form.toString('utf8').trim())
  const parameters = [...incoming.parameters, ...sent]
  request.trace?.describe(tracedQuery(incoming.parts.services, incoming.type, parameters))
  return answer(incoming, parameters)
}

async function answer(
  { context, request, reply, type }: Incoming,
  parameters: Incoming['parameters'],
): Promise<void> {
  const { pretty } = presentationOf(request, parameters)
  // _summary and _elements are applied to each resource by the search itself.
  return sendShown(reply, context, await search(context, { type, parameters }), { pretty })
}
