/** What the gate is made of, and what it takes and gives. */
import type { Clause } from '../search/search-request.ts'
import type { Precondition } from '../store/commit-plan.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { AccessRecord } from './access-record.ts'
import type { StoredAccessRecord } from './access-records.ts'
import type { AccessControl } from './decision.ts'

export interface MatchedIds {
  readonly ids: readonly string[]
  readonly precondition: Precondition
}

/** What is asked of a version: the caller's scopes too, or visibility alone. */
export type Measure = 'scoped' | 'visible'

export interface VisibleMatch {
  readonly where: Clause
  readonly max: number
  /** Whose records are looked through. */
  readonly patients: readonly string[]
}

export type ReadPatient = (id: string) => Promise<StoredVersion | undefined>

/** Whether the whole form of a version may be shown to those who deposited nothing (decision 70). */
export type InsMayTravel = (version: StoredVersion, readPatient: ReadPatient) => Promise<boolean>

export interface AccessRecordChange {
  readonly patientId: string
  readonly previous: StoredAccessRecord
  readonly next: AccessRecord
}

export interface GuardParts {
  readonly store: ResourceStore
  readonly access: AccessControl
  readonly resourceTypes: readonly string[]
  readonly insMayTravel: InsMayTravel
  /** Milliseconds since 1970. */
  readonly now: () => number
}
