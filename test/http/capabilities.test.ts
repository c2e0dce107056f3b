/** The CapabilityStatement promises what works, and all that works. */
import t from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { fhirRoutes } from '../../src/http/routes-table.ts'
import type { Server } from '../../src/server.ts'
import {
  aPatient,
  aTransaction,
  anObservation,
  call,
  openServer,
  type Answer,
} from '../fixtures.ts'

interface RestResource extends JsonObject {
  type: string
  interaction: { code: string }[]
  searchParam: { name: string; type: string }[]
}

const samples: Record<string, JsonObject> = {
  Patient: aPatient({ id: 'x' }),
  Observation: anObservation({ id: 'x' }),
  Binary: { resourceType: 'Binary', id: 'x', contentType: 'text/plain', data: 'aGk=' },
  List: { resourceType: 'List', id: 'x', status: 'current', mode: 'working' },
  Bundle: { resourceType: 'Bundle', id: 'x', type: 'collection' },
}
const jsonPatch = { 'content-type': 'application/json-patch+json' }

/** One try of each interaction on a type, and the statuses that prove it. */
const tries: Record<string, (server: Server, type: string) => Promise<Answer>> = {
  create: (server, type) => call(server, 'POST', `/${type}`, { body: samples[type] }),
  update: (server, type) => call(server, 'PUT', `/${type}/x`, { body: samples[type] }),
  patch: (server, type) =>
    call(server, 'PATCH', `/${type}/x`, {
      body: [{ op: 'add', path: '/language', value: 'fr' }],
      headers: jsonPatch,
    }),
  read: (server, type) => call(server, 'GET', `/${type}/x`),
  vread: (server, type) => call(server, 'GET', `/${type}/x/_history/1`),
  'history-instance': (server, type) => call(server, 'GET', `/${type}/x/_history`),
  'history-type': (server, type) => call(server, 'GET', `/${type}/_history`),
  'search-type': (server, type) => call(server, 'GET', `/${type}?_id=x`),
  delete: (server, type) => call(server, 'DELETE', `/${type}/x`),
}
const systemTries: Record<string, (server: Server) => Promise<Answer>> = {
  transaction: (server) =>
    call(server, 'POST', '', {
      body: aTransaction({ request: { method: 'GET', url: 'metadata' } }),
    }),
  batch: (server) =>
    call(server, 'POST', '', {
      body: {
        ...aTransaction({ request: { method: 'GET', url: 'metadata' } }),
        type: 'batch',
      },
    }),
  'search-system': (server) => call(server, 'GET', '?_id=x'),
  'history-system': (server) => call(server, 'GET', '/_history'),
}

async function statementOf(server: Server) {
  const { body } = await call(server, 'GET', '/metadata')
  const [rest] = body.rest as unknown as {
    resource: RestResource[]
    interaction: { code: string }[]
  }[]
  return { body, rest: rest! }
}

t.test('says what it is, and in what formats', async (t) => {
  const server = await openServer(t)
  const { body } = await statementOf(server)
  t.match(body, {
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    patchFormat: ['application/json-patch+json', 'application/fhir+json'],
  })
  t.match(body, { rest: [{ security: { cors: true } }] })
  t.equal(JSON.stringify(body).includes('xml'), false)
  t.equal((await call(server, 'GET', '/metadata?mode=full')).status, 200)
  // R4: a server may ignore the mode and return its CapabilityStatement.
  const terminology = await call(server, 'GET', '/metadata?mode=terminology')
  t.match(terminology, { status: 200, body: { resourceType: 'CapabilityStatement' } })
  t.equal((await call(server, 'GET', '/metadata?mode=other')).status, 400)
  t.equal((await call(server, 'GET', '/metadata?nope=1')).status, 400)
})

