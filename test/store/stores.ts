/** The stores that the contract suite runs on; the first is what the others are compared with. */
import type { Test } from 'tap'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'

export interface StoreUnderTest {
  readonly name: string
  /** An empty store that closes itself when the test ends. */
  readonly openStore: OpenStore
}

export type OpenStore = (t: Test, options?: { now?: () => number }) => Promise<ResourceStore>

export const stores: readonly StoreUnderTest[] = [
  {
    name: 'memory',
    openStore: async (t, { now = Date.now } = {}) => {
      const store = createMemoryStore({ now })
      t.teardown(() => store.close())
      return store
    },
  },
  {
    name: 'sqlite',
    openStore: async (t, { now = Date.now } = {}) => {
      const store = await openSqliteStore({ folder: t.testdir(), now })
      t.teardown(() => store.close())
      return store
    },
  },
]
