/**
 * Floor of a create: the store's own durable batches of 50 of the same resources with the same rows,
 * without HTTP, parsing, validation or extraction: plans are made before the clock starts.
 */
import { createBodies } from '../data/resources.ts'
import { openCaller } from '../../src/auth/caller.ts'
import { loadConfig } from '../../src/config.ts'
import { create } from '../../src/interactions/create.ts'
import { parseBody } from '../../src/json/parse.ts'
import { buildServer, type Server } from '../../src/server.ts'
import type { CommitPlan } from '../../src/store/commit-plan.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import type { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { answerQuestions } from '../harness/answer-questions.ts'

const batchSize = 50
const captured: CommitPlan[] = []
let planner: Server
let store: SqliteStore

async function open(folder: string): Promise<void> {
  const memory = createMemoryStore({ now: Date.now })
  const capture = new Proxy(memory, {
    get: (target, key) => {
      if (key === 'commit') return commit
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  planner = await buildServer(loadConfig({ AUTH: 'open', LOG_LEVEL: 'silent' }), { store: capture })
  store = await openSqliteStore({ folder })
}

async function commit(plan: CommitPlan) {
  captured.push(plan)
  return { sequence: captured.length, lastUpdated: Date.now() }
}

async function prepare({
  label,
  count,
  patients,
}: {
  label: string
  count: number
  patients: number
}): Promise<void> {
  captured.length = 0
  const context = {
    store: planner.guardFor(openCaller),
    services: planner.services,
    preferences: { handling: 'strict' },
    outcome: { ruleSystem: '', language: 'fr', requestId: '' },
  } as const
  for (const text of createBodies(label, count, patients)) {
    const body = await parseBody(Buffer.from(text), { bodyBytesMax: 1e6 })
    await create(context, { type: 'DocumentReference', body })
  }
  globalThis.gc?.()
}

/** Resources per second. */
async function run(): Promise<number> {
  const started = performance.now()
  for (let at = 0; at < captured.length; at += batchSize)
    await Promise.all(captured.slice(at, at + batchSize).map((plan) => store.commit(plan)))
  return (captured.length * 1000) / (performance.now() - started)
}

answerQuestions({ open, prepare, run })
