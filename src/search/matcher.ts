/**
 * What every clause means, said plainly against one resource's index entries: the reference that
 * each store's compiled search must agree with. R4 search.html#prefix, #ptypes, #chaining, #has.
 */
import type { Period } from '../fhir/date-time.ts'
import type { DateEntry, IndexEntry, NumberEntry, QuantityEntry } from './index-entry.ts'
import type {
  ChainClause,
  Clause,
  EnvelopeClause,
  HasClause,
  NumberTest,
  Prefix,
  QuantityClause,
  ReferenceClause,
  StringClause,
  TokenClause,
} from './search-request.ts'
import { foldText } from './fold-text.ts'

/** One version of a resource, as a search sees it. */
export interface Candidate {
  readonly type: string
  readonly id: string
  /** Milliseconds since 1970. */
  readonly lastUpdated: number
  readonly entries: readonly IndexEntry[]
  readonly envelope: EnvelopeFacts
}

/** The part of a stored version's envelope that clauses test (`Envelope` in store/). */
export interface EnvelopeFacts {
  readonly patients: readonly string[]
  readonly class?: string
  readonly docType?: string
  readonly status?: string
  readonly authors: readonly string[]
  readonly depositor: {
    readonly organization?: string
    readonly user?: string
    readonly client?: string
  }
  readonly labels: readonly string[]
  readonly confidentiality?: string
  readonly depositedAt: number
  readonly owner?: string
}

/** Finds other resources, seen as of the same commit; never a deleted one. */
export interface Lookup {
  find(type: string, id: string): Candidate | undefined
  all(type: string): Iterable<Candidate>
}

export function matchesClause(clause: Clause, candidate: Candidate, lookup: Lookup): boolean {
  switch (clause.kind) {
    case 'all':
      return true
    case 'none':
      return false
    case 'and':
      return clause.clauses.every((inner) => matchesClause(inner, candidate, lookup))
    case 'or':
      return clause.clauses.some((inner) => matchesClause(inner, candidate, lookup))
    case 'not':
      return !matchesClause(clause.clause, candidate, lookup)
    case 'id':
      return clause.ids.includes(candidate.id)
    case 'lastUpdated':
      return matchesPeriod(clause.prefix, clause.period, instantPeriod(candidate.lastUpdated))
    case 'missing':
      return clause.missing !== candidate.entries.some((entry) => entry.code === clause.code)
    case 'chain':
      return matchesChain(clause, candidate, lookup)
    case 'has':
      return matchesHas(clause, candidate, lookup)
    case 'envelope':
      return matchesEnvelope(clause, candidate)
    default:
      return candidate.entries.some(
        (entry) => entry.code === clause.code && matchesEntry(clause, entry),
      )
  }
}

/** Whether one entry satisfies a clause, whatever the codes of both (components have none). */
function matchesEntry(clause: Clause, entry: IndexEntry): boolean {
  switch (clause.kind) {
    case 'token':
      return entry.kind === 'token' && clause.tokens.some((token) => matchesToken(token, entry))
    case 'reference':
      return (
        entry.kind === 'reference' &&
        clause.references.some((reference) => matchesReference(reference, entry))
      )
    case 'string':
      return entry.kind === 'string' && matchesString(clause, entry)
    case 'date':
      return (
        entry.kind === 'date' &&
        clause.values.some(({ prefix, period }) => matchesPeriod(prefix, period, entry))
      )
    case 'number':
      return entry.kind === 'number' && clause.values.some((test) => matchesNumber(test, entry))
    case 'quantity':
      return entry.kind === 'quantity' && clause.values.some((test) => matchesQuantity(test, entry))
    case 'uri':
      return entry.kind === 'uri' && clause.values.includes(entry.value)
    case 'composite':
      return (
        entry.kind === 'composite' &&
        clause.alternatives.some((parts) => matchesComponents(parts, entry.components))
      )
    default:
      return false
  }
}

/** All components on one entry; each component's list of values is a list of alternatives. */
function matchesComponents(
  parts: readonly Clause[],
  components: readonly (readonly IndexEntry[])[],
): boolean {
  return parts.every((part, index) =>
    (components[index] ?? []).some((entry) => matchesEntry(part, entry)),
  )
}

/** Codes are compared exactly, case included. R4 search.html#token. */
function matchesToken(
  token: TokenClause['tokens'][number],
  entry: { readonly system?: string; readonly value?: string; readonly systemImplied?: true },
): boolean {
  if (token.value !== undefined && token.value !== entry.value) return false
  if (token.system === undefined) return true
  if (token.system === (entry.system ?? '')) return true
  return token.system === '' && entry.systemImplied === true
}

function matchesReference(
  reference: ReferenceClause['references'][number],
  entry: Extract<IndexEntry, { kind: 'reference' }>,
): boolean {
  if ('url' in reference) {
    if (reference.url !== entry.url) return false
    return reference.urlVersion === undefined || reference.urlVersion === entry.urlVersion
  }
  return (
    reference.id === entry.id &&
    (reference.type === undefined || reference.type === entry.type) &&
    (reference.versionId === undefined || reference.versionId === entry.versionId)
  )
}

