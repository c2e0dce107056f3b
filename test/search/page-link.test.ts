import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { openPageLink, sealPageLink } from '../../src/search/page-link.ts'

const key = randomBytes(32)
const content = { kind: 'search', asOf: 12, position: { direction: 'after', at: [1, 'é'] } }

t.test('gives back what was sealed with the same key', async (t) => {
  t.same(openPageLink(key, sealPageLink(key, content)), content)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const token = sealPageLink(key, value)
      return JSON.stringify(openPageLink(key, token)) === JSON.stringify(value)
    }),
  )
})

t.test('makes tokens that stand in a URL and show nothing', async (t) => {
  const token = sealPageLink(key, { query: 'name=Durand' })
  t.match(token, /^[A-Za-z0-9_-]+$/)
  t.notOk(Buffer.from(token, 'base64url').includes('Durand'))
  t.not(token, sealPageLink(key, { query: 'name=Durand' }))
})

t.test('opens nothing that was forged, changed or cut', async (t) => {
  const token = sealPageLink(key, content)
  t.equal(openPageLink(randomBytes(32), token), undefined)
  for (const text of ['', 'x', '!', 'AAAA', `${token}A`, token.slice(0, -1), 'A'.repeat(80)])
    t.equal(openPageLink(key, text), undefined, text)
  const bytes = Buffer.from(token, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    t.equal(openPageLink(key, changed.toString('base64url')), undefined)
  }
})

t.test('packs a long content, and gives it back', async (t) => {
  const long = { values: 'Patient/a,'.repeat(500) }
  const token = sealPageLink(key, long)
  t.ok(token.length < 500)
  t.same(openPageLink(key, token), long)
})
