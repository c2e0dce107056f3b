import { spawnSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { play } from '../../scripts/demo.ts'
import { findBase } from '../../scripts/demo/find-base.ts'
import { createReport } from '../../scripts/demo/report.ts'
import { loadDemoData } from '../../src/cli/load-demo-data.ts'
import { loadConfig } from '../../src/config.ts'
import { buildServer } from '../../src/server.ts'
import { freePort } from '../cli/started-server.ts'

async function demoServer(t: Test, settings: Record<string, string> = {}) {
  const PORT = String(await freePort())
  const server = await buildServer(
    loadConfig({ AUTH: 'open', STORE_URL: 'memory:', LOG_LEVEL: 'silent', PORT, ...settings }),
  )
  t.teardown(() => server.close())
  await server.app.listen({ port: Number(PORT), host: '127.0.0.1' })
  return server
}

function recordedReport() {
  const lines: string[] = []
  const report = createReport({ write: (text) => lines.push(text), isColoured: false })
  return { report, text: () => lines.join('') }
}

t.test('plays the main job and all ten DMP transactions, and again', async (t) => {
  const server = await demoServer(t)
  await loadDemoData(server)
  for (const round of ['first', 'second']) {
    const { report, text } = recordedReport()
    await play(server.config.baseUrl, report)
    t.ok(report.checkCount > 50, `${round} round: ${report.checkCount} checks`)
    for (const name of ['0.2', '2 (ITI-65)', '2 (ITI-105)', '2.1', '3.1a', '3.1b', '3.2'])
      t.match(text(), `TD${name}`)
    for (const name of ['3.3a', '3.3b', '3.3c', '3.3d']) t.match(text(), `TD${name}`)
    for (const status of [404, 405, 409, 410, 412, 422]) t.match(text(), `→  ${status}`)
    t.notMatch(text(), '✗')
    t.notOk(text().includes('\u001b['), 'no colours where there is no terminal')
  }
})

t.test('plays the same with the callers of the sandbox, each with a token', async (t) => {
  const server = await demoServer(t, { AUTH: 'sandbox' })
  await loadDemoData(server)
  const { report, text } = recordedReport()
  await play(server.config.baseUrl, report)
  t.ok(report.checkCount > 50)
  t.notMatch(text(), '✗')
})

t.test('says what is missing when the server has no demonstration patients', async (t) => {
  const server = await demoServer(t, { DEMO_DATA: 'off' })
  const { report } = recordedReport()
  await t.rejects(play(server.config.baseUrl, report), { message: /DEMO_DATA=on/ })
})

t.test('finds the FHIR base of a server of which only the host is named', async (t) => {
  const { baseUrl } = (await demoServer(t)).config
  t.equal(await findBase(new URL(baseUrl).origin), baseUrl)
  t.equal(await findBase(baseUrl), baseUrl)
})

t.test('ends with 1 and one sentence when no server answers', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}/fhir`
  const { status, stderr } = spawnSync(process.execPath, ['scripts/demo.ts', url], {
    encoding: 'utf8',
  })
  t.equal(status, 1)
  t.match(stderr, /^\nÉchec : Aucun serveur ne répond à http:\S+\. Démarrez-le par « npm start »/)
  t.equal(stderr.trim().split('\n').length, 1)
})
