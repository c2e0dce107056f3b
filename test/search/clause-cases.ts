/** What each kind of clause finds and does not find; run on the matcher and on every store. */
import type { IndexEntry } from '../../src/search/index-entry.ts'
import type { Clause, Prefix } from '../../src/search/search-request.ts'
import { allOf, anyOf, everything, nothing } from '../../src/search/search-request.ts'
import {
  composite,
  date,
  dateClause,
  number,
  numberClause,
  quantity,
  quantityClause,
  reference,
  referenceClause,
  string,
  stringClause,
  token,
  tokenClause,
  uri,
} from './entries.ts'

export interface ClauseCase {
  readonly name: string
  readonly entries: readonly IndexEntry[]
  readonly clause: Clause
  readonly matches: boolean
}

const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'

type Row = readonly [string, readonly IndexEntry[], Clause, boolean]

const implied: IndexEntry = { ...token('status', 'final', 'http://status'), systemImplied: true }

const tokenRows: Row[] = [
  ['a code in any system', [token('code', 'a', LOINC)], tokenClause('code', 'a'), true],
  ['a code without system', [token('code', 'a')], tokenClause('code', 'a'), true],
  ['another code', [token('code', 'a', LOINC)], tokenClause('code', 'b'), false],
  ['a code in another case', [token('code', 'a', LOINC)], tokenClause('code', 'A'), false],
  ['system|code', [token('code', 'a', LOINC)], tokenClause('code', 'a', LOINC), true],
  ['other|code', [token('code', 'a', LOINC)], tokenClause('code', 'a', UCUM), false],
  ['system|other', [token('code', 'a', LOINC)], tokenClause('code', 'b', LOINC), false],
  [
    'system and code of two values',
    [token('code', 'a', LOINC), token('code', 'b', UCUM)],
    tokenClause('code', 'b', LOINC),
    false,
  ],
  ['|code without system', [token('code', 'a')], tokenClause('code', 'a', ''), true],
  ['|code with system', [token('code', 'a', LOINC)], tokenClause('code', 'a', ''), false],
  ['|code with an implied system', [implied], tokenClause('status', 'final', ''), true],
  ['system| of any code', [token('code', 'a', LOINC)], tokenClause('code', undefined, LOINC), true],
  [
    'system| without a code',
    [token('code', undefined, LOINC)],
    tokenClause('code', undefined, LOINC),
    true,
  ],
  ['other| of any code', [token('code', 'a', LOINC)], tokenClause('code', undefined, UCUM), false],
  [
    'code of a value without code',
    [token('code', undefined, LOINC)],
    tokenClause('code', 'a'),
    false,
  ],
  ['a token under another parameter', [token('status', 'a')], tokenClause('code', 'a'), false],
  [
    'a token with a bar inside',
    [token('code', 'b|c', 'a')],
    tokenClause('code', 'c', 'a|b'),
    false,
  ],
  ['no entries', [], tokenClause('code', 'a'), false],
  [
    'the second of several tokens',
    [token('code', 'b', LOINC)],
    { kind: 'token', code: 'code', tokens: [{ value: 'a' }, { value: 'b', system: LOINC }] },
    true,
  ],
  [
    'the logical identifier of a reference',
    [token('subject:identifier', '1', 'urn:oid:1.2')],
    tokenClause('subject:identifier', '1', 'urn:oid:1.2'),
    true,
  ],
  [
    'a value of a contained resource',
    [string('performer.family', 'Durand')],
    stringClause('performer.family', 'start', 'dur'),
    true,
  ],
]

const idOnly: Clause = { kind: 'reference', code: 'subject', references: [{ id: '1' }] }
const versioned: Clause = {
  kind: 'reference',
  code: 'subject',
  references: [{ type: 'Patient', id: '1', versionId: '2' }],
}
const canonical = (url: string, urlVersion?: string): Clause => ({
  kind: 'reference',
  code: 'instantiates-canonical',
  references: [urlVersion === undefined ? { url } : { url, urlVersion }],
})
const canonicalEntry = (text: string) => [reference('instantiates-canonical', text)]

