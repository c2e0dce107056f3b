/** Refusals that tell nothing of what is hidden. */
import type { Caller } from '../auth/caller.ts'
import { Forbidden, MethodNotAllowed } from '../errors.ts'
import type { Action } from './decision.ts'

/**
 * Traces are for whom they are about (documents.md §4.2 C); systems hand their own in, and nobody
 * changes them (decision 59).
 */
export function requireTraceRule(action: Action, kind: Caller['kind']): void {
  if (action === 'update' || action === 'delete')
    throw new MethodNotAllowed('Traces are never changed or removed')
  if (action === 'create' ? kind !== 'establishment' : kind !== 'citizen')
    throw new Forbidden('Traces are read by their patient, and handed in by systems')
}

export function closedRecord(): Forbidden {
  return new Forbidden(
    'The record of this patient is closed: its documents are neither read nor fed',
  )
}

export function noCareRelation(): Forbidden {
  return new Forbidden('There is no care relation or authorisation for this patient')
}

export function noConsent(): Forbidden {
  return new Forbidden(
    'The patient’s consent to this application does not cover this, or has ended',
  )
}
