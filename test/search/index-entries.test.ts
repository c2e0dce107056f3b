import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { timeMax, timeMin } from '../../src/fhir/date-time.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { foldText } from '../../src/search/fold-text.ts'
import { createIndexExtractor } from '../../src/search/index-entries.ts'
import type { IndexEntry } from '../../src/search/index-entry.ts'

const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
const baseUrl = 'http://localhost:8080/fhir'
const extract = createIndexExtractor({ registry, timeZone: 'Europe/Paris', baseUrl })

/** The entries under a code, without it. */
function under(code: string, resource: Resource, run = extract): object[] {
  return run(resource)
    .filter((entry) => entry.code === code)
    .map((entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'code')))
}

const token = (value: string, system?: string) => ({
  kind: 'token',
  value,
  ...(system ? { system } : {}),
})
const text = (exact: string) => ({ kind: 'string', folded: foldText(exact), exact })

t.test('makes tokens of every element that has codes', async (t) => {
  const patient = {
    resourceType: 'Patient',
    active: true,
    gender: 'male',
    identifier: [{ system: 's', value: '1' }, { value: '2' }, { system: 'only' }, { use: 'old' }],
    telecom: [
      { system: 'phone', value: '06' },
      { system: 'email', value: 'a@b.fr' },
    ],
    communication: [
      { language: { coding: [{ system: 'l', code: 'fr' }, { code: 'x' }], text: 'no' } },
    ],
    meta: {
      tag: [{ system: 't', code: 'a' }],
      security: [{ code: 'R' }],
      profile: ['http://p|1.0'],
    },
  }
  t.same(under('active', patient), [token('true')])
  t.same(under('gender', patient), [
    { ...token('male', 'http://hl7.org/fhir/administrative-gender'), systemImplied: true },
  ])
  t.same(under('identifier', patient), [
    token('1', 's'),
    token('2'),
    { kind: 'token', system: 'only' },
    { kind: 'token' },
  ])
  // Matches no code, and is not missing.
  t.same(under('code', { resourceType: 'Observation', code: { text: 'Fièvre' } }), [
    { kind: 'token' },
  ])
  t.same(
    under('performer', { resourceType: 'Observation', performer: [{ display: 'Dr Lefèvre' }] }),
    [{ kind: 'reference', url: '#' }],
  )
  t.same(under('phone', patient), [token('06')])
  t.same(under('telecom', patient), [token('06'), token('a@b.fr')])
  t.same(under('language', patient), [token('fr', 'l'), token('x')])
  t.same(under('_tag', patient), [token('a', 't')])
  t.same(under('_security', patient), [token('R')])
  t.same(under('_profile', patient), [
    { kind: 'uri', value: 'http://p|1.0' },
    { kind: 'uri', value: 'http://p' },
  ])
})

t.test('leaves out what the store knows itself', async (t) => {
  const entries = extract({
    resourceType: 'Patient',
    id: '1',
    meta: { lastUpdated: '2024-01-01T00:00:00Z' },
  })
  t.same(entries, [{ kind: 'token', code: 'deceased', value: 'false' }])
})

t.test('makes strings of every part of names and addresses', async (t) => {
  const patient = {
    resourceType: 'Patient',
    name: [
      {
        family: "D'Artagnan",
        given: ['Jean-Luc', 'Émile'],
        prefix: ['M.'],
        suffix: ['III'],
        text: 'Tout',
        period: { start: '2020' },
      },
      { family: "D'Artagnan", _given: [{ extension: [] }], given: [null as never] },
    ],
    address: [
      {
        line: ['12 rue', 'bât. 2'],
        city: 'Œuf',
        district: 'd',
        state: 's',
        postalCode: '75002',
        country: 'FR',
        text: 'tt',
        use: 'home',
      },
    ],
  }
  t.same(under('name', patient), ["D'Artagnan", 'Jean-Luc', 'Émile', 'M.', 'III', 'Tout'].map(text))
  t.same(under('phonetic', patient), under('name', patient))
  t.same(under('family', patient), [{ kind: 'string', folded: 'dartagnan', exact: "D'Artagnan" }])
  t.same(under('given', patient), [text('Jean-Luc'), text('Émile')])
  t.same(
    under('address', patient),
    ['12 rue', 'bât. 2', 'Œuf', 'd', 's', '75002', 'FR', 'tt'].map(text),
  )
  t.same(under('address-use', patient).length, 1)
})

