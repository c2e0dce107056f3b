/**
 * From an access token to the caller it stands for. What was read stays in memory until any token
 * or grant is removed (the store's epoch), so that a revocation holds from the next request on.
 */
import { randomBytes } from 'node:crypto'
import type { Caller } from './caller.ts'
import type { ScopePolicy } from './granted-scopes.ts'
import type { ClientRegistration, Directory } from './registrations.ts'
import { isExpired, keyOf, type AuthRecord, type AuthStore } from './store-port.ts'

export interface TokenReaderParts {
  readonly store: AuthStore
  readonly directory: Directory
  readonly scopes: ScopePolicy
  /** The FHIR base: a token for anything else is no token here. */
  readonly audience: string
  readonly now: () => number
}

export interface TokenReader {
  /** Undefined when it is no good; a promise only when it was not read before. */
  read(token: string): Caller | undefined | Promise<Caller | undefined>
  /** A token of this process alone while the work lasts, for what goes through our own routes. */
  actAs<T>(caller: Caller, work: (token: string) => Promise<T>): Promise<T>
}

interface KnownToken {
  readonly caller: Caller
  readonly expiresAt: number
  readonly epoch: number
}

const knownMax = 10_000

export function createTokenReader(parts: TokenReaderParts): TokenReader {
  const { store, now } = parts
  const known = new Map<string, KnownToken>()
  const internal = new Map<string, Caller>()

  async function findGrant(grantId: string): Promise<AuthRecord | undefined> {
    const grant = await store.find('Grant', keyOf(grantId))
    return grant && !isExpired(grant, now() / 1000) ? grant : undefined
  }

  async function load(key: string): Promise<Caller | undefined> {
    // Before the reading: what is removed meanwhile is read again next time.
    const epoch = store.epoch()
    const record =
      (await store.find('AccessToken', key)) ?? (await store.find('ClientCredentials', key))
    if (!record || isExpired(record, now() / 1000)) return undefined
    const grant = record.grantId === undefined ? undefined : await findGrant(record.grantId)
    const caller = toCaller(parts, record, grant)
    if (!caller) return undefined
    if (known.size >= knownMax) known.delete(known.keys().next().value!)
    const expiresAt = Math.min(record.expiresAt ?? Infinity, grant?.expiresAt ?? Infinity)
    known.set(key, { caller, epoch, expiresAt })
    return caller
  }

  return {
    read: (token) => {
      const key = keyOf(token)
      const hit = known.get(key)
      if (hit && hit.epoch === store.epoch() && hit.expiresAt > now() / 1000) return hit.caller
      if (hit) known.delete(key)
      return internal.get(key) ?? load(key)
    },
    actAs: async (caller, work) => {
      const token = randomBytes(32).toString('base64url')
      internal.set(keyOf(token), caller)
      try {
        return await work(token)
      } finally {
        internal.delete(keyOf(token))
      }
    },
  }
}

function toCaller(
  { directory, scopes, audience }: TokenReaderParts,
  { kind, key, payload }: AuthRecord,
  grant: AuthRecord | undefined,
): Caller | undefined {
  const client = directory.client(String(payload.clientId))
  if (!client || payload.aud !== audience) return undefined
  const common = {
    client: client.id,
    scopes: scopes.read(typeof payload.scope === 'string' ? payload.scope : ''),
    tokenHash: key,
  }
  if (kind === 'ClientCredentials') return serviceCaller(client, common)
  const account = directory.account(String(payload.accountId))
  if (!account || !client.users.includes(account.kind) || !grant) return undefined
  const { patient } = (payload.extra ?? {}) as { patient?: string }
  return {
    ...common,
    kind: client.party === 'third' ? 'app' : account.kind,
    display: account.name,
    ...(account.fhirUser === undefined ? {} : { user: account.fhirUser }),
    ...(account.patient === undefined ? {} : { person: account.patient }),
    ...(patient === undefined ? {} : { patient }),
    ...(account.practitioner === undefined ? {} : { practitioner: account.practitioner }),
    ...(account.profession === undefined ? {} : { profession: account.profession }),
    ...(account.organization === undefined ? {} : { organization: account.organization }),
  }
}

type CommonFacts = Pick<Caller, 'client' | 'scopes' | 'tokenHash'>

function serviceCaller(client: ClientRegistration, common: CommonFacts): Caller | undefined {
  if (client.service === undefined) return undefined
  return {
    ...common,
    kind: client.service,
    user: `Device/${client.id}`,
    display: client.name,
    ...(client.organization === undefined ? {} : { organization: client.organization }),
  }
}
