/** Authorization code with PKCE, standalone and from within a record. security.md §6, by number. */
import t from 'tap'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { baseUrl } from '../fixtures.ts'
import {
  agree,
  bearer,
  Browser,
  citizenId,
  login,
  minorId,
  portal,
  practice,
  post,
  publicApp,
  redeem,
  representativeId,
  sandboxServer,
  startLogin,
} from './sandbox.ts'

const scope = 'openid fhirUser launch/patient offline_access patient/Observation.rs'

t.test(
  'gives a public application a token, the patient in context and who logged in',
  async (t) => {
    const server = await sandboxServer(t)
    const answer = await login(server, { client: publicApp, scope }, { account: citizenId })
    t.match(answer, { token_type: 'Bearer', expires_in: 300, scope, patient: citizenId })
    t.equal(answer.need_patient_banner, true)
    t.match(answer.access_token, /^[A-Za-z0-9_-]{43}$/)
    t.type(answer.refresh_token, 'string')
    const idToken = String(answer.id_token)
    t.match(decodeProtectedHeader(idToken), { alg: 'RS256' })
    t.match(decodeJwt(idToken), {
      iss: baseUrl,
      aud: publicApp.id,
      sub: citizenId,
      fhirUser: `${baseUrl}/Patient/${citizenId}`,
    })
    t.equal((await bearer(server, answer.access_token)).status < 500, true)
    t.not((await bearer(server, answer.access_token)).status, 401)
  },
)

t.test('3: discovery is JSON whatever is accepted, lists S256 and not plain', async (t) => {
  const server = await sandboxServer(t)
  const response = await server.app.inject({
    url: '/fhir/.well-known/smart-configuration',
    headers: { accept: 'text/html' },
  })
  t.equal(response.statusCode, 200)
  t.match(response.headers['content-type'], /^application\/json/)
  const body = response.json<Record<string, unknown>>()
  t.same(body.code_challenge_methods_supported, ['S256'])
  for (const [name, value] of Object.entries(body)) {
    if (/_(endpoint|uri)$/.test(name)) t.match(value, /^http:\/\/localhost:8080\/auth\//, name)
  }
  const openid = await server.app.inject({ url: '/fhir/.well-known/openid-configuration' })
  const fields = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const
  const found = openid.json<Record<string, unknown>>()
  for (const field of [...fields, 'introspection_endpoint', 'revocation_endpoint']) {
    t.equal(found[field], body[field], field)
  }
})

t.test('the CapabilityStatement names the same endpoints', async (t) => {
  const server = await sandboxServer(t)
  const { json } = await server.app.inject({ url: '/fhir/metadata' })
  const [rest] = json<{ rest: { security: Record<string, unknown> }[] }>().rest
  const origin = 'http://localhost:8080/auth'
  t.match(rest!.security, {
    service: [{ coding: [{ code: 'SMART-on-FHIR' }] }],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [
          { url: 'authorize', valueUri: `${origin}/authorize` },
          { url: 'token', valueUri: `${origin}/token` },
          { url: 'introspect', valueUri: `${origin}/introspect` },
          { url: 'revoke', valueUri: `${origin}/revoke` },
        ],
      },
    ],
  })
})

t.test('knows its own base by the other names of this machine', async (t) => {
  const server = await sandboxServer(t)
  const statusOf = async (aud: string) => {
    const { page } = await startLogin(server, { client: portal, scope, query: { aud } })
    return page.status === 200 ? 'asked' : page.location!.searchParams.get('error')
  }
  for (const aud of [baseUrl, 'http://127.0.0.1:8080/fhir', 'http://[::1]:8080/fhir/'])
    t.equal(await statusOf(aud), 'asked', aud)
  for (const aud of [
    'http://127.0.0.1:8081/fhir',
    'http://127.0.0.1:8080/other',
    'https://127.0.0.1:8080/fhir',
    'http://127.0.0.1.example.org:8080/fhir',
  ])
    t.equal(await statusOf(aud), 'invalid_target', aud)
})

