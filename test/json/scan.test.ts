import t from 'tap'
import { FhirError, InvalidRequest, TooLarge } from '../../src/errors.ts'
import { createJsonScanner, type ScanOptions } from '../../src/json/scan.ts'

const options: ScanOptions = { bodyBytesMax: 10_000_000 }

function scan(json: string | Uint8Array, override: Partial<ScanOptions> = {}): string {
  const scanner = createJsonScanner({ ...options, ...override })
  void scanner.write(typeof json === 'string' ? Buffer.from(json) : json)
  return scanner.endSync().bytes.toString()
}

/** The refusal as it would be for the whole body, and for one byte at a time. */
function refusal(json: string | Uint8Array, override: Partial<ScanOptions> = {}): FhirError {
  const bytes = Buffer.from(json)
  const errors = [[bytes], Array.from(bytes, (byte) => Uint8Array.of(byte))].map((chunks) => {
    try {
      const scanner = createJsonScanner({ ...options, ...override })
      for (const chunk of chunks) void scanner.write(chunk)
      scanner.endSync()
    } catch (error) {
      if (error instanceof FhirError) return error
      throw error
    }
    throw new Error(`accepted ${bytes.toString().slice(0, 100)}`)
  })
  const place = ({ message }: Error) => /line \d+, column \d+ .*?:/.exec(message)?.[0]
  if (place(errors[0]!) !== place(errors[1]!))
    throw new Error(`${errors[0]!.message} <> ${errors[1]!.message}`)
  return errors[0]!
}

t.test('accepts every kind of value and drops white space outside strings', async (t) => {
  t.equal(
    scan(' {\r\n\t"a" : [ 1 , -2.5,\n"x y" ,true, false,null, {} ,[ ] ] } \n'),
    '{"a":[1,-2.5,"x y",true,false,null,{},[]]}',
  )
  for (const value of ['0', '-1', '"é"', 'null', '[]', '{}', '1E+5', '0.0'])
    t.equal(scan(` ${value} `), value)
})

t.test('keeps strings exactly as they were sent', async (t) => {
  const text = String.raw`{"a \"b":"\u00e9\/\b\f\n\r\t\\\" \ud83d\ude00 é€😀"}`
  t.equal(scan(text), text)
})

t.test('refuses what RFC 8259 refuses', async (t) => {
  const numbers = '01 - +1 .5 1. 1e 1e+ 0x10 -01 1.2.3 --1 1_0 00 -.5'
  const words = "NaN Infinity -Infinity undefined True nul nulll tru 'a' a"
  const structures = '[1,] [,1] [} {] {"a":1,} {,} {"a"} {"a":} {a:1} {1:2} {"a":1 {"a" {"a": { ['
  const strings = String.raw`"abc "\x41" "\u12" "\u12g4" "\ "\u {"\q":1}`
  const spaced = [
    '[1 2]',
    '{"a":1 "b":2}',
    '1 2',
    '{} {}',
    '[] ,',
    '// c\n1',
    '/* */1',
    '\f1',
    '\v1',
  ]
  const controls = ['"a\nb"', '"a\tb"', '"\u0000"', '"\u001f"', '{"a\nb":1}', '\u00a01']
  const single = [numbers, words, structures, strings].join(' ').split(' ')
  for (const json of [...single, ...spaced, ...controls]) {
    const { status, issues } = refusal(json)
    t.same([status, issues[0]!.code], [400, 'structure'], json)
  }
})

t.test('refuses an empty body, and one of white space', async (t) => {
  for (const json of ['', ' ', '\r\n'])
    t.throws(() => scan(json), { name: 'InvalidRequest', message: /body is empty/ })
})

t.test('refuses a byte order mark and other encodings by name', async (t) => {
  t.match(refusal('\ufeff{}').message, /UTF-8 without a byte order mark/)
  t.match(refusal(Buffer.from('\ufeff{}', 'utf16le')).message, /UTF-8 without a byte order mark/)
})

t.test('refuses bytes that are not UTF-8', async (t) => {
  const overlong = 'c0af c1bf e08080 e09fbf f08080af f08fbfbf'
  const outside = 'eda080 edbfbf f4908080 f5808080 ff fe'
  const broken = '80 bf c3 e282 f09f98 c328 e28228 f09f9828 c3c3a9'
  const wrong = [overlong, outside, broken].join(' ').split(' ')
  for (const hex of wrong) {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')])
    t.match(refusal(body), { status: 400, message: /not valid UTF-8/ }, hex)
  }
  for (const edge of [
    '\u0080',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ])
    t.equal(scan(`"${edge}"`), `"${edge}"`)
})

t.test('refuses half of a surrogate pair as an escape', async (t) => {
  for (const text of [
    '\\ud800',
    '\\udc00',
    '\\ud83dx',
    '\\ud83d\\n',
    '\\ud83d\\ud83d',
    '\\ude00\\ud83d',
    '\\uDBFF\\u0041',
  ])
    t.match(
      refusal(`{"a":"x${text}y"}`),
      { status: 400, message: /half of a surrogate pair/ },
      text,
    )
})

