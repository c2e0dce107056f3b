/** One SMART scope, read. SMART App Launch 2.2.0, scopes-and-launch-context. */

export interface SmartScope {
  readonly context: 'patient' | 'user' | 'system'
  /** A resource type, or `*`. */
  readonly type: string
  readonly create: boolean
  /** read, vread and instance history. */
  readonly read: boolean
  /** update and patch. */
  readonly update: boolean
  readonly delete: boolean
  /** search, type history and system history. */
  readonly search: boolean
  /** Granular restriction: search parameters in the order given, without modifiers or chains. */
  readonly parameters: readonly (readonly [string, string])[]
  /** As it was granted. */
  readonly text: string
}
