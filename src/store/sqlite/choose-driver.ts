/** Where a search starts: the index that leaves the fewest rows, or gives them in order. */
import type { Clause } from '../../search/search-request.ts'
import { patientTargets } from './compile-envelope.ts'
import type { KeyTest } from './key-tests.ts'
import { keyTests } from './key-tests.ts'
import { chainTargets, emptySet, narrowingSets, ridSets, uniteSets } from './rid-sets.ts'
import type { Scope } from './search-scope.ts'
import { holds, isVersionOf } from './search-scope.ts'
import type { SortPlan } from './sort-plan.ts'
import type { Sql } from './sql.ts'
import { limitTo, raw, sql, sqlFalse } from './sql.ts'
import type { Statements } from './statements.ts'

export interface Driver {
  readonly from: Sql
  readonly where: Sql
  readonly table: Scope['table']
  /** The same resource may come twice. */
  readonly repeats: boolean
  /** The clause that the driver's rows satisfy already. */
  readonly covers?: Clause
}

interface Candidate {
  readonly clause: Clause
  /** Lower is likelier to be few; from `costly` on, finding the set is itself a scan. */
  readonly rank: number
  /** One index range in the order of date, newest first. */
  readonly ordered: Omit<Driver, 'covers'> | undefined
  readonly sets: readonly Sql[]
  /** The sets hold exactly what the clause matches. */
  readonly exact: boolean
}

/** Up to here a clause names resources: they need no counting to be known to be few. */
const naming = 1
const fewRows = 200
const manyRows = 10_000
const costly = 8

export function chooseDriver(
  clauses: readonly Clause[],
  scope: Scope,
  sort: SortPlan['kind'],
  statements: Statements,
): Driver {
  const candidates = clauses
    .map((clause) => candidateOf(clause, scope, statements))
    .filter((candidate) => candidate !== undefined)
    .sort((a, b) => a.rank - b.rank)
  const [first] = candidates
  if (!first) return listing(scope, sort)
  if (first.rank <= naming || (sort === 'date' && first.ordered)) return driverOf(first, scope)
  const cheap = candidates.filter(({ rank }) => rank < costly)
  for (const candidate of cheap) {
    if (countUpTo(candidate, fewRows, statements) < fewRows) return driverOf(candidate, scope)
  }
  const counts = cheap.map((candidate) => countUpTo(candidate, manyRows, statements))
  const least = Math.min(...counts)
  if (least < manyRows) return driverOf(cheap[counts.indexOf(least)]!, scope)
  if (cheap.length === 0 || sort === 'computed') return driverOf(first, scope)
  const inOrder = sort === 'date' ? candidates.find(({ ordered }) => ordered) : undefined
  return inOrder ? driverOf(inOrder, scope) : listing(scope, sort)
}

function countUpTo({ sets }: Candidate, max: number, statements: Statements): number {
  const united = uniteSets(sets)
  return Number(statements.get(sql`SELECT count(*) FROM (${united} ${limitTo(max)})`)![0])
}

function driverOf({ clause, ordered, sets, exact }: Candidate, scope: Scope): Driver {
  if (ordered) return { ...ordered, covers: clause }
  const d = raw(scope.row)
  return {
    from: sql`(SELECT DISTINCT rid FROM (${uniteSets(sets)})) AS x CROSS JOIN fact ${d} ON ${d}.type = ${scope.typeId} AND ${d}.rid = x.rid`,
    // The plus keeps SQLite from going through all resources of the type by an index on `deleted`.
    where: sql`${isVersionOf(scope.row, scope.view)} AND +${d}.deleted = 0`,
    table: 'fact',
    repeats: false,
    ...(exact ? { covers: clause } : {}),
  }
}

/** The table itself is kept by type and rid. */
const listingIndexes = {
  rid: '',
  computed: '',
  date: ' INDEXED BY fact_by_date',
  time: ' INDEXED BY fact_by_time',
}

/** All resources of the type, in an order that an index keeps. */
function listing({ row, typeId, view }: Scope, sort: SortPlan['kind']): Driver {
  const d = raw(row)
  return {
    from: sql`fact ${d}${raw(listingIndexes[sort])}`,
    where: sql`${d}.type = ${typeId} AND ${d}.deleted = 0 AND ${isVersionOf(row, view)}`,
    table: 'fact',
    repeats: false,
  }
}