t.test('refuses the same key twice, however it is written', async (t) => {
  const many = Array.from({ length: 40 }, (_, index) => `"k${index}":{}`).join()
  const wrong = [
    '{"a":1,"a":2}',
    '{"b":{"a":1},"a":{"a":1},"b":0}',
    String.raw`{"a":1,"\u0061":2}`,
    '{"é":1,"\\u00e9":2}',
  ]
  for (const json of [...wrong, `{${many},"k3":1}`, `{${many},"k39":1}`, `[{"x":{${many}},"x":1}]`])
    t.match(refusal(json), { status: 400, message: /comes twice/ }, json.slice(0, 40))
  t.equal(scan('{"a":{"a":1},"b":[{"a":1},{"a":2}]}'), '{"a":{"a":1},"b":[{"a":1},{"a":2}]}')
  t.equal(scan(`{${many},"x":{${many}}}`), `{${many},"x":{${many}}}`)
})

t.test('refuses the key __proto__, even escaped', async (t) => {
  for (const json of ['{"__proto__":{"a":1}}', String.raw`{"a":{"\u005f_proto__":1}}`])
    t.match(refusal(json), { status: 400, message: /"__proto__" is not allowed/ })
})

t.test('answers cleanly to 100 000 levels, and takes as many as allowed', async (t) => {
  for (const open of ['[', '{"a":', '[{"a":'])
    t.match(refusal(open.repeat(100_000)), { status: 400, message: /more than 100 objects/ })
  t.equal(scan('['.repeat(100) + ']'.repeat(100)).length, 200)
  t.throws(() => scan('['.repeat(101) + ']'.repeat(101)), InvalidRequest)
  t.throws(() => scan('[[[1]]]', { depthMax: 2 }), InvalidRequest)
})

t.test('refuses a body that is too large as soon as it is', async (t) => {
  const scanner = createJsonScanner({ bodyBytesMax: 10 })
  void scanner.write(Buffer.from('["123'))
  t.throws(() => scanner.write(Buffer.from('456789')), TooLarge)
  t.throws(() => scanner.write(Buffer.from('"]')), TooLarge, 'and stays refused')
  t.equal(scan('[345678,0]', { bodyBytesMax: 10 }), '[345678,0]')
})

t.test('refuses numbers that no double holds, and tokens without end', async (t) => {
  t.match(refusal('{"a":1e999}'), { status: 400, message: /1e999 is too large/ })
  t.match(refusal(`[${'1'.repeat(1025)}]`), { status: 400, message: /a number has more than 1024/ })
  t.match(refusal(`{"${'k'.repeat(1025)}":1}`), {
    status: 400,
    message: /a key has more than 1024/,
  })
  t.match(refusal(`{"${'k'.repeat(5000)}`), { status: 400, message: /a key has more than 1024/ })
})

t.test('refuses a flood of different keys', async (t) => {
  const keys = Array.from({ length: 10_001 }, (_, index) => `"flood${index}":1`)
  t.match(refusal(`{${keys.join()}}`), { status: 400, message: /different keys/ })
})

t.test('says where the error is: line, column in bytes, and path', async (t) => {
  const body =
    '{\n "resourceType": "Bundle",\n "entry": [{}, {"resource": {"é": "x", "_id": {"a": 1,}}}]\n}'
  const { message, issues } = refusal(body)
  t.match(
    message,
    /at line 3, column 56 \(counted in bytes\), in Bundle\.entry\[1\]\.resource\.id:/,
  )
  t.match(message, /expected a key, found '}'/)
  t.same(issues[0]!.expression, ['Bundle.entry[1].resource.id'])
  t.same(refusal('{"resourceType":"Patient","a b":[1,').issues[0]!.expression, ['Patient.`a b`[1]'])
  const unknown = refusal('{"name":[{"given":[01')
  t.match(unknown.message, /in \$\.name\[0\]\.given\[0\]:/)
  t.equal(unknown.issues[0]!.expression, undefined)
})

t.test('notices numbers that JavaScript would write differently', async (t) => {
  const isOdd = (text: string) => {
    const scanner = createJsonScanner(options)
    void scanner.write(Buffer.from(`[${text}]`))
    return scanner.endSync().hasOddDecimals
  }
  const odd = [
    '1.10',
    '1.0',
    '0.0',
    '-0',
    '-0.0',
    '1e3',
    '1E3',
    '1e-7',
    '0.0000001',
    '12345678901234567890',
  ]
  for (const text of [
    ...odd.filter((text) => text !== '1e-7'),
    '9007199254740993',
    '0.1234567890123456789',
    '100e0',
  ])
    t.equal(isOdd(text), true, text)
  const plain = [
    '0',
    '1',
    '-1',
    '10',
    '100',
    '1.1',
    '-1.1',
    '0.5',
    '-0.5',
    '0.05',
    '0.000001',
    '1e-7',
    '1e+21',
  ]
  for (const text of [
    ...plain,
    '123456789012345',
    '9007199254740991',
    '0.12345678901234',
    '100.25',
  ])
    t.equal(isOdd(text), false, text)
})