t.test('does on each type what it names', async (t) => {
  const server = await openServer(t)
  const { rest } = await statementOf(server)
  for (const type of Object.keys(samples)) {
    const resource = rest.resource.find((one) => one.type === type)!
    const codes = resource.interaction.map(({ code }) => code)
    t.same(codes.toSorted(), Object.keys(tries).toSorted(), `${type}: each has a try`)
    for (const code of Object.keys(tries)) {
      const { status, text } = await tries[code]!(server, type)
      t.ok(status >= 200 && status < 300, `${type} ${code}: ${status} ${text.slice(0, 200)}`)
    }
    t.match(resource, {
      versioning: 'versioned-update',
      readHistory: true,
      updateCreate: true,
      conditionalCreate: true,
      conditionalRead: 'full-support',
      conditionalUpdate: true,
      conditionalDelete: 'single',
    })
  }
})

t.test('promises of traces only what traces have', async (t) => {
  const server = await openServer(t)
  const { rest } = await statementOf(server)
  const resource = rest.resource.find(({ type }) => type === 'AuditEvent')!
  const named = resource.interaction.map(({ code }) => code)
  t.match(resource, { updateCreate: false, conditionalUpdate: false, documentation: /date/ })
  samples.AuditEvent = {
    resourceType: 'AuditEvent',
    type: { code: 'rest' },
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ requestor: true }],
    source: { observer: { display: 'x' } },
  }
  const created = await tries.create!(server, 'AuditEvent')
  t.equal(created.status, 201)
  const { id } = created.body
  const path = `/AuditEvent/${String(id)}`
  const answers: Record<string, Answer> = {
    create: created,
    read: await call(server, 'GET', path),
    vread: await call(server, 'GET', `${path}/_history/1`),
    'history-instance': await call(server, 'GET', `${path}/_history`),
    'history-type': await call(server, 'GET', '/AuditEvent/_history'),
    'search-type': await call(server, 'GET', '/AuditEvent?date=2026-01-01'),
    update: await call(server, 'PUT', path, { body: { ...samples.AuditEvent, id: id! } }),
    patch: await call(server, 'PATCH', path, { body: [], headers: jsonPatch }),
    delete: await call(server, 'DELETE', path),
  }
  for (const code of Object.keys(tries))
    t.equal(answers[code]!.status < 300, named.includes(code), code)
})

t.test('does on the system what it names', async (t) => {
  const server = await openServer(t)
  const { rest } = await statementOf(server)
  t.same(rest.interaction.map(({ code }) => code).toSorted(), Object.keys(systemTries).toSorted())
  for (const [code, attempt] of Object.entries(systemTries))
    t.equal((await attempt(server)).status, 200, code)
})

t.test('names every interaction that a route serves', async (t) => {
  const { rest } = await statementOf(await openServer(t))
  const named = new Set(
    [...rest.interaction, ...rest.resource.flatMap(({ interaction }) => interaction)].map(
      ({ code }) => code,
    ),
  )
  for (const { method, path, handler, type = [], system = [], ...route } of fhirRoutes) {
    for (const code of [...type, ...system]) t.ok(named.has(code), `${method} ${path}: ${code}`)
    if (handler !== 'capabilities' && !('operation' in route))
      t.ok(type.length + system.length > 0, `${method} ${path} stands for something`)
  }
})

t.test('accepts every search parameter and include that it names', async (t) => {
  const server = await openServer(t)
  const { rest } = await statementOf(server)
  const values: Record<string, string> = {
    string: '=a',
    token: '=a',
    uri: '=http://example.org/a',
    date: '=2026-01-01',
    number: '=5',
    quantity: '=5',
    reference: '=Patient/x',
    composite: ':missing=true',
  }
  const refused: string[] = []
  for (const { type, searchParam, searchInclude, searchRevInclude } of rest.resource) {
    const queries = [
      ...searchParam.map(({ name, type: kind }) => `${name}${values[kind] ?? '=a'}`),
      ...((searchInclude ?? []) as string[]).map((rule) => `_include=${rule}`),
      ...((searchRevInclude ?? []) as string[])
        .filter((rule, index) => index < 3 || rule.startsWith('AuditEvent'))
        .map((rule) => `_revinclude=${rule}`),
    ]
    // The journal is searched within a bound of time.
    const bound = type === 'AuditEvent' ? '&date=2026-01-01' : ''
    for (const query of queries) {
      const { status } = await call(server, 'GET', `/${type}?_count=1&${query}${bound}`)
      if (status !== 200) refused.push(`${type}?${query} ${status}`)
    }
  }
  t.same(refused, [])
})
