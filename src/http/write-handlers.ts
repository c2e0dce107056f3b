/**
 * Writes of one resource, by id or by condition. R4 http.html#create, #update, #patch, #delete and
 * their conditional forms.
 */
import { InvalidRequest } from '../errors.ts'
import { create } from '../interactions/create.ts'
import { deleteResource } from '../interactions/delete.ts'
import { patch } from '../interactions/patch.ts'
import { readPatchBody } from '../interactions/patch-body.ts'
import { update } from '../interactions/update.ts'
import { sendWritten } from './fhir-reply.ts'
import {
  bodyLimitsOf,
  conditionsOf,
  headerOf,
  presentationOf,
  rawBody,
  readFhirBody,
  requireNoParameters,
} from './fhir-request.ts'
import { requirePlainEncoding } from './formats.ts'
import type { Incoming, TypedIncoming } from './incoming.ts'
import { readBytes } from './read-bytes.ts'

export async function createResource(incoming: TypedIncoming): Promise<void> {
  const { parts, context, request, reply, parameters, type } = incoming
  requireNoParameters(parameters)
  const presentation = presentationOf(request, parameters)
  const body = await readFhirBody(request, context.store.blobSink, bodyLimitsOf(parts))
  const outcome = await create(context, {
    type,
    body,
    ifNoneExist: headerOf(request, 'if-none-exist'),
    securityContext: headerOf(request, 'x-security-context'),
  })
  return sendWritten(reply, context, outcome, presentation)
}

export async function updateTarget(incoming: TypedIncoming): Promise<void> {
  const { parts, context, request, reply, parameters, type } = incoming
  const target = targetOf(incoming)
  const presentation = presentationOf(request, parameters)
  const body = await readFhirBody(request, context.store.blobSink, bodyLimitsOf(parts))
  const outcome = await update(context, {
    type,
    target,
    body,
    ...conditionsOf(request),
    securityContext: headerOf(request, 'x-security-context'),
  })
  return sendWritten(reply, context, outcome, presentation)
}

export async function patchTarget(incoming: TypedIncoming): Promise<void> {
  const { context, request, reply, parameters, type } = incoming
  const target = targetOf(incoming)
  const presentation = presentationOf(request, parameters)
  const patchBody = await patchOf(incoming)
  const conditions = conditionsOf(request)
  const outcome = await patch(context, { type, target, patch: patchBody, ...conditions })
  return sendWritten(reply, context, outcome, presentation)
}

export async function deleteTarget(incoming: TypedIncoming): Promise<void> {
  const { context, request, reply, parameters, type } = incoming
  const target = targetOf(incoming)
  const presentation = presentationOf(request, parameters)
  const outcome = await deleteResource(context, { type, target, ...conditionsOf(request) })
  return sendWritten(reply, context, outcome, presentation)
}

/** The id of the URL, or else the condition that its query states. */
function targetOf({ id, parameters, request }: Incoming): { id: string } | { query: string } {
  if (id !== undefined) {
    requireNoParameters(parameters)
    return { id }
  }
  const mark = request.url.indexOf('?')
  const query = mark < 0 ? '' : withoutControl(request.url.slice(mark + 1))
  if (query !== '') return { query }
  throw new InvalidRequest('This URL needs an id (Type/id) or a condition (Type?parameter=value)')
}

/** A condition without the parameters that only shape the answer. */
function withoutControl(query: string): string {
  return query
    .split('&')
    .filter((part) => part !== '' && !/^_(format|pretty)(=|$)/.test(part))
    .join('&')
}

function patchOf({ parts, request }: Incoming): ReturnType<typeof readPatchBody> {
  const limits = bodyLimitsOf(parts)
  return readPatchBody(request.headers['content-type'], {
    // Without a place for long texts: those of a patch become part of the resource.
    readResource: () => readFhirBody(request, undefined, limits),
    readBytes: () => {
      requirePlainEncoding(request.headers['content-encoding'])
      return readBytes(rawBody(request), limits.bodyBytesMax)
    },
  })
}
