/** What one durable write costs here: 4 KB appended and fdatasynced. */
import * as fs from 'node:fs'
import { join } from 'node:path'
import { answerQuestions } from '../harness/answer-questions.ts'
import { median } from '../harness/load.ts'

/** Median, in microseconds. */
function measure({ folder, count }: { folder: string; count: number }): number {
  const file = fs.openSync(join(folder, 'fdatasync.tmp'), 'w')
  const block = Buffer.alloc(4096, 1)
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    fs.writeSync(file, block)
    const started = performance.now()
    fs.fdatasyncSync(file)
    times.push((performance.now() - started) * 1000)
  }
  fs.closeSync(file)
  return median(times)
}

answerQuestions({ measure })
