import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.ts'
import { buildServer } from '../../src/server.ts'

async function server(t: Test, settings: Record<string, string> = {}) {
  const built = await buildServer(
    loadConfig({ STORE_URL: 'memory:', LOG_LEVEL: 'silent', ...settings }),
  )
  t.teardown(() => built.close())
  return built
}

const text = (html: string) => html.replaceAll(/<[^>]+>/g, '').replaceAll('&#39;', "'")

t.test('the page at / shows commands with the INS of a demonstration patient', async (t) => {
  const { app } = await server(t)
  const { statusCode, headers, body } = await app.inject('/')
  t.equal(statusCode, 200)
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  t.match(headers['content-security-policy'], /default-src 'none'/)
  t.match(body, '<html lang="fr">')
  t.match(text(body), /patient\.identifier=urn:oid:1\.2\.250\.1\.213\.1\.4\.10\|\d{15}'/)
  t.equal([...body.matchAll(/<h1>/g)].length, 1)
  t.match(body, '<a class="skip" href="#contenu">')
})

t.test('the page at / names nobody without demonstration data', async (t) => {
  const { app } = await server(t, { DEMO_DATA: 'off' })
  t.notMatch((await app.inject('/')).body, 'demo-patient')
})

t.test('says why the server is not ready', async (t) => {
  const { app, setBusy } = await server(t)
  setBusy('demonstration data is being loaded')
  t.match((await app.inject('/')).body, 'les données de démonstration se chargent')
})

t.test('every rule that a refusal names has its page, where details.coding points', async (t) => {
  const { app, config } = await server(t, { AUTH: 'open' })
  const { body } = await app.inject({
    method: 'POST',
    url: '/fhir/Patient',
    headers: { 'content-type': 'application/fhir+json' },
    payload: '{"resourceType":"Patient","gender":"homme","contact":[{}],"name":[]}',
  })
  const codings = (
    JSON.parse(body) as { issue: { details?: { coding: Coding[] } }[] }
  ).issue.flatMap(({ details }) => details?.coding ?? [])
  t.ok(codings.length > 1)
  for (const { system, code } of codings) {
    const page = await app.inject(`${system}/${code}`.replace(new URL(config.baseUrl).origin, ''))
    t.equal(page.statusCode, 200, code)
    t.match(page.body, 'Remède')
    t.match(page.body, '<section lang="en">')
  }
})

interface Coding {
  readonly system: string
  readonly code: string
}

t.test('serves the rules beside and below the FHIR base', async (t) => {
  const { app } = await server(t)
  for (const url of ['/rules', '/fhir/rules']) {
    const list = await app.inject(url)
    t.equal(list.statusCode, 200)
    for (const key of ['dmp-hash', 'ins-key', 'unknown-element', 'pat-1'])
      t.match(list.body, `<code>${key}</code>`)
    t.equal((await app.inject(`${url}/dmp-hash`)).statusCode, 200)
    t.equal((await app.inject(`${url}/%3Cscript%3E`)).statusCode, 404)
    t.notMatch((await app.inject(`${url}/%3Cscript%3E`)).body, '<script>')
  }
})