t.test('folds case, accents, ligatures and separators', async (t) => {
  for (const [sample, folded] of [
    ['', ''],
    ['abc', 'abc'],
    ['A B-C', 'abc'],
    ["l'Œuvre", 'loeuvre'],
    ["O`Neil  d'A", 'oneilda'],
    ['É', 'e'],
    ['12 rue – bis', '12ruebis'],
    ['ßø', 'sso'],
    ['\t a', 'a'],
    ['ﬁn', 'fin'],
    ['St. Luc, S.A. (Paris)', 'stlucsaparis'],
    ['12/3, « rue »', '123rue'],
    ['a+b=3€', 'a+b=3€'],
  ] as const) {
    t.equal(foldText(sample), folded, sample)
    t.match(under('family', { resourceType: 'Patient', name: [{ family: `x${sample}` }] }), [
      { folded: `x${folded}` },
    ])
  }
})

t.test('tells kinds of reference apart', async (t) => {
  const reference = (ref: string, more = {}) =>
    under('performer', { resourceType: 'Observation', performer: [{ reference: ref, ...more }] })
  const local = (more: object) => [{ kind: 'reference', ...more }]
  t.same(reference('Practitioner/1'), local({ type: 'Practitioner', id: '1' }))
  t.same(
    reference('Practitioner/1/_history/2'),
    local({ type: 'Practitioner', id: '1', versionId: '2' }),
  )
  t.same(reference(`${baseUrl}/Practitioner/1`), local({ type: 'Practitioner', id: '1' }))
  t.same(
    reference('https://other.fr/fhir/Practitioner/1'),
    local({ url: 'https://other.fr/fhir/Practitioner/1' }),
  )
  t.same(reference('urn:uuid:1'), local({ url: 'urn:uuid:1' }))
  t.same(reference('Practitioner?identifier=1'), [])
  t.same(reference('what'), [])
})

t.test('keeps logical identifiers of references apart', async (t) => {
  const observation = {
    resourceType: 'Observation',
    subject: { type: 'Patient', identifier: { system: 's', value: '1' } },
  }
  t.same(under('subject', observation), [])
  t.same(under('subject:identifier', observation), [token('1', 's')])
  t.same(under('patient:identifier', observation), [token('1', 's')])
})

t.test('follows resolve() is Type by what the reference says', async (t) => {
  const patientOf = (subject: object, contained: object[] = []) =>
    under('patient', { resourceType: 'Observation', subject, contained } as never).length
  t.equal(patientOf({ reference: 'Patient/1' }), 1)
  t.equal(patientOf({ reference: 'Group/1' }), 0)
  t.equal(patientOf({ reference: 'Patient/1/_history/3' }), 1)
  t.equal(patientOf({ reference: 'https://other.fr/Patient/1' }), 1)
  t.equal(patientOf({ reference: 'https://other.fr/Group/1', type: 'Patient' }), 0)
  t.equal(patientOf({ reference: 'urn:uuid:1' }), 0)
  t.equal(patientOf({ reference: 'urn:uuid:1', type: 'Patient' }), 1)
  t.equal(patientOf({ reference: '#p' }, [{ resourceType: 'Patient', id: 'p' }]), 1)
  t.equal(patientOf({ reference: '#g' }, [{ resourceType: 'Group', id: 'g' }]), 0)
})

