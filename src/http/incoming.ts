/** One FHIR request as handlers take it: its URL read, its caller's context at hand. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../interactions/context.ts'
import { createContext, queryOf, typeOf } from './fhir-request.ts'
import type { HttpParts } from './server-parts.ts'

export interface Incoming {
  readonly parts: HttpParts
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly context: Context
  /** Of the query string, in order. */
  readonly parameters: readonly (readonly [string, string])[]
  /** Of the URL, where its route has them; a type is one of R4. */
  readonly type?: string
  readonly id?: string
  readonly versionId?: string
}

/** Of a URL below a resource type. */
export type TypedIncoming = Incoming & { readonly type: string }

export type Handler = (incoming: Incoming) => Promise<void>

/** Throws 404 for an unknown type, 400 for a query string that cannot be decoded. */
export function openIncoming(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Incoming {
  const { type, id, versionId } = request.params as {
    [name in 'type' | 'id' | 'versionId']?: string
  }
  return {
    parts,
    request,
    reply,
    ...(type === undefined ? {} : { type: typeOf(parts.services, type) }),
    ...(id === undefined ? {} : { id }),
    ...(versionId === undefined ? {} : { versionId }),
    parameters: queryOf(request),
    context: createContext(parts.services, parts.guardFor, request),
  }
}

/** A handler of a route that has a type. */
export function withType(handle: (incoming: TypedIncoming) => Promise<void>): Handler {
  return (incoming) => handle(incoming as TypedIncoming)
}
