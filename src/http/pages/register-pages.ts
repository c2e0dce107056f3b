/** Pages for people: `/`, and the rules at `/rules` and where details.coding.system points. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { HttpParts } from '../server-parts.ts'
import { renderHomePage } from './home-page.ts'
import { renderRulePage, renderRulesPage, renderUnknownRulePage } from './rules-page.ts'

export function registerPages(app: FastifyInstance, parts: HttpParts): void {
  app.get('/', async (_request, reply) => {
    const { ready, reason } = parts.health()
    const { version, examplePatient: patient, authorization } = parts
    const { baseUrl } = parts.services
    const access = !authorization ? 'open' : authorization.sandbox ? 'sandbox' : 'smart'
    return sendPage(reply, renderHomePage({ baseUrl, version, ready, reason, access, patient }))
  })
  const basePath = new URL(parts.services.baseUrl).pathname.replace(/\/+$/, '')
  for (const path of new Set(['/rules', `${basePath}/rules`])) registerRules(app, parts, path)
}

function registerRules(app: FastifyInstance, parts: HttpParts, path: string): void {
  app.get(path, async (_request, reply) =>
    sendPage(reply, renderRulesPage(await parts.ruleGroups())),
  )
  app.get<{ Params: { key: string } }>(`${path}/:key`, async ({ params: { key } }, reply) => {
    for (const { texts } of await parts.ruleGroups()) {
      const text = texts.find((one) => one.key === key)
      if (text) return sendPage(reply, renderRulePage(text))
    }
    return sendPage(reply.code(404), renderUnknownRulePage(key))
  })
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .send(html)
}
