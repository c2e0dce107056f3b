import fc from 'fast-check'
import t from 'tap'
import type { SearchParameter } from '../../src/conformance/registry.ts'
import type { Clause } from '../../src/search/search-request.ts'
import { escapeValue, splitEscaped, unescapeValue } from '../../src/search/split-values.ts'
import { parse, registry } from './registry.ts'

const samples: Record<Exclude<SearchParameter['type'], 'composite' | 'special'>, string> = {
  token: 'http://system|code',
  reference: 'http://example.org/x',
  date: 'ge2024-05',
  string: 'Durand',
  uri: 'http://example.org/x',
  number: 'gt5.4',
  quantity: '5.4|http://unitsofmeasure.org|mg',
}

function sampleOf({ code, type, components, hasNoSystem }: SearchParameter): string {
  if (code === '_id') return 'abc'
  if (hasNoSystem) return 'code'
  if (type === 'composite')
    return components.map((part) => samples[part.type as keyof typeof samples]).join('$')
  return samples[type as keyof typeof samples]
}

t.test('parses every search parameter of every type', async (t) => {
  let parsed = 0
  for (const type of registry.resourceTypes) {
    for (const parameter of registry.searchParameters(type).values()) {
      if (parameter.type === 'special') continue
      const { request, used } = parse(type, [[parameter.code, sampleOf(parameter)]])
      const kind = { _id: 'id', _lastUpdated: 'lastUpdated' }[parameter.code] ?? parameter.type
      if (request.where.kind !== kind || used.length !== 1) t.fail(`${type}.${parameter.code}`)
      parsed += 1
    }
  }
  t.ok(parsed > 1900, `${parsed} parameters`)
})

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })

t.test('gives back tokens that were formatted with escapes', async (t) => {
  const token = fc.record({ system: fc.option(text, { nil: undefined }), value: text })
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 4 }), (tokens) => {
      const value = tokens
        .map(({ system, value }) =>
          system === undefined
            ? escapeValue(value)
            : `${escapeValue(system)}|${escapeValue(value)}`,
        )
        .join()
      const { where } = parse('Patient', [['identifier', value]]).request
      const expected = tokens.map(({ system, value }) =>
        system === undefined ? { value } : { system, value },
      )
      return (
        JSON.stringify(where) ===
        JSON.stringify({ kind: 'token', code: 'identifier', tokens: expected })
      )
    }),
  )
  t.pass()
})

t.test('gives back any text through escaping, whatever is around it', async (t) => {
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1 }),
      fc.constantFrom(',', '|', '$'),
      (texts, separator) => {
        const joined = texts.map(escapeValue).join(separator)
        const back = splitEscaped(joined, separator).map(unescapeValue)
        return JSON.stringify(back) === JSON.stringify(texts)
      },
    ),
  )
  t.pass()
})

t.test('parses again what it says was used, to the same request', async (t) => {
  const pairs = fc.constantFrom<readonly [string, string]>(
    ['name', 'a,b'],
    ['name:exact', 'É'],
    ['birthdate', 'ge2000'],
    ['identifier', 's|v'],
    ['organization.name', 'x'],
    ['_has:Observation:patient:code', 'c'],
    ['nom', 'x'],
    ['name:in', 'x'],
    ['_include', 'Patient:organization'],
    ['_lastUpdated', 'gt2020'],
  )
  const controls = fc.uniqueArray(
    fc.constantFrom<readonly [string, string]>(
      ['_count', '5000'],
      ['_count', '3'],
      ['_sort', '-birthdate'],
      ['_total', 'accurate'],
      ['_summary', 'true'],
    ),
    { selector: ([name]) => name },
  )
  fc.assert(
    fc.property(fc.array(pairs), controls, (parameters, more) => {
      const once = parse('Patient', [...parameters, ...more], { handling: 'lenient' })
      const again = parse('Patient', once.used)
      return (
        JSON.stringify([once.request, once.result]) ===
        JSON.stringify([again.request, again.result])
      )
    }),
  )
  t.pass()
})

t.test('never fails but with an answer for the caller, whatever is sent', async (t) => {
  const names = fc.oneof(
    fc.constantFrom(
      'name',
      'identifier',
      'birthdate',
      'organization',
      '_id',
      '_sort',
      '_count',
      '_include',
      '_has:',
      '_elements',
    ),
    fc.string({ unit: fc.constantFrom('a', ':', '.', '_', 'Patient', '_has:', 'name', 'link') }),
  )
  const values = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('1', '.', 'e', '-', '|', ',', '$', '\\', 'ge', ' ') }),
  )
  fc.assert(
    fc.property(names, values, (name, value) => {
      try {
        const { where }: { where: Clause } = parse('Patient', [[name, value]]).request
        return where !== undefined
      } catch (error) {
        return (error as { status?: number }).status === 400
      }
    }),
    { numRuns: 3000 },
  )
  t.pass()
})
