import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { FhirError, UnprocessableResource, UnsupportedMediaType } from '../../src/errors.ts'
import type { JsonObject, JsonValue, Resource } from '../../src/fhir/resource.ts'
import { applyPatch } from '../../src/patch/apply-patch.ts'
import { patchFormatOf, patchOfEntry } from '../../src/patch/patch-format.ts'

const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })

const patient = (members: JsonObject): Resource => ({ resourceType: 'Patient', ...members })

/** One operation; members in value form (`path`, `index`) become parts, `value` is given whole. */
function operation(
  type: string,
  path: string,
  rest: {
    name?: string
    value?: JsonObject
    index?: number
    source?: number
    destination?: number
  } = {},
): JsonObject {
  const { name, value, ...integers } = rest
  return {
    name: 'operation',
    part: [
      { name: 'type', valueCode: type },
      { name: 'path', valueString: path },
      ...(name === undefined ? [] : [{ name: 'name', valueString: name }]),
      ...(value === undefined ? [] : [{ name: 'value', ...value }]),
      ...Object.entries(integers).map(([key, number]) => ({ name: key, valueInteger: number })),
    ],
  }
}

function apply(resource: Resource, ...operations: JsonValue[]): Resource {
  const parameters = { resourceType: 'Parameters', parameter: operations }
  return applyPatch(resource, { format: 'fhirpath-patch', parameters }, registry)
}

function refusal(resource: Resource, ...operations: JsonValue[]) {
  try {
    apply(resource, ...operations)
  } catch (error) {
    if (error instanceof FhirError) return { status: error.status, ...error.issues[0]! }
    throw error
  }
  return undefined
}

const numbered = (...values: number[]) =>
  values.map((value) => ({ system: 'http://example.org', value: `${value}` }))
const contact = { name: { text: 'a name' }, gender: 'male' }