function candidateOf(clause: Clause, scope: Scope, statements: Statements): Candidate | undefined {
  if (clause.kind === 'envelope') return patientCandidate(clause, scope)
  const exact = clause.kind !== 'composite'
  const sets = clause.kind === 'composite' ? narrowingSets(clause, scope) : ridSets(clause, scope)
  if (!sets || sets.length === 0) return undefined
  const ordered =
    clause.kind === 'or'
      ? orderedEither(clause.clauses, scope, statements)
      : orderedOf(clause, scope)
  return { clause, exact, sets, rank: rankOf(clause), ordered }
}

function patientCandidate(
  clause: Extract<Clause, { kind: 'envelope' }>,
  scope: Scope,
): Candidate | undefined {
  if (clause.field !== 'patients' || clause.operator !== 'in') return undefined
  const targets = patientTargets(clause.values.map(String), scope)
  const [patient] = targets
  if (patient === undefined || targets.length > 1) return undefined
  const { row, typeId, view } = scope
  const d = raw(row)
  const where = sql`${d}.patient = ${patient} AND ${d}.type = ${typeId} AND ${d}.deleted = 0 AND ${holds(row, view)}`
  const sets = [sql`SELECT ${d}.rid FROM compartment ${d} WHERE ${where}`]
  const ordered = {
    from: sql`compartment ${d}`,
    where,
    table: 'compartment',
    repeats: false,
  } as const
  return { clause, rank: 2, exact: true, sets, ordered }
}

const ranks: Partial<Record<Clause['kind'], number>> = {
  id: 0,
  reference: 2,
  chain: 3,
  has: 3,
  token: 4,
  uri: 4,
  composite: 4,
  string: 5,
  date: 6,
  number: 6,
  quantity: 6,
}

function rankOf(clause: Clause): number {
  if (clause.kind === 'or') return Math.max(...clause.clauses.map(rankOf))
  if (clause.kind === 'string' && clause.match === 'contains') return costly
  if (clause.kind === 'token') {
    if (clause.tokens.some(({ value }) => value === undefined)) return costly
    if (clause.code === 'identifier') return 1
  }
  return ranks[clause.kind] ?? costly
}

/** A clause with one value that is one range of an index keyed by value, date and resource. */
function orderedOf(clause: Clause, scope: Scope): Candidate['ordered'] {
  if (clause.kind === 'chain') return orderedChain(clause, scope)
  const [only, other] = keyTestsOf(clause, scope)
  if (!only || other || only.values !== 1) return undefined
  return orderedRange(only.table, codeOf(clause), scope, only.test(scope.row))
}

/** Alternatives of which all but one match nothing: a chain and its contained form, for example. */
function orderedEither(
  clauses: readonly Clause[],
  scope: Scope,
  statements: Statements,
): Candidate['ordered'] {
  const ranges: NonNullable<Candidate['ordered']>[] = []
  for (const clause of clauses) {
    if (ridSets(clause, scope)?.every(({ text }) => text === emptySet.text)) continue
    const ordered = orderedOf(clause, scope)
    if (!ordered) return undefined
    ranges.push(ordered)
  }
  if (ranges.length < 2) return ranges[0]
  const filled = ranges.filter(({ from, where }) =>
    statements.get(sql`SELECT 1 FROM ${from} WHERE ${where} LIMIT 1`),
  )
  return filled.length === 1 ? filled[0] : undefined
}

function keyTestsOf(clause: Clause, scope: Scope): readonly KeyTest[] {
  const { kind } = clause
  return kind === 'token' || kind === 'uri' || kind === 'reference' ? keyTests(clause, scope) : []
}

/** A chain that leads to one resource is as good as a reference to it. */
function orderedChain(
  clause: Extract<Clause, { kind: 'chain' }>,
  scope: Scope,
): Candidate['ordered'] {
  const targets = chainTargets(clause, scope)
  if (targets?.length !== 1) return undefined
  const test = sql`${raw(scope.row)}.target = ${targets[0]!}`
  return orderedRange('reference', clause.code, scope, test)
}

function codeOf(clause: Clause): string {
  return 'code' in clause ? clause.code : ''
}

function orderedRange(
  table: 'token' | 'reference',
  code: string,
  scope: Scope,
  test: Sql,
): Candidate['ordered'] {
  const param = scope.lookups.dictionary.paramId(scope.typeId, code)
  if (param === 0 || test === sqlFalse) return undefined
  const d = raw(scope.row)
  return {
    from: sql`${raw(table)} ${d}`,
    where: sql`${d}.param = ${param} AND ${test} AND ${holds(scope.row, scope.view)}`,
    table: 'index',
    repeats: true,
  }
}
