import t from 'tap'
import { parsePeriod } from '../../src/fhir/date-time.ts'

const at = (text: string) => Date.parse(text)

t.test('reads a date without a zone in Paris, whatever the season', async (t) => {
  t.same(parsePeriod('2024-07-01'), {
    low: at('2024-06-30T22:00:00Z'),
    high: at('2024-07-01T22:00:00Z'),
  })
  t.same(parsePeriod('2024-01-31'), {
    low: at('2024-01-30T23:00:00Z'),
    high: at('2024-01-31T23:00:00Z'),
  })
})

t.test('covers the whole month or year of a partial date', async (t) => {
  t.same(parsePeriod('2024-12', 'UTC'), { low: at('2024-12-01'), high: at('2025-01-01') })
  t.same(parsePeriod('2024', 'UTC'), { low: at('2024-01-01'), high: at('2025-01-01') })
})

t.test('gives the day of a change to summer time 23 hours', async (t) => {
  const { low, high } = parsePeriod('2024-03-31')!
  t.equal((high - low) / 3_600_000, 23)
})

t.test('keeps the precision of fractions of a second', async (t) => {
  t.same(parsePeriod('2024-01-01T00:00:00.5Z'), {
    low: at('2024-01-01T00:00:00.500Z'),
    high: at('2024-01-01T00:00:00.600Z'),
  })
  t.same(parsePeriod('2024-01-01T00:00:00.123456Z'), {
    low: at('2024-01-01T00:00:00.123Z'),
    high: at('2024-01-01T00:00:00.124Z'),
  })
})

t.test('refuses what is no date of the calendar', async (t) => {
  for (const text of [
    '2023-02-29',
    '2024-13',
    '2024-00-10',
    '2024-04-31',
    '24-01-01',
    '2024-1-1',
    '2024-01-01T25:00',
    'now',
    '',
  ]) {
    t.equal(parsePeriod(text), undefined, text)
  }
  t.ok(parsePeriod('2024-02-29'))
})
