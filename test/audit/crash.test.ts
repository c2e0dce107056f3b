import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openJournal } from '../../src/audit/open-journal.ts'
import { verifyJournal } from '../../src/audit/verify-journal.ts'
import { aFolder, everything, requestIds } from './records.ts'

const script = fileURLToPath(new URL('./appending-process.ts', import.meta.url))
const kills = 20

/** Appends until it is killed; gives the ids that were acknowledged. */
async function appendAndDie(folder: string, run: number): Promise<string[]> {
  const child = spawn(process.execPath, [script, folder, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: string) => {
      output += text
      if (output.includes('ready\n')) setTimeout(resolve, 20 + ((run * 37) % 100))
    })
  })
  child.kill('SIGKILL')
  await once(child, 'close')
  return output.split('\n').filter((line) => line.startsWith('run-'))
}

t.test(`loses no acknowledged record over ${kills} kills`, async (t) => {
  const folder = aFolder(t)
  const acknowledged: string[] = []
  for (let run = 0; run < kills; run++) {
    acknowledged.push(...(await appendAndDie(folder, run)))
    const [report] = verifyJournal(folder)
    if (report!.broken) t.fail(`broken after kill ${run}`, { report })
  }
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
