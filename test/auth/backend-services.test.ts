/** Software that acts for itself: client credentials with private_key_jwt. SMART 2.2, backend services. */
import t from 'tap'
import { exportJWK, generateKeyPair } from 'jose'
import { randomBytes } from 'node:crypto'
import { baseUrl } from '../fixtures.ts'
import {
  assertionOf,
  bearer,
  confidentialApp,
  agree,
  citizenId,
  hospital,
  keyOfClient,
  portal,
  post,
  redeem,
  sandboxServer,
  serviceToken,
  startLogin,
  tokenUrl,
} from './sandbox.ts'

const laboratory = 'sandbox-logiciel-laboratoire'

t.test(
  'gives RS384 and ES384 software a token of five minutes and nothing to renew it',
  async (t) => {
    const server = await sandboxServer(t)
    for (const client of [hospital.id, laboratory]) {
      const { status, body, headers } = await serviceToken(
        server,
        client,
        'system/DocumentReference.crs',
      )
      t.match({ status, ...body }, { status: 200, token_type: 'Bearer', expires_in: 300 })
      t.equal(body.scope, 'system/DocumentReference.crs')
      t.same([body.refresh_token, body.id_token], [undefined, undefined])
      t.match(headers['cache-control'], 'no-store')
      t.not((await bearer(server, String(body.access_token))).status, 401)
    }
  },
)

t.test(
  'grants a service nothing in the name of a person, and nothing without asking',
  async (t) => {
    const server = await sandboxServer(t)
    for (const scope of [
      'user/*.rs',
      'patient/Observation.rs',
      'openid',
      'system/Observation.dus',
      '',
    ]) {
      const { status, body } = await serviceToken(server, hospital.id, scope)
      t.match({ status, error: body.error }, { status: 400, error: 'invalid_scope' }, scope)
    }
    const { body } = await serviceToken(server, hospital.id, 'system/*.rs user/*.cruds')
    t.equal(body.scope, 'system/*.rs')
  },
)

t.test('7: a replayed jti or exp beyond five minutes is 401 invalid_client', async (t) => {
  const server = await sandboxServer(t)
  const assertion = await assertionOf(server, hospital.id)
  t.equal((await serviceToken(server, hospital.id, 'system/*.rs', assertion)).status, 200)
  const replayed = await serviceToken(server, hospital.id, 'system/*.rs', assertion)
  t.match(replayed, { status: 401, body: { error: 'invalid_client' } })
  const late = await assertionOf(server, hospital.id, {
    claims: { exp: Math.floor(Date.now() / 1000) + 400 },
  })
  const answer = await serviceToken(server, hospital.id, 'system/*.rs', late)
  t.match(answer, { status: 401, body: { error: 'invalid_client' } })
})

t.test('of one assertion sent many times at once, one is taken', async (t) => {
  const server = await sandboxServer(t)
  const assertion = await assertionOf(server, hospital.id)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => serviceToken(server, hospital.id, 'system/*.rs', assertion)),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.ok(answers.every(({ status }) => status === 200 || status === 401))
})

t.test('refuses every wrong assertion with 401 invalid_client', async (t) => {
  const server = await sandboxServer(t)
  const seconds = Math.floor(Date.now() / 1000)
  const { privateKey } = await generateKeyPair('RS384', { extractable: true })
  const stranger = {
    ...(await exportJWK(privateKey)),
    alg: 'RS384',
    kid: keyOfClient(server, hospital.id).kid!,
  }
  const own = keyOfClient(server, hospital.id)
  const wrong: Record<string, Parameters<typeof assertionOf>[2]> = {
    expired: { claims: { exp: seconds - 60 } },
    'without exp': { claims: { exp: undefined } },
    'without jti': { claims: { jti: undefined } },
    'with a jti that is no text': { claims: { jti: 5 } },
    'with an endless jti': { claims: { jti: 'x'.repeat(300) } },
    'for somebody else': { claims: { aud: 'https://elsewhere.example.org/token' } },
    'for others too': { claims: { aud: [tokenUrl, 'https://elsewhere.example.org/token'] } },
    'without aud': { claims: { aud: undefined } },
    'of another issuer': { claims: { iss: laboratory } },
    'not yet valid': { claims: { nbf: seconds + 120 } },
    'signed by a stranger with our kid': { jwk: stranger },
    'signed by another client': { jwk: keyOfClient(server, laboratory) },
    'with jku': { header: { jku: 'https://evil.example.org/jwks' } },
    'with its own key': { header: { jwk: { kty: 'oct', k: 'AA' } } },
    'with x5u': { header: { x5u: 'https://evil.example.org/cert' } },
    'with another kid': { header: { kid: 'sandbox-other' } },
    RS256: { jwk: { ...own, alg: 'RS256' } },
    PS384: { jwk: { ...own, alg: 'PS384' } },
    'HS384 with the public key': {
      header: { alg: 'HS384' },
      key: new TextEncoder().encode(own.n!),
    },
  }
  for (const [name, options] of Object.entries(wrong)) {
    const assertion = await assertionOf(server, hospital.id, options)
    const { status, body } = await serviceToken(server, hospital.id, 'system/*.rs', assertion)
    t.match({ status, error: body.error }, { status: 401, error: 'invalid_client' }, name)
  }
  const unsigned = (await assertionOf(server, hospital.id)).split('.')
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  const answer = await serviceToken(server, hospital.id, 'system/*.rs', `${none}.${unsigned[1]}.`)
  t.match(answer, { status: 401, body: { error: 'invalid_client' } }, 'alg none')
  for (const text of ['garbage', 'a.b.c', `${unsigned[0]}.${'x'.repeat(40)}.${unsigned[2]}`]) {
    const unreadable = await serviceToken(server, hospital.id, 'system/*.rs', text)
    t.match(unreadable, { status: 401, body: { error: 'invalid_client' } }, text.slice(0, 10))
  }
})

