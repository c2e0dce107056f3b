/**
 * What a caller may do with a type, as data with two uses: tested on one resource's envelope, and
 * joined to a search as a clause. Rules arrive with access control; `permitAll` is AUTH=open.
 */
import type { Caller } from '../auth/caller.ts'
import type { Clause } from '../search/search-request.ts'
import { everything } from '../search/search-request.ts'
import type { Envelope } from '../store/stored-version.ts'

export type Action = 'create' | 'read' | 'update' | 'delete' | 'search' | 'history'

export interface Decision {
  /** False: the action on this type is refused whatever the resource (403). */
  readonly permitted: boolean
  /** Which resources; `all` when none is excluded. */
  readonly restriction: Clause
  /** The restriction on one resource. */
  readonly permits: (envelope: Envelope, id: string) => boolean
}

export interface DecisionPoint {
  decide(caller: Caller, action: Action, type: string): Decision
}

const permitted: Decision = { permitted: true, restriction: everything, permits: () => true }

/** AUTH=open: everything is permitted to its one caller (decision 66). */
export const permitAll: DecisionPoint = { decide: () => permitted }