const referenceRows: Row[] = [
  [
    'type and id',
    [reference('subject', 'Patient/1')],
    referenceClause('subject', 'Patient', '1'),
    true,
  ],
  [
    'another type',
    [reference('subject', 'Group/1')],
    referenceClause('subject', 'Patient', '1'),
    false,
  ],
  [
    'another id',
    [reference('subject', 'Patient/11')],
    referenceClause('subject', 'Patient', '1'),
    false,
  ],
  [
    'another parameter',
    [reference('focus', 'Patient/1')],
    referenceClause('subject', 'Patient', '1'),
    false,
  ],
  ['id alone', [reference('subject', 'Group/1')], idOnly, true],
  ['id alone, not there', [reference('subject', 'Patient/2')], idOnly, false],
  [
    'a versioned reference by type and id',
    [reference('subject', 'Patient/1/_history/3')],
    referenceClause('subject', 'Patient', '1'),
    true,
  ],
  ['the same version', [reference('subject', 'Patient/1/_history/2')], versioned, true],
  ['another version', [reference('subject', 'Patient/1/_history/3')], versioned, false],
  ['a version of an unversioned reference', [reference('subject', 'Patient/1')], versioned, false],
  ['a canonical', canonicalEntry('http://a/q'), canonical('http://a/q'), true],
  [
    'a versioned canonical by its URL',
    canonicalEntry('http://a/q|1.0'),
    canonical('http://a/q'),
    true,
  ],
  [
    'a canonical of a version',
    canonicalEntry('http://a/q|1.0'),
    canonical('http://a/q', '1.0'),
    true,
  ],
  [
    'a canonical of another version',
    canonicalEntry('http://a/q|1.1'),
    canonical('http://a/q', '1.0'),
    false,
  ],
  [
    'an unversioned canonical by version',
    canonicalEntry('http://a/q'),
    canonical('http://a/q', '1.0'),
    false,
  ],
  ['the start of a canonical', canonicalEntry('http://a/q/2'), canonical('http://a/q'), false],
  [
    'an id that looks like a URL of another',
    canonicalEntry('http://a/Patient/1'),
    { kind: 'reference', code: 'instantiates-canonical', references: [{ id: '1' }] },
    false,
  ],
]

const stringRows: Row[] = [
  ['the whole text', [string('value', 'Durand')], stringClause('value', 'start', 'Durand'), true],
  ['the start', [string('value', 'Durand')], stringClause('value', 'start', 'dur'), true],
  ['the middle', [string('value', 'Durand')], stringClause('value', 'start', 'ran'), false],
  ['more than the text', [string('value', 'Dur')], stringClause('value', 'start', 'durand'), false],
  ['without accents', [string('value', 'Éléonore')], stringClause('value', 'start', 'eleo'), true],
  ['with accents', [string('value', 'Eleonore')], stringClause('value', 'start', 'ÉLÉ'), true],
  [
    'a hyphen as a space',
    [string('value', 'Jean-Luc')],
    stringClause('value', 'start', 'jean luc'),
    true,
  ],
  [
    'an apostrophe of another kind',
    [string('value', "L'Hôpital")],
    stringClause('value', 'start', 'l’hopital'),
    true,
  ],
  ['a ligature', [string('value', 'Œuvrard')], stringClause('value', 'start', 'oeuv'), true],
  [
    'contains the middle',
    [string('value', 'Saint-Étienne')],
    stringClause('value', 'contains', 'etien'),
    true,
  ],
  [
    'contains two letters',
    [string('value', 'Saint-Étienne')],
    stringClause('value', 'contains', 'ti'),
    true,
  ],
  [
    'contains across a hyphen',
    [string('value', 'Saint-Étienne')],
    stringClause('value', 'contains', 't e'),
    true,
  ],
  [
    'contains it not',
    [string('value', 'Saint-Étienne')],
    stringClause('value', 'contains', 'nantes'),
    false,
  ],
  ['exactly', [string('value', 'Éric')], stringClause('value', 'exact', 'Éric'), true],
  [
    'exactly but for an accent',
    [string('value', 'Éric')],
    stringClause('value', 'exact', 'Eric'),
    false,
  ],
  [
    'exactly but for case',
    [string('value', 'Éric')],
    stringClause('value', 'exact', 'éric'),
    false,
  ],
  ['exactly the start', [string('value', 'Éric')], stringClause('value', 'exact', 'Éri'), false],
  ['a percent sign', [string('value', 'a%b')], stringClause('value', 'start', 'a%'), true],
  [
    'a percent sign is no wildcard',
    [string('value', 'axb')],
    stringClause('value', 'start', 'a%b'),
    false,
  ],
  [
    'an underscore is no wildcard',
    [string('value', 'axb')],
    stringClause('value', 'contains', 'a_b'),
    false,
  ],
  [
    'a star is no wildcard',
    [string('value', 'axb')],
    stringClause('value', 'contains', 'a*b'),
    false,
  ],
  ['a quote', [string('value', 'say "aaa" now')], stringClause('value', 'contains', '"aaa"'), true],
  [
    'beyond the basic plane',
    [string('value', '😀😀 x')],
    stringClause('value', 'start', '😀'),
    true,
  ],
  [
    'the last code point of a prefix',
    [string('value', '￿￿z')],
    stringClause('value', 'start', '￿'),
    true,
  ],
  [
    'the second of several texts',
    [string('value', 'Durand')],
    stringClause('value', 'start', 'x', 'du'),
    true,
  ],
]

