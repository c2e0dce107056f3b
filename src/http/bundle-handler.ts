/** Batches and transactions. R4 http.html#transaction. */
import { InvalidRequest } from '../errors.ts'
import { batch } from '../interactions/batch.ts'
import { transaction } from '../interactions/transaction.ts'
import { sendShown } from './fhir-reply.ts'
import { bodyLimitsOf, presentationOf, readFhirBody, requireNoParameters } from './fhir-request.ts'
import type { Incoming } from './incoming.ts'

export async function receiveBundle(incoming: Incoming): Promise<void> {
  const { parts, context, request, reply, parameters } = incoming
  requireNoParameters(parameters)
  const presentation = presentationOf(request, parameters)
  const body = await readFhirBody(request, context.store.blobSink, bodyLimitsOf(parts))
  const { resourceType, type } = body.resource
  if (resourceType !== 'Bundle' || (type !== 'transaction' && type !== 'batch')) {
    throw new InvalidRequest(
      'The base URL takes a Bundle of type transaction or batch; other resources go to their type',
      { expression: resourceType === 'Bundle' ? 'Bundle.type' : 'resourceType' },
    )
  }
  context.trace?.describe({ interaction: type })
  const outcome = type === 'batch' ? await batch(context, body) : await transaction(context, body)
  return sendShown(reply, context, outcome, presentation)
}
