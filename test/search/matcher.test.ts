import t from 'tap'
import type { Candidate, Lookup } from '../../src/search/matcher.ts'
import { matchesClause } from '../../src/search/matcher.ts'
import type { Clause } from '../../src/search/search-request.ts'
import { clauseCases } from './clause-cases.ts'
import { period, reference, tokenClause, token } from './entries.ts'

const noOthers: Lookup = { find: () => undefined, all: () => [] }

function aCandidate(parts: Partial<Candidate> = {}): Candidate {
  return {
    type: 'Observation',
    id: '1',
    lastUpdated: Date.parse('2024-03-14T10:00:00Z'),
    entries: [],
    envelope: { patients: [], authors: [], labels: [], depositor: {}, depositedAt: 0 },
    ...parts,
  }
}

t.test('matches every kind of clause as R4 says', async (t) => {
  for (const { name, entries, clause, matches } of clauseCases)
    t.equal(matchesClause(clause, aCandidate({ entries }), noOthers), matches, name)
})

t.test('matches ids and times of the resource itself', async (t) => {
  const candidate = aCandidate()
  const on = (prefix: 'eq' | 'gt', text: string): Clause => ({
    kind: 'lastUpdated',
    prefix,
    period: period(text),
  })
  t.ok(matchesClause({ kind: 'id', ids: ['2', '1'] }, candidate, noOthers))
  t.notOk(matchesClause({ kind: 'id', ids: [] }, candidate, noOthers))
  t.ok(matchesClause(on('eq', '2024-03-14'), candidate, noOthers))
  t.notOk(matchesClause(on('gt', '2024-03-14'), candidate, noOthers))
})

t.test('follows chains and reverse chains only where the decision lets it', async (t) => {
  const patient = aCandidate({ type: 'Patient', entries: [token('identifier', 'x')] })
  const source = aCandidate({ entries: [reference('subject', 'Patient/1'), token('code', 'a')] })
  const lookup: Lookup = {
    find: (type, id) => (type === 'Patient' && id === '1' ? patient : undefined),
    all: (type) => (type === 'Observation' ? [source] : []),
  }
  const chain = {
    kind: 'chain',
    code: 'subject',
    type: 'Patient',
    inner: tokenClause('identifier', 'x'),
  } as const
  const has = {
    kind: 'has',
    type: 'Observation',
    code: 'subject',
    inner: tokenClause('code', 'a'),
  } as const
  t.ok(matchesClause(chain, source, lookup))
  t.notOk(matchesClause({ ...chain, type: 'Group' }, source, lookup))
  t.notOk(matchesClause({ ...chain, innerDecision: { kind: 'none' } }, source, lookup))
  t.ok(matchesClause(has, patient, lookup))
  t.notOk(matchesClause({ ...has, code: 'performer' }, patient, lookup))
  t.notOk(matchesClause({ ...has, innerDecision: { kind: 'none' } }, patient, lookup))
})