const day = [date('date', '2024-03-14')]
const instant = [date('date', '2024-03-14T10:00:00Z')]
const straddling = [date('date', '2024-03-13T12:00:00Z', '2024-03-14T12:00:00Z')]
const ongoing: IndexEntry[] = [{ ...date('date', '2024-03-01'), high: 253_500_000_000_000 }]

const dateRow = (
  name: string,
  entries: IndexEntry[],
  prefix: Prefix,
  text: string,
  matches: boolean,
): Row => [`${name} ${prefix} ${text}`, entries, dateClause('date', prefix, text), matches]

const dateRows: Row[] = [
  dateRow('a day', day, 'eq', '2024-03-14', true),
  dateRow('a day', day, 'eq', '2024-03', true),
  dateRow('a day', day, 'eq', '2024-03-14T10:00Z', false),
  dateRow('an instant', instant, 'eq', '2024-03-14', true),
  dateRow('a straddling period', straddling, 'eq', '2024-03-14', false),
  dateRow('an ongoing period', ongoing, 'eq', '2024', false),
  dateRow('a day', day, 'ne', '2024-03-14', false),
  dateRow('a day', day, 'ne', '2024-03-14T10:00Z', true),
  dateRow('a straddling period', straddling, 'ne', '2024-03-14', true),
  dateRow('a day', day, 'gt', '2024-03-14', false),
  dateRow('a day', day, 'gt', '2024-03-13', true),
  dateRow('a day', day, 'gt', '2024-03-14T10:00Z', true),
  dateRow('a straddling period', straddling, 'gt', '2024-03-14', false),
  dateRow('an ongoing period', ongoing, 'gt', '2030', true),
  dateRow('a day', day, 'lt', '2024-03-14', false),
  dateRow('a day', day, 'lt', '2024-03-15', true),
  dateRow('a straddling period', straddling, 'lt', '2024-03-14', true),
  dateRow('an ongoing period', ongoing, 'lt', '2024-03-01', false),
  dateRow('a day', day, 'ge', '2024-03-14', true),
  dateRow('a day', day, 'ge', '2024-03-15', false),
  dateRow('a day', day, 'ge', '2024', true),
  dateRow('a straddling period', straddling, 'ge', '2024-03-14', false),
  dateRow('an ongoing period', ongoing, 'ge', '2030', true),
  dateRow('a day', day, 'le', '2024-03-14', true),
  dateRow('a day', day, 'le', '2024-03-13', false),
  dateRow('a straddling period', straddling, 'le', '2024-03-14', true),
  dateRow('an ongoing period', ongoing, 'le', '2024-02', false),
  dateRow('a day', day, 'sa', '2024-03-13', true),
  dateRow('a day', day, 'sa', '2024-03-14', false),
  dateRow('a straddling period', straddling, 'sa', '2024-03-13', false),
  dateRow('a day', day, 'eb', '2024-03-15', true),
  dateRow('a day', day, 'eb', '2024-03-14', false),
  dateRow('a straddling period', straddling, 'eb', '2024-03-14', false),
  dateRow('a straddling period', straddling, 'ap', '2024-03-14', true),
  dateRow('a day', day, 'ap', '2024-03-15', false),
  dateRow('one of two days', [...day, date('date', '2020-01-01')], 'lt', '2021', true),
]