t.test('splits canonicals and takes uris as they are', async (t) => {
  const response = { resourceType: 'QuestionnaireResponse', questionnaire: 'http://q|2.0' }
  t.same(under('questionnaire', response), [
    { kind: 'reference', url: 'http://q', urlVersion: '2.0' },
  ])
  t.same(under('url', { resourceType: 'ValueSet', url: 'http://v' }), [
    { kind: 'uri', value: 'http://v' },
  ])
})

t.test('finds the resource that stands in place of a reference', async (t) => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'document',
    entry: [
      { resource: { resourceType: 'Composition', id: 'c' } },
      { resource: { resourceType: 'Patient', id: 'p' } },
    ],
  }
  t.same(under('composition', bundle as never), [
    { kind: 'reference', type: 'Composition', id: 'c' },
  ])
})

const at = (moment: string) => Date.parse(moment)

t.test('reads dates in the zone that is given', async (t) => {
  const inZone = (timeZone: string) => createIndexExtractor({ registry, timeZone, baseUrl })
  const patient = { resourceType: 'Patient', birthDate: '2024-07-01' }
  const [paris, utc, newYork] = ['Europe/Paris', 'UTC', 'America/New_York'].map((zone) =>
    under('birthdate', patient, inZone(zone)),
  )
  t.same(paris, [{ kind: 'date', low: at('2024-06-30T22:00Z'), high: at('2024-07-01T22:00Z') }])
  t.same(utc, [{ kind: 'date', low: at('2024-07-01T00:00Z'), high: at('2024-07-02T00:00Z') }])
  t.same(newYork, [{ kind: 'date', low: at('2024-07-01T04:00Z'), high: at('2024-07-02T04:00Z') }])
})

t.test('makes periods of every kind of date', async (t) => {
  const date = (effective: object) => under('date', { resourceType: 'Observation', ...effective })
  const period = (low: number, high: number) => [{ kind: 'date', low, high }]
  const second = period(at('2024-05-06T08:11:12Z'), at('2024-05-06T08:11:13Z'))
  t.same(date({ effectiveDateTime: '2024-05-06T10:11:12+02:00' }), second)
  t.same(
    date({ effectiveInstant: '2024-05-06T08:11:12.345Z' }),
    period(at('2024-05-06T08:11:12.345Z'), at('2024-05-06T08:11:12.346Z')),
  )
  t.same(date({ effectiveDateTime: '2023-02-30T10:11:12Z' }), [])
  t.same(
    date({ effectiveDateTime: '2024-02-29T10:11:12Z' }),
    period(at('2024-02-29T10:11:12Z'), at('2024-02-29T10:11:13Z')),
  )
  t.same(
    date({ effectiveDateTime: '2024' }),
    period(at('2023-12-31T23:00Z'), at('2024-12-31T23:00Z')),
  )
  t.same(
    date({ effectivePeriod: { start: '2024-01-01', end: '2024-01-02' } }),
    period(at('2023-12-31T23:00Z'), at('2024-01-02T23:00Z')),
  )
  t.same(
    date({ effectivePeriod: { start: '2024-01-01' } }),
    period(at('2023-12-31T23:00Z'), timeMax),
  )
  t.same(date({ effectivePeriod: { end: '2024-01-01' } }), period(timeMin, at('2024-01-01T23:00Z')))
  t.same(date({ effectivePeriod: {} }), [])
  t.same(
    date({
      effectiveTiming: {
        event: ['2024-01-03', '2024-01-01'],
        repeat: { boundsPeriod: { start: '2024-01-02', end: '2024-01-05' } },
      },
    }),
    period(at('2023-12-31T23:00Z'), at('2024-01-05T23:00Z')),
  )
})

