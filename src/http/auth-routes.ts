/**
 * The authorization server on the wire: discovery, `/auth/*` and the three pages of a login. Bodies
 * below `/auth` are left to the authorization server; errors are RFC 6749's JSON or a French page.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createAttemptLimit, type AttemptLimit } from '../auth/attempt-limit.ts'
import type { AuthorizationServer } from '../auth/authorization-server.ts'
import type { InteractionStep } from '../auth/interactions.ts'
import { FhirError, OAuthError } from '../errors.ts'
import { renderConsentPage } from './pages/consent-page.ts'
import { renderLoginErrorPage } from './pages/login-error-page.ts'
import { renderLoginPage } from './pages/login-page.ts'
import { renderPatientPickerPage } from './pages/patient-picker-page.ts'
import type { HttpParts } from './server-parts.ts'

const formBytesMax = 8 * 1024

/** Failed requests of one client from one address: more than people and their software make. */
const failuresMax = 300
const failuresWindowMs = 60_000

export function registerAuthRoutes(
  app: FastifyInstance,
  parts: HttpParts,
  server: AuthorizationServer,
): void {
  const fhirPath = new URL(parts.services.baseUrl).pathname.replace(/\/$/, '')
  // SMART: always application/json, whatever the request accepts.
  const isOpen = parts.corsOrigins.length === 0
  app.get(`${fhirPath}/.well-known/smart-configuration`, (_request, reply) =>
    (isOpen ? reply.header('access-control-allow-origin', '*') : reply)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(server.smartConfiguration)),
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
  const limit = createAttemptLimit({
    failuresMax,
    windowMs: failuresWindowMs,
    now: parts.services.now,
  })
  const direct = { server, limit }
  app.post('/token', async (request, reply) => sendTokenRequest(direct, request, reply))
  app.post('/revoke', async (request, reply) =>
    sendForm(direct, await readForm(request), { request, reply }),
  )
  app.post('/introspect', async (request, reply) => introspect(direct, request, reply))
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

/** The endpoints that clients call directly, with credentials. */
interface DirectParts {
  readonly server: AuthorizationServer
  readonly limit: AttemptLimit
}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * A public client may renew by its refresh token alone (SMART 2.2 names no client_id there, and
 * fhirclient sends none); the client is then the one that the token was given to.
 */
async function sendTokenRequest(
  parts: DirectParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const form = await readForm(request)
  requireGrantType(form.get('grant_type'))
  if (isAnonymous(request, form) && form.get('grant_type') === 'refresh_token') {
    const client = await parts.server.publicClientOf(form.get('refresh_token') ?? '')
    if (client !== undefined) form.set('client_id', client)
  }
  // SMART 2.2, §Obtain access token: beside `no-store`, for caches of HTTP/1.0.
  reply.raw.setHeader('pragma', 'no-cache')
  return sendForm(parts, form, { request, reply })
}

const grantTypes = new Set(['authorization_code', 'refresh_token', 'client_credentials'])

/** Before asking who is there: what nobody is served needs no credentials. */
function requireGrantType(given: string | null): void {
  if (given === null) throw new OAuthError(400, 'invalid_request', 'grant_type is needed')
  if (!grantTypes.has(given))
    throw new OAuthError(400, 'unsupported_grant_type', 'This grant_type is not served here')
}

function isAnonymous({ headers }: FastifyRequest, form: URLSearchParams): boolean {
  return (
    headers.authorization === undefined && !form.has('client_id') && !form.has('client_assertion')
  )
}

/** Throws 401 where nobody says who asks (RFC 6749 §5.2), 429 after too many failures. */
function sendForm(
  { server, limit }: DirectParts,
  form: URLSearchParams,
  { request, reply }: Exchange,
): FastifyReply {
  if (isAnonymous(request, form)) {
    throw new OAuthError(401, 'invalid_client', 'This needs the authentication of a client', {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  const who = `${request.ip} ${clientOf(form)}`
  const wait = limit.waitSeconds(who)
  if (wait !== undefined) {
    throw new OAuthError(429, 'temporarily_unavailable', 'Too many failed requests', {
      headers: { 'retry-after': String(wait) },
    })
  }
  reply.raw.once('finish', () => {
    if (reply.raw.statusCode >= 400 && reply.raw.statusCode < 500) limit.failed(who)
  })
  return passOn(server, request, reply, withBody(request.raw, form.toString()))
}

/** As the request claims: who is really there is not known before the credentials are checked. */
function clientOf(form: URLSearchParams): string {
  const named = form.get('client_id')
  if (named !== null) return named.slice(0, 200)
  const [, claims = ''] = (form.get('client_assertion') ?? '').split('.', 2)
  return claims.length > 4096 ? '' : subjectOf(Buffer.from(claims, 'base64url').toString())
}

function subjectOf(claims: string): string {
  return /"sub" *: *"([^"\\]{1,200})"/.exec(claims)?.[1] ?? ''
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
  parts: DirectParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { authorization } = request.headers
  const form = await readForm(request)
  if (authorization === undefined || !/^bearer /i.test(authorization)) {
    return sendForm(parts, form, { request, reply })
  }
  const token = form.get('token')
  if (token === null) throw new OAuthError(400, 'invalid_request', 'token is needed')
  const answer = await parts.server.introspectAs(authorization, token)
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