const hundred = [number('probability', 100)]
const open: IndexEntry[] = [number('probability', 5, Infinity)]

const numberRow = (
  name: string,
  entries: IndexEntry[],
  prefix: Prefix,
  value: number,
  matches: boolean,
): Row => [
  `${name} ${prefix} ${value}`,
  entries,
  numberClause('probability', prefix, value),
  matches,
]

const numberRows: Row[] = [
  numberRow('the number', hundred, 'eq', 100, true),
  numberRow('the low end', [number('probability', 99.5)], 'eq', 100, true),
  numberRow('the high end', [number('probability', 100.5)], 'eq', 100, false),
  numberRow('a range', [number('probability', 99.7, 100.2)], 'eq', 100, true),
  numberRow('a wider range', [number('probability', 99.7, 101)], 'eq', 100, false),
  numberRow('an open range', open, 'eq', 5, false),
  numberRow('the number', hundred, 'ne', 100, false),
  numberRow('beside it', [number('probability', 100.5)], 'ne', 100, true),
  numberRow('an open range', open, 'ne', 5, true),
  numberRow('the number', hundred, 'gt', 100, false),
  numberRow('a little more', [number('probability', 100.1)], 'gt', 100, true),
  numberRow('an open range', open, 'gt', 1000, true),
  numberRow('the number', hundred, 'lt', 100, false),
  numberRow('a little less', [number('probability', 99.9)], 'lt', 100, true),
  numberRow('an open range', open, 'lt', 5, false),
  numberRow('the number', hundred, 'ge', 100, true),
  numberRow('a little less', [number('probability', 99.9)], 'ge', 100, false),
  numberRow('the number', hundred, 'le', 100, true),
  numberRow('a little more', [number('probability', 100.1)], 'le', 100, false),
  numberRow('a range around', [number('probability', 90, 110)], 'sa', 100, false),
  numberRow('a little more', [number('probability', 100.1)], 'sa', 100, true),
  numberRow('a range around', [number('probability', 90, 110)], 'eb', 100, false),
  numberRow('a little less', [number('probability', 99.9)], 'eb', 100, true),
  numberRow('the high end', [number('probability', 100.5)], 'ap', 100, true),
  numberRow('beyond', [number('probability', 100.6)], 'ap', 100, false),
  numberRow('a negative number', [number('probability', -5)], 'lt', 0, true),
]

const mg = { system: UCUM, unitCode: 'mg', unit: 'milligram' }
const dose = [quantity('value-quantity', 5, mg)]
const dosed = (unit: { system?: string; unit?: string }, value = 5) =>
  quantityClause('value-quantity', 'eq', value, unit)

const quantityRows: Row[] = [
  ['a value of any unit', dose, dosed({}), true],
  ['another value', dose, dosed({}, 6), false],
  ['system and code', dose, dosed({ system: UCUM, unit: 'mg' }), true],
  ['system and another code', dose, dosed({ system: UCUM, unit: 'g' }), false],
  ['another system', dose, dosed({ system: LOINC, unit: 'mg' }), false],
  ['system alone', dose, dosed({ system: UCUM }), true],
  ['the code as unit', dose, dosed({ unit: 'mg' }), true],
  ['the human unit', dose, dosed({ unit: 'milligram' }), true],
  ['the human unit under a system', dose, dosed({ system: UCUM, unit: 'milligram' }), false],
  ['another unit', dose, dosed({ unit: 'kg' }), false],
  [
    'a unit that only one of two values has',
    [...dose, quantity('value-quantity', 7, { unitCode: 'kg', system: UCUM })],
    dosed({ unit: 'kg' }),
    false,
  ],
  ['a value without unit', [quantity('value-quantity', 5)], dosed({ unit: 'mg' }), false],
  ['more than', dose, quantityClause('value-quantity', 'gt', 4, { unit: 'mg' }), true],
  ['less than', dose, quantityClause('value-quantity', 'lt', 5, { unit: 'mg' }), false],
]

