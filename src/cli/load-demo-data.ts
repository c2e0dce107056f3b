/** Loads the demonstration data of a first start through ordinary requests; a second run resumes. */
import { demoOptions, demoResources } from '../demo/demo-data.ts'
import type { Server } from '../server.ts'

interface Entry {
  readonly resource?: {
    readonly resourceType: string
    readonly masterIdentifier?: { readonly value?: string }
  }
}

/** The number of resources loaded now; 0 when they were there. Throws when one is refused. */
export async function loadDemoData(server: Server): Promise<number> {
  const bundles = [...demoResources(demoOptions)]
  const last = bundles.findLast((bundle) => masterIdentifierOf(bundle) !== undefined)
  if (last && (await isLoaded(server, masterIdentifierOf(last)!))) return 0
  let loaded = 0
  for (const bundle of bundles) {
    const master = masterIdentifierOf(bundle)
    if (master !== undefined && (await isLoaded(server, master))) continue
    const response = await request(server, 'POST', '', bundle)
    if (response.statusCode !== 200) {
      throw new Error(
        `a demonstration Bundle was refused (${response.statusCode}): ${response.body.slice(0, 2000)}`,
      )
    }
    loaded += bundle.entry.length
  }
  return loaded
}

function masterIdentifierOf(bundle: { readonly entry: readonly unknown[] }): string | undefined {
  for (const { resource } of bundle.entry as readonly Entry[]) {
    if (resource?.resourceType === 'DocumentReference') return resource.masterIdentifier?.value
  }
  return undefined
}

async function isLoaded(server: Server, master: string): Promise<boolean> {
  const query = new URLSearchParams({ identifier: master, _summary: 'count' })
  const response = await request(server, 'GET', `/DocumentReference?${query}`)
  return response.statusCode === 200 && (response.json() as { total?: number }).total !== 0
}

function request(server: Server, method: 'GET' | 'POST', path: string, payload?: object) {
  const url = new URL(server.config.baseUrl).pathname + path
  return server.app.inject({
    method,
    url,
    ...(payload
      ? { headers: { 'content-type': 'application/fhir+json' }, payload: JSON.stringify(payload) }
      : {}),
  })
}
