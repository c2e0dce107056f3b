import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { InvalidRequest, TooLarge } from '../../src/errors.ts'
import { decodeBase64Strict } from '../../src/json/base64.ts'
import { parseBody } from '../../src/json/parse.ts'
import { placeholderIndex } from '../../src/json/parsed-body.ts'
import { createJsonScanner, type ScanOptions } from '../../src/json/scan.ts'
import { createHashingSink, referenceOf, type HashingSink } from './hashing-sink.ts'

const threshold = 100
const limits = { bodyBytesMax: 10_000_000, blobThresholdBytes: threshold }

function parse(json: string, blobs: HashingSink, override: Partial<ScanOptions> = {}, size = 1e9) {
  const bytes = Buffer.from(json)
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  return parseBody(chunks(), { ...limits, blobs, ...override })
}

const binary = (data: string) => `{"resourceType":"Binary","data":"${data}","language":"fr"}`
const long = randomBytes(5000)
const longText = long.toString('base64')

t.test('sends a long base64 text to a blob and leaves a placeholder', async (t) => {
  const sink = createHashingSink()
  const { resource, blobs } = await parse(binary(longText), sink, {}, 77)
  t.same(blobs, [referenceOf(long)])
  t.equal(placeholderIndex(resource.data), 0)
  t.equal(resource.language, 'fr')
  t.same(sink.ends, ['finished'])
})

t.test('decodes as Node does, for any size and cut, and waits for a slow store', async () => {
  const run = fc.asyncProperty(
    fc.uint8Array({ minLength: 50, maxLength: 120 }),
    fc.integer({ min: 1, max: 60 }),
    async (content, size) => {
      const sink = createHashingSink({ isSlow: true })
      const text = Buffer.from(content).toString('base64')
      const { resource, blobs } = await parse(binary(text), sink, {}, size)
      if (text.length <= threshold) return resource.data === text && blobs.length === 0
      return (
        placeholderIndex(resource.data) === 0 && blobs[0]!.sha256 === referenceOf(content).sha256
      )
    },
  )
  await fc.assert(run, { numRuns: 200 })
})

t.test('decodes sizes around its own stages', async (t) => {
  for (const size of [49_150, 49_151, 49_152, 49_153, 98_304, 98_305]) {
    const content = randomBytes(size)
    const text = binary(content.toString('base64'))
    const { blobs } = await parse(text, createHashingSink({ isSlow: true }), {}, 40_000)
    t.same(blobs, [referenceOf(content)], `${size} bytes`)
  }
})

t.test('takes spaces and escapes within base64', async (t) => {
  const letters = Buffer.alloc(300, 0xff).toString('base64')
  const wrapped = (length: number, end: string) =>
    longText.replaceAll(new RegExp(`.{${length}}`, 'g'), `$&${end}`)
  const slashes = letters.replaceAll('/', String.raw`\/`)
  t.same((await parse(binary(slashes), createHashingSink(), {}, 7)).blobs, [
    referenceOf(Buffer.alloc(300, 0xff)),
  ])
  for (const end of [' ', String.raw`\r\n`, String.raw`\t`, String.raw`\u0020`])
    t.same(
      (await parse(binary(wrapped(76, end)), createHashingSink(), {}, 13)).blobs,
      [referenceOf(long)],
      end,
    )
  const padded = binary(` ${longText.replaceAll('=', String.raw`\u003d`)} `)
  t.same((await parse(padded, createHashingSink(), {}, 11)).blobs, [referenceOf(long)])
})

t.test('leaves short texts, other keys, and what is no base64 as they are', async (t) => {
  const sink = createHashingSink()
  const notBase64 = `é${longText}`
  const json = `{"resourceType":"X","data":["${longText}"],"a":{"data":"QUJD"},"b":{"data":"${notBase64}"},"c":{"data":"\\"${longText}"},"d":"${longText}"}`
  const { resource, blobs } = await parse(json, sink, {}, 10)
  t.same(resource, JSON.parse(json))
  t.same([blobs, sink.ends], [[], []])
})

t.test('leaves the data of a SampledData alone: its digits and spaces are no base64', async (t) => {
  const samples = '12 34 56 '.repeat(100)
  const json = `{"resourceType":"Observation","valueSampledData":{"data":"${samples}"},"component":[{"valueSampledData":{"data":"${samples}"}}]}`
  const { resource, blobs } = await parse(json, createHashingSink())
  t.same([resource, blobs], [JSON.parse(json), []])
})

t.test('numbers several blobs in the order of the body', async (t) => {
  const contents = Array.from({ length: 40 }, (_, index) => randomBytes(90 + index))
  const entries = contents.map(
    (content) => `{"resource":{"valueBase64Binary":"${content.toString('base64')}"}}`,
  )
  const sink = createHashingSink({ isSlow: true })
  const { resource, blobs } = await parse(
    `{"resourceType":"Bundle","entry":[${entries.join()}]}`,
    sink,
    {},
    50,
  )
  t.same(blobs, contents.map(referenceOf))
  const placed = (resource.entry as { resource: { valueBase64Binary: string } }[]).map((entry) =>
    placeholderIndex(entry.resource.valueBase64Binary),
  )
  t.same(placed, [...contents.keys()])
})

