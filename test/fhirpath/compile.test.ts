import t from 'tap'
import { compileFhirPath, compileInvariant } from '../../src/fhirpath/compile.ts'
import {
  EvaluationError,
  NotCovered,
  StepBudgetExceeded,
} from '../../src/fhirpath/fhirpath-errors.ts'
import { narrativeProblem } from '../../src/fhirpath/html-checks.ts'
import { ElementNode } from '../../src/fhirpath/values.ts'
import { loadRegistry } from './corpus.ts'

const { typeModel } = await loadRegistry()

t.test('says what it does not cover', async (t) => {
  for (const text of [
    'frobnicate()',
    'name.first(1)',
    'a is Nonsense',
    "a.matches('(?=x)')",
    'type()',
  ]) {
    t.throws(() => compileFhirPath(text, { typeModel }), NotCovered, text)
  }
  t.throws(() => compileFhirPath('constructor()', { typeModel }), NotCovered)
})

t.test('refuses to take one of several items', async (t) => {
  const patient = { resourceType: 'Patient', name: [{}, {}], active: true }
  for (const text of ['name.single()', 'name > 1', 'name and active', "'a' > 1", 'iif(name, 1)']) {
    const expression = compileFhirPath(text, { typeModel })
    t.throws(() => expression.evaluate(patient), EvaluationError, text)
  }
})

t.test('stops an expression that costs too much', async (t) => {
  const input = {
    resourceType: 'Basic',
    extension: Array.from({ length: 200 }, () => ({ url: 'u' })),
  }
  const many = [
    'descendants().select(%resource.descendants()).count()',
    'extension.where(%resource.extension.all(url = 1))',
  ]
  for (const text of many) {
    const expression = compileFhirPath(text, { typeModel })
    t.throws(() => expression.evaluate(input, { stepsMax: 5_000 }), StepBudgetExceeded, text)
  }
  const doubling = compileFhirPath("extension.aggregate($total & $total, 'ab')", { typeModel })
  t.throws(() => doubling.evaluate(input, { stepsMax: 100_000 }), StepBudgetExceeded)
  const squaring = compileFhirPath('extension.aggregate($total * $total, 1.1)', { typeModel })
  t.same(squaring.evaluate(input, { stepsMax: 100_000 }), [])
  const cheap = compileFhirPath('extension.count()', { typeModel })
  t.same(cheap.evaluate(input, { stepsMax: 5_000 }), [200])
})

t.test('stops what doubles or compares everything with everything', async (t) => {
  const input = {
    resourceType: 'Basic',
    extension: Array.from({ length: 400 }, () => ({ url: 'u' })),
  }
  const texts = [
    'extension.aggregate($total.combine($total), 1 | 2).count()',
    "extension.aggregate($total.replace('a', $total), 'aa').length()",
    "extension.aggregate($total.replaceMatches('a', $total), 'aa').length()",
    "extension.aggregate($total + $total, 'aa').length()",
    'descendants().intersect(descendants())',
    'descendants() ~ descendants()',
    'descendants() in descendants()',
    "extension.aggregate(($total & $total).toChars().join(''), 'aa').length()",
  ]
  for (const text of texts) {
    const started = performance.now()
    const expression = compileFhirPath(text, { typeModel })
    t.throws(() => expression.evaluate(input, { stepsMax: 100_000 }), text)
    t.ok(performance.now() - started < 1_000, `${text} stops soon`)
  }
})

t.test('matches in linear time', async (t) => {
  const expression = compileFhirPath("id.matches('^(a+)+$')", { typeModel })
  const started = performance.now()
  t.same(expression.evaluate({ resourceType: 'Basic', id: `${'a'.repeat(40)}b` }), [false])
  t.ok(performance.now() - started < 500)
})

t.test('holds an invariant broken when it is empty, false or fails', async (t) => {
  const holds = (text: string, patient: Record<string, never> | object) =>
    compileInvariant(text, { typeModel, rootType: 'Patient' })({
      resourceType: 'Patient',
      ...patient,
    } as never)
  t.equal(holds('birthDate < @2000', {}), false)
  t.equal(holds('birthDate < @2000', { birthDate: '1970' }), true)
  t.equal(holds('name.given > 1', { name: [{ given: ['a'] }] }), false)
  t.equal(holds('active', { active: false }), false)
  t.equal(holds('name', { name: [{ text: 'x' }] }), true)
})

t.test('lets an exceeded budget through an invariant', async (t) => {
  const invariant = compileInvariant('descendants().count() > 0', {
    typeModel,
    rootType: 'Patient',
  })
  const patient = { resourceType: 'Patient', name: [{ given: ['a', 'b', 'c'] }] }
  t.throws(() => invariant(patient, { stepsMax: 2 }), StepBudgetExceeded)
})

t.test('evaluates on primitives with their extensions', async (t) => {
  const short = compileInvariant('$this is dateTime implies $this.toString().length() >= 10', {
    typeModel,
    rootType: 'dateTime',
  })
  t.equal(short(new ElementNode('2024', undefined, 'dateTime')), false)
  t.equal(short(new ElementNode('2024-05-06', undefined, 'dateTime')), true)
  const ele1 = compileInvariant('hasValue() or (children().count() > id.count())', {
    typeModel,
    rootType: 'string',
  })
  t.equal(ele1(new ElementNode(undefined, { id: 'x' }, 'string')), false)
  t.equal(ele1(new ElementNode(undefined, { extension: [{ url: 'u' }] }, 'string')), true)
  const put = compileInvariant("value='POST' or value='PUT'", { typeModel, rootType: 'code' })
  t.equal(put(new ElementNode('PUT', undefined, 'code')), true)
})

t.test('keeps $this and $index right where quick and general forms meet', async (t) => {
  const patient = {
    resourceType: 'Patient',
    name: [
      { use: 'usual', given: ['a'] },
      { use: 'old', given: ['b', 'c'] },
    ],
  }
  const cases = {
    "name.exists(use = 'old' and given.count() > 1)": true,
    "name.exists(use = 'usual' and given.count() > 1)": false,
    "name.where(use = 'old').exists($this.given.where($this = 'c').exists())": true,
    'name.all($index < 2)': true,
    "name.exists($index = 0 and use = 'old')": false,
    "name.all(use in ('usual' | 'old'))": true,
    "name.use = 'old'": false,
    "name.where(use = 'old').use = 'old'": true,
    "name.where(use != 'old').given.exists() and %context.name.count() = 2": true,
  }
  for (const [text, expected] of Object.entries(cases)) {
    t.equal(compileInvariant(text, { typeModel, rootType: 'Patient' })(patient), expected, text)
    t.equal(compileInvariant(text, { typeModel })(patient), expected, `${text}, untyped`)
  }
})

t.test('reads the narrative for what it may not hold', async (t) => {
  const div = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`
  t.equal(narrativeProblem(div('<p class="a">x &amp; y<br/></p><!-- c -->')), undefined)
  t.equal(narrativeProblem(div('<img src="#a" alt="x"/>')), undefined)
  const wrong = [
    '',
    '  ',
    '<script>x</script>',
    '<p onclick="x">y</p>',
    '<p>x',
    '<b><i>x</b></i>',
    'a & b',
    '<a href="javascript:x">y</a>',
  ]
  for (const inner of wrong) t.ok(narrativeProblem(div(inner)), inner)
  t.ok(narrativeProblem('x'))
  t.ok(narrativeProblem('<p>x</p>'))
})
