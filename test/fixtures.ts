/** What tests are made of: valid by default, overridden by what a test is about. */
import type { Test } from 'tap'
import { loadConfig } from '../src/config.ts'
import type { JsonObject, Resource } from '../src/fhir/resource.ts'
import { buildServer, type Server, type Surroundings } from '../src/server.ts'
import { createMemoryStore } from '../src/store/memory/memory-store.ts'

export const baseUrl = 'http://localhost:8080/fhir'

export interface ServerOptions extends Surroundings {
  readonly env?: Record<string, string>
  /** With national rules and validation; plain FHIR unless told. */
  readonly national?: boolean
}

/** A server on the memory store, silent and without demonstration data. */
export async function openServer(
  t: Test,
  { env = {}, national = false, ...surroundings }: ServerOptions = {},
): Promise<Server> {
  const config = loadConfig({
    AUTH: 'open',
    STORE_URL: 'memory:',
    LOG_LEVEL: 'silent',
    DEMO_DATA: 'off',
    ...env,
  })
  const server = await buildServer(config, {
    store: createMemoryStore({ now: surroundings.now ?? Date.now }),
    ...(national ? {} : { rules: 'none' as const }),
    ...surroundings,
  })
  t.teardown(() => server.close())
  return server
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | number | undefined>
  readonly text: string
  readonly bytes: Buffer
  /** The body as JSON; throws when it is none. */
  readonly body: JsonObject & {
    entry?: JsonObject[]
    issue?: JsonObject[]
    total?: number
    link?: JsonObject[]
  }
}

export interface Call {
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** One request to the FHIR endpoint; an object is sent as FHIR JSON. */
export async function call(
  server: Server,
  method: string,
  path: string,
  { headers = {}, body }: Call = {},
): Promise<Answer> {
  const isText = typeof body === 'string' || Buffer.isBuffer(body)
  const response = await server.app.inject({
    method: method as 'GET',
    url: `/fhir${path}`,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: isText ? (body as string) : JSON.stringify(body) }),
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    bytes: response.rawPayload,
    get body() {
      return JSON.parse(response.body) as Answer['body']
    },
  }
}

export function aPatient(over: JsonObject = {}): Resource {
  return {
    resourceType: 'Patient',
    name: [{ use: 'official', family: 'Lefèvre', given: ['Hélène'] }],
    gender: 'female',
    birthDate: '1974-12-25',
    ...over,
  }
}

export function anObservation(over: JsonObject = {}): Resource {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    valueQuantity: { value: 72, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
    ...over,
  }
}

export function aDocumentReference(over: JsonObject = {}): Resource {
  return {
    resourceType: 'DocumentReference',
    status: 'current',
    content: [{ attachment: { contentType: 'text/plain', url: 'http://example.org/1' } }],
    ...over,
  }
}

export function aTransaction(...entry: JsonObject[]): Resource {
  return { resourceType: 'Bundle', type: 'transaction', entry }
}
