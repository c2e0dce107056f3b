/** Loads the demonstration data of a first start through ordinary requests; a second run resumes. */
import { demoOptions, demoPeople, demoResources } from '../demo/demo-data.ts'
import { sandboxCallers, type SandboxFact } from '../demo/sandbox-callers.ts'
import type { Server } from '../server.ts'

interface Entry {
  readonly resource: {
    readonly resourceType: string
    readonly custodian?: { readonly reference?: string }
    readonly subject?: { readonly reference?: string }
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
  let loaded = 0
  if (!last || (await isLoaded(server, last))) {
    await applySandboxFacts(server)
    return 0
  }
  for (const transaction of transactions) {
    if (signal?.aborted) return loaded
    if (!(await isLoaded(server, transaction))) loaded += await load(server, transaction)
  }
  await applySandboxFacts(server)
  return loaded
}

async function load(server: Server, transaction: Transaction): Promise<number> {
  const token = depositorOf(server, transaction)
  const response = await request(server, { method: 'POST', path: '', payload: transaction, token })
  if (response.statusCode === 200) return transaction.entry.length
  // A masterIdentifier stays taken after its document was deleted: this lot was loaded once.
  if (response.statusCode === 409) return 0
  throw new Error(
    `a demonstration Bundle was refused (${response.statusCode}): ${response.body.slice(0, 2000)}`,
  )
}

/** A transaction is stored whole, so one of its resources tells. What was deleted was loaded too. */
async function isLoaded(server: Server, transaction: Transaction): Promise<boolean> {
  const { entry } = transaction
  const token = depositorOf(server, transaction)
  const [first] = entry
  if (first?.request.method === 'PUT') {
    const path = `/${first.request.url}`
    const { statusCode } = await request(server, { method: 'GET', path, token })
    return statusCode === 200 || statusCode === 410
  }
  const document = entry.find(({ resource }) => resource.resourceType === 'DocumentReference')
  const query = new URLSearchParams({
    patient: document?.resource.subject?.reference ?? '',
    identifier: document?.resource.masterIdentifier?.value ?? '',
    _summary: 'count',
  })
  const path = `/DocumentReference?${query}`
  const response = await request(server, { method: 'GET', path, token })
  // A record that its patient has closed since was there to be closed.
  if (response.statusCode === 403) return true
  return response.statusCode === 200 && (response.json() as { total?: number }).total !== 0
}

interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly payload?: object
  /** The sandbox's caller on whose behalf it is asked; none under AUTH=open. */
  readonly token?: string | undefined
}

function request(server: Server, { method, path, payload, token }: Request) {
  const url = new URL(server.config.baseUrl).pathname.replace(/\/$/, '') + path
  const headers = {
    ...(payload ? { 'content-type': 'application/fhir+json' } : {}),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const content = payload ? { payload: JSON.stringify(payload) } : {}
  return server.app.inject({ method, url: url || '/', headers, ...content })
}

/** Who deposits: the operator the directory, an establishment's software its patients' data. */
function depositorOf(server: Server, { entry }: Transaction): string | undefined {
  const callers = server.authorization?.sandbox?.callers ?? []
  if (entry.some(({ resource }) => resource.resourceType === 'Organization')) {
    return callers.find(({ kind }) => kind === 'operator')?.token
  }
  const document = entry.find(({ resource }) => resource.resourceType === 'DocumentReference')
  const custodian = document?.resource.custodian?.reference
  const software = callers.filter(({ kind }) => kind === 'establishment')
  const own = software.find(({ organization }) => custodian === `Organization/${organization}`)
  return (own ?? software[0])?.token
}

/**
 * Makes the sandbox's people what their names say, through the named operations: a care relation, a
 * block, a representation. A patient whose record was touched before is left as they are.
 */
async function applySandboxFacts(server: Server): Promise<void> {
  const callers = server.authorization?.sandbox?.callers ?? []
  const { facts } = sandboxCallers(demoPeople(demoOptions))
  const untouched = new Set<string>()
  for (const { patient } of facts) {
    if (!(await server.hasAccessRecord(patient))) untouched.add(patient)
  }
  for (const fact of facts) {
    if (!untouched.has(fact.patient)) continue
    const caller = callers.find(
      ({ kind, patient }) =>
        kind === (fact.operation === '$represent' ? 'operator' : 'citizen') &&
        (kind === 'operator' || patient === fact.patient),
    )
    const answer = await request(server, {
      method: 'POST',
      path: `/Patient/${fact.patient}/${fact.operation}`,
      payload: { resourceType: 'Parameters', parameter: parametersOf(fact) },
      token: caller?.token,
    })
    if (answer.statusCode !== 200) {
      throw new Error(`${fact.operation} was refused (${answer.statusCode}): ${answer.body}`)
    }
  }
}

function parametersOf(fact: SandboxFact): readonly object[] {
  switch (fact.operation) {
    case '$represent':
      return [
        { name: 'representative', valueReference: { reference: `Patient/${fact.representative}` } },
        { name: 'kind', valueCode: fact.kind },
      ]
    case '$grant-app':
      return [
        { name: 'client', valueString: fact.client },
        { name: 'purpose', valueString: fact.purpose },
        ...fact.types.map((type) => ({ name: 'type', valueCode: type })),
      ]
    default: {
      const [system, value] = fact.professional.split('|', 2)
      return [{ name: 'professional', valueIdentifier: { system, value } }]
    }
  }
}
