/** The named operations on access over HTTP. decisions.md, "Named operations". */
import { runAccessOperation, showAccessRecord } from '../operations/access-operation.ts'
import { accessOperations } from '../operations/access-operations.ts'
import { maskDocument } from '../operations/mask.ts'
import { sendJson, sendWritten } from './fhir-reply.ts'
import { bodyLimitsOf, presentationOf, readFhirBody } from './fhir-request.ts'
import type { Incoming } from './incoming.ts'

const byName = new Map(accessOperations.map((operation) => [operation.name, operation]))

/** The operation that the route's last segment names, on the instance of the URL. */
export async function runOperation(incoming: Incoming): Promise<void> {
  const { request, reply, context, parameters } = incoming
  const id = incoming.id!
  const presentation = presentationOf(request, parameters)
  const name = request.routeOptions.url!.split('$').at(-1)!
  if (name === 'access-record') {
    const record = await showAccessRecord(context, id)
    return sendJson(reply.code(200), Buffer.from(JSON.stringify(record)), presentation)
  }
  const body = await readInput(incoming)
  const operation = byName.get(name)
  if (!operation) {
    const outcome = await maskDocument(context, { id, isMasking: name === 'mask', body })
    return sendWritten(reply, context, outcome, presentation)
  }
  const state = await runAccessOperation(context, operation, { patientId: id, body })
  return sendJson(reply.code(200), Buffer.from(JSON.stringify(state)), presentation)
}

/** Operations without parameters may come without a body. */
async function readInput({ parts, request }: Incoming) {
  const { 'content-length': length, 'content-type': contentType } = request.headers
  if (length === '0' || (length === undefined && contentType === undefined)) return undefined
  return (await readFhirBody(request, undefined, bodyLimitsOf(parts))).resource
}
