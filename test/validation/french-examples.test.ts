import t from 'tap'
import { createFrenchValidator, hasExamples, readExamples } from './french-examples.ts'
import { knownExampleDefects } from './known-example-defects.ts'

if (!hasExamples()) {
  t.pass('skipped: ../shared/examples/fr and ../shared/fhir-packages are not here')
} else {
  const { validator } = await createFrenchValidator()
  const examples = readExamples()

  t.test('accepts the examples of the guides, their known defects aside', async (t) => {
    let faulty = 0
    for (const example of examples) {
      const issues = validator.validate(example.resource, { package: example.package })
      const found = issues
        .filter(({ severity }) => severity === 'error' || severity === 'fatal')
        .map(({ rule, expression }) => `${rule} ${expression?.[0]}`)
      const known = (knownExampleDefects[example.name] ?? []).flatMap((one) => one.issues)
      if (found.length > 0) faulty++
      t.same([...new Set(found)].toSorted(), known.toSorted(), example.name)
    }
    t.comment(`${examples.length} examples, ${faulty} with defects of their own`)
  })
}
