/** The Fastify server: FHIR routes, health, metrics and pages, each with its own errors. */
import cors from '@fastify/cors'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fastify, { type FastifyInstance } from 'fastify'
import { registerAuthRoutes } from './auth-routes.ts'
import { registerFhirRoutes } from './fhir-routes.ts'
import { registerHealthRoutes } from './health-routes.ts'
import { registerPages } from './pages/register-pages.ts'
import { createErrorHandler, unknownRoute } from './error-handler.ts'
import { createMetrics } from './metrics.ts'
import { answerBadUrl, answerClientError } from './protocol-errors.ts'
import { registerSandboxRoutes } from './sandbox-routes.ts'
import type { HttpParts } from './server-parts.ts'

/** Joined once: the plugin would join a list with every answer. */
const exposedHeaders = [
  'ETag',
  'Last-Modified',
  'Location',
  'Content-Location',
  'Content-Disposition',
  'Content-Range',
  'Accept-Ranges',
  'Allow',
  'Retry-After',
  'X-Security-Context',
  'X-Request-Id',
].join(', ')

export async function createHttpServer(parts: HttpParts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: parts.bodyBytesMax,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true, caseSensitive: true },
    genReqId: createRequestIds(),
    // A slow body of 200 MB is legitimate; a client that stalls is cut off by Node's own limits.
    requestTimeout: 600_000,
    forceCloseConnections: 'idle',
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerClientError,
  })
  const metrics = createMetrics(parts.audit?.journal)
  app.decorateRequest('caller')
  const handleError = createErrorHandler(parts)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((request, reply) => handleError(unknownRoute(request), request, reply))
  observe(app, parts, metrics)
  await app.register(cors, {
    origin: allowedOrigins(parts),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    exposedHeaders,
    strictPreflight: false,
    // The OPTIONS routes answer, for they know what each URL allows.
    preflightContinue: true,
  })
  registerHealthRoutes(app, parts, metrics)
  registerPages(app, parts)
  if (parts.authorization) {
    registerAuthRoutes(app, parts, parts.authorization)
    registerSandboxRoutes(app, parts.services.baseUrl, parts.authorization)
  }
  const basePath = new URL(parts.services.baseUrl).pathname.replace(/\/$/, '')
  await app.register(async (fhir) => registerFhirRoutes(fhir, parts), { prefix: basePath })
  return app
}

/** SMART 2.2, §CORS: the applications' own origins, unless the operator names others. */
function allowedOrigins({ corsOrigins, authorization }: HttpParts): '*' | string[] {
  if (corsOrigins.includes('*')) return '*'
  if (corsOrigins.length > 0) return [...corsOrigins]
  return authorization ? [...authorization.origins] : '*'
}

function observe(
  app: FastifyInstance,
  parts: HttpParts,
  metrics: ReturnType<typeof createMetrics>,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const milliseconds = reply.elapsedTime
    const route = request.routeOptions.url ?? 'unknown'
    metrics.observe(request.method, route, reply.statusCode, milliseconds)
    parts.log.request({
      requestId: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      milliseconds,
    })
    if (request.body !== undefined && !request.raw.readableEnded) discardRest(request.raw)
    done()
  })
}

/**
 * Takes what a refused body still brings off the wire: the next request of the connection comes
 * behind it. Node does so itself only where nobody had begun to read.
 */
function discardRest(body: IncomingMessage): void {
  body.removeAllListeners('readable')
  body.resume()
}

/** Ids that no other process gives out; the number spares a call for chance with every request. */
function createRequestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url')
  let number = 0
  return () => `${prefix}${(++number).toString(36)}`
}
