/**
 * The embedded OAuth2 and OpenID Connect server. SMART App Launch 2.2.0 says what apps rely on;
 * none of what matters is oidc-provider's default: security.md §2.2 lists why each line is here.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Provider, {
  errors,
  interactionPolicy,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import { checkAssertion, toClientMetadata } from './client-metadata.ts'
import { plainScopes } from './granted-scopes.ts'
import type { LaunchContexts } from './launch-context.ts'
import type { Directory } from './registrations.ts'
import { createAdapterFactory } from './store-adapter.ts'
import type { ProviderParts } from './provider-parts.ts'
import { createResourceServer, requireAudience } from './resource-server.ts'
import { addContextToAnswers, contextClaims } from './token-answers.ts'

/** Where the server is mounted; no other path reaches it. */
export const mountPath = '/auth'

/** Paths below the mount. */
export const endpoints = {
  authorization: '/authorize',
  token: '/token',
  jwks: '/jwks',
  introspection: '/introspect',
  revocation: '/revoke',
  interaction: '/interaction',
} as const

const day = 86_400

export const lifetimes = {
  AccessToken: 300,
  ClientCredentials: 300,
  AuthorizationCode: 60,
  IdToken: 300,
  Interaction: 600,
  Session: 4 * 3600,
  RefreshToken: 30 * day,
  Grant: 365 * day,
} as const

export function createProvider(parts: ProviderParts): Provider {
  const provider = new Provider(parts.baseUrl, createConfiguration(parts))
  // Scheme and host are those of BASE_URL, which `pinOrigin` writes into every request.
  provider.proxy = true
  provider.on('server_error', (_ctx, error) => parts.onFailure(error))
  // Koa's own event, which the types of oidc-provider leave out; unheard, it prints.
  const koa: NodeJS.EventEmitter = provider
  koa.on('error', (error: unknown) => parts.onFailure(error))
  addContextToAnswers(provider, parts)
  return provider
}

function createConfiguration(parts: ProviderParts): Configuration {
  const { directory, baseUrl, store, now, cookieKey } = parts
  return {
    adapter: createAdapterFactory(store, now),
    clients: directory.clients.map(toClientMetadata),
    jwks: { keys: parts.keys as never },
    scopes: plainScopes,
    claims: { openid: ['sub'], fhirUser: ['fhirUser'] },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'private_key_jwt'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS384', 'ES384'],
      idTokenSigningAlgValues: ['RS256'],
    },
    assertJwtClientAuthClaimsAndHeader: (ctx, claims, header) =>
      checkAssertion(claims, header, {
        now: now(),
        // SMART asks for the token endpoint; libraries on the way to RFC 7523bis send the issuer.
        audiences: [baseUrl, ...['token', ctx.oidc.route].map((route) => ctx.oidc.urlFor(route))],
      }),
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clockTolerance: 5,
    ttl: lifetimes,
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client, code) =>
      client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    expiresWithSession: () => false,
    // Each authorization is a grant of its own, so that a context never outlives its launch.
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId
      return grantId === undefined ? undefined : ctx.oidc.provider.Grant.find(grantId)
    },
    findAccount: (_ctx, id) => findAccount(directory, baseUrl, id),
    extraParams: { aud: null, launch: (ctx, launch) => requireLaunch(ctx, launch, parts.contexts) },
    extraTokenClaims: (ctx, token) => contextClaims(ctx, token, parts),
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    cookies: cookieSettings(cookieKey),
    routes: endpoints,
    interactions: {
      policy: createPolicy(),
      url: (_ctx, { uid }) => `${mountPath}${endpoints.interaction}/${uid}`,
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html'
      ctx.body = parts.renderErrorPage(out.error)
    },
    features: createFeatures(parts),
  }
}

function createFeatures(parts: ProviderParts): NonNullable<Configuration['features']> {
  const { baseUrl, directory } = parts
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId,
    },
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) =>
        client.clientId === token.clientId ||
        directory.client(client.clientId)?.introspects === true,
    },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      defaultResource: (ctx) => {
        if (ctx.oidc.route === 'authorization') requireAudience(ctx, baseUrl)
        return baseUrl
      },
      getResourceServerInfo: createResourceServer(parts),
    },
  }
}

function cookieSettings(key: Buffer): NonNullable<Configuration['cookies']> {
  const options = { httpOnly: true, sameSite: 'lax', signed: true } as const
  return {
    keys: [key],
    names: {
      session: 'passerelle_session',
      interaction: 'passerelle_interaction',
      resume: 'passerelle_resume',
    },
    long: { ...options, path: mountPath },
    short: options,
  }
}

/** Log in when there is no session; then always ask, whatever was granted before. */
function createPolicy(): interactionPolicy.Prompt[] {
  const { Check, Prompt, base } = interactionPolicy
  const login = base().get('login')!
  const consent = new Prompt(
    { name: 'consent', requestable: true },
    new Check(
      'consent_needed',
      'consent is asked each time',
      'consent_required',
      (ctx) => ctx.oidc.result?.consent === undefined,
    ),
  )
  return [login, consent]
}

function findAccount(directory: Directory, baseUrl: string, id: string) {
  const account = directory.account(id)
  if (!account) return undefined
  const fhirUser =
    account.fhirUser === undefined ? {} : { fhirUser: `${baseUrl}/${account.fhirUser}` }
  return { accountId: id, claims: () => ({ sub: id, ...fhirUser }) }
}

/** `launch` the scope and `launch` the parameter come together, and the value is one of ours. */
async function requireLaunch(
  ctx: KoaContextWithOIDC,
  launch: string | undefined,
  contexts: LaunchContexts,
): Promise<void> {
  const isAsked = ctx.oidc.requestParamScopes.has('launch')
  if (!isAsked && launch === undefined) return
  if (!isAsked) throw new errors.InvalidRequest('a launch parameter needs the scope launch')
  if (launch === undefined)
    throw new errors.InvalidRequest('the scope launch needs a launch parameter')
  const known = await contexts.readLaunch(launch)
  if (!known || known.client !== ctx.oidc.client?.clientId) {
    throw new errors.InvalidRequest('the launch parameter is unknown or too old')
  }
}

/** A raw request below the mount, to the provider. Its body must not have been read. */
export function createRequestHandler(
  provider: Provider,
  baseUrl: string,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const handle = provider.callback()
  return (request, response) => {
    pinOrigin(request, baseUrl)
    const url = request.url ?? ''
    Object.assign(request, { originalUrl: url, url: url.slice(mountPath.length) })
    return handle(request, response)
  }
}

/** No URL that this server makes is taken from a request's own Host. */
export function pinOrigin(request: IncomingMessage, baseUrl: string): void {
  const { host, protocol } = new URL(baseUrl)
  const { headers } = request
  headers.host = host
  headers['x-forwarded-proto'] = protocol.slice(0, -1)
  delete headers['x-forwarded-host']
  delete headers['x-forwarded-for']
}
