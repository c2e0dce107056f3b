/** The quick forms over raw JSON and the general closures are two ways to one truth. */
import fc from 'fast-check'
import t from 'tap'
import { compileFhirPath, compileTruth } from '../../src/fhirpath/compile.ts'
import { truthOf } from '../../src/fhirpath/environment.ts'
import { EvaluationError } from '../../src/fhirpath/fhirpath-errors.ts'
import { loadRegistry } from './corpus.ts'

const { typeModel } = await loadRegistry()

const word = fc.constantFrom('a', 'b', 'usual', 'old')
const extra = fc.constantFrom(undefined, { id: 'x' }, { extension: [{ url: 'u' }] })

const name = fc
  .record(
    {
      use: word,
      _use: extra,
      family: word,
      given: fc.array(fc.option(word), { minLength: 1, maxLength: 3 }),
      period: fc.constantFrom({ start: '2020' }, {}),
      extension: fc.constantFrom([{ url: 'u', valueString: 'a' }], [{ url: 'v' }]),
    },
    { requiredKeys: [] },
  )
  .map((fields) => JSON.parse(JSON.stringify(fields)) as object)

const patient = fc.record(
  {
    resourceType: fc.constant('Patient'),
    active: fc.boolean(),
    gender: word,
    name: fc.array(name, { minLength: 1, maxLength: 3 }),
    contact: fc.array(fc.record({ name }, { requiredKeys: [] }), { minLength: 1, maxLength: 2 }),
    deceasedBoolean: fc.boolean(),
  },
  { requiredKeys: ['resourceType'] },
)

const path = fc.constantFrom(
  'gender',
  'name',
  'name.use',
  'name.given',
  'name.period.start',
  'Patient.name.family',
  'contact.name.use',
  'contact.where(name.exists()).name.given',
  "name.where(use = 'old').given",
  "name.extension('u').value",
  'deceased',
  'nothing',
)

const inName = fc.constantFrom(
  "use = 'old'",
  'given.count() > 1',
  "$this.use in ('usual' | 'old')",
  "given.exists($this = 'a')",
  'family.hasValue()',
  "given.where($this != 'a').empty()",
  'period.exists() and use.exists().not()',
)

const leaf = fc.oneof(
  fc
    .tuple(path, fc.constantFrom('exists()', 'empty()', 'count() > 1', 'hasValue()', 'not()'))
    .map(([p, call]) => `${p}.${call}`),
  fc
    .tuple(path, fc.constantFrom('=', '!='), word)
    .map(([p, operator, text]) => `${p} ${operator} '${text}'`),
  fc.tuple(path, word, word).map(([p, a, b]) => `${p} in ('${a}' | '${b}')`),
  fc
    .tuple(fc.constantFrom('name', 'contact.name'), fc.constantFrom('exists', 'all'), inName)
    .map(([p, call, criterion]) => `${p}.${call}(${criterion})`),
  fc.constantFrom(
    'active',
    'active = true',
    '{}',
    'deceased = true',
    'name.first().use = $this.gender',
  ),
)

const condition: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .tuple(tie('any'), fc.constantFrom('and', 'or', 'xor', 'implies'), tie('any'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    tie('any').map((inner) => `(${inner}).not()`),
  ),
})).any

function truth(evaluate: () => boolean | undefined): boolean | undefined | 'fails' {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof EvaluationError) return 'fails'
    throw error
  }
}

t.test('finds the same truth with and without types', async (t) => {
  fc.assert(
    fc.property(condition, patient, (text, resource) => {
      const quick = compileTruth(text, { typeModel, rootType: 'Patient' })
      const general = compileFhirPath(text, { typeModel })
      const found = truth(() => quick(resource as never))
      const wanted = truth(() => truthOf(general.evaluate(resource as never)))
      if (found !== wanted) throw new Error(`${String(found)} for ${String(wanted)}`)
    }),
    { numRuns: 1_500 },
  )
  t.pass()
})
