/** Too many failures end in 429, for the one who failed and for as long as the window. */
import t from 'tap'
import { createAttemptLimit } from '../../src/auth/attempt-limit.ts'
import { confidentialApp, portal, post, sandboxServer } from './sandbox.ts'

t.test('counts failures by name, and forgets them with the window', async (t) => {
  let now = 1000
  const limit = createAttemptLimit({ failuresMax: 2, windowMs: 60_000, now: () => now })
  t.equal(limit.waitSeconds('a'), undefined)
  limit.failed('a')
  t.equal(limit.waitSeconds('a'), undefined)
  now += 10_000
  limit.failed('a')
  t.equal(limit.waitSeconds('a'), 50)
  t.equal(limit.waitSeconds('b'), undefined)
  now += 50_000
  t.equal(limit.waitSeconds('a'), undefined)
  limit.failed('a')
  t.equal(limit.waitSeconds('a'), undefined, 'a new window')
})

t.test('forgets the oldest names rather than fill the memory', async (t) => {
  const limit = createAttemptLimit({ failuresMax: 1, windowMs: 60_000, now: () => 0 })
  for (let index = 0; index <= 10_000; index++) limit.failed(`name ${index}`)
  t.equal(limit.waitSeconds('name 0'), undefined)
  t.equal(limit.waitSeconds('name 10000'), 60)
})

t.test(
  'answers 429 with Retry-After to a client that keeps failing, and to no other',
  async (t) => {
    const server = await sandboxServer(t)
    const guess = (client: string) =>
      post(server, '/auth/token', {
        grant_type: 'refresh_token',
        refresh_token: 'guessed',
        client_id: client,
      })
    let last = await guess(portal.id)
    t.equal(last.status, 400)
    for (let tried = 1; tried <= 300; tried++) last = await guess(portal.id)
    t.equal(last.status, 429)
    t.match(last.headers['retry-after'], /^[1-9]\d?$/)
    t.equal(last.body.error, 'temporarily_unavailable')
    t.equal((await guess(confidentialApp.id)).status, 401)
  },
)

t.test('asks who is there: without credentials 401 invalid_client', async (t) => {
  const server = await sandboxServer(t)
  const forms = {
    '/auth/token': { grant_type: 'client_credentials', scope: 'system/*.rs' },
    '/auth/introspect': { token: 'x' },
    '/auth/revoke': { token: 'x' },
  }
  for (const [path, form] of Object.entries(forms)) {
    const answer = await post(server, path, form)
    t.equal(answer.status, 401, path)
    t.equal(answer.body.error, 'invalid_client')
    t.equal(answer.headers['www-authenticate'], 'Bearer')
  }
})
