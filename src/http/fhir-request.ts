/** From a Fastify request to what interactions take. */
import type { FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import type { GuardFor } from '../access/guarded-store.ts'
import type { Caller } from '../auth/caller.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import type { OutcomeContext } from '../fhir/operation-outcome.ts'
import type { Context, Services } from '../interactions/context.ts'
import type { Preconditions } from '../interactions/preconditions.ts'
import type { BlobSink } from '../json/blob-sink.ts'
import { parseBody } from '../json/parse.ts'
import type { ParsedBody } from '../json/parsed-body.ts'
import { requireFhirJson, requireJsonAcceptable } from './formats.ts'
import { parseLanguage, parsePreferences } from './preferences.ts'

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
    store: guardFor(request.caller),
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

/** The body as FHIR JSON. Throws 400, 413 or 415. */
export function readFhirBody(
  request: FastifyRequest,
  blobs: BlobSink | undefined,
  limits: BodyLimits,
): Promise<ParsedBody> {
  requireFhirJson(request.headers['content-type'], request.headers['content-encoding'])
  return parseBody(rawBody(request), {
    bodyBytesMax: limits.bodyBytesMax,
    ...(blobs ? { blobs } : {}),
    blobBytesMax: limits.documentBytesMax,
  })
}

/** The body as it arrives; empty when there is none. */
export function rawBody(request: FastifyRequest): AsyncIterable<Uint8Array> {
  return (request.body as Readable | undefined) ?? noBody()
}

async function* noBody(): AsyncGenerator<Uint8Array> {
  // Nothing to give.
}

/** Parameters of the query string, in order. Throws 400 when it cannot be decoded. */
export function queryOf(request: FastifyRequest): [string, string][] {
  const mark = request.url.indexOf('?')
  return mark < 0 ? [] : parseForm(request.url.slice(mark + 1))
}

/** `a=1&b=2` as pairs, in order. */
export function parseForm(text: string): [string, string][] {
  if (text === '') return []
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part.replaceAll('+', ' '))
    } catch (error) {
      throw new InvalidRequest('The query string is not valid percent-encoded UTF-8', {
        cause: error,
      })
    }
  }
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=')
      return equals < 0
        ? [decode(part), '']
        : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
    })
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

export interface Presentation {
  readonly pretty: boolean
  readonly summary?: string
  readonly elements?: string
}

/** How the answer is to look. Throws 406 when it cannot be FHIR JSON. */
export function presentationOf(
  request: FastifyRequest,
  parameters: readonly (readonly [string, string])[],
): Presentation {
  const find = (wanted: string) => parameters.find(([name]) => name === wanted)?.[1]
  requireJsonAcceptable(request.headers.accept, find('_format'))
  return presentationOfParameters(parameters)
}

export function presentationOfParameters(
  parameters: readonly (readonly [string, string])[],
): Presentation {
  if (parameters.length === 0) return plain
  const find = (wanted: string) => parameters.find(([name]) => name === wanted)?.[1]
  const summary = find('_summary')
  const elements = find('_elements')
  return {
    pretty: find('_pretty') === 'true',
    ...(summary === undefined ? {} : { summary }),
    ...(elements === undefined ? {} : { elements }),
  }
}

const plain: Presentation = { pretty: false }

/** The resource type of the URL. Throws 404 for a name that is no R4 resource type. */
export function typeOf(services: Services, name: string): string {
  if (services.registry.isResourceType(name)) return name
  throw new NotFound(`The resource type ${name.slice(0, 80)}`)
}
