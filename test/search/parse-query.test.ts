import t from 'tap'
import { InvalidRequest } from '../../src/errors.ts'
import type { Clause } from '../../src/search/search-request.ts'
import { period } from './entries.ts'
import { limits, parse, registry } from './registry.ts'

const where = (type: string | undefined, query: string) => parse(type, query).request.where

/** What a refused query says. */
function refusal(type: string | undefined, query: string): string {
  try {
    parse(type, query)
  } catch (error) {
    if (error instanceof InvalidRequest) return error.message
    throw error
  }
  return 'accepted'
}

t.test('reads tokens in all four forms', async (t) => {
  t.same(where('Patient', 'identifier=a,s|b,|c,s|'), {
    kind: 'token',
    code: 'identifier',
    tokens: [
      { value: 'a' },
      { system: 's', value: 'b' },
      { system: '', value: 'c' },
      { system: 's' },
    ],
  })
  t.match(refusal('Patient', 'identifier=|'), /neither a system nor a code/)
  t.match(refusal('Patient', 'identifier=a|b|c'), /system\|code/)
})

t.test('refuses a system where no element has one', async (t) => {
  for (const query of ['telecom=phone|0102', 'phone=|0102', 'active=s|true', 'email:not=e|'])
    t.match(refusal('Patient', query), /a code alone/, query)
  t.match(refusal('Patient', 'general-practitioner:Practitioner.phone=p|1'), /a code alone/)
  t.same(where('Patient', 'phone=a\\|b'), {
    kind: 'token',
    code: 'phone',
    tokens: [{ value: 'a|b' }],
  })
  t.equal(refusal('Patient', 'gender=|male'), 'accepted')
})

t.test('reads escaped separators as themselves', async (t) => {
  t.same(where('Patient', 'identifier=a\\,b,c\\|d|e\\\\f'), {
    kind: 'token',
    code: 'identifier',
    tokens: [{ value: 'a,b' }, { system: 'c|d', value: 'e\\f' }],
  })
  t.match(where('Patient', 'name=a\\$b\\\\x'), { values: ['a$b\\x'] })
})

t.test('refuses a backslash that escapes nothing', async (t) => {
  for (const value of ['a\\x', 'a\\', '\\\\\\', 's|a\\x,b'])
    t.match(refusal('Patient', `identifier=${value}`), /itself is written/, value)
  t.match(refusal('Patient', 'name:exact=a\\x'), /itself is written/)
  t.match(refusal('Encounter', 'subject:Patient.name=a\\x'), /itself is written/)
})

t.test('joins values with OR and repeated parameters with AND', async (t) => {
  const clause = where('Patient', 'name=a,b&name=c')
  t.match(clause, {
    kind: 'and',
    clauses: [
      { kind: 'string', match: 'start', values: ['a', 'b'] },
      { kind: 'string', values: ['c'] },
    ],
  })
  t.same(where('Patient', ''), { kind: 'all' })
})

t.test('reads dates with their prefixes, and widens approximate ones', async (t) => {
  t.same(where('Patient', 'birthdate=2000-05,ge2001'), {
    kind: 'date',
    code: 'birthdate',
    values: [
      { prefix: 'eq', period: period('2000-05') },
      { prefix: 'ge', period: period('2001') },
    ],
  })
  const day = 86_400_000
  const { low, high } = period('2023-12-22')
  t.same(where('Patient', 'birthdate=ap2023-12-22'), {
    kind: 'date',
    code: 'birthdate',
    values: [{ prefix: 'ap', period: { low: low - 0.9 * day, high: high + 0.9 * day } }],
  })
  t.same(
    where('Observation', 'date=2024-01-01T10:00:00+02:00'),
    where('Observation', 'date=2024-01-01T10:00:00%2B02:00'),
  )
  t.match(refusal('Patient', 'birthdate=soon'), /"soon"/)
  t.match(refusal('Patient', 'birthdate=xx2000'), /"xx2000"/)
  t.match(refusal('Patient', 'birthdate=2000-13'), /"2000-13"/)
})

