/**
 * What stands between a caller and the data: one session for each request. `openAccess` is
 * AUTH=open; `access-control.ts` decides by rules, scopes and access records.
 */
import type { Caller } from '../auth/caller.ts'
import type { Clause } from '../search/search-request.ts'
import { everything } from '../search/search-request.ts'
import type { PlannedWrite } from '../store/commit-plan.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { EmergencyAccess } from './access-trace.ts'

export type Action = 'create' | 'read' | 'update' | 'delete' | 'search' | 'history'

/** The patients that a search names; undefined when it names none. */
export type NamedPatients = readonly string[] | undefined

export interface AccessSession {
  /** Nothing is ever restricted: the guard need not ask further. */
  readonly isUnrestricted: boolean
  /** Who a page link belongs to: another subject cannot use it. */
  readonly subject: string
  /** Throws NotAuthenticated or Forbidden when no resource of the type is open to the action. */
  requireType(action: Action, type: string): void
  /** The patients that a search names, found by reference or identifier. */
  namedPatients(types: readonly string[], where: Clause): Promise<NamedPatients>
  /**
   * The patients of what bears the identifier that a condition names exactly: TD3.3 changes a
   * document by its identifier alone. Undefined when the caller's decision needs no such names.
   */
  identifiedPatients(type: string, where: Clause): Promise<NamedPatients>
  /**
   * Throws Forbidden when the caller must name a patient, or may not see the one named; `where` says
   * what else the search asks.
   */
  requireNamed(types: readonly string[], named: NamedPatients, where?: Clause): Promise<void>
  /** Which resources of a type a search or history may find. */
  restriction(type: string, named: NamedPatients): Promise<Clause>
  /** The emergency mode that alone opens a patient's record to the caller; undefined: none does. */
  emergencyOf(patientId: string): Promise<EmergencyAccess | undefined>
  /** The caller's own patients: the citizen, whom they represent, or the patient in context. */
  ownPatients(): Promise<readonly string[]>
  /** Whether a write may name the patient, without a right to read them (decision 23). */
  mayName(patientId: string): Promise<boolean>
  /** Whether a version may be shown. */
  mayConsult(version: StoredVersion): Promise<boolean>
  /** Whether the caller may see a version, whatever the scopes of this request. */
  isVisible(version: StoredVersion): Promise<boolean>
  /** As `restriction`, whatever the scopes. */
  visible(type: string, named: NamedPatients): Promise<Clause>
  /**
   * Throws Forbidden when a write is not allowed, on what is stored or on what would be (decision
   * 55). No scope is asked for an implied write.
   */
  requireWrite(
    write: PlannedWrite,
    stored: StoredVersion | undefined,
    isImplied: boolean,
  ): Promise<void>
}

export interface AccessControl {
  session(caller: Caller, store: ResourceStore): AccessSession
}

const openSession: AccessSession = {
  isUnrestricted: true,
  subject: 'open',
  requireType: () => undefined,
  namedPatients: async () => undefined,
  identifiedPatients: async () => undefined,
  requireNamed: async () => undefined,
  restriction: async () => everything,
  emergencyOf: async () => undefined,
  ownPatients: async () => [],
  mayName: async () => true,
  mayConsult: async () => true,
  isVisible: async () => true,
  visible: async () => everything,
  requireWrite: async () => undefined,
}

/** AUTH=open: everything is permitted to its one caller (decision 66). */
export const openAccess: AccessControl = { session: () => openSession }
