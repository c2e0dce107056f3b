/** A sandbox server and the steps of a login, as tests take them. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { SignJWT, importJWK, type JWK, type JWTHeaderParameters } from 'jose'
import { aPatient, baseUrl } from '../fixtures.ts'
import { loadConfig } from '../../src/config.ts'
import { buildServer, type Server, type Surroundings } from '../../src/server.ts'

export const portal = { id: 'sandbox-portail', redirect: 'http://localhost:3000/callback' }
export const practice = {
  id: 'sandbox-logiciel-cabinet',
  redirect: 'http://localhost:3001/callback',
}
export const publicApp = { id: 'sandbox-app-publique', redirect: 'http://localhost:3003/callback' }
export const confidentialApp = {
  id: 'sandbox-app-confidentielle',
  redirect: 'http://localhost:3004/callback',
}
export const hospital = { id: 'sandbox-logiciel-hopital' }

export const citizenId = 'demo-patient-04'
export const minorId = 'demo-patient-40'
export const representativeId = 'demo-patient-02'

export async function sandboxServer(
  t: Test,
  { env = {}, ...surroundings }: Surroundings & { env?: Record<string, string> } = {},
): Promise<Server> {
  const config = loadConfig({
    AUTH: 'sandbox',
    STORE_URL: 'memory:',
    LOG_LEVEL: 'silent',
    DEMO_DATA: 'off',
    ...env,
  })
  const server = await buildServer(config, { rules: 'none', ...surroundings })
  t.teardown(() => server.close())
  await storePatient(server, citizenId)
  return server
}

export interface Page {
  readonly status: number
  readonly location: URL | undefined
  readonly text: string
  readonly headers: Record<string, string | string[] | number | undefined>
}

/** A browser without a window: keeps cookies by path, follows redirects of this server. */
export class Browser {
  readonly #server: Server
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>()

  constructor(server: Server) {
    this.#server = server
  }

  async get(url: string): Promise<Page> {
    return this.#request('GET', url)
  }

  /** Submits the form of a page to its own URL, with its hidden fields. */
  async submit(page: Page, fields: Readonly<Record<string, string | string[]>>): Promise<Page> {
    const form = new URLSearchParams(hiddenFieldsOf(page.text))
    for (const [name, value] of Object.entries(fields)) {
      for (const one of [value].flat()) form.append(name, one)
    }
    return this.#request('POST', page.location!.href, form)
  }

  async #request(method: 'GET' | 'POST', url: string, form?: URLSearchParams): Promise<Page> {
    const { origin } = new URL(this.#server.config.baseUrl)
    const target = new URL(url, origin)
    const cookie = [...this.#cookies]
      .filter(([, { path }]) => target.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const response = await this.#server.app.inject({
      method,
      url: target.pathname + target.search,
      headers: {
        accept: 'text/html',
        ...(cookie === '' ? {} : { cookie }),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(form ? { payload: form.toString() } : {}),
    })
    for (const set of response.cookies) {
      if (set.value === '') this.#cookies.delete(set.name)
      else this.#cookies.set(set.name, { value: set.value, path: set.path ?? '/' })
    }
    const { location } = response.headers
    const next = location === undefined ? undefined : new URL(location, target)
    if (next && next.origin === origin) return this.get(next.href)
    return {
      status: response.statusCode,
      location: next ?? target,
      text: response.body,
      headers: response.headers,
    }
  }
}

function hiddenFieldsOf(html: string): [string, string][] {
  return [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(
    ([, name, value]) => [name!, value!],
  )
}

export interface Request {
  readonly client: { readonly id: string; readonly redirect: string }
  readonly scope: string
  readonly query?: Readonly<Record<string, string | undefined>>
}

export interface StartedLogin {
  readonly browser: Browser
  readonly page: Page
  readonly verifier: string
  readonly request: Request
}

export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export async function startLogin(
  server: Server,
  request: Request,
  browser = new Browser(server),
): Promise<StartedLogin> {
  const { verifier, challenge } = pkce()
  const query = {
    response_type: 'code',
    client_id: request.client.id,
    redirect_uri: request.client.redirect,
    scope: request.scope,
    state: 'a-state-of-sufficient-entropy',
    aud: server.config.baseUrl,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...request.query,
  }
  const present = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const page = await browser.get(`/auth/authorize?${new URLSearchParams(present)}`)
  return { browser, page, verifier, request }
}

/** Everything ticked, or only `scope`. */
export interface Choices {
  readonly account: string
  readonly patient?: string
  readonly scope?: string[]
  readonly days?: string
}

/** Goes through the pages to the redirect that ends them. */
export async function agree(
  { browser, page }: StartedLogin,
  { account, patient, scope, days = '30' }: Choices,
): Promise<Page> {
  let current = page
  if (current.text.includes('name="account"')) current = await browser.submit(current, { account })
  if (current.text.includes('Quel dossier ouvrir')) {
    current = await browser.submit(current, { patient: patient ?? '' })
  }
  const offered = [...current.text.matchAll(/name="scope" value="([^"]*)"/g)].map(([, one]) => one!)
  const fields = {
    action: 'allow',
    scope: scope ?? offered,
    ...(offered.length > 0 ? { days } : {}),
  }
  return current.text.includes('value="allow"') ? browser.submit(current, fields) : current
}

export interface TokenAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | number | undefined>
  readonly body: Record<string, unknown>
}

export async function post(
  server: Server,
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const response = await server.app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  })
  const body = response.body === '' ? {} : (JSON.parse(response.body) as Record<string, unknown>)
  return { status: response.statusCode, headers: response.headers, body }
}

