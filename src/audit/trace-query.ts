/** Which part of a search the projection answers by itself; the rest is matched trace by trace. */
import { matchesClause, type Candidate } from '../search/matcher.ts'
import type { Clause, DateClause } from '../search/search-request.ts'
import type { TraceQuery } from './journal.ts'

export interface CompiledQuery {
  readonly query: TraceQuery
  /** What still has to be tested; empty: the query says it all. */
  readonly rest: readonly Clause[]
}

type Draft = { -readonly [K in keyof TraceQuery]: TraceQuery[K] }

/** Every trace that matches the clause is found by the query; the reverse needs `rest`. */
export function compileTraceQuery(where: Clause, asOf: number): CompiledQuery {
  const query: Draft = { patients: [], asOf }
  const rest: Clause[] = []
  for (const clause of where.kind === 'and' ? where.clauses : [where]) {
    if (!narrow(query, clause)) rest.push(clause)
  }
  return { query, rest }
}

/** False when the projection cannot tell whether the clause holds. */
function narrow(query: Draft, clause: Clause): boolean {
  switch (clause.kind) {
    case 'all':
      return true
    case 'reference':
      return clause.code === 'patient' && narrowByReference(query, clause.references)
    case 'envelope': {
      if (clause.field !== 'patients' || clause.operator !== 'in') return false
      addPatients(query, clause.values.map(String), true)
      return true
    }
    case 'or':
      narrowByAlternatives(query, clause.clauses)
      return false
    case 'and':
      return clause.clauses.map((inner) => narrow(query, inner)).every((isExact) => isExact)
    case 'date':
      return narrowByDate(query, clause)
    case 'token':
      return narrowByToken(query, clause)
    default:
      return false
  }
}

function addPatients(query: Draft, ids: readonly string[], subjectOnly: boolean): void {
  query.patients = [...query.patients, { ids, subjectOnly }]
}

/** The gate's restriction: alternatives that each name the patients whom they are about. */
function narrowByAlternatives(query: Draft, alternatives: readonly Clause[]): void {
  const ids = new Set<string>()
  for (const alternative of alternatives) {
    const inner: Draft = { patients: [], asOf: query.asOf }
    narrow(inner, alternative)
    const named = inner.patients.find(({ subjectOnly }) => subjectOnly)
    if (!named) return
    for (const id of named.ids) ids.add(id)
  }
  addPatients(query, [...ids], true)
}

function narrowByReference(
  query: Draft,
  references: Extract<Clause, { kind: 'reference' }>['references'],
): boolean {
  const ids: string[] = []
  for (const reference of references) {
    if (!('id' in reference) || reference.versionId !== undefined) return false
    if (reference.type !== undefined && reference.type !== 'Patient') return false
    ids.push(reference.id)
  }
  addPatients(query, ids, false)
  return true
}

/** `recorded` is one millisecond long; what each prefix means for it: search/matcher.ts. */
function narrowByDate(query: Draft, { code, values }: DateClause): boolean {
  const [value, other] = values
  if (code !== 'date' || !value || other) return false
  const { low, high } = value.period
  const { prefix } = value
  if (prefix === 'ne') return false
  const from = {
    eq: low,
    ap: low,
    ge: low,
    gt: high,
    sa: high,
    lt: -Infinity,
    le: -Infinity,
    eb: -Infinity,
  }[prefix]
  const to = {
    eq: high - 1,
    ap: high - 1,
    le: high - 1,
    lt: low - 1,
    eb: low - 1,
    ge: Infinity,
    gt: Infinity,
    sa: Infinity,
  }[prefix]
  query.from = Math.max(query.from ?? -Infinity, from)
  query.to = Math.min(query.to ?? Infinity, to)
  return true
}

const codeSystems: Readonly<Record<string, string>> = {
  action: 'http://hl7.org/fhir/audit-event-action',
  outcome: 'http://hl7.org/fhir/audit-event-outcome',
}

function narrowByToken(
  query: Draft,
  { code, tokens }: Extract<Clause, { kind: 'token' }>,
): boolean {
  if (code !== 'action' && code !== 'outcome') return false
  const [token, other] = tokens
  if (!token || other || token.value === undefined || query[code] !== undefined) return false
  const { system } = token
  if (system !== undefined && system !== '' && system !== codeSystems[code]) return false
  query[code] = token.value
  return true
}

/**
 * Whether every trace of our own that the query finds passes the rest too. The gate's restriction is
 * of that kind: our traces differ to it by their patient and time only, so that they need not be read.
 */
export function holdsForOwn({ query, rest }: CompiledQuery): boolean {
  const subjects = query.patients.find(({ subjectOnly }) => subjectOnly)
  return !!subjects?.ids.every((id) => rest.every((clause) => truthFor(id, clause) === true))
}

/** The truth of a clause on our own traces of a patient; undefined where it differs or is not known. */
function truthFor(patient: string, clause: Clause): boolean | undefined {
  switch (clause.kind) {
    case 'and': {
      const truths = clause.clauses.map((inner) => truthFor(patient, inner))
      return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true
    }
    case 'or': {
      const truths = clause.clauses.map((inner) => truthFor(patient, inner))
      return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false
    }
    case 'not': {
      const truth = truthFor(patient, clause.clause)
      return truth === undefined ? undefined : !truth
    }
    case 'envelope':
      return clause.field === 'id' || clause.field === 'depositedAt'
        ? undefined
        : matchesClause(clause, ownOf(patient), noOthers)
    case 'all':
    case 'none':
      return clause.kind === 'all'
    default:
      return undefined
  }
}

const noOthers = { find: () => undefined, all: () => [] }

/** A trace of our own, as the gate sees it. */
function ownOf(patient: string): Candidate {
  const envelope = {
    patients: [patient],
    authors: [],
    labels: [],
    depositor: {},
    depositedAt: 0,
  }
  return { type: 'AuditEvent', id: '', lastUpdated: 0, entries: [], envelope }
}
