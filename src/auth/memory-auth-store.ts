/** The authorization server's records in memory: for tests and STORE_URL=memory:. */
import { accessKinds, isExpired, type AuthRecord, type AuthStore } from './store-port.ts'

const sweepEvery = 1000

export function createMemoryAuthStore(now: () => number = Date.now): AuthStore {
  const records = new Map<string, AuthRecord>()
  let epoch = 0
  let saves = 0
  const seconds = () => Math.floor(now() / 1000)
  const nameOf = (kind: string, key: string) => `${kind} ${key}`
  const forget = (record: AuthRecord) => {
    if (!records.delete(nameOf(record.kind, record.key))) return
    if (accessKinds.has(record.kind)) epoch += 1
  }
  const put = (record: AuthRecord) => {
    saves += 1
    if (saves % sweepEvery === 0) {
      for (const [name, old] of records) if (isExpired(old, seconds())) records.delete(name)
    }
    records.set(nameOf(record.kind, record.key), record)
  }
  return {
    find: async (kind, key) => records.get(nameOf(kind, key)),
    findByHandle: async (kind, handle) =>
      [...records.values()].filter((record) => record.kind === kind && record.handle === handle),
    save: async (record) => put(record),
    insert: async (record) => {
      const known = records.get(nameOf(record.kind, record.key))
      if (known && !isExpired(known, seconds())) return false
      put(record)
      return true
    },
    consume: async (kind, key, at) => {
      const record = records.get(nameOf(kind, key))
      if (!record || record.consumedAt !== undefined) return false
      records.set(nameOf(kind, key), { ...record, consumedAt: at })
      return true
    },
    remove: async (kind, key) => {
      const record = records.get(nameOf(kind, key))
      if (record) forget(record)
    },
    removeByGrant: async (kind, grantId) => {
      for (const record of records.values()) {
        if (record.kind === kind && record.grantId === grantId) forget(record)
      }
    },
    epoch: () => epoch,
    close: () => {},
  }
}
