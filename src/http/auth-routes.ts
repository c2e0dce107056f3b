/**
 * The authorization server on the wire: discovery, `/auth/*` and the three pages of a login. Bodies
 * below `/auth` are left to the authorization server; errors are RFC 6749's JSON or a French page.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { AuthorizationServer } from '../auth/authorization-server.ts'
import type { InteractionStep } from '../auth/interactions.ts'
import { FhirError, OAuthError } from '../errors.ts'
import { renderConsentPage } from './pages/consent-page.ts'
import { renderLoginErrorPage } from './pages/login-error-page.ts'
import { renderLoginPage } from './pages/login-page.ts'
import { renderPatientPickerPage } from './pages/patient-picker-page.ts'
import type { HttpParts } from './server-parts.ts'

const formBytesMax = 8 * 1024

export function registerAuthRoutes(
  app: FastifyInstance,
  parts: HttpParts,
  server: AuthorizationServer,
): void {
  const fhirPath = new URL(parts.services.baseUrl).pathname.replace(/\/$/, '')
  // SMART: always application/json, whatever the request accepts.
  app.get(`${fhirPath}/.well-known/smart-configuration`, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(server.smartConfiguration)),
  )
  app.get(`${fhirPath}/.well-known/openid-configuration`, (request, reply) => {
    request.raw.url = '/auth/.well-known/openid-configuration'
    return passOn(server, request, reply)
  })
  void app.register(async (auth) => registerBelowAuth(auth, parts, server), { prefix: '/auth' })
}

function registerBelowAuth(
  app: FastifyInstance,
  parts: HttpParts,
  server: AuthorizationServer,
): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  const handleError = createAuthErrorHandler(parts)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((request, reply) =>
    handleError(new OAuthError(404, 'not_found', 'There is nothing here'), request, reply),
  )
  refuseOtherMethods(app)
  const pass = (request: FastifyRequest, reply: FastifyReply) => passOn(server, request, reply)
  app.get('/authorize', pass)
  app.get('/authorize/:uid', pass)
  app.get('/jwks', pass)
  app.post('/token', async (request, reply) => sendTokenRequest(server, request, reply))
  app.post('/revoke', pass)
  app.post('/introspect', async (request, reply) => introspect(server, request, reply))
  // As a GET: the session's cookie does not travel with another site's POST.
  app.post('/authorize', async (request, reply) =>
    reply.redirect(`/auth/authorize?${await readForm(request)}`, 303),
  )
  app.get('/interaction/:uid', async (request, reply) =>
    sendStep(reply, await server.interactions.show(request.raw, reply.raw)),
  )
  app.post('/interaction/:uid', async (request, reply) => {
    const form = await readForm(request)
    return sendStep(reply, await server.interactions.answer(request.raw, reply.raw, form))
  })
}

const methodsOf: Readonly<Record<string, readonly string[]>> = {
  '/authorize': ['GET', 'POST'],
  '/token': ['POST'],
  '/revoke': ['POST'],
  '/introspect': ['POST'],
  '/jwks': ['GET'],
}

function refuseOtherMethods(app: FastifyInstance): void {
  for (const [url, allowed] of Object.entries(methodsOf)) {
    const allow = allowed.join(', ')
    const method = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !allowed.includes(one))
    app.route({
      method,
      url,
      exposeHeadRoute: false,
      handler: () => {
        throw new OAuthError(405, 'invalid_request', `Possible here: ${allow}`, {
          headers: { allow },
        })
      },
    })
  }
}

/**
 * A public client may renew by its refresh token alone (SMART 2.2 names no client_id there, and
 * fhirclient sends none); the client is then the one that the token was given to.
 */
async function sendTokenRequest(
  server: AuthorizationServer,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const form = await readForm(request)
  const isAnonymous =
    request.headers.authorization === undefined &&
    !form.has('client_id') &&
    !form.has('client_assertion')
  if (isAnonymous && form.get('grant_type') === 'refresh_token') {
    const client = await server.publicClientOf(form.get('refresh_token') ?? '')
    if (client !== undefined) form.set('client_id', client)
  }
  return passOn(server, request, reply, withBody(request.raw, form.toString()))
}

