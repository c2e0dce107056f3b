import t from 'tap'
import { countTests } from '../../scripts/run-tests.ts'

async function* linesOf(text: string) {
  yield* text.split('\n')
}

const count = async (text: string) => {
  const { failures: _, ...counts } = await countTests(linesOf(text))
  return counts
}

t.test('names what failed', async (t) => {
  const stream = `    ok 1 - good
    not ok 2 - bad # time=3ms
not ok 1 - test/a.test.ts # time=39ms`
  t.same((await countTests(linesOf(stream))).failures, ['bad', 'test/a.test.ts'])
})

t.test('counts the tests of each file, not their assertions', async (t) => {
  const stream = `TAP version 14
# Subtest: test/a.test.ts
    # Subtest: good
        ok 1 - should be equal
        ok 2 - should be equal
        1..2
    ok 1 - good # time=4ms
    not ok 2 - bad # time=2ms
      ---
      source: |
        ok 1
    ok 7 - part of a diagnostic
      ...
    ok 3 - skipped # SKIP no service
    not ok 4 - later # TODO
    1..4
not ok 1 - test/a.test.ts # time=39ms`
  t.same(await count(stream), { passed: 1, failed: 1, skipped: 2 })
})

t.test('counts a file that threw as one failure', async (t) => {
  const stream = `# Subtest: test/b.test.ts
    1..0 # no tests found
not ok 2 - test/b.test.ts # time=5ms`
  t.same(await count(stream), { passed: 0, failed: 1, skipped: 0 })
})

t.test('counts nothing in an empty stream', async (t) => {
  t.same(await count('TAP version 14\n1..0'), { passed: 0, failed: 0, skipped: 0 })
})