/** The operations of R4 fhirpatch.html: name, before, operations, after. */
const cases: [string, JsonObject, JsonObject[], JsonObject][] = [
  [
    'changes nothing without operations',
    { birthDate: '1920-01-01' },
    [],
    { birthDate: '1920-01-01' },
  ],
  [
    'replaces a primitive',
    { birthDate: '1920-01-01' },
    [operation('replace', 'Patient.birthDate', { value: { valueDate: '1930-01-01' } })],
    { birthDate: '1930-01-01' },
  ],
  [
    'deletes a primitive',
    { active: true, birthDate: '1920-01-01' },
    [operation('delete', 'Patient.birthDate')],
    { active: true },
  ],
  [
    'deletes what is not there',
    { active: true },
    [operation('delete', 'Patient.birthDate')],
    { active: true },
  ],
  [
    'adds a primitive',
    {},
    [operation('add', 'Patient', { name: 'birthDate', value: { valueDate: '1930-01-01' } })],
    { birthDate: '1930-01-01' },
  ],
  [
    'replaces a nested primitive',
    { contact: [contact] },
    [operation('replace', 'Patient.contact[0].name.text', { value: { valueString: 'the name' } })],
    { contact: [{ name: { text: 'the name' }, gender: 'male' }] },
  ],
  [
    'deletes the last element of another with it',
    { contact: [contact] },
    [operation('delete', 'Patient.contact[0].name.text')],
    { contact: [{ gender: 'male' }] },
  ],
  [
    'adds a nested primitive',
    { contact: [{ name: { text: 'a name' } }] },
    [operation('add', 'Patient.contact[0]', { name: 'gender', value: { valueCode: 'male' } })],
    { contact: [contact] },
  ],
  [
    'adds a complex element',
    {},
    [
      operation('add', 'Patient', {
        name: 'maritalStatus',
        value: { valueCodeableConcept: { text: 'married' } },
      }),
    ],
    { maritalStatus: { text: 'married' } },
  ],
  [
    'replaces a complex element',
    { maritalStatus: { id: '1', text: 'married' } },
    [
      operation('replace', 'Patient.maritalStatus', {
        value: { valueCodeableConcept: { id: '2', text: 'single' } },
      }),
    ],
    { maritalStatus: { id: '2', text: 'single' } },
  ],
  [
    'adds an anonymous element part by part',
    {},
    [
      operation('add', 'Patient', {
        name: 'contact',
        value: {
          part: [
            { name: 'name', valueHumanName: { text: 'a name' } },
            { name: 'telecom', valueContactPoint: { value: '1' } },
            { name: 'telecom', valueContactPoint: { value: '2' } },
            { name: 'gender', valueCode: 'male' },
          ],
        },
      }),
    ],
    { contact: [{ ...contact, telecom: [{ value: '1' }, { value: '2' }] }] },
  ],
  [
    'deletes an anonymous element',
    { active: true, contact: [contact] },
    [operation('delete', 'Patient.contact[0]')],
    { active: true },
  ],
  [
    'appends to a list',
    { identifier: numbered(1, 2) },
    [
      operation('add', 'Patient', {
        name: 'identifier',
        value: { valueIdentifier: numbered(3)[0]! },
      }),
    ],
    { identifier: numbered(1, 2, 3) },
  ],
  [
    'inserts into a list, at its end too',
    { identifier: numbered(1, 2) },
    [
      operation('insert', 'Patient.identifier', {
        index: 2,
        value: { valueIdentifier: numbered(4)[0]! },
      }),
      operation('insert', 'Patient.identifier', {
        index: 0,
        value: { valueIdentifier: numbered(0)[0]! },
      }),
    ],
    { identifier: numbered(0, 1, 2, 4) },
  ],
  [
    'inserts into a list that is not there yet',
    {},
    [
      operation('insert', 'Patient.identifier', {
        index: 0,
        value: { valueIdentifier: numbered(1)[0]! },
      }),
    ],
    { identifier: numbered(1) },
  ],
  [
    'deletes from a list',
    { identifier: numbered(1, 2, 3) },
    [operation('delete', 'Patient.identifier[1]')],
    { identifier: numbered(1, 3) },
  ],
  [
    'moves up',
    { identifier: numbered(1, 2, 3, 4) },
    [operation('move', 'Patient.identifier', { source: 3, destination: 1 })],
    { identifier: numbered(1, 4, 2, 3) },
  ],
  [
    'moves down: the destination counts without the source',
    { identifier: numbered(1, 2, 3, 4) },
    [operation('move', 'Patient.identifier', { source: 0, destination: 3 })],
    { identifier: numbered(2, 3, 4, 1) },
  ],
  [
    'changes the type of a choice element',
    { deceasedBoolean: true },
    [operation('replace', 'Patient.deceased', { value: { valueDateTime: '2024' } })],
    { deceasedDateTime: '2024' },
  ],
  [
    'adds a choice element under its type',
    {},
    [operation('add', 'Patient', { name: 'deceased', value: { valueBoolean: false } })],
    { deceasedBoolean: false },
  ],
  [
    'selects by where()',
    {
      name: [
        { use: 'usual', family: 'A' },
        { use: 'official', family: 'B' },
      ],
    },
    [
      operation('replace', "Patient.name.where(use = 'official' and family.exists()).family", {
        value: { valueString: 'C' },
      }),
    ],
    {
      name: [
        { use: 'usual', family: 'A' },
        { use: 'official', family: 'C' },
      ],
    },
  ],
  [
    'selects by first() and last()',
    { name: [{ given: ['A', 'B'] }, { given: ['C', 'D'] }] },
    [
      operation('delete', 'Patient.name.first().given.last()'),
      operation('delete', 'Patient.name.last().given.first()'),
    ],
    { name: [{ given: ['A'] }, { given: ['D'] }] },
  ],
  [
    'selects an extension by its url',
    {
      extension: [
        { url: 'http://a', valueBoolean: false },
        { url: 'http://b', valueBoolean: false },
      ],
    },
    [
      operation('replace', "Patient.extension('http://b').value", {
        value: { valueBoolean: true },
      }),
    ],
    {
      extension: [
        { url: 'http://a', valueBoolean: false },
        { url: 'http://b', valueBoolean: true },
      ],
    },
  ],
  [
    'selects by ofType()',
    { contained: [{ resourceType: 'Organization', id: 'o', name: 'A' }] },
    [
      operation('replace', 'Patient.contained.ofType(Organization).name', {
        value: { valueString: 'B' },
      }),
    ],
    { contained: [{ resourceType: 'Organization', id: 'o', name: 'B' }] },
  ],
  [
    'adds a contained resource',
    {},
    [
      operation('add', 'Patient', {
        name: 'contained',
        value: { resource: { resourceType: 'Organization', id: 'o' } },
      }),
    ],
    { contained: [{ resourceType: 'Organization', id: 'o' }] },
  ],
  [
    'keeps items and their siblings aligned',
    { name: [{ given: ['A', 'B'], _given: [null, { id: 'b' }] }] },
    [
      operation('insert', 'Patient.name[0].given', {
        index: 0,
        value: { valueString: 'Z', _valueString: { id: 'z' } },
      }),
      operation('delete', 'Patient.name[0].given[1]'),
      operation('add', 'Patient.name[0]', { name: 'given', value: { valueString: 'C' } }),
    ],
    { name: [{ given: ['Z', 'B', 'C'], _given: [{ id: 'z' }, { id: 'b' }, null] }] },
  ],
  [
    'adds an extension to a primitive, and deletes it',
    { birthDate: '1920', name: [{ given: ['A', 'B'] }] },
    [
      operation('add', 'Patient.birthDate', {
        name: 'extension',
        value: { valueExtension: { url: 'http://a' } },
      }),
      operation('add', 'Patient.name.given[1]', {
        name: 'extension',
        value: { valueExtension: { url: 'http://b' } },
      }),
      operation('add', 'Patient.name.given[1]', {
        name: 'extension',
        value: { valueExtension: { url: 'http://c' } },
      }),
      operation('delete', "Patient.name.given[1].extension('http://b')"),
    ],
    {
      birthDate: '1920',
      _birthDate: { extension: [{ url: 'http://a' }] },
      name: [{ given: ['A', 'B'], _given: [null, { extension: [{ url: 'http://c' }] }] }],
    },
  ],
  [
    'replaces a primitive together with its sibling',
    { birthDate: '1920', _birthDate: { id: 'x' } },
    [operation('replace', 'birthDate', { value: { valueDate: '1930' } })],
    { birthDate: '1930' },
  ],
]

