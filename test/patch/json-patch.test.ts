import t from 'tap'
import { FhirError } from '../../src/errors.ts'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { parseJsonValue } from '../../src/json/parse.ts'
import { applyJsonPatch } from '../../src/patch/json-patch.ts'
import type { JsonObject, JsonValue, Resource } from '../../src/fhir/resource.ts'

const { typeModel } = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })

const doc = (members: JsonObject): Resource => ({ resourceType: 'Basic', ...members })

function refusal(resource: Resource, operations: unknown, options = {}) {
  try {
    applyJsonPatch(resource, operations, options)
  } catch (error) {
    if (error instanceof FhirError) return { status: error.status, ...error.issues[0]! }
    throw error
  }
  return undefined
}

/** The cases of RFC 6902, appendix A, restated: name, before, patch, after (undefined: refused). */
const cases: [string, JsonObject, JsonValue, JsonObject | undefined][] = [
  ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  [
    'adds an item before another',
    { a: [1, 3] },
    [{ op: 'add', path: '/a/1', value: 2 }],
    { a: [1, 2, 3] },
  ],
  ['removes a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/b' }], { a: 1 }],
  ['removes an item', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
  [
    'replaces a value',
    { a: 1, b: 2 },
    [{ op: 'replace', path: '/b', value: { c: 3 } }],
    { a: 1, b: { c: 3 } },
  ],
  [
    'moves a value',
    { a: { b: 1, c: 2 }, d: { e: 3 } },
    [{ op: 'move', from: '/a/c', path: '/d/f' }],
    { a: { b: 1 }, d: { e: 3, f: 2 } },
  ],
  [
    'moves an item',
    { a: [0, 1, 2, 3] },
    [{ op: 'move', from: '/a/1', path: '/a/3' }],
    { a: [0, 2, 3, 1] },
  ],
  [
    'passes a test and goes on',
    { a: 'x', b: ['a', 2, 'c'] },
    [
      { op: 'test', path: '/a', value: 'x' },
      { op: 'test', path: '/b/1', value: 2 },
    ],
    { a: 'x', b: ['a', 2, 'c'] },
  ],
  ['fails a test', { a: 'x' }, [{ op: 'test', path: '/a', value: 'y' }], undefined],
  [
    'adds a nested object',
    { a: 1 },
    [{ op: 'add', path: '/b', value: { c: {} } }],
    { a: 1, b: { c: {} } },
  ],
  [
    'ignores members that it does not know',
    { a: 1 },
    [{ op: 'add', path: '/b', value: 2, why: 'because' }],
    { a: 1, b: 2 },
  ],
  [
    'does not add below what is not there',
    { a: 1 },
    [{ op: 'add', path: '/b/c', value: 2 }],
    undefined,
  ],
  [
    'reads ~0 and ~1',
    { '/': 9, '~1': 10 },
    [
      { op: 'test', path: '/~01', value: 10 },
      { op: 'replace', path: '/~1', value: 8 },
    ],
    { '/': 8, '~1': 10 },
  ],
  [
    'does not take a text for a number',
    { '~1': 10 },
    [{ op: 'test', path: '/~01', value: '10' }],
    undefined,
  ],
  [
    'appends an array as one item',
    { a: ['x'] },
    [{ op: 'add', path: '/a/-', value: ['y', 'z'] }],
    { a: ['x', ['y', 'z']] },
  ],
  ['replaces what add names', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
  [
    'copies a value',
    { a: { b: [1] } },
    [{ op: 'copy', from: '/a', path: '/c' }],
    { a: { b: [1] }, c: { b: [1] } },
  ],
  ['adds at the end by index', { a: [1] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2] }],
  ['does not add beyond the end', { a: [1] }, [{ op: 'add', path: '/a/2', value: 2 }], undefined],
  ['does not replace the end', { a: [1] }, [{ op: 'replace', path: '/a/-', value: 2 }], undefined],
  ['refuses leading zeros', { a: [1, 2] }, [{ op: 'remove', path: '/a/01' }], undefined],
  [
    'refuses to move into itself',
    { a: { b: {} } },
    [{ op: 'move', from: '/a', path: '/a/b' }],
    undefined,
  ],
  ['moves a place onto itself', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
  ['takes null for a value', { a: 1 }, [{ op: 'replace', path: '/a', value: null }], { a: null }],
  ['wants a value', { a: 1 }, [{ op: 'replace', path: '/a' }], undefined],
  ['wants a from', { a: 1 }, [{ op: 'copy', path: '/b' }], undefined],
  ['refuses an unknown operation', { a: 1 }, [{ op: 'increment', path: '/a' }], undefined],
  ['refuses an inherited operation', { a: 1 }, [{ op: 'constructor', path: '/a' }], undefined],
  ['finds nothing inherited', { a: 1 }, [{ op: 'remove', path: '/constructor' }], undefined],
  [
    'finds no length of an array',
    { a: [1] },
    [{ op: 'test', path: '/a/length', value: 1 }],
    undefined,
  ],
  [
    'compares objects without order and numbers by value',
    { a: { b: 1, c: 2.0 } },
    [{ op: 'test', path: '/a', value: { c: 2, b: 1 } }],
    { a: { b: 1, c: 2 } },
  ],
  ['changes nothing for no operation', { a: 1 }, [], { a: 1 }],
]

for (const [name, before, patch, after] of cases) {
  t.test(name, async (t) => {
    const resource = doc(before)
    const sent = structuredClone(resource)
    if (after) t.same(applyJsonPatch(resource, patch), doc(after))
    else t.match(refusal(resource, patch), { status: 422, severity: 'error' })
    t.same(resource, sent, 'the input is as before')
  })
}

t.test('refuses a patch that is no array, and one with a broken operation', async (t) => {
  for (const patch of [{ op: 'add' }, 'x', null, undefined, [1], [[]], [{}]])
    t.match(refusal(doc({ a: 1 }), patch), { status: 422, code: 'invalid' })
})

t.test('copies independently of what is changed later', async (t) => {
  const result = applyJsonPatch(doc({ a: { b: [1] } }), [
    { op: 'add', path: '/a/b/-', value: 2 },
    { op: 'copy', from: '/a', path: '/c' },
    { op: 'add', path: '/c/b/-', value: 3 },
    { op: 'remove', path: '/a/b/0' },
  ])
  t.same(result, doc({ a: { b: [2] }, c: { b: [1, 2, 3] } }))
})

t.test('keeps members called __proto__ as plain data', async (t) => {
  const operations: unknown = JSON.parse(
    '[{"op":"add","path":"/__proto__","value":{"polluted":true}},{"op":"add","path":"/__proto__/b","value":1}]',
  )
  const result = applyJsonPatch(doc({}), operations)
  t.equal(Object.getPrototypeOf(result), Object.prototype)
  t.equal(JSON.stringify(result), '{"resourceType":"Basic","__proto__":{"polluted":true,"b":1}}')
  t.notOk('polluted' in {})
})

t.test('keeps decimals with their digits and compares them by value', async (t) => {
  const raw = (text: string) =>
    JSON.parse(text, (_, value, context?: { source?: string }) =>
      typeof value === 'number'
        ? (JSON as unknown as { rawJSON(text: string): number }).rawJSON(context!.source!)
        : value,
    )
  const resource = doc(raw('{"a":{"value":1.10},"b":123456789012345678901}'))
  const result = applyJsonPatch(resource, [
    { op: 'test', path: '/a/value', value: 1.1 },
    { op: 'copy', from: '/a', path: '/c' },
  ])
  t.equal(
    JSON.stringify(result),
    '{"resourceType":"Basic","a":{"value":1.10},"b":123456789012345678901,"c":{"value":1.10}}',
  )
  t.ok(refusal(resource, raw('[{"op":"test","path":"/b","value":123456789012345678902}]')))
})

t.test('compares numbers by their exact value, wherever they stand', (t) => {
  const resource = parseJsonValue(
    '{"resourceType":"Basic","a":9007199254740993,"b":[{"c":0.10000000000000000001}]}',
  ) as Resource
  const isRefused = (path: string, value: string) =>
    refusal(resource, parseJsonValue(`[{"op":"test","path":"${path}","value":${value}}]`)) !==
    undefined
  t.notOk(isRefused('/a', '9007199254740993'))
  t.notOk(isRefused('/a', '9007199254740993.00'))
  t.ok(isRefused('/a', '9007199254740992'))
  t.notOk(isRefused('/b/0', '{"c":1.0000000000000000001e-1}'))
  t.ok(isRefused('/b/0', '{"c":0.1}'))
  t.end()
})

t.test('drops arrays and objects that the patch emptied, and only those', async (t) => {
  const resource = doc({ a: { b: [1] }, given: ['x', 'y'], _given: [{ id: '1' }, { id: '2' }] })
  t.same(applyJsonPatch(resource, [{ op: 'remove', path: '/a/b/0' }]).a, undefined)
  t.same(
    applyJsonPatch(resource, [{ op: 'remove', path: '/_given/0/id' }])._given,
    [null, { id: '2' }],
    'the sibling of a primitive keeps its places',
  )
  t.same(applyJsonPatch(resource, [{ op: 'add', path: '/c', value: [] }]).c, [])
})

t.test('appends to an array that is not there yet (decision 76)', async (t) => {
  const value = { url: 'http://example.org/x', valueBoolean: true }
  const add = [
    { op: 'add', path: '/extension/-', value },
    { op: 'add', path: '/extension/-', value },
  ]
  t.same(applyJsonPatch(doc({}), add).extension, [value, value])
  t.ok(
    refusal(doc({}), [{ op: 'add', path: '/a/extension/-', value }]),
    'not below an absent parent',
  )
  t.ok(refusal(doc({ a: 1 }), [{ op: 'add', path: '/a/-', value }]), 'not into a primitive')
  t.ok(
    refusal(doc({}), [{ op: 'copy', from: '/resourceType', path: '/extension/-' }]),
    'only by add',
  )
})

t.test('refuses another type, and no document at all', async (t) => {
  for (const operation of [
    { op: 'replace', path: '/resourceType', value: 'Patient' },
    { op: 'remove', path: '/resourceType' },
    { op: 'replace', path: '', value: 1 },
    { op: 'remove', path: '' },
  ])
    t.match(refusal(doc({ a: 1 }), [operation]), { status: 422 })
  t.same(
    applyJsonPatch(doc({ a: 1 }), [{ op: 'replace', path: '', value: doc({ b: 2 }) }]),
    doc({ b: 2 }),
  )
})

t.test('stops copies that double a document, and endless nesting', async (t) => {
  const bomb = Array.from({ length: 40 }, (_, index) => ({
    op: 'copy',
    from: '/a',
    path: `/a/x${index}`,
  }))
  t.match(refusal(doc({ a: { b: 'x'.repeat(100) } }), bomb), { status: 422, code: 'too-costly' })
  const deep = Array.from({ length: 300 }, (_, index) => ({
    op: 'add',
    path: '/a'.repeat(index + 1),
    value: {},
  }))
  t.match(refusal(doc({}), deep), { status: 422 })
})

const fiche: Resource = {
  resourceType: 'DocumentReference',
  status: 'current',
  securityLabel: [{ coding: [{ code: 'N' }] }],
  content: [{ attachment: { url: 'Binary/1' } }],
}

/** What the guides show and cannot work: operation, place of the fault, words of the correction. */
const guideMistakes: [string, JsonObject, string, RegExp][] = [
  [
    'a path that selects the extension by url',
    {
      op: 'replace',
      path: "/extension[url:'https://example.org/is-archived']/valueBoolean",
      value: true,
    },
    'patch[0].path',
    /"path": "\/extension\/-", "value": \{"url": "https:\/\/example.org\/is-archived", "valueBoolean": true\}/,
  ],
  [
    'a boolean sent as a text',
    { op: 'add', path: '/extension/-/valueBoolean', value: 'true' },
    'patch[0].path',
    /nothing at/,
  ],
  [
    'a status with a space',
    { op: 'replace', path: '/status', value: 'current ' },
    'patch[0].value',
    /Write "value": "current"/,
  ],
  [
    'security labels replaced by a text',
    { op: 'replace', path: '/securityLabel', value: 'restricted' },
    'patch[0].value',
    /"value": \[\{"coding": \[\{"system": "http:\/\/terminology.hl7.org\/CodeSystem\/v3-Confidentiality", "code": "R"\}\]\}\]/,
  ],
  [
    'a security label replaced by a text',
    { op: 'replace', path: '/securityLabel/0', value: 'MASQUE_PS' },
    'patch[0].value',
    /"code": "MASQUE_PS"/,
  ],
  [
    'FHIRPath for a path',
    { op: 'replace', path: 'DocumentReference.status', value: 'current' },
    'patch[0].path',
    /Write "path": "\/status"/,
  ],
  [
    'FHIRPath with an index for a path',
    { op: 'replace', path: 'DocumentReference.securityLabel[0]', value: {} },
    'patch[0].path',
    /Write "path": "\/securityLabel\/0"/,
  ],
  [
    'the wrong case of a name',
    { op: 'replace', path: '/securitylabel', value: [] },
    'patch[0].path',
    /called securityLabel/,
  ],
  [
    'replace of what is not there',
    { op: 'replace', path: '/description', value: 'x' },
    'patch[0].path',
    /"op": "add", "path": "\/description"/,
  ],
]

for (const [name, operation, place, correction] of guideMistakes) {
  t.test(`answers ${name} with the right form`, async (t) => {
    const issue = refusal(fiche, [operation], { typeModel })
    t.equal(issue?.status, 422)
    t.same(issue?.expression, [place])
    t.match(issue?.diagnostics, correction)
  })
}

t.test('names the boolean that was sent as a text', async (t) => {
  const archived = { ...fiche, extension: [{ url: 'http://example.org/a', valueBoolean: false }] }
  const path = '/extension/0/valueBoolean'
  const issue = refusal(archived, [{ op: 'replace', path, value: 'true' }], { typeModel })
  t.match(issue?.diagnostics, /a boolean is expected. Write "value": true, without quotation marks/)
  t.same(issue?.code, 'value')
  t.same(
    applyJsonPatch(archived, [{ op: 'replace', path, value: true }], { typeModel }).extension,
    [{ url: 'http://example.org/a', valueBoolean: true }],
  )
})

t.test('does not tell what is stored when a test fails', async (t) => {
  const issue = refusal(doc({ a: 'secret' }), [{ op: 'test', path: '/a', value: 'guess' }])
  t.notMatch(issue?.diagnostics, /secret/)
})