t.test('4: a foreign aud is an error redirect invalid_target, without a code', async (t) => {
  const server = await sandboxServer(t)
  for (const [aud, error] of [
    ['https://elsewhere.example.org/fhir', 'invalid_target'],
    [`${baseUrl}.evil.test`, 'invalid_target'],
    [undefined, 'invalid_request'],
  ] as const) {
    const { page } = await startLogin(server, { client: publicApp, scope, query: { aud } })
    t.equal(page.location!.origin, 'http://localhost:3003')
    t.equal(page.location!.searchParams.get('error'), error)
    t.equal(page.location!.searchParams.get('code'), null)
  }
  const query = { aud: undefined, resource: 'https://elsewhere.example.org/fhir' }
  const { page } = await startLogin(server, { client: publicApp, scope, query })
  t.equal(page.location!.searchParams.get('error'), 'invalid_target')
})

t.test(
  '5: no code_challenge, or plain, is invalid_request, for confidential apps too',
  async (t) => {
    const server = await sandboxServer(t)
    for (const query of [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge_method: 'plain' },
      { code_challenge_method: undefined },
      { code_challenge: 'too-short' },
    ]) {
      for (const client of [publicApp, practice]) {
        const { page } = await startLogin(server, { client, scope, query })
        t.equal(page.location!.searchParams.get('error'), 'invalid_request', JSON.stringify(query))
        t.equal(page.location!.searchParams.get('code'), null)
      }
    }
  },
)

t.test('refuses another verifier, another redirect and another client for a code', async (t) => {
  const server = await sandboxServer(t)
  const refused = async (more: Record<string, string>) => {
    const started = await startLogin(server, { client: publicApp, scope })
    const end = await agree(started, { account: citizenId })
    return redeem(server, started, end.location!.searchParams.get('code')!, more)
  }
  for (const more of [
    { code_verifier: 'x'.repeat(43) },
    { redirect_uri: 'http://127.0.0.1:3003/callback' },
    { client_id: portal.id },
  ]) {
    const { status, body } = await refused(more)
    t.match({ status, ...body }, { status: 400, error: 'invalid_grant' }, JSON.stringify(more))
  }
})

t.test('6: a code used twice is invalid_grant and kills the tokens of the first use', async (t) => {
  const server = await sandboxServer(t)
  const started = await startLogin(server, { client: publicApp, scope })
  const end = await agree(started, { account: citizenId })
  const code = end.location!.searchParams.get('code')!
  const first = await redeem(server, started, code)
  t.equal(first.status, 200)
  const token = String(first.body.access_token)
  t.not((await bearer(server, token)).status, 401)
  const second = await redeem(server, started, code)
  t.match(second, { status: 400, body: { error: 'invalid_grant' } })
  t.match(await bearer(server, token), { status: 401, challenge: /invalid_token/ })
  const refreshed = await post(server, '/auth/token', {
    grant_type: 'refresh_token',
    refresh_token: String(first.body.refresh_token),
    client_id: publicApp.id,
  })
  t.equal(refreshed.body.error, 'invalid_grant')
})

t.test('of two uses of a code at the same time, at most one succeeds', async (t) => {
  const server = await sandboxServer(t)
  const started = await startLogin(server, { client: publicApp, scope })
  const end = await agree(started, { account: citizenId })
  const code = end.location!.searchParams.get('code')!
  const answers = await Promise.all(Array.from({ length: 5 }, () => redeem(server, started, code)))
  t.ok(answers.filter(({ status }) => status === 200).length <= 1)
  t.ok(answers.every(({ status }) => status < 500))
  // Whatever was given out is dead: somebody else had the code.
  for (const { body } of answers) {
    if (body.access_token) t.equal((await bearer(server, String(body.access_token))).status, 401)
  }
})

