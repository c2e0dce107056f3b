/** Histories of an instance, a type and the system. R4 http.html#history. */
import { history } from '../interactions/history.ts'
import { sendShown } from './fhir-reply.ts'
import { presentationOf } from './fhir-request.ts'
import type { Incoming } from './incoming.ts'

export async function showHistory(incoming: Incoming): Promise<void> {
  const { context, request, reply, parameters, type, id } = incoming
  const { pretty } = presentationOf(request, parameters)
  const outcome = await history(context, {
    ...(type === undefined ? {} : { type }),
    ...(id === undefined ? {} : { id }),
    parameters,
  })
  return sendShown(reply, context, outcome, { pretty })
}