t.test('takes the range of a number from its digits', async (t) => {
  const cases: [string, number, number, number][] = [
    ['100', 100, 99.5, 100.5],
    ['100.00', 100, 99.995, 100.005],
    ['1e2', 100, 95, 105],
    ['1.0e2', 100, 95, 105],
    ['5.40', 5.4, 5.395, 5.405],
    ['5.4e-3', 0.0054, 0.00535, 0.00545],
    ['0', 0, -0.5, 0.5],
    ['-2', -2, -2.5, -1.5],
    ['ap100', 100, 90, 110],
    ['ap-100', -100, -110, -90],
    ['ap1', 1, 0.5, 1.5],
  ]
  for (const [text, value, low, high] of cases) {
    const prefix = text.startsWith('ap') ? 'ap' : 'eq'
    t.same(
      where('RiskAssessment', `probability=${text}`),
      { kind: 'number', code: 'probability', values: [{ prefix, value, low, high }] },
      text,
    )
  }
  for (const text of ['x', '1,5.', '.5', '1e999', '--1', 'gt', '0x10', 'Infinity', '+5'])
    t.match(
      refusal('RiskAssessment', `probability=${encodeURIComponent(text)}`),
      /must be a number/,
      text,
    )
})

t.test('leaves no range empty, however many digits are written', async (t) => {
  const clause = where('RiskAssessment', 'probability=100.00000000000000000001')
  t.ok(clause.kind === 'number' && clause.values[0]!.high > clause.values[0]!.value)
  t.ok(clause.kind === 'number' && clause.values[0]!.low <= clause.values[0]!.value)
})

t.test('reads quantities with and without unit', async (t) => {
  const range = { prefix: 'eq', value: 5.4, low: 5.35, high: 5.45 }
  t.same(where('Observation', 'value-quantity=5.4,5.4||mg,gt5.4|http://u|mg,5.4|http://u|'), {
    kind: 'quantity',
    code: 'value-quantity',
    values: [
      range,
      { ...range, unit: 'mg' },
      { ...range, prefix: 'gt', system: 'http://u', unit: 'mg' },
      { ...range, system: 'http://u' },
    ],
  })
  for (const value of ['mg', '5.4|mg', '5.4||', '5|a|b|c'])
    t.match(refusal('Observation', `value-quantity=${value}`), /must be a quantity/, value)
})

t.test('reads references by id, type, version and URL', async (t) => {
  const references = (query: string) => {
    const clause = where('Observation', query)
    return clause.kind === 'reference' ? clause.references : clause
  }
  t.same(references('subject=1,Patient/1,Patient/1/_history/2'), [
    { id: '1' },
    { type: 'Patient', id: '1' },
    { type: 'Patient', id: '1', versionId: '2' },
  ])
  t.same(references('patient=1'), [{ type: 'Patient', id: '1' }], 'the only type it can be')
  t.same(references('subject:Patient=1'), [{ type: 'Patient', id: '1' }])
  t.same(references('subject=http://localhost/fhir/Patient/1'), [{ type: 'Patient', id: '1' }])
  t.same(references('subject=http://other/fhir/Patient/1'), [
    { url: 'http://other/fhir/Patient/1' },
  ])
  t.same(references('subject=urn:uuid:1'), [{ url: 'urn:uuid:1' }])
  t.match(where('RequestGroup', 'instantiates-canonical=http://a/b|1.0,http://a/b'), {
    references: [{ url: 'http://a/b', urlVersion: '1.0' }, { url: 'http://a/b' }],
  })
  t.match(refusal('Observation', 'subject=Nothing/1'), /no resource type/)
  t.match(refusal('Observation', 'subject:Patient=Group/1'), /asks for Patient/)
  t.match(refusal('Observation', 'subject:Medication=1'), /cannot refer to Medication/)
  t.match(refusal('Observation', 'subject=a b'), /must be a reference/)
})