t.test('makes ranges of numbers and quantities', async (t) => {
  const quantity = (value: object) =>
    under('value-quantity', { resourceType: 'Observation', ...value })
  const ucum = { system: 'http://unitsofmeasure.org', code: 'mg', unit: 'milligram' }
  const unit = { system: 'http://unitsofmeasure.org', unitCode: 'mg', unit: 'milligram' }
  t.same(quantity({ valueQuantity: { value: 1.5, ...ucum } }), [
    { kind: 'quantity', low: 1.5, high: 1.5, ...unit },
  ])
  t.same(quantity({ valueQuantity: { value: 5, comparator: '<' } }), [
    { kind: 'quantity', low: -Infinity, high: 5 },
  ])
  t.same(quantity({ valueQuantity: { unit: 'mg' } }), [])
  t.same(
    quantity({
      valueSampledData: {
        origin: { value: 10, ...ucum },
        period: 1,
        factor: 2,
        dimensions: 1,
        data: '1 -2 E 3',
      },
    }),
    [{ kind: 'quantity', low: 6, high: 16, ...unit }],
  )
  const condition = { resourceType: 'Condition', onsetRange: { low: { value: 3, unit: 'a' } } }
  t.same(under('onset-age', condition), [{ kind: 'quantity', low: 3, high: Infinity, unit: 'a' }])
  const claim = { resourceType: 'Invoice', totalNet: { value: 12, currency: 'EUR' } }
  t.same(under('totalnet', claim), [
    { kind: 'quantity', low: 12, high: 12, system: 'urn:iso:std:iso:4217', unitCode: 'EUR' },
  ])
  const risk = (probability: object) =>
    under('probability', { resourceType: 'RiskAssessment', prediction: [probability] } as never)
  t.same(risk({ probabilityDecimal: 0.5 }), [{ kind: 'number', low: 0.5, high: 0.5 }])
})

t.test('joins the components of one element only', async (t) => {
  const observation = {
    resourceType: 'Observation',
    code: { coding: [{ code: 'panel' }] },
    component: [
      { code: { coding: [{ code: 'a' }, { code: 'A' }] }, valueQuantity: { value: 1 } },
      { code: { coding: [{ code: 'b' }] }, valueQuantity: { value: 2 } },
      { code: { coding: [{ code: 'c' }] } },
    ],
  }
  const code = 'component-code-value-quantity'
  const one = (codes: string[], value: number) => ({
    kind: 'composite',
    components: [
      codes.map((c) => ({ ...token(c), code })),
      [{ kind: 'quantity', low: value, high: value, code }],
    ],
  })
  t.same(under(code, observation), [one(['a', 'A'], 1), one(['b'], 2)])
  t.same(under('code-value-quantity', observation), [])
})

const document: Resource = {
  resourceType: 'DocumentReference',
  author: [{ reference: '#role' }],
  contained: [
    {
      resourceType: 'PractitionerRole',
      id: 'role',
      practitioner: { reference: '#doctor' },
      organization: { reference: '#org' },
      specialty: [{ coding: [{ system: 'sp', code: 'SM54' }] }],
      telecom: [{ system: 'phone', value: '06' }],
    },
    {
      resourceType: 'Practitioner',
      id: 'doctor',
      identifier: [{ system: 'rpps', value: '8' }],
      name: [{ family: 'Martin', given: ['Zoé'] }],
    },
    {
      resourceType: 'Organization',
      id: 'org',
      name: 'Cabinet',
      identifier: [{ system: 'finess', value: '7' }],
      partOf: { reference: '#org' },
    },
  ],
}

t.test('reaches into contained resources, and through a contained role', async (t) => {
  t.same(under('author', document), [{ kind: 'reference', url: '#role' }])
  t.same(under('author.specialty', document), [token('SM54', 'sp')])
  t.same(under('author.practitioner.family', document), [text('Martin')])
  t.same(under('author.practitioner.identifier', document), [token('8', 'rpps')])
  t.same(under('author.practitioner:identifier', document), [token('8', 'rpps')])
  t.same(under('author.organization.name', document), [text('Cabinet')])
  t.same(under('author.family', document), [text('Martin')])
  t.same(under('author.given', document), [text('Zoé')])
  t.same(under('author.identifier', document), [{ kind: 'token', system: 'rpps', value: '8' }])
  t.same(under('author.phone', document), [])
})

