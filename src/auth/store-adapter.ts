/**
 * oidc-provider's storage on the port. A record is named by the SHA-256 of its token and holds
 * neither the token nor a session's cookie; used once means once, also for two at the same time.
 */
import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider'
import { keyOf, type AuthRecord, type AuthStore } from './store-port.ts'

/** What a grant is made of; all of it dies when a code or a refresh token comes a second time. */
const grantKinds = ['AccessToken', 'RefreshToken', 'AuthorizationCode'] as const

export function createAdapterFactory(store: AuthStore, now: () => number): AdapterFactory {
  const seconds = () => Math.floor(now() / 1000)
  return (kind) => createAdapter(kind, store, seconds)
}

function createAdapter(kind: string, store: AuthStore, seconds: () => number): Adapter {
  return {
    upsert: async (id, payload, expiresIn) => {
      const record = toRecord(
        kind,
        id,
        payload,
        expiresIn === undefined ? undefined : seconds() + expiresIn,
      )
      if (kind !== 'ReplayDetection') return store.save(record)
      if (await store.insert(record)) return undefined
      throw new errors.InvalidClientAuth('client assertion tokens must only be used once')
    },
    find: async (id) => {
      // Clients are those of the catalogue; a name that is not there is not looked for elsewhere.
      if (kind === 'Client') return undefined
      const record = await store.find(kind, keyOf(id))
      return record && toPayload(record, id)
    },
    findByUid: async (uid) => {
      const [record] = await store.findByHandle(kind, uid)
      return record && toPayload(record)
    },
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const key = keyOf(id)
      if (await store.consume(kind, key, seconds())) return
      await forgetGrant(store, (await store.find(kind, key))?.grantId)
      throw new errors.InvalidGrant(`${kind} already used`)
    },
    destroy: (id) => store.remove(kind, keyOf(id)),
    revokeByGrantId: (grantId) => store.removeByGrant(kind, grantId),
  }
}

async function forgetGrant(store: AuthStore, grantId: string | undefined): Promise<void> {
  if (grantId === undefined) return
  await store.remove('Grant', keyOf(grantId))
  for (const kind of grantKinds) await store.removeByGrant(kind, grantId)
}

function toRecord(
  kind: string,
  id: string,
  { jti: _token, ...payload }: AdapterPayload,
  expiresAt: number | undefined,
): AuthRecord {
  const { cookie: _cookie, ...session } = payload.session ?? {}
  return {
    kind,
    key: keyOf(id),
    payload: payload.session ? { ...payload, session } : payload,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(payload.grantId === undefined ? {} : { grantId: payload.grantId }),
    ...(kind === 'Session' && payload.uid !== undefined ? { handle: payload.uid } : {}),
  }
}

function toPayload({ payload, consumedAt }: AuthRecord, id?: string): AdapterPayload {
  return {
    ...structuredClone(payload),
    ...(id === undefined ? {} : { jti: id }),
    ...(consumedAt === undefined ? {} : { consumed: consumedAt }),
  }
}
