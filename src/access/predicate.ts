/**
 * The closed predicate algebra of access decisions, over the envelope alone. Three projections of
 * one predicate: a test, a search clause, and (through rules) an explanation. security.md §2.3.
 */
import type { Clause, EnvelopeClause } from '../search/search-request.ts'
import { allOf, anyOf, everything, nothing } from '../search/search-request.ts'
import type { Envelope } from '../store/stored-version.ts'

type TextField = Exclude<EnvelopeClause['field'], 'depositedAt' | 'patientCount'>

export type Predicate =
  | { readonly op: 'true' | 'false' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly op: 'not'; readonly of: Predicate }
  /** A scalar that is one of the values, or a list that holds one of them. */
  | { readonly op: 'in'; readonly field: TextField; readonly values: readonly string[] }
  | { readonly op: 'exists'; readonly field: TextField }
  | { readonly op: 'count'; readonly field: 'patientCount'; readonly value: number }
  /** Deposited before (after) an instant, ms. */
  | { readonly op: 'before' | 'after'; readonly field: 'depositedAt'; readonly time: number }

export const always: Predicate = { op: 'true' }
export const never: Predicate = { op: 'false' }

export function and(...of: readonly Predicate[]): Predicate {
  if (of.some(({ op }) => op === 'false')) return never
  const left = of.filter(({ op }) => op !== 'true')
  return left.length === 0 ? always : left.length === 1 ? left[0]! : { op: 'and', of: left }
}

export function or(...of: readonly Predicate[]): Predicate {
  if (of.some(({ op }) => op === 'true')) return always
  const left = of.filter(({ op }) => op !== 'false')
  return left.length === 0 ? never : left.length === 1 ? left[0]! : { op: 'or', of: left }
}

export function not(of: Predicate): Predicate {
  return of.op === 'true' ? never : of.op === 'false' ? always : { op: 'not', of }
}

/** No value: never. An undefined value is a fault of the rule, not a permission: it throws. */
export function isIn(field: TextField, values: readonly (string | undefined)[]): Predicate {
  if (values.some((value) => value === undefined)) {
    throw new Error(`An access rule compares ${field} with an undefined value`)
  }
  return values.length === 0 ? never : { op: 'in', field, values: values as string[] }
}

export function patientCountIs(value: number): Predicate {
  return { op: 'count', field: 'patientCount', value }
}

export function depositedBefore(time: number): Predicate {
  if (!Number.isFinite(time)) throw new Error('An access rule compares a time that is none')
  return { op: 'before', field: 'depositedAt', time }
}

/** Whether the predicate holds for one resource. */
export function holds(predicate: Predicate, envelope: Envelope, id: string): boolean {
  switch (predicate.op) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
      return predicate.of.every((inner) => holds(inner, envelope, id))
    case 'or':
      return predicate.of.some((inner) => holds(inner, envelope, id))
    case 'not':
      return !holds(predicate.of, envelope, id)
    case 'in':
      return valuesOf(predicate.field, envelope, id).some((value) =>
        predicate.values.includes(value),
      )
    case 'exists':
      return valuesOf(predicate.field, envelope, id).length > 0
    case 'count':
      return envelope.patients.length === predicate.value
    case 'before':
      return envelope.depositedAt < predicate.time
    case 'after':
      return envelope.depositedAt > predicate.time
  }
}

function valuesOf(field: TextField, envelope: Envelope, id: string): readonly string[] {
  const { depositor } = envelope
  switch (field) {
    case 'id':
      return [id]
    case 'patients':
    case 'authors':
    case 'labels':
      return envelope[field]
    case 'depositorOrganization':
      return present(depositor.organization)
    case 'depositorUser':
      return present(depositor.user)
    case 'depositorClient':
      return present(depositor.client)
    default:
      return present(envelope[field])
  }
}

function present(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value]
}

/** The same predicate as a clause of the search tree. */
export function toClause(predicate: Predicate): Clause {
  switch (predicate.op) {
    case 'true':
      return everything
    case 'false':
      return nothing
    case 'and':
      return allOf(predicate.of.map(toClause))
    case 'or':
      return anyOf(predicate.of.map(toClause))
    case 'not':
      return { kind: 'not', clause: toClause(predicate.of) }
    case 'in':
      return { kind: 'envelope', field: predicate.field, operator: 'in', values: predicate.values }
    case 'exists':
      return { kind: 'envelope', field: predicate.field, operator: 'exists', values: [] }
    case 'count':
      return { kind: 'envelope', field: 'patientCount', operator: 'in', values: [predicate.value] }
    case 'before':
    case 'after':
      return {
        kind: 'envelope',
        field: 'depositedAt',
        operator: predicate.op,
        values: [predicate.time],
      }
  }
}
