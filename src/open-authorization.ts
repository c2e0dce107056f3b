/** The composition root's part for logins: who there is, where their records are kept, what it opens. */
import type { FastifyInstance } from 'fastify'
import { readAccessRecord } from './access/access-records.ts'
import { consentOf } from './access/patient-relation.ts'
import {
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerParts,
} from './auth/authorization-server.ts'
import { createMemoryAuthStore } from './auth/memory-auth-store.ts'
import { readProductionPeople } from './auth/production-people.ts'
import type { AuthStore } from './auth/store-port.ts'
import type { Config } from './config.ts'
import type { Registry } from './conformance/registry.ts'
import { demoOptions, demoPeople } from './demo/demo-data.ts'
import { sandboxCallers } from './demo/sandbox-callers.ts'
import { renderLoginErrorPage } from './http/pages/login-error-page.ts'
import { recordConsent } from './http/record-consent.ts'
import type { ResourceStore } from './store/resource-store.ts'
import { openAuthRecords } from './store/sqlite/auth-records.ts'

export type People = AuthorizationServerParts['people']

/** Who logs in and which software there is: invented, or the operator's; none with AUTH=open. */
export function findPeople({ auth, authKeys, authClients }: Config): People | undefined {
  if (auth === 'open') return undefined
  return auth === 'smart'
    ? readProductionPeople({ keysFile: authKeys, clientsFile: authClients })
    : sandboxCallers(demoPeople(demoOptions))
}

/** The third-party applications of the catalogue; undefined with AUTH=open, which has none. */
export function applicationsOf(people: People | undefined): ReadonlySet<string> | undefined {
  const third = people?.clients.filter(({ party }) => party === 'third')
  return third && new Set(third.map(({ id }) => id))
}

export interface AuthorizationSurroundings {
  readonly people: People | undefined
  /** For its secrets. */
  readonly store: ResourceStore
  readonly registry: Registry
  /** The HTTP server, once there is one: consents pass through its routes. */
  readonly appOf: () => FastifyInstance
  readonly onFailure: (error: unknown) => void
  readonly now: () => number
}

export interface OpenedAuthorization {
  readonly server: AuthorizationServer
  close(): void
}

/** Undefined with AUTH=open. */
export async function openAuthorization(
  config: Config,
  { people, store, registry, appOf, onFailure, now }: AuthorizationSurroundings,
): Promise<OpenedAuthorization | undefined> {
  if (!people) return undefined
  const { baseUrl } = config
  const records = openRecords(config)
  const types = new Set(registry.resourceTypes)
  const server: AuthorizationServer = await createAuthorizationServer({
    baseUrl,
    store: records,
    secret: (name) => store.secret(name),
    vocabulary: {
      isResourceType: (type) => types.has(type),
      isSearchParameter: (type, code) => registry.searchParameters(type).has(code),
    },
    people,
    onConsent: (consent) =>
      recordConsent({ app: appOf(), authorization: server, baseUrl }, consent),
    isConsented: async (client, patient) => {
      const { record } = await readAccessRecord(store, patient)
      return consentOf(record, client, now()) !== undefined
    },
    renderErrorPage: renderLoginErrorPage,
    onFailure,
  })
  return { server, close: () => records.close() }
}

/** Logins, grants and tokens: beside the resources, in a file of their own. */
function openRecords({ storeUrl }: Config): AuthStore {
  if (storeUrl.startsWith('memory:')) return createMemoryAuthStore()
  return openAuthRecords(`${storeUrl.slice('sqlite:'.length)}/auth.db`)
}
