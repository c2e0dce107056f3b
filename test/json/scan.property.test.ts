import fc from 'fast-check'
import t from 'tap'
import { FhirError } from '../../src/errors.ts'
import { createJsonScanner } from '../../src/json/scan.ts'
import { createHashingSink } from './hashing-sink.ts'

async function scan(chunks: readonly Uint8Array[], blobThresholdBytes = 16): Promise<string> {
  const blobs = createHashingSink()
  const scanner = createJsonScanner({ bodyBytesMax: 1_000_000, blobs, blobThresholdBytes })
  try {
    for (const chunk of chunks) await scanner.write(chunk)
    const { bytes, hasOddDecimals, blobs: references } = await scanner.end()
    return `${bytes.toString()} ${hasOddDecimals} ${JSON.stringify(references)}`
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    if (blobs.ends.some((end) => end !== 'aborted'))
      throw new Error('a blob was left', { cause: error })
    return `refused ${/line \d+, column \d+[^:]*/.exec(error.message)?.[0]}`
  }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end))
}

/** JSON text with white space and escapes that JSON.stringify does not write. */
const jsonText = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, ' ', '\t', 2), fc.boolean())
  .map(([value, space, escapes]) => {
    const text = JSON.stringify(value, undefined, space)
    return escapes
      ? text.replaceAll(/[^\n\t -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : text
  })
  .filter((text) => !text.includes('__proto__') && !/\\ud[89a-f]/i.test(text))

const documents = [
  String.raw`{"resourceType":"Binary", "data": "QUJD\/+8g QUJDRE VGR0hJSktMTU5PUFFSUw\u003d=" , "x":[1.10,-2e5,true]}`,
  String.raw`{"data":"QUJDREVGR0hJSktMTU5PUFFSU1=A"}`,
  String.raw`{"data":"QUJDREVGR0hJSktM\r\nTU5PUFFSU1RV","valueBase64Binary":"é QUJDREVGR0hJSktMTU5PUFFSU1RV"}`,
  String.raw`{"data":"QUJDREVGR0hJSktMTU5PUFFSU1RV\n", "a":"\ud83d\ude00 é€😀 \" \\", "\u00e9":null}`,
  '[\r\n null , false,\n"é€😀", 0.5 ,{ "k" : { } }, [ ]] ',
  '{"a":[1,2,{"b":"\\ud83d\\u0041"}]}',
  '{"a":[1,\n\n2,{"b":nulx}]}',
  '{"a":[01]}',
]

t.test('gives the same result cut at any one byte, and cut at every byte', async (t) => {
  for (const document of documents) {
    const bytes = Buffer.from(document)
    const whole = await scan([bytes])
    for (let at = 0; at <= bytes.length; at += 1) {
      const result = await scan(cut(bytes, [at]))
      if (result !== whole) t.equal(result, whole, `${document} cut at ${at}`)
    }
    t.equal(await scan(Array.from(bytes, (byte) => Uint8Array.of(byte))), whole)
  }
})

t.test('any JSON, cut anywhere, comes out meaning the same and compact', async () => {
  await fc.assert(
    fc.asyncProperty(jsonText, fc.array(fc.nat(), { maxLength: 8 }), async (text, at) => {
      const result = await scan(cut(Buffer.from(text), at), 1e9)
      const compact = result.slice(0, result.lastIndexOf(' ', result.lastIndexOf(' ') - 1))
      const isSame = JSON.stringify(JSON.parse(compact)) === JSON.stringify(JSON.parse(text))
      return isSame && !/\s/.test(compact.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''))
    }),
    { numRuns: 300 },
  )
})

/** One to three small accidents to a text. */
const accidents = fc.array(
  fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'{}[],:"\\0123456789.eE+-tfnu \n\u0001')),
  { minLength: 1, maxLength: 3 },
)

t.test(
  'refuses what JSON.parse refuses, and accepts the rest but for its own reasons',
  async () => {
    const ownReasons = /comes twice|surrogate|is too large|__proto__|more than/
    await fc.assert(
      fc.property(jsonText, accidents, (text, changes) => {
        let broken = text
        for (const [place, removed, inserted] of changes) {
          const at = place % (broken.length + 1)
          broken = broken.slice(0, at) + inserted + broken.slice(at + removed)
        }
        if (!broken.isWellFormed()) return true
        const refusal = refusalOf(broken)
        return isValid(broken) ? refusal === '' || ownReasons.test(refusal) : refusal !== ''
      }),
      { numRuns: 2000 },
    )
    function isValid(text: string): boolean {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
    function refusalOf(text: string): string {
      try {
        const scanner = createJsonScanner({ bodyBytesMax: 1_000_000 })
        void scanner.write(Buffer.from(text))
        scanner.endSync()
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
  },
)