const pair = composite(
  'code-value-quantity',
  [token('code', 'a', LOINC)],
  [quantity('value-quantity', 5, mg)],
)
const pairClause = (code: string, value: number): Clause => ({
  kind: 'composite',
  code: 'code-value-quantity',
  alternatives: [[tokenClause('code', code), quantityClause('value-quantity', 'eq', value)]],
})

const otherRows: Row[] = [
  ['everything', [], everything, true],
  ['nothing', [token('code', 'a')], nothing, false],
  ['a uri', [uri('url', 'http://a/b')], { kind: 'uri', code: 'url', values: ['http://a/b'] }, true],
  [
    'one of several uris',
    [uri('url', 'http://a/b')],
    { kind: 'uri', code: 'url', values: ['x', 'http://a/b'] },
    true,
  ],
  [
    'the start of a uri',
    [uri('url', 'http://a/b')],
    { kind: 'uri', code: 'url', values: ['http://a'] },
    false,
  ],
  [
    'a uri in another case',
    [uri('url', 'http://a/b')],
    { kind: 'uri', code: 'url', values: ['http://a/B'] },
    false,
  ],
  ['both components', [pair], pairClause('a', 5), true],
  ['one component', [pair], pairClause('a', 6), false],
  [
    'components of two entries',
    [pair, composite('code-value-quantity', [token('code', 'b')], [quantity('value-quantity', 6)])],
    pairClause('a', 6),
    false,
  ],
  [
    'a component with alternatives',
    [
      composite(
        'code-value-quantity',
        [token('code', 'x'), token('code', 'a')],
        [quantity('value-quantity', 5)],
      ),
    ],
    pairClause('a', 5),
    true,
  ],
  [
    'a component without values',
    [composite('code-value-quantity', [token('code', 'a')], [])],
    pairClause('a', 5),
    false,
  ],
  [
    'components beside the composite',
    [token('code', 'a'), quantity('value-quantity', 5)],
    pairClause('a', 5),
    false,
  ],
  ['a missing value', [], { kind: 'missing', code: 'code', missing: true }, true],
  [
    'a value that is not missing',
    [token('code', 'a')],
    { kind: 'missing', code: 'code', missing: true },
    false,
  ],
  [
    'a present value',
    [token('code', 'a')],
    { kind: 'missing', code: 'code', missing: false },
    true,
  ],
  [
    'a value that is not present',
    [token('status', 'a')],
    { kind: 'missing', code: 'code', missing: false },
    false,
  ],
  [
    'not, with another value',
    [token('code', 'b')],
    { kind: 'not', clause: tokenClause('code', 'a') },
    true,
  ],
  [
    'not, with the value among others',
    [token('code', 'b'), token('code', 'a')],
    { kind: 'not', clause: tokenClause('code', 'a') },
    false,
  ],
  ['not, without a value', [], { kind: 'not', clause: tokenClause('code', 'a') }, true],
  [
    'and, on two entries',
    [token('code', 'a'), token('code', 'b')],
    allOf([tokenClause('code', 'a'), tokenClause('code', 'b')]),
    true,
  ],
  [
    'and, with one false',
    [token('code', 'a')],
    allOf([tokenClause('code', 'a'), tokenClause('code', 'b')]),
    false,
  ],
  [
    'or, with one true',
    [token('code', 'a')],
    anyOf([tokenClause('code', 'b'), tokenClause('code', 'a')]),
    true,
  ],
  [
    'or, with none true',
    [token('code', 'c')],
    anyOf([tokenClause('code', 'b'), tokenClause('code', 'a')]),
    false,
  ],
  ['an empty and', [], { kind: 'and', clauses: [] }, true],
  ['an empty or', [], { kind: 'or', clauses: [] }, false],
  ['another kind under the same code', [string('value', 'a')], tokenClause('value', 'a'), false],
]

const groups: Record<string, Row[]> = {
  token: tokenRows,
  reference: referenceRows,
  string: stringRows,
  date: dateRows,
  number: numberRows,
  quantity: quantityRows,
  other: otherRows,
}

export const clauseCases: readonly ClauseCase[] = Object.entries(groups).flatMap(([group, rows]) =>
  rows.map(([name, entries, clause, matches]) => ({
    name: `${group}: ${name}`,
    entries,
    clause,
    matches,
  })),
)
