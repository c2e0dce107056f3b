/**
 * Requests that never become one: what the router cannot decode, and what is no HTTP. They are
 * answered like all others, with an OperationOutcome that says what is wrong.
 */
import { randomBytes } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FhirError, InvalidRequest, NotFound } from '../errors.ts'
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import { fhirJson } from './formats.ts'

/** Fastify's `frameworkErrors`: a path that the router cannot decode, or with an endless part. */
export function answerBadUrl(
  error: Error & { readonly code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { status, issues } =
    error.code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? new NotFound('This URL, with a part longer than any name or id,', { cause: error })
      : new InvalidRequest(
          'The path of the URL is not valid percent-encoded UTF-8: write "%" itself as %25',
          { cause: error },
        )
  const outcome = toOperationOutcome(issues, {
    ruleSystem: '',
    language: 'en',
    requestId: request.id,
  })
  void reply
    .code(status)
    .header('x-request-id', request.id)
    .header('content-type', fhirJson)
    .send(JSON.stringify(outcome))
}

/** Fastify's `clientErrorHandler`: bytes that Node's parser refuses, before there is a request. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // Whoever has gone cannot be answered.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, issues } = toRequestError(error)
  const requestId = randomBytes(9).toString('base64url')
  const outcome = toOperationOutcome(issues, { ruleSystem: '', language: 'en', requestId })
  const body = Buffer.from(JSON.stringify(outcome))
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${fhirJson}\r\n` +
          `content-length: ${body.length}\r\nx-request-id: ${requestId}\r\nconnection: close\r\n\r\n`,
      ),
      body,
    ]),
  )
}

function toRequestError(error: NodeJS.ErrnoException): FhirError {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return new FhirError(
      431,
      'too-long',
      'The URL and the headers together are too long; a long search goes to _search as a form',
      { cause: error },
    )
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const text = 'The request took too long to arrive; nothing was stored: send it again'
    return new FhirError(408, 'timeout', text, { cause: error })
  }
  return new InvalidRequest('What was sent is no HTTP request', { cause: error })
}
