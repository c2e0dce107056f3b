/** Whether a search stays within one patient's record, read off its clauses. Decision 41. */
import type { Clause } from './search-request.ts'

/** True when a clause that all matches meet names one Patient, by id or by an identifier. */
export function isWithinOneRecord(where: Clause): boolean {
  if (where.kind === 'and') return where.clauses.some(isWithinOneRecord)
  // A chain looks into contained resources too, under a code of its own.
  if (where.kind === 'or') {
    return (
      where.clauses.some(isWithinOneRecord) &&
      where.clauses.every((clause) => isWithinOneRecord(clause) || isOfContained(clause))
    )
  }
  if (where.kind === 'chain') return where.type === 'Patient' && namesOne(where.inner)
  if (where.kind !== 'reference' || where.references.length !== 1) return false
  const [reference] = where.references
  if (!('id' in reference!)) return false
  return reference.type === 'Patient' || (reference.type === undefined && where.code === 'patient')
}

function isOfContained(clause: Clause): boolean {
  return clause.kind === 'token' && clause.code.includes('.')
}

function namesOne(inner: Clause): boolean {
  if (inner.kind === 'and') return inner.clauses.some(namesOne)
  if (inner.kind === 'id') return inner.ids.length === 1
  if (inner.kind !== 'token' || inner.code !== 'identifier') return false
  return inner.tokens.length === 1 && inner.tokens.every(({ system, value }) => system && value)
}
