/** A server on the memory store with the gate shut: whoever a test says is calling. */
import type { Test } from 'tap'
import { emptyAccessRecord, type AccessRecord } from '../../src/access/access-record.ts'
import { planAccessRecord, readAccessRecord } from '../../src/access/access-records.ts'
import type { Caller } from '../../src/auth/caller.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { call, openServer, type ServerOptions } from '../fixtures.ts'

/** A clock that each request moves on by a second. */
export function createClock(start: string): { now: number } {
  return { now: Date.parse(start) }
}

/** With a clock it stands still between requests; without one it is the machine's. */
export async function gatedServer(
  t: Test,
  first: Caller,
  { clock, ...options }: ServerOptions & { readonly clock?: { now: number } } = {},
) {
  let caller = first
  const now = () => clock?.now ?? Date.now()
  const store = createMemoryStore({ now })
  const server = await openServer(t, { store, now, authenticate: () => caller, ...options })
  const as = async (who: Caller, method: string, path: string, body?: unknown, headers = {}) => {
    caller = who
    if (clock) clock.now += 1000
    return call(server, method, path, body === undefined ? { headers } : { headers, body })
  }
  const record = async (patient: string, over: Partial<AccessRecord>) => {
    const before = await readAccessRecord(store, patient)
    const write = planAccessRecord(patient, before, { ...emptyAccessRecord, ...over }, now())
    await store.commit({ preconditions: [], writes: [write], claims: [], events: [] })
  }
  return { as, record, store, server }
}
