/** Pages for people. */
import type { FastifyInstance } from 'fastify'
import type { HttpParts } from '../server-parts.ts'
import { renderHomePage } from './home-page.ts'

export function registerPages(app: FastifyInstance, parts: HttpParts): void {
  app.get('/', async (_request, reply) => {
    const { ready, reason } = parts.health()
    const html = renderHomePage({
      baseUrl: parts.services.baseUrl,
      version: parts.version,
      ready,
      reason,
    })
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header(
        'content-security-policy',
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      )
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .send(html)
  })
}
