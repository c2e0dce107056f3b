/** Operations over HTTP. R4 operations.html. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import { validateOperation } from '../operations/validate.ts'
import { sendJson } from './fhir-reply.ts'
import { createContext, presentationOf, queryOf, readFhirBody, typeOf } from './fhir-request.ts'
import type { HttpParts } from './server-parts.ts'

interface Parameters {
  readonly type: string
  readonly id?: string
}

/** $validate: 200 with an OperationOutcome, whatever the verdict. */
export async function validate(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parameters = queryOf(request)
  const presentation = presentationOf(request, parameters)
  const context = createContext(parts.services, parts.guardFor, request)
  const { type, id } = request.params as Parameters
  const target = {
    type: typeOf(parts.services, type),
    ...(id === undefined ? {} : { id }),
    parameters,
  }
  const limits = {
    bodyBytesMax: parts.bodyBytesMax,
    documentBytesMax: parts.services.limits.documentBytesMax,
  }
  // A GET, or an empty body, asks about the stored instance.
  const isEmpty =
    request.method === 'GET' || (id !== undefined && request.headers['content-length'] === '0')
  const body = isEmpty ? undefined : (await readFhirBody(request, undefined, limits)).resource
  const issues = await validateOperation(context, { ...target, ...(body ? { body } : {}) })
  const outcome = toOperationOutcome(issues, context.outcome)
  return sendJson(reply.code(200), Buffer.from(JSON.stringify(outcome)), presentation)
}
