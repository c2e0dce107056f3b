/**
 * A patient's access record: the facts that change (blocks, consents, care relations, mandates,
 * emergency access), read once per request and changed by named operations only (decision 54). It
 * is kept in the store under a type of its own that no FHIR route reaches.
 */

/** A period in milliseconds since 1970; `end` absent: open. */
export interface TimeSpan {
  readonly start: number
  readonly end?: number
}

/** `system|value` of an RPPS or FINESS Identifier. */
export type PartyIdentifier = string

export interface AccessRecord {
  /** Whom the patient blocked; no consultation in any mode (decision 19). */
  readonly blocked: readonly { readonly party: PartyIdentifier; readonly since: number }[]
  /** Care relations and consents to consultation. */
  readonly authorized: readonly {
    readonly party: PartyIdentifier
    readonly period: TimeSpan
    readonly recordedBy: string
  }[]
  readonly treatingPhysician?: PartyIdentifier
  /** Citizens who act for this patient (decision 49). */
  readonly representatives: readonly {
    /** The representative's own Patient id. */
    readonly person: string
    readonly kind: 'minor' | 'mandate'
    readonly period: TimeSpan
  }[]
  readonly emergencies: readonly {
    readonly party: PartyIdentifier
    readonly mode: 'bris_de_glace' | 'centre_15'
    readonly period: TimeSpan
    /** Kept for the audit; shown to the patient only. */
    readonly reason: string
  }[]
  readonly opposesEmergency: boolean
  readonly closed?: { readonly since: number; readonly reason: string }
  /** Consents for third-party applications (decision 25). */
  readonly apps: readonly {
    readonly client: string
    readonly purpose: string
    /** Resource types. */
    readonly types: readonly string[]
    readonly period: TimeSpan
  }[]
}

export const emptyAccessRecord: AccessRecord = {
  blocked: [],
  authorized: [],
  representatives: [],
  emergencies: [],
  opposesEmergency: false,
  apps: [],
}
