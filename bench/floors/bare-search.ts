/**
 * Floor of a search: the same SQL, prepared once, in a bare Fastify route that puts the stored bytes
 * together. The SQL is what the store itself runs for the URL, with the versions joined to it; the
 * store takes those that it showed lately from memory.
 */
import fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { parseQuery } from '../../src/search/parse-query.ts'
import { everything, type SearchRequest } from '../../src/search/search-request.ts'
import { Dictionary } from '../../src/store/sqlite/dictionary.ts'
import { KeyedHash } from '../../src/store/sqlite/keyed-hash.ts'
import { newestSequence, runSearch } from '../../src/store/sqlite/run-search.ts'
import { configureReader } from '../../src/store/sqlite/schema.ts'
import { SearchLookups } from '../../src/store/sqlite/search-lookups.ts'
import { sql, type Sql } from '../../src/store/sqlite/sql.ts'
import { indexKey } from '../../src/store/sqlite/store-secret.ts'
import { answerQuestions } from '../harness/answer-questions.ts'
import { projectFolder } from '../harness/server-process.ts'

interface Sent {
  readonly headers: Record<string, string>
  readonly file: string
  readonly urls: readonly string[]
}

interface Prepared {
  readonly statement: StatementSync
  readonly values: Sql['values']
}

const registry = createRegistry({
  core: loadCoreDefinitions({ cacheDir: `${projectFolder}.cache` }),
  packages: [],
})

function requestOf(url: string): SearchRequest {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const type = pathname.split('/').at(-1)!
  const { request } = parseQuery({
    types: [type],
    parameters: [...searchParams],
    registry,
    timeZone: 'Europe/Paris',
    baseUrl: 'http://localhost/fhir',
    handling: 'strict',
    limits: { pageSize: 20, pageSizeMax: 1000, includesMax: 1000, timeoutMs: 10_000 },
    now: Date.now(),
  })
  return { ...request, restrictions: { [type]: everything } }
}

/** What finds the matches and their places, with the stored bytes joined to it. */
function fetchOf(url: string, lookups: SearchLookups): Sql {
  let places: Sql | undefined
  const { statements } = lookups
  const all = statements.all.bind(statements)
  statements.all = (statement) => {
    if (statement.text.includes(' AS vid')) places = statement
    return all(statement)
  }
  try {
    runSearch(requestOf(url), { lookups, sequence: newestSequence(lookups).sequence })
  } finally {
    statements.all = all
  }
  return sql`SELECT v.body FROM (${places!}) AS p CROSS JOIN version v ON v.vid = p.vid`
}

function prepareAll({ file, urls }: Sent): Map<string, Prepared> {
  const db = new DatabaseSync(file, { readOnly: true })
  configureReader(db)
  const secret = db.prepare('SELECT secret FROM state').get()!.secret as Uint8Array
  const lookups = new SearchLookups(db, new Dictionary(db), new KeyedHash(indexKey(secret)))
  const byText = new Map<string, StatementSync>()
  const prepared = new Map(
    urls.map((url) => {
      const { text, values } = fetchOf(url, lookups)
      const statement = byText.get(text) ?? db.prepare(text)
      statement.setReturnArrays(true)
      byText.set(text, statement)
      return [url, { statement, values }]
    }),
  )
  // The statements look at the clock as the store's do; no search of theirs is ever too long.
  lookups.begin(Number.MAX_SAFE_INTEGER)
  return prepared
}

const [open, between, close] = [
  Buffer.from('{"resourceType":"Bundle","type":"searchset","entry":[{"resource":'),
  Buffer.from('},{"resource":'),
  Buffer.from('}]}'),
]

answerQuestions({
  listen: async (sent: Sent) => {
    const prepared = prepareAll(sent)
    const app = fastify()
    app.get('/fhir/:type', (request, reply) => {
      const { statement, values } = prepared.get(request.url)!
      const rows = statement.all(...values) as unknown as (readonly unknown[])[]
      const parts: Uint8Array[] = []
      for (const row of rows.slice(0, 20))
        parts.push(parts.length === 0 ? open : between, row[0] as Uint8Array)
      reply.headers(sent.headers).send(Buffer.concat([...parts, close]))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
})
