/** From an interaction's outcome to what goes over the wire. R4 http.html#general. */
import type { FastifyReply } from 'fastify'
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import type { Context } from '../interactions/context.ts'
import { entityTag, type Outcome, type ShownVersion } from '../interactions/outcome.ts'
import { renderVersion } from '../interactions/render-version.ts'
import { indentJson } from '../json/indent.ts'
import { fhirJson } from './formats.ts'
import type { Presentation } from './fhir-request.ts'

/** An answer that shows a resource or a ready body: reads, searches, histories. */
export async function sendShown(
  reply: FastifyReply,
  context: Context,
  outcome: Outcome,
  presentation: Presentation,
): Promise<FastifyReply> {
  const { version, body } = outcome
  if (version) setVersionHeaders(reply, context, version)
  if (outcome.status === 304) return reply.code(304).send()
  const bytes = body ?? (await renderVersion(context, version!, presentation))
  return sendJson(reply.code(outcome.status), bytes, presentation)
}

/** The answer to a write, as `Prefer: return` asks; the whole resource by default. */
export async function sendWritten(
  reply: FastifyReply,
  context: Context,
  outcome: Outcome,
  presentation: Presentation,
): Promise<FastifyReply> {
  const { version, status, issues = [] } = outcome
  const wanted = context.preferences.return ?? 'representation'
  if (version) setVersionHeaders(reply, context, version)
  if (version && outcome.created) reply.header('location', versionUrl(context, version))
  if (wanted === 'OperationOutcome') {
    const outcomeBody = toOperationOutcome(issues, context.outcome)
    return sendJson(
      reply.code(status === 204 ? 200 : status),
      Buffer.from(JSON.stringify(outcomeBody)),
      presentation,
    )
  }
  if (status === 204 || wanted === 'minimal' || !version) return reply.code(status).send()
  const bytes = await renderVersion(context, version, presentation)
  return sendJson(reply.code(status), bytes, presentation)
}

/** Content-Location tells whoever asked by condition which version the answer is about. */
function setVersionHeaders(reply: FastifyReply, context: Context, version: ShownVersion): void {
  reply.header('etag', entityTag(version))
  reply.header('last-modified', httpDate(version.lastUpdated))
  if (!version.deleted) reply.header('content-location', versionUrl(context, version))
}

function versionUrl({ services }: Context, { type, id, versionId }: ShownVersion): string {
  return `${services.baseUrl}/${type}/${id}/_history/${versionId}`
}

let lastSecond = 0
let lastText = ''

/** RFC 9110 §5.6.7; remembers the last one, for pages of one import. */
export function httpDate(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000)
  if (second !== lastSecond) {
    lastSecond = second
    lastText = new Date(milliseconds).toUTCString()
  }
  return lastText
}

export function sendJson(
  reply: FastifyReply,
  bytes: Buffer,
  { pretty }: Presentation,
): FastifyReply {
  return reply.header('content-type', fhirJson).send(pretty ? indentJson(bytes) : bytes)
}
