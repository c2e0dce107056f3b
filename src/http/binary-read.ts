/** A Binary shown as its bytes or as a FHIR resource, as Accept asks. R4 binary.html#rest. */
import type { Outcome } from '../interactions/outcome.ts'
import { read } from '../interactions/read.ts'
import { vread } from '../interactions/vread.ts'
import type { Preconditions } from '../interactions/preconditions.ts'
import { contentTypeOf, sendNative } from './binary-reply.ts'
import { sendShown } from './fhir-reply.ts'
import { conditionsOf, isPretty, requireNoParameters, shapeOf } from './fhir-request.ts'
import { binaryForm } from './formats.ts'
import type { TypedIncoming } from './incoming.ts'

/** Undefined when the URL is not that of a Binary. */
export function readBinary(incoming: TypedIncoming): Promise<void> | undefined {
  return incoming.type === 'Binary' ? show(incoming) : undefined
}

async function show(incoming: TypedIncoming): Promise<void> {
  const { context, request, reply, parameters } = incoming
  requireNoParameters(parameters, ['_summary', '_elements'])
  const format = parameters.find(([name]) => name === '_format')?.[1]
  const found = await find(incoming, {})
  const version = found.version!
  reply.header('vary', 'Accept')
  if (binaryForm(request.headers.accept, format, contentTypeOf(version)) === 'native') {
    return sendNative(request, reply, context, version)
  }
  const outcome = await find(incoming, conditionsOf(request))
  return sendShown(reply, context, outcome, {
    pretty: isPretty(parameters),
    ...shapeOf(parameters),
  })
}

function find(incoming: TypedIncoming, conditions: Preconditions): Promise<Outcome> {
  const { context, type, id, versionId } = incoming
  const target = { type, id: id! }
  return versionId === undefined
    ? read(context, target, conditions)
    : vread(context, target, versionId, conditions)
}
