/** AUTH=smart: the operator's keys and catalogue, nothing of the sandbox; and what browsers may do. */
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.ts'
import { buildServer, type Surroundings } from '../../src/server.ts'
import {
  assertionOf,
  bearer,
  portal,
  post,
  publicApp,
  sandboxServer,
  serviceToken,
  startLogin,
} from './sandbox.ts'

async function makeKey(alg: 'RS256' | 'ES384', kid: string): Promise<{ own: JWK; shown: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const named = { alg, kid, use: 'sig' }
  return {
    own: { ...(await exportJWK(privateKey)), ...named },
    shown: { ...(await exportJWK(publicKey)), ...named },
  }
}

async function production(
  t: Test,
  change: (client: Record<string, unknown>) => void = () => {},
  surroundings: Surroundings = { rules: 'none' },
) {
  const signing = await makeKey('RS256', 'signing-2026')
  const service = await makeKey('ES384', 'hospital-1')
  const client = {
    id: 'hospital',
    name: 'Hospital',
    publisher: 'Hospital',
    party: 'first',
    users: [],
    service: 'establishment',
    organization: 'https://finess.esante.gouv.fr|750000001',
    jwks: { keys: [service.shown] },
    redirectUris: [],
    scope: 'system/*.cruds',
  }
  change(client)
  const portalClient = {
    ...client,
    id: 'portal',
    service: undefined,
    jwks: undefined,
    users: ['citizen'],
    redirectUris: [portal.redirect],
    scope: 'openid patient/*.rs',
  }
  const folder = t.testdir({
    'keys.json': JSON.stringify({ keys: [signing.own] }),
    'clients.json': JSON.stringify([client, portalClient]),
  })
  const config = loadConfig({
    AUTH: 'smart',
    STORE_URL: 'memory:',
    DEMO_DATA: 'off',
    LOG_LEVEL: 'silent',
    BASE_URL: 'http://localhost:8080/fhir',
    AUTH_KEYS: `${folder}/keys.json`,
    AUTH_CLIENTS: `${folder}/clients.json`,
  })
  const server = await buildServer(config, surroundings)
  t.teardown(() => server.close())
  return { server, jwk: service.own }
}

t.test('serves the operator’s software with the operator’s keys', async (t) => {
  const { server, jwk } = await production(t)
  const assertion = await assertionOf(server, 'hospital', { jwk })
  const { status, body } = await serviceToken(server, 'hospital', 'system/*.rs', assertion)
  t.match({ status, ...body }, { status: 200, scope: 'system/*.rs', expires_in: 300 })
  t.not((await bearer(server, String(body.access_token))).status, 401)
  const jwks = await server.app.inject({ url: '/auth/jwks' })
  t.match(jwks.json(), { keys: [{ kid: 'signing-2026' }] })
  t.notMatch(jwks.body, '"d"')
})

t.test('refuses an INS of test or demonstration (decision 30)', async (t) => {
  const { server, jwk } = await production(t, () => {}, {})
  const assertion = await assertionOf(server, 'hospital', { jwk })
  const { body } = await serviceToken(server, 'hospital', 'system/Patient.c', assertion)
  const send = (oid: string) =>
    server.app.inject({
      method: 'POST',
      url: '/fhir/Patient',
      headers: {
        authorization: `Bearer ${String(body.access_token)}`,
        'content-type': 'application/fhir+json',
      },
      payload: JSON.stringify({
        resourceType: 'Patient',
        identifier: [{ system: `urn:oid:1.2.250.1.213.1.4.${oid}`, value: '254051399900486' }],
      }),
    })
  for (const oid of ['10', '11']) {
    const answer = await send(oid)
    t.equal(answer.statusCode, 422, oid)
    t.match(answer.body, 'ins-test-oid')
  }
  t.equal((await send('8')).statusCode, 201)
})

