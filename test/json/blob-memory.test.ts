/** Alone in its process, because it measures that process. */
import { createHash } from 'node:crypto'
import t from 'tap'
import { parseBody } from '../../src/json/parse.ts'
import { createHashingSink } from './hashing-sink.ts'

t.test('takes a document of 45 MB without holding it in memory', async (t) => {
  const piece = Buffer.from('abcd'.repeat(16_000))
  const pieces = 937
  async function* chunks() {
    yield Buffer.from('{"resourceType":"Binary","data":"')
    for (let at = 0; at < pieces; at += 1) yield Buffer.from(piece)
    yield Buffer.from('"}')
  }
  const before = process.resourceUsage().maxRSS
  const options = { bodyBytesMax: 100_000_000, blobs: createHashingSink({ isSlow: true }) }
  const { blobs } = await parseBody(chunks(), options)
  const growthKilobytes = process.resourceUsage().maxRSS - before

  const hash = createHash('sha256')
  for (let at = 0; at < pieces; at += 1) hash.update(Buffer.from('abcd'.repeat(16_000), 'base64'))
  t.equal(blobs[0]!.sha256, hash.digest('hex'))
  t.equal(blobs[0]!.sizeBytes, pieces * 48_000)
  t.comment(`peak memory grew by ${Math.round(growthKilobytes / 1024)} MB`)
  t.ok(growthKilobytes < 60_000, 'less than the document itself')
})
