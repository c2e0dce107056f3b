import t from 'tap'
import {
  createBench,
  hasCases,
  isPlain,
  readCases,
  runCase,
  type Result,
} from './conformance-cases.ts'

/** Cases where we differ from the HL7 validator, each with its reason. May only shrink. */
const knownDisagreements: Readonly<Record<string, string>> = {}

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`

function report(results: readonly Result[]): string {
  const agreeing = results.filter(({ agrees }) => agrees)
  const plain = results.filter((result) => isPlain(result.case))
  const located = results.filter(({ overlaps }) => overlaps !== undefined)
  const plainAgreeing = plain.filter(({ agrees }) => agrees)
  const overlapping = located.filter(({ overlaps }) => overlaps)
  const differing = results.filter(({ agrees }) => !agrees)
  return [
    `agreement ${agreeing.length}/${results.length} (${percent(agreeing.length, results.length)})`,
    `without own terminology ${plainAgreeing.length}/${plain.length}`,
    `false accepts ${differing.filter(({ verdict }) => verdict === 'ok').length}`,
    `false rejects ${differing.filter(({ verdict }) => verdict === 'errors').length}`,
    `location overlap ${overlapping.length}/${located.length}`,
  ].join(', ')
}

if (!hasCases()) {
  t.pass('skipped: ../shared/conformance/validator is not here')
} else {
  const bench = createBench()
  const results = readCases().map((one) => runCase(one, bench))

  t.test('never crashes', async (t) => {
    for (const { case: one, crash } of results) t.equal(crash, undefined, one.id)
  })

  t.test('agrees with the HL7 validator where it is not known to differ', async (t) => {
    t.comment(report(results))
    for (const { case: one, agrees, verdict } of results) {
      const known = knownDisagreements[one.id]
      if (known === undefined) t.ok(agrees, `${one.id}: ${verdict}, not ${one.expect.verdict}`)
      else t.notOk(agrees, `${one.id} agrees now: take it out of the table (${known})`)
    }
  })

  t.test('agrees on 124 cases that bring no terminology', async (t) => {
    const plain = results.filter((result) => isPlain(result.case))
    t.equal(plain.length, 124)
    t.ok(plain.filter(({ agrees }) => agrees).length / plain.length >= 0.92)
  })

  t.test('finds errors at the demanded elements', async (t) => {
    const located = results.filter(({ overlaps }) => overlaps !== undefined)
    t.ok(located.filter(({ overlaps }) => overlaps).length / located.length >= 0.95)
  })
}
