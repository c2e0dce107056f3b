/**
 * Random data and random searches over it. Pools of values are small, so that searches find
 * something, ties are common and references form circles.
 */
import fc from 'fast-check'
import type { IndexEntry } from '../../src/search/index-entry.ts'
import type {
  Clause,
  IncludeRule,
  Prefix,
  SearchRequest,
  SortKey,
} from '../../src/search/search-request.ts'
import type { HistoryRequest } from '../../src/store/resource-store.ts'
import type { Envelope } from '../../src/store/stored-version.ts'
import {
  composite,
  date,
  number,
  period,
  quantity,
  reference,
  string,
  token,
  tokenClause,
  uri,
} from '../search/entries.ts'
import { aSearch, sortBy } from './plans.ts'

/** One write of a random life: the store's newest version decides what it becomes. */
export interface RandomWrite {
  readonly type: string
  readonly id: string
  readonly isDelete: boolean
  readonly entries: readonly IndexEntry[]
  readonly envelope: Partial<Envelope>
}

export interface RandomSearch {
  readonly request: SearchRequest
  /** As of the commit with this number, counted from the first; undefined: as of now. */
  readonly asOfCommit?: number | undefined
}

export interface RandomHistory {
  readonly request: HistoryRequest
  readonly asOfCommit?: number | undefined
}

const types = ['Observation', 'Patient'] as const
const ids = ['1', '2', '3', 'a', 'b', 'A', 'x-1', 'y.2']
const type = fc.constantFrom(...types)
const id = fc.constantFrom(...ids)

const systems = fc.constantFrom(undefined, 'http://loinc.org', 'urn:oid:1.2')
const values = fc.constantFrom('a', 'b', 'A', '1', 'é|,')
const texts = fc.constantFrom(
  'Durand',
  'durand',
  'Du Rand',
  'Éric',
  'eric',
  'Dupont',
  'ap',
  '%',
  '😀',
)
const dates = fc.constantFrom(
  '2023',
  '2024',
  '2024-03',
  '2024-03-14',
  '2024-03-14T10:00Z',
  '2024-03-14T10:00:00.000Z',
  '2025-01-01',
)
const numbers = fc.constantFrom(-3, 0, 0.5, 1, 5, 99.5, 100, 100.5)
const urls = fc.constantFrom('http://a', 'http://a/b', 'http://A', 'urn:x')
const units = fc.constantFrom(
  {},
  { system: 'http://unitsofmeasure.org', unitCode: 'mg', unit: 'milligram' },
  { system: 'http://unitsofmeasure.org', unitCode: 'g' },
  { unit: 'mg' },
)

const references = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(type, id).map(([type, id]) => `${type}/${id}`) },
  fc.tuple(type, id).map(([type, id]) => `${type}/${id}/_history/1`),
  fc.constantFrom('Group/none', 'http://a/q', 'http://a/q|1', 'http://a/q|2'),
)

const tokenEntry = fc.tuple(
  fc.constantFrom('code', 'status', 'subject:identifier'),
  values,
  systems,
)
const entry: fc.Arbitrary<IndexEntry> = fc.oneof(
  tokenEntry.map(([code, value, system]) => token(code, value, system)),
  fc.constant<IndexEntry>({ ...token('status', 'a', 'http://implied'), systemImplied: true }),
  fc.constant<IndexEntry>(token('code', undefined, 'http://loinc.org')),
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom('subject', 'performer'), references)
      .map(([code, to]) => reference(code, to)),
  },
  fc
    .tuple(fc.constantFrom('name', 'subject.name'), texts)
    .map(([code, text]) => string(code, text)),
  fc.tuple(dates, dates).map(([one, two]) => {
    const [from, to] = period(one).low <= period(two).low ? [one, two] : [two, one]
    return period(to).high < period(from).high ? date('date', from) : date('date', from, to)
  }),
  dates.map((text) => date('date', text)),
  fc.tuple(numbers, numbers).map(([a, b]) => number('probability', Math.min(a, b), Math.max(a, b))),
  numbers.map((value) => number('probability', value)),
  numbers.map((value) => number('probability', value, Infinity)),
  fc.tuple(numbers, units).map(([value, unit]) => quantity('value-quantity', value, unit)),
  urls.map((url) => uri('url', url)),
  fc
    .tuple(fc.array(values, { maxLength: 2 }), fc.array(numbers, { maxLength: 2 }))
    .map(([codes, amounts]) =>
      composite(
        'code-value-quantity',
        codes.map((code) => token('code', code)),
        amounts.map((amount) => quantity('value-quantity', amount)),
      ),
    ),
)

const envelope: fc.Arbitrary<Partial<Envelope>> = fc.record({
  patients: fc.subarray(['p', 'q']),
  labels: fc.subarray(['s|N', 's|V']),
  depositor: fc.constantFrom({}, { organization: 'o' }, { organization: 'o2', user: 'u' }),
  depositedAt: fc.constantFrom(0, 1000, 2000),
})

