/** Who may log in, and which applications may ask: what the authorization server knows of both. */
import type { JWK } from 'jose'

export interface Account {
  readonly id: string
  readonly kind: 'citizen' | 'professional' | 'operator'
  /** As people write it: `Marie Dupont`, `Dr Hélène Vauquelin`. */
  readonly name: string
  /** One line below the name on the login page. */
  readonly note?: string
  /** What `fhirUser` says: `Patient/1`, `Practitioner/2`. */
  readonly fhirUser?: string
  /** A citizen's own Patient id. */
  readonly patient?: string
  /** `https://rpps.esante.gouv.fr|10001234567`. */
  readonly practitioner?: string
  /** TRE_G15. */
  readonly profession?: string
  /** The organization acted for: `https://finess.esante.gouv.fr|750000001`. */
  readonly organization?: string
}

/** An application or a software of the catalogue. */
export interface ClientRegistration {
  readonly id: string
  readonly name: string
  /** Who answers for it, as the consent page says. */
  readonly publisher: string
  /** `third`: acts for a citizen, with their recorded consent only (decision 25). */
  readonly party: 'first' | 'third'
  /** Whose logins it may use; none for a software that acts for itself. */
  readonly users: readonly Account['kind'][]
  /** What a software that acts for itself is. */
  readonly service?: 'establishment' | 'operator'
  /** Of a service: the organization whose software it is. */
  readonly organization?: string
  /** Public keys of a confidential client (private_key_jwt); without them the client is public. */
  readonly jwks?: { readonly keys: readonly JWK[] }
  /** Compared character by character. */
  readonly redirectUris: readonly string[]
  /** Where an EHR launch opens it. */
  readonly launchUri?: string
  /**
   * The most it may be granted: SMART v2 scopes, and `openid fhirUser launch offline_access`...
   * Of a third party, types are named one by one: a citizen agrees to types (decision 25).
   */
  readonly scope: string
  /** Why it wants the data, in a French sentence for the citizen. */
  readonly purpose?: string
  /** May ask about tokens that are not its own (a resource server). */
  readonly introspects?: boolean
}

export interface PatientChoice {
  readonly id: string
  readonly name: string
}

/** Consent of a citizen to a third-party application, as the consent page took it (decision 25). */
export interface AppConsent {
  readonly account: Account
  readonly patient: string
  readonly client: string
  readonly purpose: string
  /** Resource types. */
  readonly types: readonly string[]
  /** Milliseconds since 1970. */
  readonly period: { readonly start: number; readonly end: number }
}

export interface Directory {
  account(id: string): Account | undefined
  readonly accounts: readonly Account[]
  client(id: string): ClientRegistration | undefined
  readonly clients: readonly ClientRegistration[]
  /** The patients that an account may put in context: a citizen's own first, then the represented. */
  patientsOf(account: Account): Promise<readonly PatientChoice[]>
}