for (const [name, before, operations, after] of cases) {
  t.test(name, async (t) => {
    const resource = patient(before)
    const sent = structuredClone(resource)
    t.same(apply(resource, ...operations), patient(after))
    t.same(resource, sent, 'the input is as before')
  })
}

t.test('refuses parts that no operation has, and an index that add does not take', async (t) => {
  const value = { valueHumanName: { family: 'B' } }
  const misspelt = operation('insert', 'Patient.name', { value, index: 0 })
  ;(misspelt.part as JsonObject[]).push({ name: 'indx', valueInteger: 0 })
  for (const [sent, diagnostics] of [
    [misspelt, /"indx" is no part/],
    [operation('add', 'Patient', { name: 'name', value, index: 0 }), /at the end.*insert/],
  ] as const) {
    t.match(refusal(patient({ name: [{ family: 'A' }] }), sent), { status: 422, diagnostics })
  }
})

t.test('supersedes a document in the form of IHE MHD', async (t) => {
  const fiche: Resource = { resourceType: 'DocumentReference', status: 'current' }
  const supersede = operation('replace', 'DocumentReference.status', {
    value: { valueCode: 'superseded' },
  })
  t.equal(apply(fiche, supersede).status, 'superseded')
})

/** Operations that are refused, and words of the answer. */
const refused: [string, JsonValue, RegExp][] = [
  [
    'a path to nothing',
    operation('replace', 'Patient.maritalStatus', { value: { valueCodeableConcept: {} } }),
    /nothing at .* use type add/i,
  ],
  ['a path to several', operation('delete', 'Patient.name'), /names 2 elements/],
  [
    'another resource type',
    operation('delete', 'Observation.status'),
    /no Observation. Begin the path with Patient/,
  ],
  ['an element that does not exist', operation('delete', 'Patient.nom'), /no element "nom"/],
  ['an element in the wrong case', operation('delete', 'Patient.birthdate'), /called birthDate/],
  ['a typed name of a choice', operation('delete', 'Patient.deceasedBoolean'), /write deceased/],
  [
    'a function that gives no place',
    operation('delete', 'Patient.name.given.upper()'),
    /function upper\(\) gives no place/,
  ],
  [
    'a path that is no FHIRPath',
    operation('delete', "Patient.extension[url:'x']"),
    /cannot be read from/,
  ],
  ['an unclosed parenthesis', operation('delete', "Patient.name.where(use = 'a'"), /not closed/],
  ['broken criteria', operation('delete', 'Patient.name.where(=)'), /cannot be evaluated/],
  ['the resource itself', operation('delete', 'Patient'), /names the resource itself/],
  [
    'add of what is there',
    operation('add', 'Patient', { name: 'birthDate', value: { valueDate: '1930' } }),
    /there already/,
  ],
  [
    'add without a name',
    operation('add', 'Patient', { value: { valueDate: '1930' } }),
    /no part "name"/,
  ],
  ['add without a value', operation('add', 'Patient', { name: 'active' }), /no part "value"/],
  ['an empty value', operation('add', 'Patient', { name: 'active', value: {} }), /no value\[x\]/],
  [
    'a value of the wrong type',
    operation('replace', 'Patient.birthDate', { value: { valueBoolean: true } }),
    /Write valueDate/,
  ],
  [
    'a text for a boolean',
    operation('add', 'Patient', { name: 'active', value: { valueString: 'true' } }),
    /Write valueBoolean/,
  ],
  [
    'a boolean written as a text',
    operation('add', 'Patient', { name: 'active', value: { valueBoolean: 'true' } }),
    /without quotation marks/,
  ],
  [
    'a code with a space',
    operation('add', 'Patient', { name: 'gender', value: { valueCode: 'male ' } }),
    /"male"/,
  ],
  [
    'insert beyond the end',
    operation('insert', 'Patient.name', { index: 3, value: { valueHumanName: {} } }),
    /beyond the end/,
  ],
  [
    'insert into what does not repeat',
    operation('insert', 'Patient.birthDate', { index: 0, value: { valueDate: '1930' } }),
    /does not repeat/,
  ],
  [
    'move without a source',
    operation('move', 'Patient.name', { destination: 0 }),
    /no part "source"/,
  ],
  [
    'move in a filtered list',
    operation('move', 'Patient.name.first()', { source: 0, destination: 0 }),
    /names no list/,
  ],
  ['an unknown operation', operation('upsert', 'Patient'), /Write one of add, insert/],
  ['another parameter', { name: 'operations' }, /called "operation"/],
]