/** Commits, each of one to three writes of different resources. */
export const randomLife: fc.Arbitrary<readonly (readonly RandomWrite[])[]> = fc.array(
  fc.uniqueArray(
    fc.record({
      type,
      id,
      isDelete: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
      entries: fc.array(entry, { maxLength: 8 }),
      envelope,
    }),
    { minLength: 1, maxLength: 3, selector: ({ type, id }) => `${type}/${id}` },
  ),
  { minLength: 20, maxLength: 40 },
)

const prefix = fc.constantFrom<Prefix>('eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap')
const numberTest = fc
  .tuple(prefix, numbers, fc.constantFrom(0.05, 0.5, 10))
  .map(([prefix, value, half]) => ({ prefix, value, low: value - half, high: value + half }))
const upTo = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 1, maxLength: 3 })

const envelopeClause: fc.Arbitrary<Clause> = fc.oneof(
  fc.constantFrom<Clause>(
    { kind: 'envelope', field: 'labels', operator: 'in', values: ['s|N'] },
    { kind: 'envelope', field: 'patients', operator: 'in', values: ['p', 'q'] },
    { kind: 'envelope', field: 'patients', operator: 'exists', values: [] },
    { kind: 'envelope', field: 'depositorOrganization', operator: 'in', values: ['o'] },
    { kind: 'envelope', field: 'depositorUser', operator: 'exists', values: [] },
    { kind: 'envelope', field: 'depositedAt', operator: 'before', values: [1500] },
    { kind: 'envelope', field: 'depositedAt', operator: 'after', values: [0] },
    { kind: 'envelope', field: 'id', operator: 'in', values: ['1', 'a'] },
    { kind: 'envelope', field: 'patientCount', operator: 'in', values: [1] },
    { kind: 'envelope', field: 'patientCount', operator: 'in', values: [0, 2] },
  ),
)

/** As access rules are put together: trees of tests on the envelope. */
const { policy } = fc.letrec<{ policy: Clause; several: Clause[] }>((tie) => ({
  policy: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    envelopeClause,
    fc
      .tuple(fc.constantFrom('and', 'or'), tie('several'))
      .map(([kind, clauses]) => ({ kind, clauses })),
    tie('policy').map((clause) => ({ kind: 'not' as const, clause })),
  ),
  several: fc.array(tie('policy'), { maxLength: 4 }),
}))

const quantityTest = fc
  .tuple(
    numberTest,
    fc.constantFrom({}, { unit: 'mg' }, { system: 'http://unitsofmeasure.org', unit: 'mg' }),
  )
  .map(([test, unit]) => ({ ...test, ...unit }))

const leaf: fc.Arbitrary<Clause> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Clause>({ kind: 'all' }) },
  fc.constant<Clause>({ kind: 'none' }),
  fc.subarray(ids).map((ids): Clause => ({ kind: 'id', ids })),
  fc
    .tuple(
      prefix,
      fc.constantFrom('1970-01-01T00:00:10Z', '1970-01-01T00:00Z', '1970-01-01T00:00:20.000Z'),
    )
    .map(([prefix, text]): Clause => ({ kind: 'lastUpdated', prefix, period: period(text) })),
  fc
    .tuple(fc.constantFrom('code', 'date', 'subject', 'name', 'url', 'none'), fc.boolean())
    .map(([code, missing]): Clause => ({ kind: 'missing', code, missing })),
  fc
    .tuple(
      fc.constantFrom('code', 'status', 'subject:identifier'),
      upTo(
        fc.oneof(
          fc
            .tuple(values, systems)
            .map(([value, system]) => ({ value, ...(system ? { system } : {}) })),
          values.map((value) => ({ value, system: '' })),
          fc.constant({ system: 'http://loinc.org' }),
        ),
      ),
    )
    .map(([code, tokens]): Clause => ({ kind: 'token', code, tokens })),
  fc
    .tuple(
      fc.constantFrom('subject', 'performer'),
      upTo(
        fc.oneof(
          fc.record({ type, id }),
          fc.record({ id }),
          fc.record({ type, id, versionId: fc.constantFrom('1', '2') }),
          fc.constantFrom({ url: 'http://a/q' }, { url: 'http://a/q', urlVersion: '1' }),
        ),
      ),
    )
    .map(([code, references]): Clause => ({ kind: 'reference', code, references })),
  fc
    .tuple(
      fc.constantFrom('name', 'subject.name'),
      fc.constantFrom('start', 'contains', 'exact'),
      upTo(fc.oneof(texts, fc.constantFrom('du', 'ri', 'r', 'DUR', 'É'))),
    )
    .map(([code, match, values]): Clause => ({ kind: 'string', code, match, values })),
  upTo(fc.tuple(prefix, dates)).map((tests): Clause => ({
    kind: 'date',
    code: 'date',
    values: tests.map(([prefix, text]) => ({ prefix, period: period(text) })),
  })),
  upTo(numberTest).map((values): Clause => ({ kind: 'number', code: 'probability', values })),
  upTo(quantityTest).map((values): Clause => ({
    kind: 'quantity',
    code: 'value-quantity',
    values,
  })),
  upTo(urls).map((values): Clause => ({ kind: 'uri', code: 'url', values })),
  upTo(fc.tuple(values, numberTest)).map((pairs): Clause => ({
    kind: 'composite',
    code: 'code-value-quantity',
    alternatives: pairs.map(([value, test]) => [
      tokenClause('code', value),
      { kind: 'quantity', code: 'value-quantity', values: [test] },
    ]),
  })),
  policy,
)