t.test(
  'refuses what is not base64 after all, naming the element, and leaves nothing',
  async (t) => {
    const good = longText.replaceAll('=', '').slice(0, 400)
    const wrong = [
      `${good}*`,
      `${good}A`,
      `${good}AA=`,
      `${good}=`,
      `${good}====`,
      `${good}A===`,
      `${good}AA==A`,
    ]
    const others = [
      `${good}-_==`,
      `${good}é`,
      `${good}\\n*`,
      `${good}\\b`,
      `${good}\\u0041\\ud83d\\ude00`,
      `${good}\n`,
    ]
    for (const text of [...wrong, ...others]) {
      for (const size of [1e9, 1]) {
        const sink = createHashingSink()
        const json = `{"resourceType":"Bundle","entry":[{"resource":${binary(text)}}]}`
        const error = await parse(json, sink, {}, size).catch((e: unknown) => e)
        t.match(error, {
          status: 400,
          message: /not valid base64/,
          issues: [{ code: 'invalid', expression: ['Bundle.entry[0].resource.data'] }],
        })
        t.same(sink.ends, ['aborted'])
      }
    }
  },
)

t.test('refuses a document that is too large before the rest is read', async (t) => {
  const sink = createHashingSink()
  let reads = 0
  async function* chunks() {
    yield Buffer.from('{"resourceType":"Binary","data":"')
    for (;;) {
      reads += 1
      yield Buffer.from('QUJD'.repeat(1000))
    }
  }
  const options = {
    bodyBytesMax: 1e9,
    blobThresholdBytes: threshold,
    blobs: sink,
    blobBytesMax: 10_000,
  }
  await t.rejects(parseBody(chunks(), options), { name: 'TooLarge', status: 413 })
  t.equal(reads, 4)
  t.same(sink.ends, ['aborted'])
  const exact = binary(randomBytes(1000).toString('base64'))
  t.equal((await parse(exact, createHashingSink(), { blobBytesMax: 1000 })).blobs.length, 1)
  await t.rejects(parse(exact, createHashingSink(), { blobBytesMax: 999 }), TooLarge)
})

t.test('drops blobs when the JSON behind them is broken, cut, or too large', async (t) => {
  const json = binary(longText)
  for (const [text, override] of [
    [json.replace('"fr"', '"fr",'), {}],
    [json.slice(0, 3000), {}],
    [json.slice(0, -1), {}],
    [json.replace('resourceType', 'type'), {}],
    [json, { bodyBytesMax: 4000 }],
  ] as const) {
    const sink = createHashingSink({ isSlow: true })
    await t.rejects(parse(text, sink, override, 500))
    t.notMatch(sink.ends, ['open'])
  }
})

t.test('drops blobs when the client hangs up, and does not end the source itself', async (t) => {
  const sink = createHashingSink()
  async function* chunks() {
    yield Buffer.from(binary(longText).slice(0, 4000))
    throw new Error('aborted')
  }
  await t.rejects(parseBody(chunks(), { ...limits, blobs: sink }), { message: 'aborted' })
  t.same(sink.ends, ['aborted'])

  let isEnded = false
  async function* endless() {
    try {
      for (;;) yield Buffer.from('x')
    } finally {
      isEnded = true
    }
  }
  await t.rejects(parseBody(endless(), limits), InvalidRequest)
  t.equal(isEnded, false)
})

t.test('passes on the error of a store, and drops the blob', async (t) => {
  const sink = createHashingSink({ failAt: 1000 })
  await t.rejects(parse(binary(longText), sink), { message: 'disk full' })
  t.same(sink.ends, ['aborted'])
})

t.test('can be aborted at any time', async (t) => {
  const sink = createHashingSink()
  const scanner = createJsonScanner({ ...limits, blobs: sink })
  await scanner.write(Buffer.from(binary(longText).slice(0, 3000)))
  await scanner.abort()
  await scanner.abort()
  t.same(sink.ends, ['aborted'])
  t.throws(() => scanner.write(Buffer.from('"')), /aborted/)
})

t.test('decodes base64 strictly', async (t) => {
  for (const text of ['', 'QQ==', 'QUI=', 'QUJD', ' QU\r\nJD\t', 'QQ = =', '+/+/'])
    t.same(decodeBase64Strict(text), Buffer.from(text, 'base64'), text)
  for (const text of [
    'Q',
    'QQ',
    'QQ=',
    'QUJD=',
    'QQ==QQ==',
    '=',
    '====',
    '-_-_',
    'QUJé',
    'QU*D',
    'Q===',
    '\u0141AAA',
  ])
    t.equal(decodeBase64Strict(text), undefined, text)
})
