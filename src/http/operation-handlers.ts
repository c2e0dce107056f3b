/** Operations over HTTP. R4 operations.html. */
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import { validateOperation } from '../operations/validate.ts'
import { sendJson } from './fhir-reply.ts'
import { bodyLimitsOf, presentationOf, readFhirBody } from './fhir-request.ts'
import type { TypedIncoming } from './incoming.ts'

/** $validate: 200 with an OperationOutcome, whatever the verdict. */
export async function validateResource(incoming: TypedIncoming): Promise<void> {
  const { parts, context, request, reply, parameters, type, id } = incoming
  const presentation = presentationOf(request, parameters)
  // A GET, or an empty body, asks about the stored instance.
  const isEmpty =
    request.method !== 'POST' || (id !== undefined && request.headers['content-length'] === '0')
  const body = isEmpty
    ? undefined
    : (await readFhirBody(request, undefined, bodyLimitsOf(parts))).resource
  const issues = await validateOperation(context, {
    type,
    ...(id === undefined ? {} : { id }),
    parameters,
    ...(body ? { body } : {}),
  })
  const outcome = toOperationOutcome(issues, context.outcome)
  return sendJson(reply.code(200), Buffer.from(JSON.stringify(outcome)), presentation)
}
