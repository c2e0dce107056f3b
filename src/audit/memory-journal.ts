/** The journal of the memory store: the same interface, nothing kept when the process ends. */
import { Unavailable } from '../errors.ts'
import type {
  AuditJournal,
  Trace,
  TraceContent,
  TracePlace,
  TraceQuery,
  TraceSource,
} from './journal.ts'
import { deedOf, keyOf, patientsOf } from './record-codec.ts'

interface Kept extends Trace {
  readonly content: TraceContent
  readonly n: number
  readonly action: string
  readonly outcome: string
  readonly patients: ReturnType<typeof patientsOf>
}

export function createMemoryJournal(): AuditJournal {
  const kept = new Map<string, Kept>()
  let isClosed = false
  const add = async (contents: readonly TraceContent[]) => {
    if (isClosed) throw new Unavailable('Traces cannot be written: the journal is closed')
    for (const content of contents) {
      const key = keyOf(content).toString('hex')
      if (kept.has(key)) continue
      const facts = { ...deedOf(content), patients: patientsOf(content) }
      kept.set(key, { key, content, n: kept.size + 1, ...facts })
    }
  }
  const append: AuditJournal['append'] = (records) =>
    add(records.map((record) => ({ kind: 'own', record })))
  return {
    append,
    appendMissing: append,
    submit: (traces) => add(traces.map((trace) => ({ kind: 'submitted', trace }))),
    health: () =>
      isClosed
        ? { ready: false, reason: 'closed', reserveUsed: 0, alarm: false }
        : { ready: true, reserveUsed: 0, alarm: false },
    traces: createMemoryTraces(kept),
    close: async () => {
      isClosed = true
    },
  }
}

function createMemoryTraces(kept: ReadonlyMap<string, Kept>): TraceSource {
  const matching = (query: TraceQuery) =>
    [...kept.values()]
      .filter((trace) => matches(query, trace))
      .toSorted((a, b) => (a.key < b.key ? 1 : -1))
  return {
    settle: async () => {},
    newest: () => kept.size,
    page: (query, place) => cut(matching(query), place),
    count: (query, max) => Math.min(max, matching(query).length),
    find: (id) =>
      [...kept.values()].find(
        ({ key, content }) => (content.kind === 'own' ? key : content.trace.id) === id,
      ),
  }
}

function cut(newestFirst: readonly Kept[], { after, before, max }: TracePlace): readonly Kept[] {
  if (before !== undefined)
    return newestFirst
      .filter(({ key }) => key > before)
      .toReversed()
      .slice(0, max)
  return newestFirst.filter(({ key }) => after === undefined || key < after).slice(0, max)
}

function matches(query: TraceQuery, trace: Kept): boolean {
  const { patients, from, to, action, outcome, kind, asOf } = query
  const time = Number.parseInt(trace.key.slice(0, 12), 16)
  if (trace.n > asOf) return false
  if (from !== undefined && time < from) return false
  if (to !== undefined && time > to) return false
  if (action !== undefined && trace.action !== action) return false
  if (kind !== undefined && trace.content.kind !== kind) return false
  if (outcome !== undefined && trace.outcome !== outcome) return false
  return patients.every(({ ids, subjectOnly }) =>
    trace.patients.some(({ id, isSubject }) => ids.includes(id) && (isSubject || !subjectOnly)),
  )
}
