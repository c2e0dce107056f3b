/** What a token opens, what it says, and when it stops. security.md §6, 1, 2 and 12. */
import t from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import { createMemoryAuthStore } from '../../src/auth/memory-auth-store.ts'
import { keyOf, type AuthRecord } from '../../src/auth/store-port.ts'
import { createScopePolicy } from '../../src/auth/granted-scopes.ts'
import { createTokenReader } from '../../src/auth/token-reader.ts'
import { createSandboxDirectory } from '../../src/auth/sandbox.ts'
import { createAuthenticate } from '../../src/auth/authenticate.ts'
import { baseUrl } from '../fixtures.ts'
import {
  assertionOf,
  bearer,
  citizenId,
  hospital,
  login,
  minorId,
  portal,
  post,
  publicApp,
  representativeId,
  sandboxServer,
  serviceToken,
} from './sandbox.ts'

const request = {
  client: publicApp,
  scope: 'openid fhirUser launch/patient offline_access patient/Observation.rs',
}

t.test(
  '1: without a token, all but metadata and discovery is 401 with WWW-Authenticate',
  async (t) => {
    const server = await sandboxServer(t)
    for (const url of [
      '/Patient',
      '/Patient/1',
      '/Patient/1/_history/1',
      '/_history',
      '/Binary/1',
      '/Patient?access_token=x',
    ]) {
      const response = await server.app.inject({ url: `/fhir${url}` })
      t.equal(response.statusCode, 401, url)
      t.match(response.headers['www-authenticate'], /^Bearer/, url)
    }
    for (const url of ['/metadata', '/.well-known/smart-configuration']) {
      t.equal((await server.app.inject({ url: `/fhir${url}` })).statusCode, 200, url)
    }
  },
)

t.test('says in the CapabilityStatement how to be authorized', async (t) => {
  const server = await sandboxServer(t)
  const get = async (url: string) => (await server.app.inject({ url: `/fhir${url}` })).json()
  const { security } = (await get('/metadata')).rest[0]
  const discovery = await get('/.well-known/smart-configuration')
  t.match(security, { cors: true, service: [{ coding: [{ code: 'SMART-on-FHIR' }] }] })
  t.same(security.extension[0].extension, [
    { url: 'authorize', valueUri: discovery.authorization_endpoint },
    { url: 'token', valueUri: discovery.token_endpoint },
    { url: 'introspect', valueUri: discovery.introspection_endpoint },
    { url: 'revoke', valueUri: discovery.revocation_endpoint },
  ])
})

