/** Any error on the way of a FHIR request ends here, once, as an OperationOutcome. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { FhirError, InvalidRequest, NotFound, TooLarge, UnsupportedMediaType } from '../errors.ts'
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import { indentJson } from '../json/indent.ts'
import { fhirJson } from './formats.ts'
import { outcomeContextOf } from './fhir-request.ts'
import type { HttpParts } from './server-parts.ts'

export function createErrorHandler(parts: HttpParts) {
  return function handleError(
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply {
    const known = toFhirError(error)
    if (!known) {
      parts.log.failure({ requestId: request.id, route: request.routeOptions.url ?? '', error })
    }
    const status = known?.status ?? 500
    const issues = known?.issues ?? [
      {
        severity: 'fatal' as const,
        code: 'exception' as const,
        diagnostics: `The server failed; the failure is logged under the request id ${request.id}`,
      },
    ]
    for (const [name, value] of Object.entries(known?.headers ?? {})) reply.header(name, value)
    const outcome = toOperationOutcome(issues, outcomeContextOf(parts.services, request))
    const body = Buffer.from(JSON.stringify(outcome))
    const shown = /[?&]_pretty=true(?:&|$)/.test(request.url) ? indentJson(body) : body
    return reply.code(status).header('content-type', fhirJson).send(shown)
  }
}

function toFhirError(error: unknown): FhirError | undefined {
  if (error instanceof FhirError) return error
  const { code, statusCode, message } = error as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new TooLarge('The body is too large', { cause: error })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new UnsupportedMediaType('The Content-Type cannot be read', { cause: error })
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new InvalidRequest('The request ended before its body was whole', {
      cause: error,
      code: 'incomplete',
    })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new InvalidRequest(`The request cannot be read: ${message ?? 'bad request'}`, {
      cause: error,
    })
  }
  return undefined
}

export function unknownRoute(request: FastifyRequest): NotFound {
  return new NotFound(`This URL (${request.method} ${request.url.split('?', 1)[0]!.slice(0, 200)})`)
}
