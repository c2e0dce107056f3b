/**
 * A real browser, by keyboard alone: logs in, chooses a record, agrees, and is sent back to the
 * application. Skipped where Chromium is not installed.
 */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import {
  citizenId,
  listeningSandbox,
  minorId,
  pkce,
  portal,
  publicApp,
  redeem,
  type Request,
} from './sandbox.ts'

const executablePath = '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `no Chromium at ${executablePath}`

async function openPage(t: Test): Promise<Page> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  t.teardown(() => browser.close())
  return browser.newPage({ locale: 'fr-FR' })
}

/** The application: answers whatever comes back to its redirect URI. */
async function application(t: Test, redirect: string): Promise<void> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end('<title>Application</title>de retour')
  })
  server.listen(Number(new URL(redirect).port), '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  t.ok((server.address() as AddressInfo).port)
}

function authorizeUrl(base: string, { client, scope }: Request, challenge: string): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirect,
    scope,
    state: 'a-state-of-sufficient-entropy',
    aud: base,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  return `${new URL('/auth/authorize', base)}?${query}`
}

/** Presses Tab until what has the focus is called so; fails when it comes round. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab')
    const text = await page.evaluate(
      'document.activeElement?.closest("label")?.textContent ?? document.activeElement?.textContent ?? ""',
    )
    if (String(text).includes(name)) return
  }
  throw new Error(`Tab never reaches ${name}`)
}

t.test('a citizen logs in and agrees by keyboard alone', { skip }, async (t) => {
  const server = await listeningSandbox(t)
  await application(t, publicApp.redirect)
  const page = await openPage(t)
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  const request = {
    client: publicApp,
    scope: 'openid fhirUser launch/patient patient/Observation.rs patient/DocumentReference.rs',
  }
  const { verifier, challenge } = pkce()
  await page.goto(authorizeUrl(server.config.baseUrl, request, challenge))
  t.equal(await page.getAttribute('html', 'lang'), 'fr')
  t.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Se connecter')
  await tabTo(page, 'Chloé Pélissier')
  await page.keyboard.press('Enter')
  await page.waitForURL(/interaction/)
  await page.getByRole('heading', { name: /demande votre accord/ }).waitFor()
  t.equal(await page.getByRole('checkbox').count(), 2)
  // Unticks the documents.
  await tabTo(page, 'les documents')
  await page.keyboard.press('Space')
  t.equal(await page.getByRole('checkbox', { checked: true }).count(), 1)
  await tabTo(page, 'Autoriser')
  await page.keyboard.press('Enter')
  await page.waitForURL(/^http:\/\/localhost:3003\/callback\?/)
  const code = new URL(page.url()).searchParams.get('code')
  const answer = await redeem(server, { verifier, request }, code ?? '')
  t.match(answer.body, {
    patient: citizenId,
    scope: 'openid fhirUser launch/patient patient/Observation.rs',
  })
  t.same(
    complaints.filter(
      (text) => /Content Security Policy|error/i.test(text) && !text.includes('favicon'),
    ),
    [],
  )
})

t.test('a representative chooses the record, in a browser', { skip }, async (t) => {
  const server = await listeningSandbox(t)
  await application(t, portal.redirect)
  const page = await openPage(t)
  const request = { client: portal, scope: 'launch/patient patient/*.rs' }
  const { verifier, challenge } = pkce()
  await page.goto(authorizeUrl(server.config.baseUrl, request, challenge))
  await tabTo(page, 'Mathéo Guyonvarc’h')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Quel dossier ouvrir ?' }).waitFor()
  await tabTo(page, 'Béatrice Abadie-Larrieu')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Autoriser' }).waitFor()
  await tabTo(page, 'Autoriser')
  await page.keyboard.press('Enter')
  await page.waitForURL(/^http:\/\/localhost:3000\/callback\?/)
  const code = new URL(page.url()).searchParams.get('code')
  t.equal((await redeem(server, { verifier, request }, code ?? '')).body.patient, minorId)
})

t.test('every control of the pages has a name, and nothing needs a script', { skip }, async (t) => {
  const server = await listeningSandbox(t)
  const page = await openPage(t)
  const request = { client: publicApp, scope: 'launch/patient patient/Observation.rs' }
  await page.goto(authorizeUrl(server.config.baseUrl, request, pkce().challenge))
  const check = async () => {
    for (const control of await page.locator('button, select, input:not([type=hidden])').all()) {
      const snapshot = await control.ariaSnapshot()
      t.match(snapshot, /"[^"]+"/, snapshot)
    }
    t.equal(await page.locator('script').count(), 0)
    t.equal(await page.locator('main').count(), 1)
    t.equal(await page.locator('h1').count(), 1)
  }
  await check()
  await page.getByRole('button', { name: /Chloé Pélissier/ }).click()
  await page.getByRole('button', { name: 'Autoriser' }).waitFor()
  await check()
})
