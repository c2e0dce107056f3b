/** Floor of a read: bare Fastify that sends the same bytes with the same headers. */
import fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { answerQuestions } from '../harness/answer-questions.ts'

interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
}

answerQuestions({
  listen: async ({ headers, body }: Sent) => {
    const bytes = Buffer.from(body)
    const app = fastify()
    app.get('/fhir/:type/:id', (_request, reply) => {
      reply.headers(headers).send(bytes)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
})
