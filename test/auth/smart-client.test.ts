/** SMART's own JavaScript client, which we did not write, through a standalone launch. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import smart from 'fhirclient'
import { agree, Browser, citizenId, listeningSandbox, portal } from './sandbox.ts'

const callback = new URL(portal.redirect)

/** One visit of the application's own web server, as fhirclient sees it. */
function visit(url: string) {
  let location: string | undefined
  const request = {
    url,
    headers: { host: callback.host },
    socket: {},
  } as unknown as IncomingMessage
  const response = {
    writeHead: (_status: number, headers: { location: string }) => {
      location = headers.location
    },
    end: () => {},
  } as unknown as ServerResponse
  return { request, response, location: () => location }
}

function memoryStorage() {
  const values = new Map<string, unknown>()
  return {
    get: async (key: string) => values.get(key),
    set: async (key: string, value: unknown) => values.set(key, value) && value,
    unset: async (key: string) => values.delete(key),
  }
}

t.test('fhirclient launches, reads the patient in context and renews its token', async (t) => {
  const server = await listeningSandbox(t)
  const storage = memoryStorage() as never
  const launched = visit('/launch')
  await smart(launched.request as never, launched.response as never, storage).authorize({
    iss: server.config.baseUrl,
    clientId: portal.id,
    redirectUri: portal.redirect,
    scope: 'openid fhirUser launch/patient offline_access patient/*.rs',
    pkceMode: 'required',
  })
  const browser = new Browser(server)
  const page = await browser.get(launched.location()!)
  t.match(page.text, 'Se connecter')
  const started = { browser, page, verifier: '', request: { client: portal, scope: '' } }
  const end = await agree(started, { account: citizenId })
  const returned = visit(end.location!.pathname + end.location!.search)
  const client = await smart(returned.request as never, returned.response as never, storage).ready()
  t.equal(client.patient.id, citizenId)
  t.equal(client.user.fhirUser, `Patient/${citizenId}`)
  t.match(await client.patient.read(), { resourceType: 'Patient', id: citizenId })
  const before = client.state.tokenResponse?.access_token
  await client.refresh()
  t.not(client.state.tokenResponse?.access_token, before)
  t.match(await client.patient.read(), { resourceType: 'Patient', id: citizenId })
})