t.test('is not caught in a ring of contained resources', async (t) => {
  const role = {
    resourceType: 'PractitionerRole',
    id: 'a',
    organization: { reference: '#b' },
    identifier: [{ value: '1' }],
  }
  const organization = {
    resourceType: 'Organization',
    id: 'b',
    partOf: { reference: '#b' },
    identifier: [{ value: '2' }],
  }
  const entries = extract({
    resourceType: 'DocumentReference',
    author: [{ reference: '#a' }],
    contained: [role, organization],
  } as never)
  const codes = entries.map(({ code }: IndexEntry) => code)
  t.ok(codes.includes('author.organization.identifier'))
  t.ok(codes.every((code) => code.split('.').length <= 3))
})

t.test('keeps equal entries once, many or few', async (t) => {
  const list = (count: number) => ({
    resourceType: 'List',
    entry: Array.from({ length: count }, (_, i) => ({
      item: { reference: `Patient/${i % (count / 2)}` },
    })),
  })
  t.equal(under('item', list(10) as never).length, 5)
  t.equal(under('item', list(400) as never).length, 200)
})

t.test('fills in what absence means', async (t) => {
  const archived = { kind: 'token', code: 'language', value: 'none' } as const
  const run = createIndexExtractor({
    registry,
    timeZone: 'UTC',
    baseUrl,
    defaultEntries: { DocumentReference: [archived] },
  })
  t.same(under('language', { resourceType: 'DocumentReference' }, run), [token('none')])
  const written = {
    resourceType: 'DocumentReference',
    content: [{ attachment: { language: 'fr' } }],
  }
  t.same(under('language', written, run), [token('fr')])
})

t.test('sees a search parameter that arrives while it runs', async (t) => {
  const changing = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
  const run = createIndexExtractor({ registry: changing, timeZone: 'UTC', baseUrl })
  const patient = {
    resourceType: 'Patient',
    extension: [
      { url: 'u', valueCode: 'x' },
      { url: 'v', valueCode: 'y' },
    ],
  }
  t.same(under('eye', patient, run), [])
  changing.put({
    resourceType: 'SearchParameter',
    id: 'eye',
    url: 'http://example.org/eye',
    status: 'active',
    code: 'eye',
    base: ['Patient'],
    type: 'token',
    expression: "Patient.extension.where(url = 'u').value",
  })
  t.same(under('eye', patient, run), [token('x')])
})

t.test('leaves out and reports a parameter whose expression cannot be used', async (t) => {
  const changing = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
  for (const [id, expression] of Object.entries({
    broken: 'Patient.(',
    uncovered: 'Patient.name.frobnicate()',
    failing: 'Patient.name.given > 1',
  })) {
    changing.put({
      resourceType: 'SearchParameter',
      id,
      url: `http://example.org/${id}`,
      status: 'active',
      code: id,
      base: ['Patient'],
      type: 'token',
      expression,
    })
  }
  const problems: string[] = []
  const run = createIndexExtractor({
    registry: changing,
    timeZone: 'UTC',
    baseUrl,
    onProblem: ({ type, code }) => problems.push(`${type} ${code}`),
  })
  const patient = { resourceType: 'Patient', active: true, name: [{ given: ['a'] }] }
  t.same(under('active', patient, run), [token('true')])
  t.same(under('failing', patient, run), [])
  t.same(problems.toSorted(), ['Patient broken', 'Patient uncovered'])
})

t.test('says whether a patient is deceased', async (t) => {
  const deceased = (more: object) => under('deceased', { resourceType: 'Patient', ...more })
  t.same(deceased({}), [token('false')])
  t.same(deceased({ deceasedBoolean: false }), [token('false')])
  t.same(deceased({ deceasedBoolean: true }), [token('true')])
  t.same(deceased({ deceasedDateTime: '2024-01-01' }), [token('true')])
})

t.test('gives nothing for types and parameters that it does not know', async (t) => {
  t.same(extract({ resourceType: 'Nonsense' }), [])
  const location = { resourceType: 'Location', position: { longitude: 1, latitude: 2 } }
  t.same(under('near', location), [])
})