t.test(
  'never redirects to an address that is not registered, character by character',
  async (t) => {
    const server = await sandboxServer(t)
    for (const redirect of [
      'http://localhost:3003/callback/',
      'http://localhost:3003/callback?x=1',
      'http://localhost:3004/callback',
      'http://LOCALHOST:3003/callback',
      'http://localhost:3003/callback#x',
      'https://evil.example.org/callback',
      'http://localhost:3003/../callback',
    ]) {
      const client = { id: publicApp.id, redirect }
      const { page } = await startLogin(server, { client, scope })
      t.equal(page.status, 400, redirect)
      t.equal(page.location!.origin, 'http://localhost:8080')
      t.match(page.text, 'Connexion impossible')
      t.match(page.headers['content-security-policy'], "default-src 'none'")
    }
  },
)

t.test(
  '8: a scope that is not understood is invalid_scope; one not allowed is left out',
  async (t) => {
    const server = await sandboxServer(t)
    for (const bad of [
      'patient/DocumentReference.dus',
      'patient/Nothing.rs',
      'patient/Observation.rs?category:not=x',
      'patient/Observation.rs?subject.name=x',
      'patient/Observation.rs?_filter=x',
      'patient/Observation.rs?nothing=x',
      'admin',
    ]) {
      const { page } = await startLogin(server, { client: publicApp, scope: `${scope} ${bad}` })
      t.equal(page.location!.searchParams.get('error'), 'invalid_scope', bad)
    }
    const asked = `${scope} patient/*.cruds user/*.cruds system/*.cruds patient/Condition.rs`
    const answer = await login(server, { client: publicApp, scope: asked }, { account: citizenId })
    const granted = String(answer.scope).split(' ')
    t.notOk(
      granted.some((one) => /[cud]\b|user|system|Condition|\*/.test(one.split('.')[1] ?? '')),
      String(answer.scope),
    )
    t.ok(
      granted.includes('patient/DocumentReference.rs'),
      'the wildcard is narrowed to what is allowed',
    )
  },
)

t.test('keeps granular and v1 scopes as they were asked', async (t) => {
  const server = await sandboxServer(t)
  const asked =
    'launch/patient patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory patient/DocumentReference.read'
  const answer = await login(server, { client: publicApp, scope: asked }, { account: citizenId })
  t.equal(answer.scope, asked)
})

t.test('lets a representative choose whose record, and nobody else another', async (t) => {
  const server = await sandboxServer(t)
  const request = { client: portal, scope: 'openid launch/patient patient/*.rs' }
  const chosen = await login(server, request, { account: representativeId, patient: minorId })
  t.equal(chosen.patient, minorId)
  const own = await login(server, request, { account: representativeId, patient: representativeId })
  t.equal(own.patient, representativeId)
  const minor = await login(server, request, { account: minorId })
  t.equal(minor.patient, minorId)
  // A patient that was not offered brings the question again, whatever the form says.
  const started = await startLogin(server, request)
  let page = await started.browser.submit(started.page, { account: representativeId })
  page = await started.browser.submit(page, { patient: citizenId, action: 'allow' })
  t.match(page.text, 'Quel dossier ouvrir')
})

t.test('opens a record in an application from within it, once', async (t) => {
  const server = await sandboxServer(t)
  const launched = await server.app.inject({
    url: `/sandbox/launch?client_id=${publicApp.id}&patient=${citizenId}`,
  })
  const { launch, url, iss } = launched.json<{ launch: string; url: string; iss: string }>()
  t.equal(iss, baseUrl)
  t.match(url, `http://localhost:3003/launch?iss=${encodeURIComponent(baseUrl)}&launch=${launch}`)
  const request = {
    client: publicApp,
    scope: 'launch openid patient/Observation.rs',
    query: { launch },
  }
  const answer = await login(server, request, { account: citizenId })
  t.equal(answer.patient, citizenId)
  const again = await startLogin(server, request)
  t.equal(again.page.location!.searchParams.get('error'), 'invalid_request')
  for (const query of [{}, { launch: 'made-up' }]) {
    const { page } = await startLogin(server, { ...request, query })
    t.equal(page.location!.searchParams.get('error'), 'invalid_request')
  }
})

