/** Errors of the authorization server. RFC 6749 §5.2. */
import t from 'tap'
import { post, sandboxServer } from './sandbox.ts'

t.test('errors below /auth are RFC 6749 JSON, or a French page', async (t) => {
  const server = await sandboxServer(t)
  t.match(await post(server, '/auth/token', { grant_type: 'password' }), {
    status: 400,
    body: { error: 'unsupported_grant_type' },
  })
  const missing = await server.app.inject({ url: '/auth/nothing' })
  t.match(missing.json(), { error: 'not_found' })
  const wrong = await server.app.inject({ url: '/auth/token' })
  t.match([wrong.statusCode, wrong.headers.allow], [405, 'POST'])
  const page = await server.app.inject({ url: '/auth/nothing', headers: { accept: 'text/html' } })
  t.match(page.body, 'Cette page n’existe pas')
})