t.test('2: thirty bad tokens are 401 invalid_token', async (t) => {
  const server = await sandboxServer(t)
  const {
    access_token: good,
    refresh_token: refresh,
    id_token: idToken,
  } = await login(server, request, { account: citizenId })
  t.not((await bearer(server, good)).status, 401)
  const flipped = (good.startsWith('A') ? 'B' : 'A') + good.slice(1)
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${String(idToken).split('.')[1]}.`
  const bad = [
    `Bearer ${flipped}`,
    `Bearer ${good}x`,
    `Bearer ${good.slice(0, -1)}`,
    `Bearer ${good.toUpperCase()}`,
    `Bearer ${refresh}`,
    `Bearer ${String(idToken)}`,
    `Bearer ${unsigned}`,
    `Bearer ${keyOf(good)}`,
    `Bearer ${await assertionOf(server, hospital.id)}`,
    `Bearer ${Buffer.from(good).toString('base64')}`,
    'Bearer',
    'Bearer ',
    `Bearer  `,
    `Bearer ${good} ${good}`,
    `Bearer ${good},${good}`,
    `Bearer "${good}"`,
    `Bearer ${good}\t`.replace('\t', '%09'),
    `Basic ${Buffer.from(`x:${good}`).toString('base64')}`,
    `DPoP ${good}`,
    `Token ${good}`,
    good,
    `bearer:${good}`,
    `Bearer=${good}`,
    `Bearer ${'x'.repeat(5000)}`,
    'Bearer null',
    'Bearer undefined',
    "Bearer ' OR 1=1 --",
    'Bearer {"$gt":""}',
    'Bearer ../../etc/passwd',
    `Bearer ${'0'.repeat(43)}`,
    'Bearer __proto__',
    'Bearer é',
    `Negotiate ${good}`,
  ]
  t.ok(bad.length >= 30)
  for (const authorization of bad) {
    const response = await server.app.inject({ url: '/fhir/Patient', headers: { authorization } })
    t.equal(response.statusCode, 401, authorization)
    t.match(response.headers['www-authenticate'], 'Bearer error="invalid_token"', authorization)
    t.notMatch(response.body, good)
  }
})

t.test(
  '2: an expired token, one for another audience and one of a gone grant are 401',
  async (t) => {
    const clock = { now: 1_800_000_000_000 }
    const store = createMemoryAuthStore(() => clock.now)
    const client = {
      ...portal,
      name: 'x',
      publisher: 'x',
      party: 'first',
      users: ['citizen'],
      redirectUris: [],
      scope: 'patient/*.rs',
    } as const
    const account = {
      id: 'a',
      kind: 'citizen',
      name: 'A',
      patient: '1',
      fhirUser: 'Patient/1',
    } as const
    const directory = createSandboxDirectory({ accounts: [account], patients: {} }, [client])
    const scopes = createScopePolicy([client], {
      isResourceType: () => true,
      isSearchParameter: () => true,
    })
    const reader = createTokenReader({
      store,
      directory,
      scopes,
      audience: baseUrl,
      now: () => clock.now,
    })
    const authenticate = createAuthenticate(reader)
    const read = async (token: string) => authenticate({ authorization: `Bearer ${token}` })
    const seconds = clock.now / 1000
    const save = (token: string, over: Partial<AuthRecord> = {}, payload = {}) =>
      store.save({
        kind: 'AccessToken',
        key: keyOf(token),
        expiresAt: seconds + 300,
        grantId: 'g',
        payload: {
          accountId: 'a',
          clientId: client.id,
          aud: baseUrl,
          scope: 'patient/*.rs',
          ...payload,
        },
        ...over,
      })
    const token = (letter: string) => letter.repeat(43)
    await store.save({ kind: 'Grant', key: keyOf('g'), payload: {}, expiresAt: seconds + 1000 })
    await save(token('a'))
    t.match(await read(token('a')), {
      kind: 'citizen',
      person: '1',
      user: 'Patient/1',
      client: client.id,
    })
    t.notOk(
      authenticate({ authorization: `Bearer ${token('a')}` }) instanceof Promise,
      'known at once',
    )
    await save(token('b'), { expiresAt: seconds })
    await save(token('c'), {}, { aud: 'https://elsewhere.example.org/fhir' })
    await save(token('d'), { grantId: 'another' })
    await save(token('e'), {}, { accountId: 'nobody' })
    await save(token('f'), {}, { clientId: 'nobody' })
    for (const letter of 'bcdef')
      await t.rejects(read(token(letter)), { name: 'NotAuthenticated' }, letter)
    clock.now += 301_000
    await t.rejects(read(token('a')), { name: 'NotAuthenticated' }, 'a known token too')
  },
)

t.test('12: a revoked token is 401 on the next request, and inactive', async (t) => {
  const server = await sandboxServer(t)
  const tokens = await login(server, request, { account: citizenId })
  t.not((await bearer(server, tokens.access_token)).status, 401)
  const before = await post(server, '/auth/introspect', {
    token: tokens.access_token,
    client_id: publicApp.id,
  })
  t.match(before.body, {
    active: true,
    client_id: publicApp.id,
    patient: citizenId,
    sub: citizenId,
    iss: baseUrl,
    aud: baseUrl,
    scope: request.scope,
    fhirUser: `${baseUrl}/Patient/${citizenId}`,
  })
  t.type(before.body.exp, 'number')
  t.notOk('plain_scope' in before.body)
  const revoked = await post(server, '/auth/revoke', {
    token: tokens.access_token,
    client_id: publicApp.id,
  })
  t.equal(revoked.status, 200)
  t.match(await bearer(server, tokens.access_token), { status: 401, challenge: /invalid_token/ })
  const after = await post(server, '/auth/introspect', {
    token: tokens.access_token,
    client_id: publicApp.id,
  })
  t.same(after.body, { active: false })
})

t.test('revoking the refresh token ends the access token too', async (t) => {
  const server = await sandboxServer(t)
  const { access_token: token, refresh_token: refreshToken } = await login(server, request, {
    account: citizenId,
  })
  t.not((await bearer(server, token)).status, 401)
  await post(server, '/auth/revoke', { token: refreshToken, client_id: publicApp.id })
  t.equal((await bearer(server, token)).status, 401)
  const renewed = await renew(server, refreshToken)
  t.match(renewed, { status: 400, body: { error: 'invalid_grant' } })
})

t.test('nobody revokes or asks about the token of another', async (t) => {
  const server = await sandboxServer(t)
  const tokens = await login(server, request, { account: citizenId })
  await post(server, '/auth/revoke', { token: tokens.access_token, client_id: portal.id })
  t.not((await bearer(server, tokens.access_token)).status, 401)
  const asked = await post(server, '/auth/introspect', {
    token: tokens.access_token,
    client_id: portal.id,
  })
  t.same(asked.body, { active: false })
  const anonymous = await post(server, '/auth/introspect', { token: tokens.access_token })
  t.ok(anonymous.status >= 400)
})

t.test('takes an access token as the credentials of introspection', async (t) => {
  const server = await sandboxServer(t)
  const tokens = await login(server, request, { account: citizenId })
  const { body: service } = await serviceToken(server, hospital.id, 'system/*.rs')
  const ask = (asker: string, token: string) =>
    post(server, '/auth/introspect', { token }, { authorization: `Bearer ${asker}` })
  t.match((await ask(tokens.access_token, tokens.access_token)).body, {
    active: true,
    patient: citizenId,
    scope: request.scope,
  })
  t.same((await ask(String(service.access_token), tokens.access_token)).body, { active: false })
  t.same((await ask(tokens.access_token, 'unknown')).body, { active: false })
  t.match(await ask('x'.repeat(43), tokens.access_token), {
    status: 401,
    body: { error: 'invalid_token' },
  })
})

function renew(server: Awaited<ReturnType<typeof sandboxServer>>, token: string, more = {}) {
  const form = { grant_type: 'refresh_token', refresh_token: token, client_id: publicApp.id }
  return post(server, '/auth/token', { ...form, ...more })
}

t.test(
  'renews with a new refresh token each time; the old one used again ends the family',
  async (t) => {
    const server = await sandboxServer(t)
    const first = await login(server, request, { account: citizenId })
    const second = await renew(server, first.refresh_token)
    t.match(second, {
      status: 200,
      body: { patient: citizenId, scope: request.scope, expires_in: 300 },
    })
    t.not(second.body.refresh_token, first.refresh_token)
    const token = String(second.body.access_token)
    t.not((await bearer(server, token)).status, 401)
    t.match(await renew(server, first.refresh_token), {
      status: 400,
      body: { error: 'invalid_grant' },
    })
    t.equal((await bearer(server, token)).status, 401)
    const last = await renew(server, String(second.body.refresh_token))
    t.match(last, { status: 400, body: { error: 'invalid_grant' } })
  },
)

t.test('a refresh may ask for less, never for more', async (t) => {
  const server = await sandboxServer(t)
  const first = await login(server, request, { account: citizenId })
  const wider = await renew(server, first.refresh_token, { scope: 'patient/Observation.cruds' })
  t.match(wider, { status: 400, body: { error: 'invalid_scope' } })
  const other = await renew(server, first.refresh_token, { scope: 'patient/DocumentReference.rs' })
  t.match(other, { status: 400, body: { error: 'invalid_scope' } })
  const less = await renew(server, first.refresh_token, { scope: 'patient/Observation.rs' })
  t.match(less, { status: 200, body: { scope: 'patient/Observation.rs', patient: citizenId } })
})

t.test('a refresh token is not for another client', async (t) => {
  const server = await sandboxServer(t)
  const first = await login(server, request, { account: citizenId })
  const stolen = await renew(server, first.refresh_token, { client_id: portal.id })
  t.match(stolen, { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a token stands for who logged in, with what, for whom', async (t) => {
  const server = await sandboxServer(t)
  const callerOf = async (token: string): Promise<Caller> =>
    server.authorization!.authenticate({ authorization: `Bearer ${token}` })
  const app = await login(server, request, { account: citizenId })
  t.match(await callerOf(app.access_token), {
    kind: 'app',
    client: publicApp.id,
    person: citizenId,
    patient: citizenId,
    user: `Patient/${citizenId}`,
    scopes: [{ context: 'patient', type: 'Observation', read: true, search: true, create: false }],
    tokenHash: keyOf(app.access_token),
  })
  const portalRequest = { client: portal, scope: 'launch/patient patient/*.rs' }
  const forMinor = await login(server, portalRequest, {
    account: representativeId,
    patient: minorId,
  })
  t.match(await callerOf(forMinor.access_token), {
    kind: 'citizen',
    person: representativeId,
    patient: minorId,
  })
  const { body } = await serviceToken(server, hospital.id, 'system/*.cruds')
  t.match(await callerOf(String(body.access_token)), {
    kind: 'establishment',
    organization: 'https://finess.esante.gouv.fr|999990013',
    user: `Device/${hospital.id}`,
  })
})

t.test('a known token costs a few microseconds', async (t) => {
  const server = await sandboxServer(t)
  const { access_token: token } = await login(server, request, { account: citizenId })
  const { authenticate } = server.authorization!
  const headers = { authorization: `Bearer ${token}` }
  await authenticate(headers)
  const rounds = 20_000
  const times = Array.from({ length: 5 }, () => {
    const start = process.hrtime.bigint()
    for (let round = 0; round < rounds; round += 1) void authenticate(headers)
    return Number(process.hrtime.bigint() - start) / rounds / 1000
  })
  const best = Math.min(...times)
  t.comment(`${best.toFixed(2)} µs`)
  t.ok(best < 10, 'far below a request')
})
