/** A process that commits until it is killed, and says what was acknowledged. */
import { randomBytes } from 'node:crypto'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { crashContent } from './crash-content.ts'
import { aPlan, aWrite } from './plans.ts'

const [, , folder, round] = process.argv
const store = await openSqliteStore({ folder: folder! })
const writers = 8

/** Plan `name` writes a document, its bytes, and the next version of the writer's list. */
async function commitPlan(name: string, list: string, versionId: number): Promise<void> {
  const writer = store.blobs.create()
  for (const text of crashContent(name)) await writer.write(Buffer.from(text))
  const blob = await writer.finish()
  const entries = [{ kind: 'token' as const, code: 'identifier', value: name }]
  const text = randomBytes(2000).toString('hex')
  await store.commit(
    aPlan(
      [
        aWrite({ type: 'DocumentReference', id: `d-${name}`, entries, text }),
        aWrite({ type: 'Binary', id: `b-${name}`, more: { blob } }),
        aWrite({ type: 'List', id: list, versionId, entries }),
      ],
      { claims: [name], events: [{ kind: 'stored', data: { name } }] },
    ),
  )
  process.stdout.write(`${name}\n`)
}

async function commitForever(writer: number): Promise<void> {
  const list = `l-${round}-${writer}`
  for (let count = 1; ; count++) await commitPlan(`${round}-${writer}-${count}`, list, count)
}

process.stdout.write('open\n')
await Promise.all(Array.from({ length: writers }, (_, writer) => commitForever(writer)))
