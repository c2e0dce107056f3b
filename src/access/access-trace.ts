/** What the gate tells of one request, for its traces (decision 28); `audit/` keeps them. */
import type { CommitPlan, CommitResult } from '../store/commit-plan.ts'
import type { StoredVersion } from '../store/stored-version.ts'

export interface AccessTrace {
  /** Versions that the request was shown, also those that it only plans with. */
  shown(how: 'read' | 'search' | 'history', versions: readonly StoredVersion[]): void
  /** Something that is there and that the caller may not reach. */
  refused(type: string, id: string, patients: readonly string[]): void
  /** Patients whom a search names, whether or not it finds anything. */
  named(patients: readonly string[]): void
  /** The access rests on an emergency mode alone (decision 21). */
  emergency(access: EmergencyAccess): void
  /** A plan is about to be committed: its audit intent goes with it. */
  committing(plan: CommitPlan): PendingTrace
}

export interface EmergencyAccess {
  readonly mode: 'bris_de_glace' | 'centre_15'
  readonly reason: string
}

export interface PendingTrace {
  readonly audit: Uint8Array
  committed(result: CommitResult): void
  /** Nothing was written. */
  failed(): void
}
