import { readFileSync } from 'node:fs'
import t from 'tap'
import { ConfigError, loadConfig, settings } from '../src/config.ts'

t.test('has a row in docs/configuration.md for every setting, with its default', async (t) => {
  const table = readFileSync('docs/configuration.md', 'utf8')
  const rows = [...table.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|/gm)]
  t.same(
    rows.map(([, name, value]) => [name, value ?? '']),
    Object.values(settings).map((setting) => [setting.name, setting.default]),
  )
})

t.test('starts with the documented defaults', async (t) => {
  t.match(loadConfig({}), { port: 8080, host: '127.0.0.1', storeUrl: 'sqlite:./data' })
})

t.test('names every problem at once', async (t) => {
  try {
    loadConfig({ PORT: 'eighty', VALIDATION: 'loose' })
    t.fail('starts')
  } catch (error) {
    t.type(error, ConfigError)
    t.match((error as ConfigError).problems, [/^PORT .*"eighty"/, /^VALIDATION .*"loose"/])
  }
})

t.test('refuses AUTH=open on an address that others reach', async (t) => {
  t.throws(() => loadConfig({ AUTH: 'open', HOST: '0.0.0.0' }), { name: 'ConfigError' })
})
