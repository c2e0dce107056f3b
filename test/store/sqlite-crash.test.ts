/** Whatever moment the process is killed at: what was acknowledged is whole, nothing is in part. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { crashContent } from './crash-content.ts'
import { aSearch, find } from './plans.ts'

const rounds = 30
const child = fileURLToPath(new URL('sqlite-crash-child.ts', import.meta.url))

/** Runs the child, kills it some time after it opened the store; gives what it acknowledged. */
async function runAndKill(folder: string, round: number): Promise<string[]> {
  const process_ = spawn(process.execPath, [child, folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: string[] = []
  const ended = new Promise((resolve) => process_.once('close', resolve))
  for await (const line of createInterface({ input: process_.stdout })) {
    if (line !== 'open') acknowledged.push(line)
    else setTimeout(() => process_.kill('SIGKILL'), 20 + Math.random() * 400)
  }
  await ended
  return acknowledged
}

const listOf = (name: string) => `l-${name.slice(0, name.lastIndexOf('-'))}`

/** What is wrong with a plan of which something must, or must not, be there. */
async function problemsOf(store: ResourceStore, name: string): Promise<string[]> {
  const count = Number(name.slice(name.lastIndexOf('-') + 1))
  const document = await store.read('DocumentReference', `d-${name}`)
  const binary = await store.read('Binary', `b-${name}`)
  const list = await store.readVersion('List', listOf(name), count)
  const where = { kind: 'token', code: 'identifier', tokens: [{ value: name }] } as const
  const found = await find(store, where, { types: ['DocumentReference'] })
  const isClaimed = await store.isClaimed(name)
  const parts = [document, binary, list, found.length === 1, isClaimed].map(Boolean)
  if (parts.includes(false)) return [`${name}: ${parts.join(', ')}`]
  if (new Set([document, binary, list].map((part) => part?.sequence)).size > 1)
    return [`${name}: several commits`]
  const bytes = String(await store.blobs.read(binary!.blob!))
  return bytes === crashContent(name).join('') ? [] : [`${name}: other bytes`]
}

async function storedNames(store: ResourceStore): Promise<string[]> {
  const names: string[] = []
  for (const type of ['DocumentReference', 'Binary']) {
    const request = aSearch({ types: [type], count: 100_000, timeoutMs: 60_000 })
    names.push(...(await store.search(request)).matches.map(({ id }) => id.slice(2)))
  }
  names.push(...(await store.outbox(0, 100_000)).map(({ data }) => String(data.name)))
  return [...new Set(names)]
}

t.test('a killed server has every acknowledged plan whole, and no plan in part', async (t) => {
  const folder = t.testdir()
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++)
    acknowledged.push(...(await runAndKill(folder, round)))
  const store = await openSqliteStore({ folder })
  t.teardown(() => store.close())
  const names = await storedNames(store)
  const stored = new Set(names)
  const lost = acknowledged.filter((name) => !stored.has(name))
  t.ok(acknowledged.length > rounds, `${acknowledged.length} plans were acknowledged`)
  t.same(lost, [])
  const problems: string[] = []
  for (const name of names) problems.push(...(await problemsOf(store, name)))
  t.same(problems, [])
  const sequences = (await store.outbox(0, 100_000)).map(({ sequence }) => sequence)
  t.equal(new Set(sequences).size, sequences.length)
  t.equal(store.sequence(), Math.max(...sequences))
})
