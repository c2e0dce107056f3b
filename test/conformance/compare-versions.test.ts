import t from 'tap'
import { compareVersions, isRelease } from '../../src/conformance/compare-versions.ts'

t.test('orders versions, labels below their release', async (t) => {
  const ordered = ['', '0.1.0-snapshot', '0.1.0', '1.2.0-snapshot-2', '1.2.0-snapshot-10', '1.2.0']
  const more = ['1.10.0', '2', '2.0.1', '2018-08-12', '20240826145727']
  const expected = [...ordered, ...more]
  t.same(expected.toReversed().toSorted(compareVersions), expected)
})

t.test('knows a release from a preview', async (t) => {
  t.ok(isRelease('2.1.0'))
  t.ok(isRelease('20240826145727'))
  for (const version of ['2.1.0-ballot', '1.0.0-snapshot-2', 'current']) t.notOk(isRelease(version))
})