t.test('finds canonicals by URL, and refuses to follow them', async (t) => {
  const [type, url] = ['QuestionnaireResponse', 'http://example.org/q']
  t.match(where(type, `questionnaire=${url}`), { references: [{ url }] })
  for (const [searched, query] of [
    [type, 'questionnaire.title=x'],
    [type, 'questionnaire:Questionnaire.title=x'],
    [type, 'questionnaire:Questionnaire=1'],
    [type, `_include=${type}:questionnaire`],
    ['Questionnaire', `_revinclude=${type}:questionnaire`],
    ['Questionnaire', `_has:${type}:questionnaire:status=completed`],
    ['ConceptMap', '_include=ConceptMap:source'],
    ['Measure', '_include=Measure:depends-on'],
  ] as const) {
    t.match(refusal(searched, query), /refers by canonical URL/, query)
  }
  t.equal(refusal(type, `_include=${type}:subject&based-on:CarePlan.status=active`), 'accepted')
})

t.test('says which references "*" does not follow', async (t) => {
  const warned = (type: string | undefined, query: string) =>
    parse(type, query).issues.map(({ diagnostics }) => diagnostics)
  const response = 'QuestionnaireResponse'
  const told = [/canonical URL: QuestionnaireResponse:questionnaire$/]
  t.match(warned(response, '_include=*'), told)
  t.match(warned(response, `_include=${response}:*`), told)
  t.match(warned(response, `_include=${response}:*:Questionnaire`), told)
  t.match(warned('Questionnaire', `_revinclude=${response}:*`), told)
  t.match(warned('Patient', `_include:iterate=${response}:*`), told)
  t.match(warned(undefined, '_include=*'), [/canonical URL: \S+, .+ and \d+ more$/])
  for (const [type, query] of [
    [response, `_include=${response}:*:Patient`],
    [response, `_include=${response}:subject`],
    ['Patient', `_revinclude=${response}:*`],
    ['Observation', '_include=*'],
  ] as const)
    t.same(warned(type, query), [], query)
})

t.test('finds definitions by URL and business version', async (t) => {
  const url = 'http://example.org/q'
  const versioned = {
    kind: 'and',
    clauses: [
      { kind: 'uri', code: 'url', values: [url] },
      { kind: 'token', code: 'version', tokens: [{ value: '1.0' }] },
    ],
  }
  t.same(where('Questionnaire', `url=${url}|1.0`), versioned)
  t.same(where('Questionnaire', `url=${url}|1.0,urn:oid:1.2`), {
    kind: 'or',
    clauses: [{ kind: 'uri', code: 'url', values: ['urn:oid:1.2'] }, versioned],
  })
  const plain = { kind: 'uri', code: 'url', values: [url, 'urn:oid:1.2'] }
  t.same(where('Questionnaire', `url=${url},urn:oid:1.2`), plain)
})

t.test('refuses the identifier of a canonical, which has none', async (t) => {
  t.match(refusal('QuestionnaireResponse', 'questionnaire:identifier=a'), /has no identifier/)
  t.equal(refusal('QuestionnaireResponse', 'subject:identifier=a'), 'accepted')
})

t.test('reads the modifiers of each type, and names them when it refuses one', async (t) => {
  t.match(where('Patient', 'name:exact=É'), { match: 'exact', values: ['É'] })
  t.match(where('Patient', 'name:contains=é'), { match: 'contains' })
  t.same(where('Patient', 'gender:not=male'), {
    kind: 'not',
    clause: { kind: 'token', code: 'gender', tokens: [{ value: 'male' }] },
  })
  t.same(where('Patient', 'name:missing=true'), { kind: 'missing', code: 'name', missing: true })
  t.match(where('Observation', 'subject:missing=true'), {
    kind: 'and',
    clauses: [{ code: 'subject' }, { code: 'subject:identifier' }],
  })
  t.same(where('Observation', 'subject:identifier=s|v'), {
    kind: 'token',
    code: 'subject:identifier',
    tokens: [{ system: 's', value: 'v' }],
  })
  t.match(refusal('Patient', 'name:missing=maybe'), /true or false/)
  for (const query of [
    'name:not=x',
    'gender:exact=x',
    'birthdate:exact=2000',
    'gender:in=x',
    'gender:text=x',
    'name:toString=x',
  ])
    t.match(
      refusal('Patient', query),
      /The modifier ":\w+" of ".*" is not supported.*:missing/,
      query,
    )
})

