/** A citizen's consent to a third-party application: recorded, limited, withdrawn. Decision 25. */
import t from 'tap'
import { readAccessRecord } from '../../src/access/access-records.ts'
import { createScopePolicy } from '../../src/auth/granted-scopes.ts'
import {
  agree,
  bearer,
  citizenId,
  login,
  post,
  publicApp,
  redeem,
  sandboxServer,
  startLogin,
} from './sandbox.ts'

const request = {
  client: publicApp,
  scope: 'openid launch/patient patient/Patient.rs patient/Observation.rs',
}
const ownRecord = `/Patient/${citizenId}`

type Server = Awaited<ReturnType<typeof sandboxServer>>

function asCitizen(server: Server, operation: string, parameter: object[]) {
  const { token } = server.authorization!.sandbox!.callers[0]!
  return server.app.inject({
    method: 'POST',
    url: `/fhir${ownRecord}/${operation}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    payload: JSON.stringify({ resourceType: 'Parameters', parameter }),
  })
}

t.test('agreeing records purpose, types and duration on the access record', async (t) => {
  const server = await sandboxServer(t)
  t.equal(await server.hasAccessRecord(citizenId), false)
  await login(server, request, { account: citizenId, days: '1', scope: ['patient/Patient.rs'] })
  t.equal(await server.hasAccessRecord(citizenId), true)
  const { record } = await readAccessRecord(server.store, citizenId)
  const app = record.apps[0]!
  t.match(app, { client: publicApp.id, types: ['Patient'], purpose: /tension/ })
  // The end of a FHIR period is part of it, to the millisecond.
  t.equal(app.period.end! - app.period.start, 86_400_001)
})

t.test('withdrawing it ends the access on the next request', async (t) => {
  const server = await sandboxServer(t)
  const { access_token: token } = await login(server, request, { account: citizenId })
  t.equal((await bearer(server, token, ownRecord)).status, 200)
  const client = { name: 'client', valueString: publicApp.id }
  t.equal((await asCitizen(server, '$revoke-app', [client])).statusCode, 200)
  t.ok((await bearer(server, token, ownRecord)).status >= 400)
})

t.test('what was withdrawn gives no token: neither to a refresh nor to a code', async (t) => {
  const server = await sandboxServer(t)
  const offline = { ...request, scope: `${request.scope} offline_access` }
  const { refresh_token: refreshToken } = await login(server, offline, { account: citizenId })
  const started = await startLogin(server, offline)
  const end = await agree(started, { account: citizenId })
  await asCitizen(server, '$revoke-app', [{ name: 'client', valueString: publicApp.id }])
  const refused = { status: 400, body: { error: 'invalid_grant' } }
  const renewed = await post(server, '/auth/token', {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: publicApp.id,
  })
  t.match(renewed, refused)
  t.match(await redeem(server, started, end.location!.searchParams.get('code')!), refused)
})

t.test('introspection says what the consent makes of a token', async (t) => {
  const server = await sandboxServer(t)
  const { access_token: token } = await login(server, request, { account: citizenId })
  const portalToken = server.authorization!.sandbox!.callers[0]!.token
  const isActive = async (form: Record<string, string>, headers?: Record<string, string>) => {
    const { body } = await post(server, '/auth/introspect', form, headers)
    return body.active
  }
  const both = async () => [
    await isActive({ token, client_id: publicApp.id }),
    await isActive({ token }, { authorization: `Bearer ${token}` }),
  ]
  t.same(await both(), [true, true])
  const client = { name: 'client', valueString: publicApp.id }
  await asCitizen(server, '$revoke-app', [client])
  t.same(await both(), [false, false])
  const ownToken = { token: portalToken }
  const asPortal = { authorization: `Bearer ${portalToken}` }
  t.equal(await isActive(ownToken, asPortal), true, 'the own portal needs no consent')
  await asCitizen(server, '$grant-app', [
    client,
    { name: 'purpose', valueString: 'suivi' },
    { name: 'type', valueCode: 'Patient' },
  ])
  t.same(await both(), [true, true], 'a new consent brings it back')
})

t.test('takes no consent to what is not in the catalogue (decision 25)', async (t) => {
  const server = await sandboxServer(t)
  const consentTo = (client: string) =>
    asCitizen(server, '$grant-app', [
      { name: 'client', valueString: client },
      { name: 'purpose', valueString: 'suivi' },
      { name: 'type', valueCode: 'Observation' },
    ])
  t.equal((await consentTo(publicApp.id)).statusCode, 200)
  for (const client of ['nobody', 'sandbox-portail'])
    t.equal((await consentTo(client)).statusCode, 400, client)
})

t.test('grants nothing when the consent cannot be recorded', async (t) => {
  const server = await sandboxServer(t)
  // This minor's Patient is not there: the operation answers 404.
  const end = await agree(await startLogin(server, request), { account: 'demo-patient-40' })
  t.equal(end.location!.searchParams.get('error'), 'access_denied')
  t.equal(end.location!.searchParams.get('code'), null)
})

t.test('asks again when nothing is ticked or the duration is none of those offered', async (t) => {
  const server = await sandboxServer(t)
  const started = await startLogin(server, request)
  const consent = await started.browser.submit(started.page, { account: citizenId })
  for (const fields of [
    { scope: [], days: '30' },
    { scope: ['patient/*.cruds'], days: '30' },
    { scope: ['patient/Patient.rs'], days: '36500' },
  ]) {
    const page = await started.browser.submit(consent, { action: 'allow', ...fields })
    t.match(page.text, 'demande votre accord')
  }
  t.equal(await server.hasAccessRecord(citizenId), false)
})

t.test('a third party must name its types', async (t) => {
  const client = {
    ...publicApp,
    name: 'x',
    publisher: 'x',
    party: 'third',
    users: ['citizen'],
    redirectUris: [],
  } as const
  const vocabulary = { isResourceType: () => true, isSearchParameter: () => true }
  t.throws(() => createScopePolicy([{ ...client, scope: 'patient/*.rs' }], vocabulary), {
    message: /not \*/,
  })
  t.throws(() => createScopePolicy([{ ...client, scope: 'patient/Patient.sr' }], vocabulary))
})
