/** Reads of one resource, and of the CapabilityStatement. R4 http.html#read, #vread, #capabilities. */
import { InvalidRequest } from '../errors.ts'
import { read } from '../interactions/read.ts'
import { shapeBytes } from '../interactions/render-version.ts'
import { vread } from '../interactions/vread.ts'
import { sendJson, sendShown } from './fhir-reply.ts'
import { conditionsOf, presentationOf, requireNoParameters, shapeOf } from './fhir-request.ts'
import type { Incoming, TypedIncoming } from './incoming.ts'

export async function showCapabilities(incoming: Incoming): Promise<void> {
  const { parts, context, request, reply, parameters } = incoming
  requireNoParameters(parameters, ['mode', '_summary', '_elements'])
  requireKnownMode(parameters.find(([name]) => name === 'mode')?.[1] ?? 'full')
  const presentation = presentationOf(request, parameters)
  const statement = Buffer.from(JSON.stringify(parts.services.capabilities()))
  return sendJson(
    reply.code(200),
    shapeBytes(context, statement, shapeOf(parameters)),
    presentation,
  )
}

const modes = ['full', 'normative', 'terminology']

/** R4: "Servers MAY ignore the mode parameter and return a CapabilityStatement"; not a wrong one. */
function requireKnownMode(mode: string): void {
  if (modes.includes(mode)) return
  throw new InvalidRequest(
    `The mode "${mode.slice(0, 40)}" is not known; the modes are ${modes.join(', ')}`,
    { code: 'value', expression: 'http.mode' },
  )
}

export async function readResource(incoming: TypedIncoming): Promise<void> {
  const { context, request, reply, parameters, type, id } = incoming
  requireNoParameters(parameters, ['_summary', '_elements'])
  const presentation = { ...presentationOf(request, parameters), ...shapeOf(parameters) }
  const outcome = await read(context, { type, id: id! }, conditionsOf(request))
  return sendShown(reply, context, outcome, presentation)
}

export async function vreadResource(incoming: TypedIncoming): Promise<void> {
  const { context, request, reply, parameters, type, id, versionId } = incoming
  requireNoParameters(parameters, ['_summary', '_elements'])
  const presentation = { ...presentationOf(request, parameters), ...shapeOf(parameters) }
  const outcome = await vread(context, { type, id: id! }, versionId!, conditionsOf(request))
  return sendShown(reply, context, outcome, presentation)
}
