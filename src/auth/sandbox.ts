/**
 * The sandbox: demonstration people who log in by a click, demonstration software, and a ready-made
 * token for each that lives as long as the data folder. design.md §1. Never in AUTH=smart.
 */
import { createHmac } from 'node:crypto'
import type { JWK } from 'jose'
import type { LaunchContexts } from './launch-context.ts'
import type { Account, ClientRegistration, Directory, PatientChoice } from './registrations.ts'
import { loadOrMakeKey, publicKeyOf } from './signing-keys.ts'
import { keyOf, type AuthRecord, type AuthStore } from './store-port.ts'

/** One line of `GET /sandbox/callers.json`, without its token. */
export interface SandboxCaller {
  readonly name: string
  readonly kind:
    | 'citizen'
    | 'representative'
    | 'professional'
    | 'establishment'
    | 'app'
    | 'operator'
  /** Who is logged in; absent for a software that acts for itself. */
  readonly account?: string
  readonly client: string
  /** Patient id in context. */
  readonly patient?: string
  /** Practitioner id. */
  readonly practitioner?: string
  /** Organization id. */
  readonly organization?: string
  readonly scope: string
}

/** A software of the sandbox: the keys of confidential ones are made here. */
export interface SandboxClient extends Omit<ClientRegistration, 'jwks'> {
  readonly keyAlgorithm?: 'RS384' | 'ES384'
}

export interface SandboxPeople {
  readonly accounts: readonly Account[]
  readonly clients: readonly SandboxClient[]
  readonly callers: readonly SandboxCaller[]
  /** Whom an account may put in context, by account id. */
  readonly patients: Readonly<Record<string, readonly PatientChoice[]>>
}

export interface ListedCaller {
  readonly name: string
  readonly kind: SandboxCaller['kind']
  readonly patient?: string
  readonly practitioner?: string
  readonly organization?: string
  readonly client_id: string
  readonly redirect_uris?: readonly string[]
  readonly scope: string
  readonly token: string
}

export interface Sandbox {
  readonly callers: readonly ListedCaller[]
  /** Private keys of the demonstration clients, so that testers can sign assertions. */
  readonly keys: readonly { readonly client_id: string; readonly jwk: JWK }[]
}

const tenYearsSeconds = 10 * 365 * 86_400

export interface SandboxClients {
  readonly clients: readonly ClientRegistration[]
  readonly keys: Sandbox['keys']
}

export async function registerSandboxClients(
  store: AuthStore,
  people: SandboxPeople,
): Promise<SandboxClients> {
  const keys: { client_id: string; jwk: JWK }[] = []
  const clients: ClientRegistration[] = []
  for (const { keyAlgorithm, ...client } of people.clients) {
    if (keyAlgorithm === undefined) {
      clients.push(client)
      continue
    }
    const jwk = await loadOrMakeKey(store, `client ${client.id}`, keyAlgorithm)
    keys.push({ client_id: client.id, jwk })
    clients.push({ ...client, jwks: { keys: [publicKeyOf(jwk)] } })
  }
  return { clients, keys }
}

export function createSandboxDirectory(
  { accounts, patients }: Pick<SandboxPeople, 'accounts' | 'patients'>,
  clients: readonly ClientRegistration[],
): Directory {
  const accountById = new Map(accounts.map((account) => [account.id, account]))
  const clientById = new Map(clients.map((client) => [client.id, client]))
  return {
    accounts,
    clients,
    account: (id) => accountById.get(id),
    client: (id) => clientById.get(id),
    patientsOf: async ({ id }) => (Object.hasOwn(patients, id) ? patients[id]! : []),
  }
}

export interface TokenIssue {
  readonly store: AuthStore
  readonly contexts: LaunchContexts
  readonly directory: Directory
  readonly baseUrl: string
  /** Random per data folder. */
  readonly tokenKey: Buffer
  readonly now: () => number
}

/**
 * The callers with their tokens, which are made from the data folder's secret and written anew at
 * each start: they are ordinary tokens, introspected and revoked (until the next start) like others.
 */
export async function issueSandboxTokens(
  callers: readonly SandboxCaller[],
  issue: TokenIssue,
): Promise<readonly ListedCaller[]> {
  const listed: ListedCaller[] = []
  for (const caller of callers) {
    const token = createHmac('sha256', issue.tokenKey).update(caller.name).digest('base64url')
    await saveToken(caller, token, issue)
    const { account: _account, client: clientId, scope, ...facts } = caller
    const client = issue.directory.client(clientId)!
    listed.push({
      ...facts,
      client_id: clientId,
      ...(client.redirectUris.length > 0 ? { redirect_uris: client.redirectUris } : {}),
      scope,
      token,
    })
  }
  return listed
}

async function saveToken(
  { account, client, patient, scope }: SandboxCaller,
  token: string,
  { store, contexts, directory, baseUrl, now }: TokenIssue,
): Promise<void> {
  const iat = Math.floor(now() / 1000)
  const exp = iat + tenYearsSeconds
  const smartScope = scope
    .split(' ')
    .filter((one) => one.includes('.'))
    .join(' ')
  const plainScope = scope
    .split(' ')
    .filter((one) => !one.includes('.'))
    .join(' ')
  const times = { iat, exp }
  const common = { key: keyOf(token), expiresAt: exp }
  const payload = { ...times, clientId: client, aud: baseUrl, scope: smartScope }
  if (account === undefined) {
    const kind = 'ClientCredentials'
    return store.save({ ...common, kind, payload: { ...payload, kind } })
  }
  const grantId = `sandbox-${keyOf(token)}`
  const grant: AuthRecord = {
    kind: 'Grant',
    key: keyOf(grantId),
    expiresAt: exp,
    payload: {
      ...times,
      kind: 'Grant',
      accountId: account,
      clientId: client,
      openid: { scope: plainScope },
      resources: { [baseUrl]: smartScope },
    },
  }
  await store.save(grant)
  const context = { client, account }
  await contexts.save(grantId, patient === undefined ? context : { ...context, patient }, exp)
  const fhirUser = directory.account(account)?.fhirUser
  const extra = {
    plain_scope: plainScope,
    ...(patient === undefined ? {} : { patient }),
    ...(fhirUser === undefined ? {} : { fhirUser: `${baseUrl}/${fhirUser}` }),
  }
  const kind = 'AccessToken'
  const source = { accountId: account, grantId, gty: 'authorization_code', extra }
  return store.save({ ...common, kind, grantId, payload: { ...payload, ...source, kind } })
}