t.test('reads composites component by component', async (t) => {
  t.match(where('Observation', 'code-value-quantity=s|a$gt5||mg,b$6'), {
    kind: 'composite',
    code: 'code-value-quantity',
    alternatives: [
      [
        { kind: 'token', tokens: [{ system: 's', value: 'a' }] },
        { kind: 'quantity', values: [{ prefix: 'gt', value: 5, unit: 'mg' }] },
      ],
      [{ kind: 'token' }, { kind: 'quantity', values: [{ value: 6 }] }],
    ],
  })
  t.match(refusal('Observation', 'code-value-quantity=a'), /takes 2 values joined by "\$"/)
  t.match(refusal('Observation', 'code-value-quantity=a$'), /takes 2 values/)
  t.match(refusal('Observation', 'code-value-quantity=a$b'), /must be a quantity/)
})

t.test('reads what every resource has', async (t) => {
  t.same(where('Patient', '_id=1,2'), { kind: 'id', ids: ['1', '2'] })
  t.same(where('Patient', '_lastUpdated=gt2024'), {
    kind: 'lastUpdated',
    prefix: 'gt',
    period: period('2024'),
  })
  t.match(where('Patient', '_tag=s|t'), { kind: 'token', code: '_tag' })
  t.match(where('Patient', '_security=s|t'), { kind: 'token', code: '_security' })
  t.match(where('Patient', '_profile=http://a'), { kind: 'uri', code: '_profile' })
  t.match(where('Patient', '_source=http://a'), { kind: 'uri', code: '_source' })
  t.same(where('Patient', '_id:missing=false'), { kind: 'all' })
  t.same(where('Patient', '_id:missing=true'), { kind: 'none' })
  t.match(refusal('Patient', '_id=a b'), /id of a resource/)
})

t.test('follows a chain to the stored and to the contained resource', async (t) => {
  const identifier = { kind: 'token', tokens: [{ system: 's', value: 'v' }] }
  t.match(where('DocumentReference', 'patient.identifier=s|v'), {
    kind: 'or',
    clauses: [
      {
        kind: 'chain',
        code: 'patient',
        type: 'Patient',
        inner: { ...identifier, code: 'identifier' },
      },
      { ...identifier, code: 'patient.identifier' },
    ],
  })
  const types = (clause: Clause): string[] =>
    clause.kind === 'or'
      ? clause.clauses.flatMap(types)
      : clause.kind === 'chain'
        ? [clause.type]
        : []
  t.same(types(where('DocumentReference', 'author.family=x')), ['Practitioner', 'Patient'])
  t.same(types(where('DocumentReference', 'author:Practitioner.family=x')), ['Practitioner'])
  t.match(where('Observation', 'subject:Patient._id=1'), { kind: 'chain', inner: { kind: 'id' } })
  const nested = JSON.stringify(where('DocumentReference', 'author.practitioner.family=x'))
  for (const code of [
    '"author.practitioner.family"',
    '"author.practitioner"',
    '"practitioner.family"',
  ])
    t.ok(nested.includes(code), code)
  t.match(where('Observation', 'subject:Patient.gender:not=male'), {
    clauses: [
      { kind: 'chain', inner: { kind: 'not' } },
      { kind: 'and', clauses: [{ kind: 'missing', missing: false }, { kind: 'not' }] },
    ],
  })
})

