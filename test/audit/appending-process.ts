/** A process to be killed: appends records one after the other, and says which were acknowledged. */
import { openSync, writeSync } from 'node:fs'
import { openJournal } from '../../src/audit/open-journal.ts'
import { aRecord } from './records.ts'

const [folder = '', run = '0', acknowledged = ''] = process.argv.slice(2)
const file = openSync(acknowledged, 'a')
const journal = await openJournal({ folder, segmentBytes: 65_536, spares: 2 })
process.stdout.write('ready\n')
let number = 0

async function loop(): Promise<never> {
  for (;;) {
    const requestId = `run-${run}-${++number}`
    await journal.append([aRecord({ requestId, recorded: Date.now() })])
    // What is written here was acknowledged, and is not lost with the process.
    writeSync(file, `${requestId}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, loop))