export function redeem(
  server: Server,
  { verifier, request }: Pick<StartedLogin, 'verifier' | 'request'>,
  code: string,
  more: Record<string, string> = {},
): Promise<TokenAnswer> {
  return post(server, '/auth/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: request.client.redirect,
    code_verifier: verifier,
    client_id: request.client.id,
    ...more,
  })
}

/** A whole login of a public client, up to the token answer. */
export async function login(
  server: Server,
  request: Request,
  choices: Choices,
): Promise<Record<string, unknown> & { access_token: string; refresh_token: string }> {
  const started = await startLogin(server, request)
  const end = await agree(started, choices)
  const code = end.location!.searchParams.get('code')
  const answer = await redeem(server, started, code ?? '')
  if (answer.status !== 200)
    throw new Error(`no token: ${JSON.stringify(answer.body)} ${end.location?.href}`)
  return answer.body as Awaited<ReturnType<typeof login>>
}

export interface Assertion {
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly jwk?: JWK
  readonly key?: Uint8Array
}

export const tokenUrl = new URL('/auth/token', baseUrl).href

export function keyOfClient(server: Server, client: string): JWK {
  return server.authorization!.sandbox!.keys.find(({ client_id: id }) => id === client)!.jwk
}

/** A client's assertion, right unless told otherwise. */
export async function assertionOf(
  server: Server,
  client: string,
  { claims = {}, header = {}, jwk = keyOfClient(server, client), key }: Assertion = {},
): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000)
  return new SignJWT({
    iss: client,
    sub: client,
    aud: tokenUrl,
    exp: seconds + 240,
    iat: seconds,
    jti: randomBytes(16).toString('hex'),
    ...claims,
  })
    .setProtectedHeader({
      alg: jwk.alg!,
      kid: jwk.kid!,
      typ: 'JWT',
      ...header,
    } as JWTHeaderParameters)
    .sign(key ?? (await importJWK(jwk)))
}

export async function serviceToken(
  server: Server,
  client: string,
  scope: string,
  assertion?: string,
): Promise<TokenAnswer> {
  return post(server, '/auth/token', {
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion ?? (await assertionOf(server, client)),
  })
}

export async function bearer(
  server: Server,
  token: string,
  path = '/Patient?_id=nobody',
): Promise<{ status: number; challenge: unknown }> {
  const response = await server.app.inject({
    method: 'GET',
    url: `/fhir${path}`,
    headers: { authorization: `Bearer ${token}` },
  })
  return { status: response.statusCode, challenge: response.headers['www-authenticate'] }
}

/** A sandbox that really listens, and calls itself what it is reached by. */
export async function listeningSandbox(t: Test): Promise<Server> {
  const port = await freePort()
  const server = await sandboxServer(t, { env: { BASE_URL: `http://localhost:${port}/fhir` } })
  await server.app.listen({ port, host: '127.0.0.1' })
  return server
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** Puts a patient there, as the hospital's software does. */
export async function storePatient(server: Server, id: string): Promise<number> {
  const { token } = server.authorization!.sandbox!.callers.find(
    ({ client_id: client }) => client === hospital.id,
  )!
  const response = await server.app.inject({
    method: 'PUT',
    url: `/fhir/Patient/${id}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    payload: JSON.stringify(aPatient({ id })),
  })
  return response.statusCode
}
