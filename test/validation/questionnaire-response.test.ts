import t from 'tap'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { createCoreValidator, errorsOf } from './validators.ts'

const { validator } = createCoreValidator()
const url = 'http://example.org/Questionnaire/q'
const extension = (name: string, rest: JsonObject): JsonObject => ({
  url: `http://hl7.org/fhir/StructureDefinition/${name}`,
  ...rest,
})

function check(questions: JsonObject[], items: JsonObject[], status = 'completed'): string[] {
  const questionnaire: Resource = {
    resourceType: 'Questionnaire',
    url,
    status: 'active',
    item: questions,
  }
  const response: Resource = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: url,
    status,
    ...(items.length > 0 ? { item: items } : {}),
  }
  const issues = validator.validate(response, {
    canonicalResource: (_type, canonical) => (canonical === url ? questionnaire : undefined),
  })
  return errorsOf(issues)
}

const q1 = (rest: JsonObject = {}): JsonObject => ({ linkId: 'q1', type: 'string', ...rest })
const a1 = (...answer: JsonObject[]): JsonObject => ({ linkId: 'q1', answer })

t.test('warns when the questionnaire is not known', async (t) => {
  const issues = validator.validate({
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'http://example.org/none',
    status: 'completed',
  })
  t.match(
    issues.find(({ rule }) => rule === 'questionnaire-unknown'),
    { severity: 'warning' },
  )
})

t.test('asks for required answers, of enabled questions, once it is completed', async (t) => {
  const required = [q1({ required: true })]
  t.same(check(required, []), ['questionnaire-required QuestionnaireResponse'])
  t.same(check(required, [], 'in-progress'), [])
  const conditional = [
    q1({ type: 'boolean' }),
    {
      linkId: 'q2',
      type: 'string',
      required: true,
      enableWhen: [{ question: 'q1', operator: '=', answerBoolean: true }],
    },
  ]
  t.same(check(conditional, [a1({ valueBoolean: false })]), [])
  t.same(check(conditional, [a1({ valueBoolean: true })]), [
    'questionnaire-required QuestionnaireResponse',
  ])
  const second = { linkId: 'q2', answer: [{ valueString: 'x' }] }
  t.same(check(conditional, [a1({ valueBoolean: false }), second]), [
    'questionnaire-answer QuestionnaireResponse.item[1]',
  ])
})

t.test('refuses unknown, misplaced, unordered and repeated items', async (t) => {
  const questions = [q1(), { linkId: 'g', type: 'group', item: [{ linkId: 'q2', type: 'date' }] }]
  t.same(check(questions, [{ linkId: 'x' }]), ['questionnaire-link QuestionnaireResponse'])
  const stray = { linkId: 'q2', answer: [{ valueDate: '2024' }] }
  t.same(check(questions, [stray]), ['questionnaire-answer QuestionnaireResponse'])
  t.same(check(questions, [{ linkId: 'g', item: [stray] }, a1({ valueString: 'x' })]), [
    'questionnaire-answer QuestionnaireResponse.item[1]',
  ])
  t.same(check(questions, [a1({ valueString: 'x' }, { valueString: 'y' })]), [
    'questionnaire-answer QuestionnaireResponse.item[0]',
  ])
})

t.test('compares the type, options and bounds of an answer', async (t) => {
  const at = 'questionnaire-answer QuestionnaireResponse.item[0].answer[0].value'
  t.same(check([q1()], [a1({ valueInteger: 1 })]), [at])
  t.same(check([q1({ maxLength: 2 })], [a1({ valueString: 'xyz' })]), [at])
  const coded = (code: string) => ({ valueCoding: { system: 'http://x', code } })
  const choice = q1({ type: 'choice', answerOption: [coded('a')] })
  t.same(check([choice], [a1(coded('a'))]), [])
  t.same(check([choice], [a1(coded('b'))]), [at])
  const bounded = q1({
    type: 'integer',
    extension: [
      extension('minValue', { valueInteger: 2 }),
      extension('maxValue', { valueInteger: 4 }),
    ],
  })
  t.same(check([bounded], [a1({ valueInteger: 3 })]), [])
  t.same(check([bounded], [a1({ valueInteger: 5 })]), [at])
  const precise = q1({
    type: 'decimal',
    extension: [extension('maxDecimalPlaces', { valueInteger: 1 })],
  })
  t.same(check([precise], [a1({ valueDecimal: 1.25 })]), [at])
  const pattern = q1({ extension: [extension('regex', { valueString: '[a-z]+' })] })
  t.same(check([pattern], [a1({ valueString: 'A' })]), [at])
})

t.test('finds a Questionnaire that cannot be answered', async (t) => {
  const enableWhen = [{ question: 'nowhere', operator: 'exists', answerBoolean: true }]
  const issues = validator.validate({
    resourceType: 'Questionnaire',
    url,
    status: 'draft',
    item: [q1({ enableWhen })],
  })
  t.same(errorsOf(issues), ['definition-rule Questionnaire.item[0].enableWhen[0]'])
})
