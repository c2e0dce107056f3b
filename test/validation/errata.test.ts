import t from 'tap'
import { createCoreValidator, errorsOf } from './validators.ts'

const { validator } = createCoreValidator()

t.test(
  'asks for enableBehavior from the second condition on, as que-12 says in words',
  async (t) => {
    const condition = { question: 'a', operator: 'exists', answerBoolean: true }
    const questionnaire = (count: number) => ({
      resourceType: 'Questionnaire',
      status: 'draft',
      item: [
        { linkId: 'a', type: 'string' },
        { linkId: 'b', type: 'string', enableWhen: Array.from({ length: count }, () => condition) },
      ],
    })
    t.same(errorsOf(validator.validate(questionnaire(1))), [])
    t.same(errorsOf(validator.validate(questionnaire(2))), ['que-12 Questionnaire.item[1]'])
  },
)

t.test('accepts response entries without a fullUrl in spite of bdl-8', async (t) => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction-response',
    entry: [{ response: { status: '201 Created' } }],
  }
  t.same(errorsOf(validator.validate(bundle)), [])
})

t.test('applies the vital-signs profiles by LOINC code', async (t) => {
  const observation = (code: string) => ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }] },
  })
  t.same(errorsOf(validator.validate(observation('718-7'))), [])
  const errors = errorsOf(validator.validate(observation('8867-4')))
  t.ok(errors.includes('min-cardinality Observation'))
})
