/** Registers the FHIR routes, their body readers and their one error handler. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../auth/caller.ts'
import { MethodNotAllowed, NotAuthenticated } from '../errors.ts'
import { registerAuditTrail, tracedInteraction } from './audit-trail.ts'
import { createErrorHandler, unknownRoute } from './error-handler.ts'
import { fhirHandlers } from './fhir-handlers.ts'
import { openIncoming } from './incoming.ts'
import { fhirRoutes } from './routes-table.ts'
import type { HttpParts } from './server-parts.ts'

export function registerFhirRoutes(app: FastifyInstance, parts: HttpParts): void {
  const handleError = createErrorHandler(parts)
  app.removeAllContentTypeParsers()
  // Bodies are read by the handlers, from the stream, after authentication.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((request, reply) => handleError(unknownRoute(request), request, reply))
  const beginTrace = registerAuditTrail(app, parts)
  const admit = (request: FastifyRequest, caller: Caller) => {
    request.caller = caller
    requireToken(request)
    beginTrace?.(request)
  }
  app.addHook('onRequest', (request, reply, done) => {
    if (!isPublic(request)) keepPrivate(reply)
    else if (parts.authorization && parts.corsOrigins.length === 0) openToAllOrigins(reply)
    correlate(request, reply)
    const caller = parts.authenticate(request.headers)
    // Most often it is known at once, and a promise would cost more than all the rest here.
    if (caller instanceof Promise) return caller.then((found) => admit(request, found))
    admit(request, caller)
    return done()
  })
  for (const route of fhirRoutes) {
    const { method, path, handler } = route
    const handle = fhirHandlers[handler]
    const interaction = tracedInteraction(route)
    app.route({
      method,
      url: path,
      config: { interaction, isPublic: publicPaths.has(path) },
      // Not returned to Fastify, which would listen for the end of an answer that handlers send.
      handler: (request, reply) => {
        handle(openIncoming(parts, request, reply)).catch((error: unknown) => reply.send(error))
      },
    })
  }
  for (const path of new Set(fhirRoutes.map((route) => route.path))) {
    const allowed = allowedMethods(path)
    app.route({
      method: 'OPTIONS',
      url: path,
      config: { isPublic: publicPaths.has(path) },
      handler: (_request: FastifyRequest, reply: FastifyReply) =>
        reply.header('allow', allowed).code(204).send(),
    })
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      if (allowed.split(', ').includes(method)) continue
      app.route({
        method,
        url: path,
        config: { isPublic: publicPaths.has(path) },
        exposeHeadRoute: false,
        handler: () => {
          throw notAllowed(method, allowed)
        },
      })
    }
  }
}

const publicPaths = new Set(fhirRoutes.filter(({ isPublic }) => isPublic).map(({ path }) => path))

/** Whoever has no token reaches the public routes alone; told before the body is read. */
function requireToken(request: FastifyRequest): void {
  if (request.caller.kind !== 'anonymous' || request.method === 'OPTIONS') return
  if (isPublic(request)) return
  throw new NotAuthenticated('This needs an access token', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}

function isPublic({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config?.isPublic === true
}

/** No cache keeps health data, and none answers one caller with another's (security.md §3, 39). */
function keepPrivate(reply: FastifyReply): void {
  const vary = reply.getHeader('vary')
  reply.header('cache-control', 'private, no-store')
  reply.header('vary', vary === undefined ? 'Authorization' : `${String(vary)}, Authorization`)
  reply.header('x-content-type-options', 'nosniff')
}

/** SMART 2.2, §CORS: where the server is found out about, every page may ask. */
function openToAllOrigins(reply: FastifyReply): void {
  reply.header('access-control-allow-origin', '*')
}

/** R4 http.html#custom: the request id is ours, so the client's own goes back beside it. */
function correlate({ headers }: FastifyRequest, reply: FastifyReply): void {
  const given = headers['x-request-id']
  if (typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given))
    reply.header('x-correlation-id', given)
}

function allowedMethods(path: string): string {
  const methods: string[] = fhirRoutes
    .filter((route) => route.path === path)
    .map((route) => route.method)
  if (methods.includes('GET')) methods.push('HEAD')
  return [...methods, 'OPTIONS'].join(', ')
}

function notAllowed(method: string, allowed: string): MethodNotAllowed {
  return new MethodNotAllowed(`${method} is not possible on this URL; possible: ${allowed}`, {
    headers: { allow: allowed },
  })
}