t.test('refuses chains that lead nowhere, or anywhere', async (t) => {
  t.match(refusal('Observation', 'subject.nothing=x'), /"nothing" in "subject.nothing"/)
  t.match(refusal('Observation', 'subject:Patient.nothing=x'), /supported are: .*birthdate/)
  t.match(refusal('Observation', 'code.name=x'), /"code" in "code.name" is no reference/)
  t.match(refusal('Observation', 'subject:Medication.code=x'), /cannot refer to Medication/)
  t.match(refusal('Observation', 'focus.name=x'), /name one/)
  const deep = 'subject:Patient.organization.partof.partof.name=x'
  t.match(refusal('Observation', deep), /too many references/)
})

t.test('reads a reverse chain', async (t) => {
  t.same(where('Patient', '_has:Observation:patient:code=s|c'), {
    kind: 'has',
    type: 'Observation',
    code: 'patient',
    inner: { kind: 'token', code: 'code', tokens: [{ system: 's', value: 'c' }] },
  })
  t.match(
    where('Patient', '_has:Observation:patient:_has:Provenance:target:agent=Practitioner/1'),
    {
      kind: 'has',
      inner: { kind: 'has', type: 'Provenance' },
    },
  )
  t.match(refusal('Patient', '_has:Observation:code:code=x'), /is no reference/)
  t.match(refusal('Patient', '_has:Observation:device:code=x'), /cannot refer to Patient/)
  t.match(refusal('Patient', '_has:Nothing:patient:code=x'), /_has:<Type>/)
  t.match(refusal('Patient', '_has:Observation:patient=x'), /_has:<Type>/)
})

t.test('refuses what it does not know, by its name as sent', async (t) => {
  const told = refusal('Patient', 'nom=Durand')
  t.match(told, /"nom"/)
  t.match(told, /birthdate.*name/)
  for (const name of [
    '_text',
    '_content',
    '_filter',
    '_list',
    '_query',
    '_contained',
    '__proto__',
    'constructor',
  ])
    t.match(refusal('Patient', `${name}=x`), new RegExp(`"${name}"`), name)
  t.match(refusal('Location', 'near=1'), /"near"/)
  t.match(refusal('Patient', 'name='), /has no value/)
  t.match(refusal('Patient', 'name=a,,b'), /empty value/)
  t.match(refusal('Patient', 'name=-'), /no letter or digit/)
  t.match(refusal('Patient', '_type=Patient'), /whole system/)
})

t.test('ignores with lenient handling what it does not know, and says so', async (t) => {
  const parsed = parse('Patient', 'nom=x&name=y&gender:in=z&_sort=nom&_count=5', {
    handling: 'lenient',
  })
  t.same(parsed.used, [
    ['name', 'y'],
    ['_count', '5'],
  ])
  t.match(parsed.request.where, { kind: 'string', values: ['y'] })
  t.equal(parsed.issues.length, 3)
  t.match(parsed.issues[0], {
    severity: 'warning',
    code: 'not-supported',
    diagnostics: /^"nom" was ignored/,
    expression: ['http.nom'],
  })
  t.throws(() => parse('Patient', 'birthdate=soon', { handling: 'lenient' }), InvalidRequest)
})

t.test('reads sorting, paging and totals', async (t) => {
  t.match(parse('Patient', '_sort=-birthdate,name,_id,-_lastUpdated').request.sort, [
    { code: 'birthdate', kind: 'date', descending: true },
    { code: 'name', kind: 'string', descending: false },
    { code: '_id', kind: 'id', descending: false },
    { code: '_lastUpdated', kind: 'lastUpdated', descending: true },
  ])
  t.match(refusal('Patient', '_sort=nothing'), /"nothing"/)
  t.match(refusal('Observation', '_sort=code-value-date'), /has no order/)
  t.match(refusal('Patient', '_sort=name&_sort=birthdate'), /only once/)
  t.match(parse('Patient', '').request, {
    count: 20,
    total: 'whenCheap',
    includesMax: 1000,
    timeoutMs: 5000,
  })
  t.match(parse('Patient', '_count=5').request, { count: 5 })
  const capped = parse('Patient', '_count=5000')
  t.equal(capped.request.count, 100)
  t.same(capped.used, [['_count', '100']], 'the self link says so')
  t.match(parse('Patient', '_count=0').request, { count: 0, total: 'accurate' })
  t.match(parse('Patient', '_summary=count').request, { count: 0, total: 'accurate' })
  t.equal(parse('Patient', '_total=none').request.total, 'none')
  t.equal(parse('Patient', '_total=estimate').request.total, 'accurate')
  for (const query of [
    '_count=-1',
    '_count=x',
    '_count=1.5',
    '_total=some',
    '_summary=all',
    '_count=1&_count=2',
  ])
    t.not(refusal('Patient', query), 'accepted', query)
})

