/**
 * `/sandbox/*`: who the demonstration callers are, with their tokens. On this machine only: the
 * request comes from loopback, names loopback as host (no rebound DNS), passed no proxy, and was
 * not sent by another site's page. To all others these URLs do not exist.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthorizationServer } from '../auth/authorization-server.ts'

type Sandbox = NonNullable<AuthorizationServer['sandbox']>

interface LaunchQuery {
  readonly client_id?: string
  readonly patient?: string
  readonly user?: string
}

export function registerSandboxRoutes(
  app: FastifyInstance,
  baseUrl: string,
  server: AuthorizationServer,
): void {
  const { sandbox } = server
  if (!sandbox) return
  const local = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    if (isLocal(request)) return done()
    void reply.code(404).send({ error: 'not_found' })
  }
  app.get('/sandbox/callers.json', { onRequest: local }, (_request, reply) =>
    sendPrivately(reply, sandbox.callers),
  )
  app.get('/sandbox/keys.json', { onRequest: local }, (_request, reply) =>
    sendPrivately(reply, sandbox.keys),
  )
  app.get<{ Querystring: LaunchQuery }>('/sandbox/launch', { onRequest: local }, (request, reply) =>
    launch(request.query, reply, { sandbox, server, baseUrl }),
  )
}

interface LaunchParts {
  readonly sandbox: Sandbox
  readonly server: AuthorizationServer
  readonly baseUrl: string
}

/** Opens a patient's record in an application, as the software of a practice would. SMART 2.2. */
async function launch(
  { client_id: clientId = '', patient = '', user }: LaunchQuery,
  reply: FastifyReply,
  { sandbox, server, baseUrl }: LaunchParts,
): Promise<FastifyReply> {
  const client = server.client(clientId)
  if (!client || !/^[A-Za-z0-9.-]{1,64}$/.test(patient)) {
    return reply.code(400).send({ error: 'client_id and patient are needed, both known here' })
  }
  const context = { client: clientId, patient, ...(user === undefined ? {} : { user }) }
  const value = await sandbox.createLaunch(context)
  const query = new URLSearchParams({ iss: baseUrl, launch: value })
  return sendPrivately(reply, {
    iss: baseUrl,
    launch: value,
    ...(client.launchUri === undefined ? {} : { url: `${client.launchUri}?${query}` }),
  })
}

function sendPrivately(reply: FastifyReply, body: object): FastifyReply {
  return reply
    .removeHeader('access-control-allow-origin')
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body, undefined, 2))
}

const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const loopbackHost = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/

function isLocal({ headers, socket }: FastifyRequest): boolean {
  const passedProxy = ['forwarded', 'x-forwarded-for', 'via', 'x-real-ip'].some(
    (name) => headers[name] !== undefined,
  )
  const site = headers['sec-fetch-site']
  return (
    loopback.test(socket.remoteAddress ?? '') &&
    loopbackHost.test(headers.host ?? '') &&
    !passedProxy &&
    (headers.origin === undefined || loopbackHost.test(URL.parse(headers.origin)?.host ?? '')) &&
    (site === undefined || site === 'same-origin' || site === 'none')
  )
}
