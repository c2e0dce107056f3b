/** Whether the process lives, whether it can serve, and how it does. */
import type { FastifyInstance } from 'fastify'
import type { Metrics } from './metrics.ts'
import type { HttpParts } from './server-parts.ts'

export function registerHealthRoutes(
  app: FastifyInstance,
  parts: HttpParts,
  metrics: Metrics,
): void {
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const { ready, reason } = parts.health()
    return reply
      .code(ready ? 200 : 503)
      .send(ready ? { status: 'ready' } : { status: 'not ready', reason })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.render()),
  )
}
