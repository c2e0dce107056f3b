import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openJournal } from '../../src/audit/open-journal.ts'
import { verifyJournal } from '../../src/audit/verify-journal.ts'
import { aFolder, everything, requestIds } from './records.ts'

const script = fileURLToPath(new URL('./appending-process.ts', import.meta.url))
const kills = 20

/** Appends until it is killed; what was acknowledged stands in the file. */
async function appendAndDie(folder: string, run: number, file: string): Promise<void> {
  const child = spawn(process.execPath, [script, folder, String(run), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  await setTimeout(20 + ((run * 37) % 100))
  child.kill('SIGKILL')
  const [, signal] = (await closed) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error('the process ended by itself')
}

t.test(`loses no acknowledged record over ${kills} kills`, async (t) => {
  const folder = aFolder(t)
  const file = join(aFolder(t), 'acknowledged')
  for (let run = 0; run < kills; run++) {
    await appendAndDie(folder, run, file)
    const [report] = verifyJournal(folder)
    if (report!.broken) t.fail(`broken after kill ${run}`, { report })
  }
  const acknowledged = readFileSync(file, 'utf8').trim().split('\n')
  const journal = await openJournal({ folder })
  await journal.traces.settle()
  const found = new Set(requestIds(journal.traces.page(everything(), { max: 1_000_000 })))
  await journal.close()
  t.ok(acknowledged.length > kills * 10, `${acknowledged.length} were acknowledged`)
  t.same(
    acknowledged.filter((id) => !found.has(id)),
    [],
  )
  t.match(verifyJournal(folder)[0], { records: found.size, broken: undefined, isTorn: false })
})