const { clause } = fc.letrec<{ clause: Clause; several: Clause[] }>((tie) => ({
  clause: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: leaf },
    fc
      .tuple(fc.constantFrom('and', 'or'), tie('several'))
      .map(([kind, clauses]) => ({ kind, clauses })),
    tie('clause').map((clause) => ({ kind: 'not' as const, clause })),
    fc
      .tuple(fc.constantFrom('subject', 'performer'), type, tie('clause'), fc.option(policy))
      .map(([code, type, inner, decision]) => ({
        kind: 'chain' as const,
        code,
        type,
        inner,
        ...(decision ? { innerDecision: decision } : {}),
      })),
    fc
      .tuple(fc.constantFrom('subject', 'performer'), type, tie('clause'), fc.option(policy))
      .map(([code, type, inner, decision]) => ({
        kind: 'has' as const,
        type,
        code,
        inner,
        ...(decision ? { innerDecision: decision } : {}),
      })),
  ),
  several: fc.array(tie('clause'), { maxLength: 3 }),
}))

const sortKeys: fc.Arbitrary<SortKey[]> = fc.uniqueArray(
  fc
    .tuple(
      fc.constantFrom<[string, SortKey['kind']]>(
        ['code', 'token'],
        ['subject', 'reference'],
        ['name', 'string'],
        ['date', 'date'],
        ['probability', 'number'],
        ['value-quantity', 'quantity'],
        ['url', 'uri'],
        ['_id', 'id'],
        ['_lastUpdated', 'lastUpdated'],
      ),
      fc.boolean(),
    )
    .map(([[code, kind], descending]) => sortBy(code, kind, descending)),
  { maxLength: 3, selector: ({ code }) => code },
)

const includeRule: fc.Arbitrary<IncludeRule> = fc
  .record({
    kind: fc.constantFrom('include' as const, 'revinclude' as const),
    sourceType: type,
    code: fc.constantFrom('subject', 'performer', '*'),
    targetType: fc.option(type, { nil: undefined }),
    iterate: fc.boolean(),
  })
  .map(({ targetType, ...rule }) => (targetType ? { ...rule, targetType } : rule))

const asOfCommit = fc.option(fc.nat({ max: 39 }), { nil: undefined, freq: 3 })
const restrictions = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.record({ Observation: policy, Patient: policy }, { requiredKeys: ['Patient'] }),
)

export const randomSearch: fc.Arbitrary<RandomSearch> = fc
  .record({
    types: fc.oneof({ weight: 4, arbitrary: type.map((type) => [type]) }, fc.constant([...types])),
    where: clause,
    sort: sortKeys,
    count: fc.constantFrom(0, 1, 2, 5, 50),
    includes: fc.array(includeRule, { maxLength: 3 }),
    includesMax: fc.constantFrom(2, 1000, 1000),
    restrictions,
    asOfCommit,
  })
  .map(({ restrictions, asOfCommit, ...parts }) => ({
    request: aSearch({ ...parts, total: 'accurate', ...(restrictions ? { restrictions } : {}) }),
    asOfCommit,
  }))

/** Times fall on commits: the n-th is at n seconds. */
const time = fc.nat({ max: 41_000 }).map((ms) => Math.round(ms / 500) * 500)

export const randomHistory: fc.Arbitrary<RandomHistory> = fc
  .record({
    scope: fc.oneof(
      fc.record({ kind: fc.constant('instance' as const), type, id }),
      fc.record({ kind: fc.constant('type' as const), type }),
      fc.constant({ kind: 'system' as const }),
    ),
    since: fc.option(time, { nil: undefined }),
    at: fc.option(
      fc
        .tuple(time, fc.constantFrom(1, 500, 3000))
        .map(([low, span]) => ({ low, high: low + span })),
      { nil: undefined },
    ),
    count: fc.constantFrom(1, 3, 20),
    restrictions,
    asOfCommit,
  })
  .map(({ scope, since, at, count, restrictions, asOfCommit }) => ({
    request: {
      scope,
      count,
      ...(since === undefined ? {} : { since }),
      ...(at ? { at } : {}),
      ...(restrictions ? { restrictions } : {}),
    },
    asOfCommit,
  }))
