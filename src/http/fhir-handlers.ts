/** What each row of the route table does: plain data in, an interaction, an answer out. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidRequest } from '../errors.ts'
import { batch } from '../interactions/batch.ts'
import { create } from '../interactions/create.ts'
import { deleteResource } from '../interactions/delete.ts'
import { history } from '../interactions/history.ts'
import { patch } from '../interactions/patch.ts'
import { readPatchBody } from '../interactions/patch-body.ts'
import { transaction } from '../interactions/transaction.ts'
import { update } from '../interactions/update.ts'
import {
  createBinary,
  isNativeBinary,
  readBinary,
  updateBinary,
  vreadBinary,
} from './binary-handlers.ts'
import { sendJson, sendShown, sendWritten } from './fhir-reply.ts'
import {
  conditionsOf,
  createContext,
  headerOf,
  presentationOf,
  queryOf,
  rawBody,
  readFhirBody,
  requireNoParameters,
  typeOf,
} from './fhir-request.ts'
import { requirePlainEncoding } from './formats.ts'
import { validate } from './operation-handlers.ts'
import { readBytes } from './read-bytes.ts'
import type { RouteHandlerName } from './routes-table.ts'
import { searchFromBody, searchFromUrl } from './search-handlers.ts'
import type { HttpParts } from './server-parts.ts'
import { read } from '../interactions/read.ts'
import { vread } from '../interactions/vread.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
interface Parameters {
  type: string
  id: string
  versionId: string
}

export function createHandlers(parts: HttpParts): Record<RouteHandlerName, Handler> {
  return {
    ...readHandlers(parts),
    ...searchHandlers(parts),
    ...writeHandlers(parts),
    validate: (request: FastifyRequest, reply: FastifyReply) => validate(parts, request, reply),
  } as Record<RouteHandlerName, Handler>
}

function readHandlers(parts: HttpParts): Partial<Record<RouteHandlerName, Handler>> {
  const { services, guardFor } = parts
  const showHistory =
    (pick: (parameters: Parameters) => { type?: string; id?: string }): Handler =>
    async (request, reply) => {
      const parameters = queryOf(request)
      const presentation = presentationOf(request, parameters)
      const context = createContext(services, guardFor, request)
      const target = pick(request.params as Parameters)
      return sendShown(
        reply,
        context,
        await history(context, { ...target, parameters }),
        presentation,
      )
    }
  return {
    capabilities: async (request, reply) => {
      const parameters = queryOf(request)
      requireNoParameters(parameters, ['mode', '_summary', '_elements'])
      const presentation = presentationOf(request, parameters)
      return sendJson(
        reply.code(200),
        Buffer.from(JSON.stringify(services.capabilities())),
        presentation,
      )
    },
    read: async (request, reply) => {
      const { type, id } = request.params as Parameters
      if (type === 'Binary') return readBinary(parts, request, reply, id)
      const parameters = queryOf(request)
      requireNoParameters(parameters, ['_summary', '_elements'])
      const presentation = presentationOf(request, parameters)
      const context = createContext(services, guardFor, request)
      const outcome = await read(
        context,
        { type: typeOf(services, type), id },
        conditionsOf(request),
      )
      return sendShown(reply, context, outcome, presentation)
    },
    vread: async (request, reply) => {
      const { type, id, versionId } = request.params as Parameters
      if (type === 'Binary') return vreadBinary(parts, request, reply, { id, versionId })
      const parameters = queryOf(request)
      requireNoParameters(parameters, ['_summary', '_elements'])
      const presentation = presentationOf(request, parameters)
      const context = createContext(services, guardFor, request)
      const outcome = await vread(
        context,
        { type: typeOf(services, type), id },
        versionId,
        conditionsOf(request),
      )
      return sendShown(reply, context, outcome, presentation)
    },
    historyInstance: showHistory(({ type, id }) => ({ type: typeOf(services, type), id })),
    historyType: showHistory(({ type }) => ({ type: typeOf(services, type) })),
    historySystem: showHistory(() => ({})),
  }
}

function searchHandlers(parts: HttpParts): Partial<Record<RouteHandlerName, Handler>> {
  const typed = (request: FastifyRequest) =>
    typeOf(parts.services, (request.params as Parameters).type)
  return {
    search: async (request, reply) => searchFromUrl(parts, request, reply, typed(request)),
    searchByPost: async (request, reply) => searchFromBody(parts, request, reply, typed(request)),
    searchSystem: async (request, reply) => searchFromUrl(parts, request, reply, undefined),
    searchSystemByPost: async (request, reply) => searchFromBody(parts, request, reply, undefined),
  }
}

function writeHandlers(parts: HttpParts): Partial<Record<RouteHandlerName, Handler>> {
  const { services, guardFor } = parts
  const limits = {
    bodyBytesMax: parts.bodyBytesMax,
    documentBytesMax: services.limits.documentBytesMax,
  }
  const prepare = (request: FastifyRequest) => {
    const parameters = queryOf(request)
    const context = createContext(services, guardFor, request)
    return { parameters, context, presentation: presentationOf(request, parameters) }
  }
  const conditionOf = (request: FastifyRequest): { query: string } => {
    const mark = request.url.indexOf('?')
    const query = mark < 0 ? '' : withoutControl(request.url.slice(mark + 1))
    if (query === '')
      throw new InvalidRequest(
        'This URL needs an id (Type/id) or a condition (Type?parameter=value)',
      )
    return { query }
  }
  const patchOf = (request: FastifyRequest) =>
    readPatchBody(request.headers['content-type'], {
      readResource: () =>
        readFhirBody(request, createContext(services, guardFor, request).store.blobSink, limits),
      readBytes: () => {
        requirePlainEncoding(request.headers['content-encoding'])
        return readBytes(rawBody(request), limits.bodyBytesMax)
      },
    })
  return {
    bundle: async (request, reply) => {
      const { context, parameters, presentation } = prepare(request)
      requireNoParameters(parameters)
      const body = await readFhirBody(request, context.store.blobSink, limits)
      const { resourceType, type } = body.resource
      if (resourceType !== 'Bundle' || (type !== 'transaction' && type !== 'batch')) {
        throw new InvalidRequest(
          'The base URL takes a Bundle of type transaction or batch; other resources go to their type',
          {
            expression: resourceType === 'Bundle' ? 'Bundle.type' : 'resourceType',
          },
        )
      }
      const outcome =
        type === 'batch' ? await batch(context, body) : await transaction(context, body)
      return sendShown(reply, context, outcome, presentation)
    },
    create: async (request, reply) => {
      const { context, parameters, presentation } = prepare(request)
      requireNoParameters(parameters)
      const type = typeOf(services, (request.params as Parameters).type)
      if (isNativeBinary(type, request)) return createBinary(parts, request, reply)
      const body = await readFhirBody(request, context.store.blobSink, limits)
      const outcome = await create(context, {
        type,
        body,
        ifNoneExist: headerOf(request, 'if-none-exist'),
        securityContext: headerOf(request, 'x-security-context'),
      })
      return sendWritten(reply, context, outcome, presentation)
    },
    update: async (request, reply) => {
      const { context, parameters, presentation } = prepare(request)
      requireNoParameters(parameters)
      const { type: name, id } = request.params as Parameters
      const type = typeOf(services, name)
      if (isNativeBinary(type, request)) return updateBinary(parts, request, reply, id)
      const body = await readFhirBody(request, context.store.blobSink, limits)
      const outcome = await update(context, {
        type,
        target: { id },
        body,
        ...conditionsOf(request),
        securityContext: headerOf(request, 'x-security-context'),
      })
      return sendWritten(reply, context, outcome, presentation)
    },
    conditionalUpdate: async (request, reply) => {
      const context = createContext(services, guardFor, request)
      const type = typeOf(services, (request.params as Parameters).type)
      const target = conditionOf(request)
      const presentation = presentationOf(request, queryOf(request))
      const body = await readFhirBody(request, context.store.blobSink, limits)
      const outcome = await update(context, { type, target, body, ...conditionsOf(request) })
      return sendWritten(reply, context, outcome, presentation)
    },
    patch: async (request, reply) => {
      const { context, parameters, presentation } = prepare(request)
      requireNoParameters(parameters)
      const { type, id } = request.params as Parameters
      const patchBody = await patchOf(request)
      const outcome = await patch(context, {
        type: typeOf(services, type),
        target: { id },
        patch: patchBody,
        ...conditionsOf(request),
      })
      return sendWritten(reply, context, outcome, presentation)
    },
    conditionalPatch: async (request, reply) => {
      const context = createContext(services, guardFor, request)
      const type = typeOf(services, (request.params as Parameters).type)
      const target = conditionOf(request)
      const presentation = presentationOf(request, queryOf(request))
      const outcome = await patch(context, {
        type,
        target,
        patch: await patchOf(request),
        ...conditionsOf(request),
      })
      return sendWritten(reply, context, outcome, presentation)
    },
    delete: async (request, reply) => {
      const { context, parameters, presentation } = prepare(request)
      requireNoParameters(parameters)
      const { type, id } = request.params as Parameters
      const outcome = await deleteResource(context, {
        type: typeOf(services, type),
        target: { id },
        ...conditionsOf(request),
      })
      return sendWritten(reply, context, outcome, presentation)
    },
    conditionalDelete: async (request, reply) => {
      const context = createContext(services, guardFor, request)
      const type = typeOf(services, (request.params as Parameters).type)
      const presentation = presentationOf(request, queryOf(request))
      const outcome = await deleteResource(context, {
        type,
        target: conditionOf(request),
        ...conditionsOf(request),
      })
      return sendWritten(reply, context, outcome, presentation)
    },
  }
}

/** A condition without the parameters that only shape the answer. */
function withoutControl(query: string): string {
  return query
    .split('&')
    .filter((part) => part !== '' && !/^_(format|pretty)(=|$)/.test(part))
    .join('&')
}