/** Values come as they were sent; folding is part of the comparison. R4 search.html#string. */
function matchesString(
  clause: StringClause,
  entry: Extract<IndexEntry, { kind: 'string' }>,
): boolean {
  if (clause.match === 'exact') return clause.values.includes(entry.exact)
  const folded = clause.values.map(foldText)
  return clause.match === 'start'
    ? folded.some((text) => entry.folded.startsWith(text))
    : folded.some((text) => entry.folded.includes(text))
}

function instantPeriod(at: number): Period {
  return { low: at, high: at + 1 }
}

/**
 * Two periods, `high` excluded. For `ap` the parser has already widened the searched period by
 * 10 % of the gap to now, so that nothing here needs a clock. R4 search.html#prefix.
 */
export function matchesPeriod(
  prefix: Prefix,
  searched: Period,
  target: Pick<DateEntry, 'low' | 'high'>,
): boolean {
  const contains = searched.low <= target.low && target.high <= searched.high
  switch (prefix) {
    case 'eq':
      return contains
    case 'ne':
      return !contains
    case 'gt':
      return target.high > searched.high
    case 'lt':
      return target.low < searched.low
    case 'ge':
      return target.high > searched.high || contains
    case 'le':
      return target.low < searched.low || contains
    case 'sa':
      return target.low >= searched.high
    case 'eb':
      return target.high <= searched.low
    case 'ap':
      return target.low < searched.high && searched.low < target.high
  }
}

/**
 * `eq` and `ne` use the range that the digits imply, [low, high); the ordering prefixes use the
 * value itself, exactly; `ap` has `low` and `high` widened by 10 %. R4 search.html#number.
 */
export function matchesNumber(
  { prefix, value, low, high }: NumberTest,
  target: Pick<NumberEntry | QuantityEntry, 'low' | 'high'>,
): boolean {
  const contains = low <= target.low && target.high < high
  switch (prefix) {
    case 'eq':
      return contains
    case 'ne':
      return !contains
    case 'gt':
      return target.high > value
    case 'lt':
      return target.low < value
    case 'ge':
      return target.high >= value
    case 'le':
      return target.low <= value
    case 'sa':
      return target.low > value
    case 'eb':
      return target.high < value
    case 'ap':
      return target.low <= high && low <= target.high
  }
}

/** With a system the unit is a code of it; without, it may be code or human unit. */
function matchesQuantity(test: QuantityClause['values'][number], entry: QuantityEntry): boolean {
  if (!matchesNumber(test, entry)) return false
  if (test.system !== undefined) {
    if (test.system !== entry.system) return false
    return test.unit === undefined || test.unit === entry.unitCode
  }
  return test.unit === undefined || test.unit === entry.unitCode || test.unit === entry.unit
}

function matchesChain(clause: ChainClause, candidate: Candidate, lookup: Lookup): boolean {
  return candidate.entries.some((entry) => {
    if (entry.code !== clause.code || entry.kind !== 'reference') return false
    if (entry.type !== clause.type || entry.id === undefined) return false
    const target = lookup.find(entry.type, entry.id)
    return target !== undefined && matchesInner(clause, target, lookup)
  })
}

function matchesHas(clause: HasClause, candidate: Candidate, lookup: Lookup): boolean {
  for (const source of lookup.all(clause.type)) {
    const refers = source.entries.some(
      (entry) =>
        entry.code === clause.code &&
        entry.kind === 'reference' &&
        entry.type === candidate.type &&
        entry.id === candidate.id,
    )
    if (refers && matchesInner(clause, source, lookup)) return true
  }
  return false
}

function matchesInner(
  { inner, innerDecision }: ChainClause | HasClause,
  candidate: Candidate,
  lookup: Lookup,
): boolean {
  if (innerDecision && !matchesClause(innerDecision, candidate, lookup)) return false
  return matchesClause(inner, candidate, lookup)
}

function matchesEnvelope(clause: EnvelopeClause, candidate: Candidate): boolean {
  const facts = factsOf(clause.field, candidate)
  switch (clause.operator) {
    case 'in':
      return facts.some((fact) => clause.values.includes(fact))
    case 'exists':
      return facts.length > 0
    case 'before':
      return facts.some((fact) => Number(fact) < Number(clause.values[0]))
    case 'after':
      return facts.some((fact) => Number(fact) > Number(clause.values[0]))
  }
}

function factsOf(field: EnvelopeClause['field'], { id, envelope }: Candidate) {
  const { depositor } = envelope
  const facts: Record<EnvelopeClause['field'], readonly (string | number | undefined)[]> = {
    id: [id],
    patients: envelope.patients,
    patientCount: [envelope.patients.length],
    class: [envelope.class],
    docType: [envelope.docType],
    status: [envelope.status],
    authors: envelope.authors,
    labels: envelope.labels,
    confidentiality: [envelope.confidentiality],
    depositorOrganization: [depositor.organization],
    depositorUser: [depositor.user],
    depositorClient: [depositor.client],
    depositedAt: [envelope.depositedAt],
    owner: [envelope.owner],
  }
  return facts[field].filter((fact) => fact !== undefined)
}
