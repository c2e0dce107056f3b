/**
 * Every answer about resources leaves traces before it leaves (decision 28): what the request was
 * shown and refused is appended to the journal, and where that fails the answer is 503 and shows
 * nothing; the trace of what it stored is durable with it, in the same commit. `/metadata`, pages and health leave none, and neither does a request without a
 * valid token: it reached nothing, and strangers must not be able to fill the journal.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { RequestTrace } from '../audit/request-trace.ts'
import { MethodNotAllowed, Unavailable } from '../errors.ts'
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import { tracedQuery } from '../interactions/traced-entry.ts'
import { outcomeContextOf, queryOf } from './fhir-request.ts'
import { fhirJson } from './formats.ts'
import type { FhirRoute } from './routes-table.ts'
import type { AuditParts, HttpParts } from './server-parts.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set where the answer must leave traces. */
    trace: RequestTrace | undefined
  }
  interface FastifyContextConfig {
    /** The interaction that a route stands for; absent: it leaves no trace. */
    interaction?: string | undefined
    /** Open to callers without a token. */
    isPublic?: boolean
  }
}

/** The interaction of a route, for its traces: `read`, `search-type`, `$mask`. */
export function tracedInteraction({ operation, type, system }: FhirRoute): string | undefined {
  return operation ? `$${operation.name}` : (type?.[0] ?? system?.[0])
}

/** Begins the trace of a request whose caller is known. Throws Unavailable, or 405 for a change of a trace. */
export type BeginTrace = (request: FastifyRequest) => void

/** What is to be called once it is known who is calling; undefined where no traces are kept. */
export function registerAuditTrail(app: FastifyInstance, parts: HttpParts): BeginTrace | undefined {
  const { audit } = parts
  app.decorateRequest('trace', undefined)
  if (!audit) return undefined
  app.addHook('onSend', async (request, reply, payload) => {
    const { trace } = request
    request.trace = undefined
    if (!trace || reply.statusCode === 401) return payload
    try {
      const records = trace.finish(reply.statusCode)
      if (records.length > 0) await audit.journal.append(records)
      return payload
    } catch (error) {
      parts.log.failure({ requestId: request.id, route: request.routeOptions.url ?? '', error })
      return withhold(parts, request, reply, payload)
    }
  })
  return (request) => {
    const { interaction } = request.routeOptions.config
    if (interaction === undefined) return
    const { ready, reason } = audit.journal.health()
    if (!ready) throw cannotTrace(reason)
    request.trace = openTrace(parts, audit, request, interaction)
    if ((request.params as { type?: string }).type === 'AuditEvent') refuseChange(request.method)
  }
}

function openTrace(
  { services }: HttpParts,
  { ledger }: AuditParts,
  request: FastifyRequest,
  interaction: string,
): RequestTrace {
  const { type, id } = request.params as { type?: string; id?: string }
  const trace = new RequestTrace(
    { requestId: request.id, recorded: services.now(), caller: request.caller },
    ledger,
    { interaction, type, id },
  )
  if (request.url.includes('?')) trace.describe(readQuery(services, request, type))
  return trace
}

/** A query that cannot be read is refused later, and named in no trace. */
function readQuery(services: HttpParts['services'], request: FastifyRequest, type?: string) {
  try {
    return tracedQuery(services, type, queryOf(request))
  } catch {
    return {}
  }
}

/** Traces are never changed nor removed, whoever asks (decision 59). */
function refuseChange(method: string): void {
  if (method !== 'PUT' && method !== 'PATCH' && method !== 'DELETE') return
  throw new MethodNotAllowed('Traces are never changed or removed', {
    headers: { allow: 'GET, HEAD, POST, OPTIONS' },
  })
}

function cannotTrace(reason = 'unknown'): Unavailable {
  return new Unavailable(`Nothing is served while traces cannot be written: ${reason}`)
}

const headersOfData = [
  'content-length',
  'content-disposition',
  'content-range',
  'content-location',
  'accept-ranges',
  'etag',
  'last-modified',
  'location',
] as const

/** The answer without its data. What was stored stays; its trace is chained later. */
function withhold(
  { services }: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): string {
  const stream = payload as Partial<Readable> | null
  if (typeof stream?.destroy === 'function') stream.destroy()
  for (const name of headersOfData) reply.removeHeader(name)
  const diagnostics =
    'The trace of this request could not be written, so nothing is shown; a change may have been stored'
  const outcome = toOperationOutcome(
    [{ severity: 'error', code: 'transient', diagnostics }],
    outcomeContextOf(services, request),
  )
  void reply.code(503).header('retry-after', '2').header('content-type', fhirJson)
  return JSON.stringify(outcome)
}