for (const [name, wrong, words] of refused) {
  t.test(`refuses ${name}`, async (t) => {
    const resource = patient({ birthDate: '1920', name: [{ use: 'usual' }, { use: 'official' }] })
    const issue = refusal(resource, operation('delete', 'Patient.photo'), wrong)
    t.equal(issue?.status, 422)
    t.match(issue?.expression?.[0], /^Parameters\.parameter\[1\]/)
    t.match(issue?.diagnostics, words)
  })
}

t.test('knows the format of a patch by its media type', async (t) => {
  t.equal(patchFormatOf('application/json-patch+json; charset=utf-8'), 'json-patch')
  t.equal(patchFormatOf('application/fhir+json'), 'fhirpath-patch')
  for (const type of ['application/xml-patch+xml', 'text/plain', 'constructor', undefined])
    t.throws(() => patchFormatOf(type), UnsupportedMediaType)
})

t.test('finds the patch in an entry of a transaction', async (t) => {
  const operations = [{ op: 'test', path: '/id', value: 'é' }]
  const data = Buffer.from(JSON.stringify(operations)).toString('base64')
  const contentType = 'application/json-patch+json'
  t.same(patchOfEntry({ resourceType: 'Binary', contentType, data }), {
    format: 'json-patch',
    operations,
  })
  t.match(patchOfEntry({ resourceType: 'Parameters' }), { format: 'fhirpath-patch' })
  t.throws(
    () => patchOfEntry({ resourceType: 'Binary', contentType, data: 'e3s=' }),
    UnprocessableResource,
  )
  t.throws(() => patchOfEntry({ resourceType: 'Patient' }), UnprocessableResource)
})

t.test('stops a patch that looks at too much', async (t) => {
  const identifier = numbered(...Array.from({ length: 6000 }, (_, index) => index))
  const select = operation('delete', "Patient.identifier.where(value = 'x')")
  t.match(refusal(patient({ identifier }), select), undefined)
  t.match(refusal(patient({ identifier }), select, select), { status: 422, code: 'too-costly' })
  const many = Array.from({ length: 1001 }, () => operation('delete', 'Patient.photo'))
  t.match(refusal(patient({}), ...many), { status: 422, code: 'too-costly' })
})