/** The request again, with a body that was read already. */
function withBody(raw: IncomingMessage, text: string): IncomingMessage {
  const body = Buffer.from(text)
  const { headers, method, url, socket, httpVersion } = raw
  headers['content-length'] = String(body.length)
  delete headers['transfer-encoding']
  const again = Object.assign(Readable.from([body]), { headers, method, url, socket, httpVersion })
  return again as unknown as IncomingMessage
}

/** Hands the raw request over; Fastify still counts and logs it. */
function passOn(
  server: AuthorizationServer,
  request: FastifyRequest,
  reply: FastifyReply,
  raw = request.raw,
): FastifyReply {
  reply.hijack()
  reply.raw.setHeader('x-request-id', request.id)
  for (const [name, value] of Object.entries(pageHeaders())) reply.raw.setHeader(name, value)
  void server.handle(raw, reply.raw)
  return reply
}

/** With a client's credentials, oidc-provider's; with an access token, ours (SMART 2.2 asks for both). */
async function introspect(
  server: AuthorizationServer,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { authorization } = request.headers
  if (authorization === undefined || !/^bearer /i.test(authorization)) {
    return passOn(server, request, reply)
  }
  const token = (await readForm(request)).get('token')
  if (token === null) throw new OAuthError(400, 'invalid_request', 'token is needed')
  const answer = await server.introspectAs(authorization, token)
  return reply.header('cache-control', 'no-store').send(answer)
}

async function readForm(request: FastifyRequest): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    throw new OAuthError(400, 'invalid_request', 'The body must be a form')
  }
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request.body as Readable) {
    length += (piece as Buffer).length
    if (length > formBytesMax) throw new OAuthError(413, 'invalid_request', 'The form is too large')
    pieces.push(piece as Buffer)
  }
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'))
}

function sendStep(reply: FastifyReply, step: InteractionStep): FastifyReply {
  if (step.kind === 'redirect') return reply.redirect(step.location, 303)
  return sendPage(reply, renderStep(step), step.redirectOrigin)
}

function renderStep(step: Exclude<InteractionStep, { kind: 'redirect' }>): string {
  if (step.kind === 'login') return renderLoginPage(step)
  return step.kind === 'patient' ? renderPatientPickerPage(step) : renderConsentPage(step)
}

function sendPage(reply: FastifyReply, html: string, redirectOrigin = ''): FastifyReply {
  return reply
    .headers(pageHeaders(redirectOrigin))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(html)
}

/** A form ends, by redirects, at the application: browsers want that origin named too. */
function pageHeaders(redirectOrigin = ''): Record<string, string> {
  const formAction = `form-action 'self' ${redirectOrigin}`.trim()
  return {
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; ${formAction}; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
}

function createAuthErrorHandler(parts: HttpParts) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toOAuthError(thrown)
    if (error.status >= 500) {
      const route = request.routeOptions.url ?? ''
      parts.log.failure({ requestId: request.id, route, error: thrown })
    }
    void reply.code(error.status).headers(error.headers).header('cache-control', 'no-store')
    if (request.headers.accept?.includes('text/html')) {
      return sendPage(reply, renderLoginErrorPage(error.error))
    }
    return reply
      .type('application/json; charset=utf-8')
      .send({ error: error.error, error_description: error.message })
  }
}

function toOAuthError(thrown: unknown): OAuthError {
  if (thrown instanceof OAuthError) return thrown
  if (thrown instanceof FhirError) {
    const code = thrown.status === 401 ? 'invalid_token' : 'invalid_request'
    return new OAuthError(thrown.status, code, thrown.message, { headers: thrown.headers })
  }
  const { statusCode } = thrown as { statusCode?: number }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new OAuthError(statusCode, 'invalid_request', 'The request cannot be read')
  }
  return new OAuthError(500, 'server_error', 'The server failed', { cause: thrown })
}
