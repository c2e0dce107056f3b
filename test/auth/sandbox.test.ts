/** The sandbox's callers, on this machine only, the same for as long as the data folder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { demoOptions, demoPeople } from '../../src/demo/demo-data.ts'
import { sandboxCallers } from '../../src/demo/sandbox-callers.ts'
import { buildServer } from '../../src/server.ts'
import { openServer } from '../fixtures.ts'
import {
  bearer,
  citizenId,
  login,
  minorId,
  publicApp,
  representativeId,
  sandboxServer,
  storePatient,
} from './sandbox.ts'

interface Listed {
  name: string
  kind: string
  client_id: string
  token: string
  patient?: string
}

t.test('lists every kind of caller with a token that is taken', async (t) => {
  const server = await sandboxServer(t)
  const response = await server.app.inject({ url: '/sandbox/callers.json' })
  const callers = response.json<Listed[]>()
  const kinds = (kind: string) => callers.filter((one) => one.kind === kind).length
  t.same(
    ['citizen', 'representative', 'professional', 'establishment', 'app', 'operator'].map(kinds),
    [2, 1, 5, 2, 2, 1],
  )
  t.equal(new Set(callers.map(({ token }) => token)).size, callers.length)
  for (const { name, kind, token, patient } of callers) {
    const caller = await server.authorization!.authenticate({ authorization: `Bearer ${token}` })
    t.equal(caller.kind, kind === 'representative' ? 'citizen' : kind, name)
    t.equal(caller.patient, patient, name)
    t.ok(caller.scopes!.length > 0, name)
    t.not((await bearer(server, token)).status, 401, name)
  }
  t.equal(response.headers['access-control-allow-origin'], undefined)
  t.match(response.headers['cache-control'], 'no-store')
})

t.test('shows them to nobody but this machine', async (t) => {
  const server = await sandboxServer(t)
  const refused: { remoteAddress?: string; headers?: Record<string, string> }[] = [
    { remoteAddress: '192.0.2.7' },
    { headers: { host: 'evil.example.org' } },
    { headers: { 'x-forwarded-for': '192.0.2.7' } },
    { headers: { origin: 'https://evil.example.org' } },
    { headers: { 'sec-fetch-site': 'cross-site' } },
  ]
  for (const options of refused) {
    for (const url of [
      '/sandbox/callers.json',
      '/sandbox/keys.json',
      '/sandbox/launch?client_id=x&patient=y',
    ]) {
      const response = await server.app.inject({ ...options, url })
      t.equal(response.statusCode, 404, JSON.stringify(options))
      t.notMatch(response.body, 'token"')
    }
  }
})

t.test('has no sandbox with AUTH=open', async (t) => {
  const server = await openServer(t, { env: { AUTH: 'open' } })
  for (const url of [
    '/sandbox/callers.json',
    '/auth/token',
    '/fhir/.well-known/smart-configuration',
  ]) {
    t.equal((await server.app.inject({ url })).statusCode, 404, url)
  }
  const headers = { authorization: 'Bearer whatever' }
  t.equal((await server.app.inject({ url: '/fhir/Patient', headers })).statusCode, 200)
})

t.test('keeps keys and tokens for as long as the data folder, and no token in clear', async (t) => {
  const folder = t.testdir()
  const env = {
    AUTH: 'sandbox',
    STORE_URL: `sqlite:${folder}`,
    LOG_LEVEL: 'silent',
    DEMO_DATA: 'off',
  }
  const open = () => buildServer(loadConfig(env), { rules: 'none' })
  const first = await open()
  await storePatient(first, citizenId)
  const request = {
    client: publicApp,
    scope: 'openid launch/patient offline_access patient/Observation.rs',
  }
  const answer = await login(first, request, { account: citizenId })
  const listed = first.authorization!.sandbox!.callers
  const keys = (await first.app.inject({ url: '/auth/jwks' })).json<object>()
  await first.close()
  const second = await open()
  t.same(second.authorization!.sandbox!.callers, listed)
  t.same((await second.app.inject({ url: '/auth/jwks' })).json(), keys)
  t.not((await bearer(second, answer.access_token)).status, 401, 'a token survives a restart')
  await second.close()
  const bytes = ['auth.db', 'auth.db-wal'].flatMap((name) => {
    try {
      return readFileSync(join(folder, name)).toString('latin1')
    } catch {
      return []
    }
  })
  for (const secret of [
    answer.access_token,
    answer.refresh_token,
    ...listed.map(({ token }) => token),
  ]) {
    t.notOk(bytes.some((text) => text.includes(secret)))
  }
  const other = await sandboxServer(t)
  t.not(other.authorization!.sandbox!.callers[0]!.token, listed[0]!.token)
})

t.test('names the facts that make each caller what it is', async (t) => {
  const { facts, accounts } = sandboxCallers(demoPeople(demoOptions))
  const rpps = (id: string) => accounts.find((one) => one.id === id)!.practitioner
  t.ok(
    facts.some(
      (fact) =>
        fact.operation === '$represent' &&
        fact.patient === minorId &&
        fact.representative === representativeId,
    ),
  )
  const blocked = facts.find((fact) => fact.operation === '$block')
  t.match(blocked, { patient: citizenId, professional: rpps('demo-practitioner-09') })
  const stranger = rpps('demo-practitioner-08')
  t.notOk(facts.some((fact) => 'professional' in fact && fact.professional === stranger))
  t.equal(facts.filter(({ operation }) => operation === '$grant-app').length, 2)
})

t.test('AUTH=smart demands keys and clients and refuses those of the sandbox', async (t) => {
  const problems = (env: Record<string, string>) => {
    try {
      loadConfig({ AUTH: 'smart', ...env })
      return []
    } catch (error) {
      return (error as ConfigError).problems
    }
  }
  t.match(problems({}), [/AUTH_KEYS/, /AUTH_CLIENTS/, /DEMO_DATA=off/, /BASE_URL/])
  const sandbox = await sandboxServer(t)
  const folder = t.testdir({
    'keys.json': JSON.stringify({
      keys: sandbox.authorization!.sandbox!.keys.map(({ jwk }) => jwk),
    }),
    'clients.json': '[{"id":"x"}]',
  })
  const env = {
    AUTH: 'smart',
    STORE_URL: 'memory:',
    DEMO_DATA: 'off',
    LOG_LEVEL: 'silent',
    BASE_URL: 'https://fhir.example.org/fhir',
    AUTH_KEYS: `${folder}/keys.json`,
    AUTH_CLIENTS: `${folder}/clients.json`,
  }
  t.same(problems(env), [])
  t.match(problems({ ...env, BASE_URL: 'http://fhir.example.org/fhir' }), [/https:/])
  await t.rejects(buildServer(loadConfig(env)), {
    message: /demonstration key sandbox-.*AUTH_CLIENTS x has no "name"/s,
  })
})
