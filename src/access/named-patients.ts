/** The patients that a search is about, read off its clauses. */
import type { Caller } from '../auth/caller.ts'
import type { Clause } from '../search/search-request.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { AccessSession, NamedPatients } from './decision.ts'
import { matchIds } from './match-ids.ts'

/** Ids of the patients named at the top of the tree; an empty list when a name matches nobody. */
export async function findNamedPatients(
  store: ResourceStore,
  {
    types,
    where,
    codesOf,
  }: {
    readonly types: readonly string[]
    readonly where: Clause
    /** The parameters of a type that may name its patient. */
    readonly codesOf: (type: string) => readonly string[]
  },
): Promise<NamedPatients> {
  if (types.length !== 1) return undefined
  const [type] = types as [string]
  for (const clause of topClauses(where)) {
    const named =
      type === 'Patient'
        ? await patientsThemselves(store, clause)
        : await patientsOf(store, clause, codesOf(type))
    if (named) return named
  }
  return undefined
}

function topClauses(where: Clause): readonly Clause[] {
  return where.kind === 'and' ? where.clauses : [where]
}

/** The identifier by which a search names the resource itself, where it does. */
export function exactIdentifier(where: Clause): Clause | undefined {
  return topClauses(where).find(namesExactly)
}

async function patientsThemselves(store: ResourceStore, clause: Clause): Promise<NamedPatients> {
  if (clause.kind === 'id') return clause.ids
  return namesExactly(clause) ? matchingPatients(store, clause) : undefined
}

/** Professionals and establishments' software feed the record of any patient (decision 23). */
export function feedsAnyRecord({ kind }: Caller): boolean {
  return kind === 'professional' || kind === 'establishment'
}

/**
 * Whose traces tell of a refusal. What is hidden from citizens in their own record must not be told
 * to them by the trace of their own try.
 */
export async function notOwn(
  session: Pick<AccessSession, 'ownPatients'>,
  patients: readonly string[],
): Promise<readonly string[]> {
  const own = await session.ownPatients()
  return patients.filter((patient) => !own.includes(patient))
}

/** By identifier, with its system: a matricule alone names nobody (decision 32). */
export function namesExactly(clause: Clause): boolean {
  return (
    clause.kind === 'token' &&
    clause.code === 'identifier' &&
    clause.tokens.every(({ system, value }) => Boolean(system && value))
  )
}

async function patientsOf(
  store: ResourceStore,
  clause: Clause,
  codes: readonly string[],
): Promise<NamedPatients> {
  if (clause.kind === 'reference' && codes.includes(clause.code)) {
    const ids = clause.references.flatMap((reference) =>
      'id' in reference && (reference.type === 'Patient' || reference.type === undefined)
        ? [reference.id]
        : [],
    )
    return ids.length === clause.references.length ? ids : undefined
  }
  if (clause.kind === 'chain' && clause.type === 'Patient' && codes.includes(clause.code)) {
    return patientsThemselves(store, clause.inner)
  }
  if (clause.kind === 'or') {
    // A chain comes with its form for contained resources; the chain names the patient.
    for (const inner of clause.clauses) {
      const named = inner.kind === 'chain' ? await patientsOf(store, inner, codes) : undefined
      if (named) return named
    }
  }
  return undefined
}

const patientsMax = 20

async function matchingPatients(store: ResourceStore, where: Clause): Promise<readonly string[]> {
  const { ids } = await matchIds(store, { type: 'Patient', where, max: patientsMax })
  return ids
}
