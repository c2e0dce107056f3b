/** Tests on the envelope: columns of `fact` and `compartment`. */
import type { EnvelopeClause } from '../../search/search-request.ts'
import type { Scope } from './search-scope.ts'
import { factTest, holds } from './search-scope.ts'
import { resourceIds } from './rid-sets.ts'
import type { Sql } from './sql.ts'
import { isOneOf, orSql, raw, sql, sqlFalse, sqlTrue } from './sql.ts'

const wordColumns = {
  class: 'class',
  docType: 'doc_type',
  status: 'status',
  confidentiality: 'confidentiality',
  depositorOrganization: 'organization',
  depositorUser: 'user',
  depositorClient: 'client',
} as const

/** What a compartment row holds of them. */
const compartmentFields: readonly string[] = ['class', 'docType', 'status', 'confidentiality']

export function envelopeTest(clause: EnvelopeClause, scope: Scope): Sql {
  const { field, operator } = clause
  if (field === 'depositedAt') return depositedAt(clause, scope)
  if (field === 'patientCount') return patientCount(clause, scope)
  if (operator === 'before' || operator === 'after')
    throw new TypeError(`Envelope field ${field} holds texts: ${operator} cannot compare them`)
  const texts = clause.values.filter((value) => typeof value === 'string')
  switch (field) {
    case 'id':
      if (operator === 'exists') return sqlTrue
      return isOneOf(raw(`${scope.row}.rid`), resourceIds(texts, scope))
    case 'patients':
      return operator === 'exists'
        ? factTest(scope, (alias) => sql`${alias}.patients > 0`)
        : inCompartments(texts, scope)
    case 'owner':
      return factTest(scope, (alias) =>
        operator === 'exists' ? sql`${alias}.owner <> ''` : isOneOf(sql`${alias}.owner`, texts),
      )
    case 'labels':
    case 'authors':
      return wordListTest(field, operator, texts, scope)
    default:
      return wordTest(field, operator, texts, scope)
  }
}

function patientCount({ values }: EnvelopeClause, scope: Scope): Sql {
  const numbers = values.filter((value) => typeof value === 'number')
  return factTest(scope, (alias) => isOneOf(sql`${alias}.patients`, numbers))
}

function depositedAt({ operator, values }: EnvelopeClause, scope: Scope): Sql {
  const numbers = values.filter((value) => typeof value === 'number')
  if (operator === 'exists') return sqlTrue
  return factTest(scope, (alias) => {
    const column = sql`${alias}.deposited`
    if (operator === 'in') return isOneOf(column, numbers)
    const bound = Number(values[0])
    return operator === 'before' ? sql`${column} < ${bound}` : sql`${column} > ${bound}`
  })
}

function wordsOf(texts: readonly string[], { lookups }: Scope): number[] {
  return texts.map((text) => lookups.dictionary.wordId(text)).filter((word) => word !== 0)
}

function wordTest(
  field: keyof typeof wordColumns,
  operator: 'in' | 'exists',
  texts: readonly string[],
  scope: Scope,
): Sql {
  const column = raw(wordColumns[field])
  const words = wordsOf(texts, scope)
  if (operator === 'in' && words.length === 0) return sqlFalse
  const test = (alias: Sql) =>
    operator === 'exists' ? sql`${alias}.${column} > 0` : isOneOf(sql`${alias}.${column}`, words)
  const isHere = scope.table === 'compartment' && compartmentFields.includes(field)
  return isHere ? test(raw(scope.row)) : factTest(scope, test)
}

function wordListTest(
  field: 'labels' | 'authors',
  operator: 'in' | 'exists',
  texts: readonly string[],
  scope: Scope,
): Sql {
  const column = raw(field)
  if (operator === 'exists') return factTest(scope, (alias) => sql`${alias}.${column} <> ''`)
  const words = wordsOf(texts, scope)
  if (words.length === 0) return sqlFalse
  return factTest(scope, (alias) =>
    orSql(words.map((word) => sql`instr(${alias}.${column}, ${`,${word},`}) > 0`)),
  )
}

/** Patients as what references point to; those nobody ever named are left out. */
export function patientTargets(ids: readonly string[], { lookups }: Scope): number[] {
  const patient = lookups.dictionary.typeId('Patient')
  const found = ids.map((id) => lookups.targetId(patient, id))
  return found.filter((target) => target !== undefined)
}

function inCompartments(ids: readonly string[], scope: Scope): Sql {
  const targets = patientTargets(ids, scope)
  if (targets.length === 0) return sqlFalse
  const alias = scope.lookups.alias()
  const c = raw(alias)
  const d = raw(scope.row)
  // What is deleted, or not to be found, has no rows in the indexes of searches.
  const deleted = scope.table === 'index' ? raw('0') : sql`${d}.deleted`
  return sql`EXISTS (SELECT 1 FROM compartment ${c} WHERE ${isOneOf(sql`${c}.patient`, targets)} AND ${c}.type = ${scope.typeId} AND ${c}.deleted = ${deleted} AND ${c}.sort = ${d}.sort AND ${c}.rid = ${d}.rid AND ${holds(alias, scope.view)})`
}