t.test('has no sandbox, and promises no login while nobody can log in', async (t) => {
  const { server } = await production(t)
  for (const url of ['/sandbox/callers.json', '/sandbox/keys.json', '/sandbox/launch']) {
    t.equal((await server.app.inject({ url })).statusCode, 404, url)
  }
  const discovery = await server.app.inject({ url: '/fhir/.well-known/smart-configuration' })
  const found = discovery.json<{ capabilities: string[]; grant_types_supported: string[] }>()
  t.same(found.grant_types_supported, ['client_credentials'])
  t.notOk(found.capabilities.some((one) => /launch|openid|patient/.test(one)))
  t.notMatch(discovery.body, 'authorization_endpoint')
  const request = {
    client: { id: 'portal', redirect: portal.redirect },
    scope: 'openid patient/*.rs',
  }
  const { page } = await startLogin(server, request)
  t.equal(page.location!.searchParams.get('error'), 'access_denied')
})

t.test('refuses a catalogue with a fault, naming it', async (t) => {
  await t.rejects(
    production(t, (client) => delete client.jwks),
    { message: /hospital acts for itself/ },
  )
  await t.rejects(
    production(t, (client) => (client.id = 'sandbox-x')),
    { message: /belongs to the sandbox/ },
  )
  await t.rejects(
    production(t, (client) => (client.scope = 'system/*.sr')),
    { error: 'invalid_scope' } as never,
  )
})

t.test('lets a browser ask for tokens from an application’s own origin only', async (t) => {
  const server = await sandboxServer(t)
  const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: publicApp.id }
  const own = await post(server, '/auth/token', form, { origin: 'http://localhost:3003' })
  t.match(own, { status: 400, body: { error: 'invalid_grant' } })
  t.equal(own.headers['access-control-allow-origin'], 'http://localhost:3003')
  const other = await post(server, '/auth/token', form, { origin: 'https://evil.example.org' })
  t.match(other, { status: 400, body: { error: 'invalid_request' } })
  t.equal(other.headers['access-control-allow-origin'], undefined)
})

t.test('lets pages of registered applications call, and all pages find it', async (t) => {
  const server = await sandboxServer(t)
  const allowed = async (url: string, origin: string, method: 'GET' | 'OPTIONS' = 'GET') => {
    const asked = method === 'OPTIONS' ? { 'access-control-request-method': 'GET' } : {}
    const answer = await server.app.inject({ method, url, headers: { origin, ...asked } })
    return answer.headers['access-control-allow-origin']
  }
  const own = 'http://localhost:3003'
  const evil = 'https://evil.example.org'
  for (const method of ['GET', 'OPTIONS'] as const) {
    t.equal(await allowed('/fhir/Patient/x', own, method), own)
    t.equal(await allowed('/fhir/Patient/x', evil, method), undefined)
    t.equal(await allowed('/fhir/Patient/x', 'null', method), undefined)
  }
  for (const url of ['/fhir/metadata', '/fhir/.well-known/smart-configuration'])
    t.equal(await allowed(url, evil), '*', url)
  const wide = await sandboxServer(t, { env: { CORS_ORIGINS: '*' } })
  const { headers } = await wide.app.inject({ url: '/fhir/Patient/x', headers: { origin: evil } })
  t.equal(headers['access-control-allow-origin'], '*', 'where the operator says so')
})

t.test(
  'asks for consent even of a silent request, and tells the application that it must',
  async (t) => {
    const server = await sandboxServer(t)
    const request = { client: publicApp, scope: 'openid launch/patient', query: { prompt: 'none' } }
    const { page } = await startLogin(server, request)
    t.equal(page.location!.searchParams.get('error'), 'login_required')
  },
)

t.test('makes no URL from a request’s own Host', async (t) => {
  const server = await sandboxServer(t)
  const headers = { host: 'evil.example.org', 'x-forwarded-host': 'evil.example.org' }
  for (const url of [
    '/fhir/.well-known/openid-configuration',
    '/fhir/.well-known/smart-configuration',
  ]) {
    t.notMatch((await server.app.inject({ url, headers })).body, 'evil')
  }
})