t.test('does not let a citizen open a stranger by a launch', async (t) => {
  const server = await sandboxServer(t)
  const launch = await server.authorization!.sandbox!.createLaunch({
    client: publicApp.id,
    patient: 'demo-patient-01',
  })
  const request = { client: publicApp, scope: 'launch patient/*.rs', query: { launch } }
  const end = await agree(await startLogin(server, request), { account: citizenId })
  t.equal(end.location!.searchParams.get('error'), 'access_denied')
})

t.test('opens a record in the software of a practice for its professional', async (t) => {
  const server = await sandboxServer(t)
  const launch = await server.authorization!.sandbox!.createLaunch({
    client: practice.id,
    patient: citizenId,
    user: 'demo-practitioner-01',
  })
  const request = { client: practice, scope: 'launch openid fhirUser user/*.rs', query: { launch } }
  const answer = await login(server, request, { account: 'demo-practitioner-01' })
  t.equal(answer.patient, citizenId)
  t.equal(
    decodeJwt(String(answer.id_token)).fhirUser,
    `${baseUrl}/Practitioner/demo-practitioner-01`,
  )
})

t.test('takes an authorization request by POST as well', async (t) => {
  const server = await sandboxServer(t)
  const response = await server.app.inject({
    method: 'POST',
    url: '/auth/authorize',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'client_id=x&response_type=code',
  })
  t.equal(response.statusCode, 303)
  t.equal(response.headers.location, '/auth/authorize?client_id=x&response_type=code')
})

t.test(
  'gives nothing after a refusal, and only what stayed ticked after an agreement',
  async (t) => {
    const server = await sandboxServer(t)
    const request = {
      client: publicApp,
      scope: 'openid launch/patient patient/Observation.rs patient/DocumentReference.rs',
    }
    const started = await startLogin(server, request)
    const consent = await started.browser.submit(started.page, { account: citizenId })
    t.match(consent.text, 'Carnet de tension')
    t.match(consent.text, 'Lire et rechercher les mesures et résultats, dans le dossier choisi')
    const refused = await started.browser.submit(consent, { action: 'refuse' })
    t.equal(refused.location!.searchParams.get('error'), 'access_denied')
    t.equal(refused.location!.searchParams.get('code'), null)
    const answer = await login(server, request, {
      account: citizenId,
      scope: ['patient/Observation.rs'],
    })
    t.equal(answer.scope, 'openid launch/patient patient/Observation.rs')
  },
)

t.test('refuses a form from another site and another browser', async (t) => {
  const server = await sandboxServer(t)
  const started = await startLogin(server, { client: publicApp, scope })
  const forged = await started.browser.submit({ ...started.page, text: '' }, { account: citizenId })
  t.equal(forged.status, 403)
  const wrong = {
    ...started.page,
    text: started.page.text.replace(/name="csrf" value="./, 'name="csrf" value="!'),
  }
  t.equal((await started.browser.submit(wrong, { account: citizenId })).status, 403)
  const other = await new Browser(server).submit(started.page, { account: citizenId })
  t.equal(other.status, 400)
  t.match(other.text, 'a commencé dans un autre navigateur')
})

t.test('offers an application only the people that it is for', async (t) => {
  const server = await sandboxServer(t)
  const started = await startLogin(server, { client: publicApp, scope })
  t.notMatch(started.page.text, 'demo-practitioner')
  const page = await started.browser.submit(started.page, { account: 'demo-practitioner-01' })
  t.match(page.text, 'Se connecter', 'asks again')
})

t.test('lets somebody else log in after "this is not me"', async (t) => {
  const server = await sandboxServer(t)
  const request = { client: portal, scope: 'openid launch/patient patient/*.rs' }
  const first = await startLogin(server, request)
  await agree(first, { account: citizenId })
  const second = await startLogin(server, request, first.browser)
  t.match(second.page.text, 'Vous êtes connecté', 'the session is remembered')
  const asked = await second.browser.submit(second.page, { action: 'switch' })
  t.match(asked.text, 'Se connecter')
  const end = await agree({ ...second, page: asked }, { account: minorId })
  const code = end.location!.searchParams.get('code')!
  const { browser: _browser, ...started } = second
  t.equal((await redeem(server, started, code)).body.patient, minorId)
})
