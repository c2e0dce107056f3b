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
): Promise<void> {
  const { version, body } = outcome
  if (version) setVersionHeaders(reply, context, version)
  if (outcome.status === 304) return void reply.code(304).send()
  const shown = body ?? renderVersion(context, version!, presentation)
  const bytes = shown instanceof Promise ? await shown : shown
  sendJson(reply.code(outcome.status), bytes, presentation)
}

/** The answer to a write, as `Prefer: return` asks; the whole resource by default. */
export async function sendWritten(
  reply: FastifyReply,
  context: Context,
  outcome: Outcome,
  presentation: Presentation,
): Promise<void> {
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
  if (status === 204 || wanted === 'minimal' || !version) return void reply.code(status).send()
  const bytes = await renderVersion(context, version, presentation)
  sendJson(reply.code(status), bytes, presentation)
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

const dayMilliseconds = 86_400_000
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
let lastDay = Number.NaN
let lastDayText = ''

/** RFC 9110 §5.6.7. The day is remembered: most resources of an answer, or of an hour, share it. */
export function httpDate(milliseconds: number): string {
  const day = Math.floor(milliseconds / dayMilliseconds)
  if (day !== lastDay) {
    lastDay = day
    lastDayText = new Date(day * dayMilliseconds).toUTCString().slice(0, -12)
  }
  const seconds = Math.floor((milliseconds - day * dayMilliseconds) / 1000)
  const minutes = Math.floor(seconds / 60)
  const hours = twoDigits[Math.floor(minutes / 60)]!
  return `${lastDayText}${hours}:${twoDigits[minutes % 60]!}:${twoDigits[seconds % 60]!} GMT`
}

export function sendJson(reply: FastifyReply, bytes: Buffer, { pretty }: Presentation): void {
  void reply.header('content-type', fhirJson).send(pretty ? indentJson(bytes) : bytes)
}
