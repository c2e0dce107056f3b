/** From a Fastify request to what interactions take. */
import type { FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import type { GuardFor } from '../access/guarded-store.ts'
import type { Caller } from '../auth/caller.ts'
import { InvalidRequest, NotFound, TooLarge } from '../errors.ts'
import type { OutcomeContext } from '../fhir/operation-outcome.ts'
import type { Context, Services } from '../interactions/context.ts'
import type { Preconditions } from '../interactions/preconditions.ts'
import { parseQueryString } from '../interactions/query-string.ts'
import type { Shape } from '../interactions/render-version.ts'
import type { BlobSink } from '../json/blob-sink.ts'
import { parseBody } from '../json/parse.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import { requireFhirJson, requireJsonAcceptable } from './formats.ts'
import { parseLanguage, parsePreferences } from './preferences.ts'
import type { HttpParts } from './server-parts.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set in onRequest, before the body is read. */
    caller: Caller
  }
}

export function outcomeContextOf(services: Services, request: FastifyRequest): OutcomeContext {
  return {
    ruleSystem: `${services.baseUrl.replace(/\/fhir$/, '')}/rules`,
    language: parseLanguage(request.headers['accept-language']),
    requestId: request.id,
  }
}

export function createContext(
  services: Services,
  guardFor: GuardFor,
  request: FastifyRequest,
): Context {
  return {
    store: guardFor(request.caller, request.trace),
    trace: request.trace,
    services,
    preferences: parsePreferences(request.headers.prefer),
    outcome: outcomeContextOf(services, request),
  }
}

export function conditionsOf({ headers }: FastifyRequest): Preconditions {
  return {
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
  }
}

export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

export interface BodyLimits {
  readonly bodyBytesMax: number
  readonly documentBytesMax: number
}

export function bodyLimitsOf({ bodyBytesMax, services }: HttpParts): BodyLimits {
  return { bodyBytesMax, documentBytesMax: services.limits.documentBytesMax }
}

/** The body as FHIR JSON. Throws 400, 413 or 415. */
export function readFhirBody(
  request: FastifyRequest,
  blobs: BlobSink | undefined,
  limits: BodyLimits,
): Promise<ParsedBody> {
  requireFhirJson(request.headers['content-type'], request.headers['content-encoding'])
  return parseBody(rawBody(request, limits.bodyBytesMax), {
    bodyBytesMax: limits.bodyBytesMax,
    ...(blobs ? { blobs } : {}),
    blobBytesMax: limits.documentBytesMax,
  })
}

/**
 * The body as it arrives; empty when there is none. Throws 413 where its declared length is beyond
 * the bound already, so that nobody uploads it for nothing.
 */
export function rawBody(request: FastifyRequest, bytesMax: number): AsyncIterable<Uint8Array> {
  if (Number(request.headers['content-length']) > bytesMax)
    throw new TooLarge(`The body has more than the ${bytesMax} bytes that are accepted`)
  return (request.body as Readable | undefined) ?? noBody()
}

async function* noBody(): AsyncGenerator<Uint8Array> {
  // Nothing to give.
}

/** Parameters of the query string, in order. Throws 400 when it cannot be decoded. */
export function queryOf(request: FastifyRequest): [string, string][] {
  const mark = request.url.indexOf('?')
  return mark < 0 ? [] : parseQueryString(request.url.slice(mark + 1))
}

/** Refuses query parameters on interactions that take none but `_format` and `_pretty`. */
export function requireNoParameters(
  parameters: readonly (readonly [string, string])[],
  also: readonly string[] = [],
): void {
  for (const [name] of parameters) {
    if (name === '_format' || name === '_pretty' || also.includes(name)) continue
    throw new InvalidRequest(`The parameter "${name}" is not known for this interaction`, {
      code: 'not-supported',
      expression: `http.${name}`,
    })
  }
}

export interface Presentation extends Shape {
  readonly pretty: boolean
}

/** How the answer is to look. Throws 406 when it cannot be FHIR JSON, 400 for a wrong `_pretty`. */
export function presentationOf(
  request: FastifyRequest,
  parameters: readonly (readonly [string, string])[],
): Presentation {
  requireJsonAcceptable(request.headers.accept, valueOf(parameters, '_format'))
  return { pretty: isPretty(parameters) }
}

export function isPretty(parameters: readonly (readonly [string, string])[]): boolean {
  const text = valueOf(parameters, '_pretty')
  return text !== undefined && requireOneOf('_pretty', text, ['true', 'false']) === 'true'
}

/** Which part of one resource is asked for. Throws 400 for a wrong `_summary`. */
export function shapeOf(parameters: readonly (readonly [string, string])[]): Shape {
  const summary = valueOf(parameters, '_summary')
  const elements = valueOf(parameters, '_elements')
  if (summary !== undefined && elements !== undefined) {
    throw new InvalidRequest('_summary and _elements cannot be used together', {
      expression: 'http._elements',
    })
  }
  if (elements !== undefined) return { elements: elements.split(',').map((name) => name.trim()) }
  if (summary === undefined) return {}
  return { summary: requireOneOf('_summary', summary, ['true', 'text', 'data', 'false']) }
}

function valueOf(
  parameters: readonly (readonly [string, string])[],
  wanted: string,
): string | undefined {
  return parameters.find(([name]) => name === wanted)?.[1]
}

function requireOneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const value = allowed.find((known) => known === text)
  if (value !== undefined) return value
  throw new InvalidRequest(
    `${name} must be one of ${allowed.join(', ')}; "${text.slice(0, 80)}" is not`,
    { expression: `http.${name}` },
  )
}

/** The resource type of the URL. Throws 404 for a name that is no R4 resource type. */
export function typeOf(services: Services, name: string): string {
  if (services.registry.isResourceType(name)) return name
  throw new NotFound(`The resource type ${name.slice(0, 80)}`)
}