t.test('reads how the answer is shown', async (t) => {
  t.same(parse('Patient', '_summary=true').result, { summary: 'true' })
  t.same(parse('Patient', '_elements=name,deceased').result, { elements: ['name', 'deceased'] })
  t.same(parse('Patient', '_format=json&_pretty=true').result, { format: 'json', pretty: true })
  t.match(refusal('Patient', '_elements=nom'), /"nom" in _elements/)
  t.match(refusal('Patient', '_summary=true&_elements=name'), /together/)
  t.match(refusal('Patient', '_summary=text&_include=Patient:organization'), /cannot be used/)
})

t.test('reads includes', async (t) => {
  const includes = (query: string) => parse('Observation', query).request.includes
  t.same(includes('_include=Observation:subject:Patient&_include:iterate=Patient:organization'), [
    {
      kind: 'include',
      sourceType: 'Observation',
      code: 'subject',
      iterate: false,
      targetType: 'Patient',
    },
    { kind: 'include', sourceType: 'Patient', code: 'organization', iterate: true },
  ])
  t.same(includes('_include=*&_revinclude=Provenance:target'), [
    { kind: 'include', sourceType: 'Observation', code: '*', iterate: false },
    { kind: 'revinclude', sourceType: 'Provenance', code: 'target', iterate: false },
  ])
  t.match(includes('_include=Observation:*')[0], { code: '*' })
  for (const query of [
    '_include=Observation',
    '_include=Observation:code',
    '_include=Observation:nothing',
    '_include=Nothing:subject',
    '_include=Observation:subject:Medication',
    '_include:recurse=Observation:subject',
    '_revinclude=*',
    '_include=Observation:subject:Patient:x',
  ])
    t.not(refusal('Observation', query), 'accepted', query)
  const useless = parse('Observation', '_include=Patient:organization')
  t.match(useless.issues, [{ severity: 'warning', diagnostics: /_include:iterate/ }])
})

t.test('searches the whole system by what the types share', async (t) => {
  t.match(parse(undefined, '_id=1').request.types.length, registry.resourceTypes.length)
  const { request } = parse(undefined, 'identifier=x&_type=Patient,Observation')
  t.same(request.types, ['Patient', 'Observation'])
  t.match(request.where, { kind: 'token', code: 'identifier' })
  t.match(refusal(undefined, 'identifier=x'), /"identifier"/)
  t.match(refusal(undefined, '_type=Nothing'), /no resource type/)
  t.match(refusal(undefined, '_type=Patient,Observation&birthdate=2000'), /Observation/)
})

t.test('keeps its bounds', async (t) => {
  const many = Array.from({ length: 201 }, (_, index) => index).join()
  t.match(refusal('Patient', `identifier=${many}`), /at most 200/)
  t.match(refusal('Patient', 'name=a&'.repeat(101)), /at most 100/)
  t.match(refusal('Patient', '_include=Patient:organization&'.repeat(21)), /More than 20/)
  t.match(refusal('Patient', '_sort=name,name,name,name,name,name'), /at most 5/)
  t.equal(limits.pageSizeMax, 100)
})

t.test('repeats the parameters used in the order of the request', async (t) => {
  const query = [
    ['_sort', 'name'],
    ['name', 'a,b'],
    ['name', 'c'],
    ['_format', 'json'],
  ] as const
  t.same(parse('Patient', query).used, query)
})