t.test(
  'refuses a confidential client that shows no assertion, and assertions of public ones',
  async (t) => {
    const server = await sandboxServer(t)
    const form = { grant_type: 'client_credentials', scope: 'system/*.rs' }
    const plain = await post(server, '/auth/token', { ...form, client_id: hospital.id })
    t.match(plain, { status: 401, body: { error: 'invalid_client' } })
    const basic = `Basic ${Buffer.from(`${hospital.id}:secret`).toString('base64')}`
    t.equal((await post(server, '/auth/token', form, { authorization: basic })).status, 401)
    const jwk = keyOfClient(server, hospital.id)
    const assertion = await assertionOf(server, portal.id, { jwk })
    t.equal((await serviceToken(server, portal.id, 'system/*.rs', assertion)).status, 401)
    t.equal((await post(server, '/auth/token', { ...form, client_id: portal.id })).status, 400)
  },
)

t.test('a confidential application needs its assertion and PKCE both', async (t) => {
  const server = await sandboxServer(t)
  const request = { client: confidentialApp, scope: 'openid launch/patient patient/Observation.rs' }
  const started = await startLogin(server, request)
  const end = await agree(started, { account: citizenId })
  const code = end.location!.searchParams.get('code')!
  t.equal((await redeem(server, started, code)).status, 401)
  const answer = await redeem(server, started, code, {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertionOf(server, confidentialApp.id),
  })
  t.match(answer, { status: 200, body: { patient: citizenId } })
})

t.test('openid-client, which we did not write, gets a backend token and uses it', async (t) => {
  const client = await import('openid-client')
  const server = await sandboxServer(t)
  const { importJWK } = await import('jose')
  const jwk = keyOfClient(server, laboratory)
  const key = (await importJWK(jwk)) as never
  const options = {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: fetchFrom(server),
  }
  const authentication = client.PrivateKeyJwt(
    { key, kid: jwk.kid! },
    {
      [client.modifyAssertion]: (_header, payload) => {
        payload.exp = Math.floor(Date.now() / 1000) + 240
        payload.jti = randomBytes(16).toString('hex')
      },
    },
  )
  const config = await client.discovery(new URL(baseUrl), laboratory, {}, authentication, options)
  t.equal(config.serverMetadata().token_endpoint, tokenUrl)
  const tokens = await client.clientCredentialsGrant(config, {
    scope: 'system/DocumentReference.crs',
  })
  t.match(tokens, { expires_in: 300, scope: 'system/DocumentReference.crs' })
  const found = await client.tokenIntrospection(config, tokens.access_token)
  t.match(found, { active: true, client_id: laboratory, scope: 'system/DocumentReference.crs' })
  await client.tokenRevocation(config, tokens.access_token)
  t.match(await client.tokenIntrospection(config, tokens.access_token), { active: false })
  t.equal((await bearer(server, tokens.access_token)).status, 401)
})

type Server = Awaited<ReturnType<typeof sandboxServer>>

/** Requests reach the server without a socket. */
function fetchFrom(server: Server) {
  return async (url: string, init: { method: string; headers: object; body?: unknown }) => {
    const target = new URL(url)
    const { body } = init
    const response = await server.app.inject({
      method: init.method as 'GET',
      url: target.pathname + target.search,
      headers: {
        ...(body ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...(init.headers as Record<string, string>),
      },
      ...(body ? { payload: String(body as string) } : {}),
    })
    const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
    return new Response(response.body, {
      status: response.statusCode,
      headers: headers as [string, string][],
    })
  }
}
