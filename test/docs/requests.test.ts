import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { loadDemoData } from '../../src/cli/load-demo-data.ts'
import { loadConfig } from '../../src/config.ts'
import { demoOptions, demoPeople } from '../../src/demo/demo-data.ts'
import { buildServer } from '../../src/server.ts'
import { fillIn, parseRequestFile } from './requests.ts'

/** Requests that show a refusal, by their title. */
const refusals: Readonly<Record<string, number>> = {
  'An unknown parameter is 400': 400,
}

const [patient] = demoPeople({ ...demoOptions, patientCount: 1 }).patients

for (const file of globSync('docs/requests/*.http').toSorted()) {
  t.test(`${basename(file)} runs from the first line to the last`, async (t) => {
    const server = await buildServer(
      loadConfig({ AUTH: 'open', STORE_URL: 'memory:', LOG_LEVEL: 'silent' }),
    )
    t.teardown(() => server.close())
    await loadDemoData(server)
    const { variables, requests } = parseRequestFile(readFileSync(file, 'utf8'))
    if (variables.ins) t.equal(variables.ins, patient!.ins.value)
    const known = { ...variables, $timestamp: '1700000000' }
    const answers = new Map<string, unknown>()
    for (const { title, name, method, url, headers, body } of requests) {
      const fill = (text: string) => fillIn(text, known, answers)
      const response = await server.app.inject({
        method: method as 'GET',
        url: fill(url).replace('http://localhost:8080', '').replaceAll(' ', '%20'),
        headers,
        ...(body ? { payload: fill(body) } : {}),
      })
      const expected = refusals[title]
      if (expected) t.equal(response.statusCode, expected, title)
      else
        t.ok(
          response.statusCode < 300,
          `${title}: ${response.statusCode} ${response.statusCode < 300 ? '' : response.body.slice(0, 600)}`,
        )
      if (name) answers.set(name, response.json())
    }
  })
}
