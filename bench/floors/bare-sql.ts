/** Floor of a read: bare Fastify and one prepared statement on the same database. */
import fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { configureReader } from '../../src/store/sqlite/schema.ts'
import { answerQuestions } from '../harness/answer-questions.ts'

interface Sent {
  readonly headers: Record<string, string>
  readonly file: string
}

answerQuestions({
  listen: async ({ headers, file }: Sent) => {
    const db = new DatabaseSync(file, { readOnly: true })
    configureReader(db)
    const types = new Map(
      db
        .prepare('SELECT name, id FROM type')
        .all()
        .map(({ name, id }) => [String(name), Number(id)]),
    )
    const read = db.prepare(
      `SELECT v.body FROM resource r CROSS JOIN version v ON v.vid = ((r.rid << 20) | r.version)
        WHERE r.type = ? AND r.id = ?`,
    )
    const app = fastify()
    app.get('/fhir/:type/:id', (request, reply) => {
      const { type, id } = request.params as { type: string; id: string }
      const { body } = read.get(types.get(type)!, id)!
      reply.headers(headers).send(body)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
})
