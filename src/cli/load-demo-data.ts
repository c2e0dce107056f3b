/** Loads the demonstration data of a first start through ordinary requests; a second run resumes. */
import { demoOptions, demoResources } from '../demo/demo-data.ts'
import type { Server } from '../server.ts'

interface Entry {
  readonly resource: {
    readonly resourceType: string
    readonly masterIdentifier?: { readonly value?: string }
  }
  readonly request: { readonly method: string; readonly url: string }
}

interface Transaction {
  readonly entry: readonly Entry[]
}

/**
 * The number of resources loaded now; 0 when they were there. Stops between two transactions when
 * the signal is given. Throws when one is refused.
 */
export async function loadDemoData(server: Server, signal?: AbortSignal): Promise<number> {
  const transactions: Transaction[] = []
  for (const bundle of demoResources(demoOptions)) {
    transactions.push(bundle as unknown as Transaction)
    // Whoever calls meanwhile is not kept waiting.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const last = transactions.at(-1)
  if (!last || (await isLoaded(server, last))) return 0
  let loaded = 0
  for (const transaction of transactions) {
    if (signal?.aborted) return loaded
    if (!(await isLoaded(server, transaction))) loaded += await load(server, transaction)
  }
  return loaded
}

async function load(server: Server, transaction: Transaction): Promise<number> {
  const response = await request(server, { method: 'POST', path: '', payload: transaction })
  if (response.statusCode === 200) return transaction.entry.length
  // A masterIdentifier stays taken after its document was deleted: this lot was loaded once.
  if (response.statusCode === 409) return 0
  throw new Error(
    `a demonstration Bundle was refused (${response.statusCode}): ${response.body.slice(0, 2000)}`,
  )
}

/** A transaction is stored whole, so one of its resources tells. What was deleted was loaded too. */
async function isLoaded(server: Server, { entry }: Transaction): Promise<boolean> {
  const [first] = entry
  if (first?.request.method === 'PUT') {
    const { statusCode } = await request(server, { method: 'GET', path: `/${first.request.url}` })
    return statusCode === 200 || statusCode === 410
  }
  const document = entry.find(({ resource }) => resource.resourceType === 'DocumentReference')
  const query = new URLSearchParams({
    identifier: document?.resource.masterIdentifier?.value ?? '',
    _summary: 'count',
  })
  const response = await request(server, { method: 'GET', path: `/DocumentReference?${query}` })
  return response.statusCode === 200 && (response.json() as { total?: number }).total !== 0
}

interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly payload?: object
}

function request(server: Server, { method, path, payload }: Request) {
  const url = new URL(server.config.baseUrl).pathname.replace(/\/$/, '') + path
  const content = payload && {
    headers: { 'content-type': 'application/fhir+json' },
    payload: JSON.stringify(payload),
  }
  return server.app.inject({ method, url: url || '/', ...content })
}
