/** The authorization server as a whole: what http/ mounts and server.ts creates. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWK } from 'jose'
import { NotAuthenticated } from '../errors.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { createAuthenticate, type Authenticate } from './authenticate.ts'
import { introspectFor } from './bearer-introspection.ts'
import type { Caller } from './caller.ts'
import { createSmartConfiguration } from './discovery.ts'
import { createScopePolicy } from './granted-scopes.ts'
import { createInteractions, type Interactions } from './interactions.ts'
import { createLaunchContexts, type EhrLaunch } from './launch-context.ts'
import { createProvider, createRequestHandler } from './provider.ts'
import type { AppConsent, ClientRegistration, Directory } from './registrations.ts'
import {
  createSandboxDirectory,
  issueSandboxTokens,
  registerSandboxClients,
  type Sandbox,
  type SandboxPeople,
} from './sandbox.ts'
import { loadOrMakeKey } from './signing-keys.ts'
import type { ScopeVocabulary } from './smart-scope.ts'
import { keyOf, type AuthStore } from './store-port.ts'
import { createTokenReader } from './token-reader.ts'

export interface AuthorizationServerParts {
  /** The FHIR base, without a trailing slash. */
  readonly baseUrl: string
  readonly store: AuthStore
  /** A key made once and kept with the data, by name. */
  readonly secret: (name: string) => Buffer
  readonly vocabulary: ScopeVocabulary
  readonly people: SandboxPeople | ProductionPeople
  /** A whole HTML page in French for an OAuth error code that cannot be sent to the application. */
  readonly renderErrorPage: (error: string) => string
  /** Records a citizen's consent on the access record; false when this person may not give it. */
  readonly onConsent: (consent: AppConsent) => Promise<boolean>
  /** Whether the patient's consent to an application stands now, on their access record. */
  readonly isConsented: (client: string, patient: string) => Promise<boolean>
  readonly onFailure: (error: unknown) => void
  readonly now?: () => number
}

/** AUTH=smart: no demonstration person or key. */
export interface ProductionPeople {
  readonly clients: readonly ClientRegistration[]
  /** Private keys for id_tokens. */
  readonly keys: readonly JWK[]
}

export interface AuthorizationServer {
  readonly authenticate: Authenticate
  /** A token of this process alone while the work lasts, for what goes through our own routes. */
  actAs<T>(caller: Caller, work: (token: string) => Promise<T>): Promise<T>
  /** A raw request below `/auth` whose body nobody has read. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Of a refresh token of a public client, that client: SMART lets such clients leave it out. */
  publicClientOf(refreshToken: string): Promise<string | undefined>
  readonly interactions: Interactions
  readonly smartConfiguration: JsonObject
  /** Throws NotAuthenticated when the asker's own token is no good. */
  introspectAs(authorization: string, token: string): Promise<Record<string, unknown>>
  /** In the sandbox only. */
  readonly sandbox?: Sandbox & { createLaunch(launch: EhrLaunch): Promise<string> }
  client(id: string): ClientRegistration | undefined
  /** Of the applications that run in browsers. */
  readonly origins: ReadonlySet<string>
}

export async function createAuthorizationServer(
  parts: AuthorizationServerParts,
): Promise<AuthorizationServer> {
  const { baseUrl, store, secret, now = Date.now, people } = parts
  const { directory, keys, clientKeys } = await openDirectory(store, people)
  const scopes = createScopePolicy(directory.clients, parts.vocabulary)
  const contexts = createLaunchContexts(store, now)
  // A third-party application needs the consent of each patient (decision 25); others are the operator's.
  const isInForce = async (client: string, patient: string) =>
    directory.client(client)?.party !== 'third' || parts.isConsented(client, patient)
  const common = { baseUrl, store, directory, scopes, contexts, isInForce, now }
  const provider = createProvider({
    ...common,
    keys,
    cookieKey: secret('auth cookies'),
    renderErrorPage: parts.renderErrorPage,
    onFailure: parts.onFailure,
  })
  const reader = createTokenReader({ ...common, audience: baseUrl })
  const authenticate = createAuthenticate(reader)
  const tokenKey = secret('sandbox tokens')
  const sandbox =
    'accounts' in people
      ? {
          keys: clientKeys,
          callers: await issueSandboxTokens(people.callers, { ...common, tokenKey }),
          createLaunch: contexts.createLaunch,
        }
      : undefined
  return {
    authenticate,
    actAs: reader.actAs,
    handle: createRequestHandler(provider, baseUrl),
    publicClientOf: async (token) => {
      const record = await store.find('RefreshToken', keyOf(token))
      const client = directory.client(String(record?.payload.clientId))
      return client && !client.jwks ? client.id : undefined
    },
    interactions: createInteractions({
      ...common,
      provider,
      csrfKey: secret('auth forms'),
      onConsent: parts.onConsent,
    }),
    smartConfiguration: createSmartConfiguration({
      baseUrl,
      hasLogin: directory.accounts.length > 0,
      hasEhrLaunch: sandbox !== undefined,
    }),
    introspectAs: async (authorization, token) => {
      const caller = await authenticate({ authorization })
      if (caller.client === undefined) throw new NotAuthenticated('This needs a token of a client')
      return introspectFor({ provider, directory, isInForce }, caller, token)
    },
    ...(sandbox ? { sandbox } : {}),
    client: directory.client,
    origins: originsOf(directory.clients),
  }
}

/** A native application's own scheme has no origin. */
function originsOf(clients: readonly ClientRegistration[]): ReadonlySet<string> {
  const origins = clients.flatMap(({ redirectUris }) =>
    redirectUris.map((uri) => URL.parse(uri)?.origin ?? 'null'),
  )
  return new Set(origins.filter((origin) => origin !== 'null'))
}

interface OpenedDirectory {
  readonly directory: Directory
  readonly keys: readonly JWK[]
  readonly clientKeys: Sandbox['keys']
}

async function openDirectory(
  store: AuthStore,
  people: SandboxPeople | ProductionPeople,
): Promise<OpenedDirectory> {
  if ('accounts' in people) {
    const { clients, keys: clientKeys } = await registerSandboxClients(store, people)
    const keys = [await loadOrMakeKey(store, 'id_token', 'RS256')]
    return { directory: createSandboxDirectory(people, clients), keys, clientKeys }
  }
  const { clients, keys } = people
  const directory = createSandboxDirectory({ accounts: [], patients: {} }, clients)
  return { directory, keys, clientKeys: [] }
}
