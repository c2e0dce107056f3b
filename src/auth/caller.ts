/** Who is calling. Made by authentication only; a request never changes it. */
import type { SmartScope } from './smart-scope.ts'

export type CallerKind =
  /** The one caller of AUTH=open (decision 66). */
  | 'open'
  /** Without a token: reaches what needs none. */
  | 'anonymous'
  /** A person at their own record, through a first-party application. */
  | 'citizen'
  /** A professional known by RPPS, through Pro Santé Connect or its sandbox. */
  | 'professional'
  /** An establishment's software (`system/`, private_key_jwt). */
  | 'establishment'
  /** A third-party application of the catalogue, acting for a citizen. */
  | 'app'
  /** Whoever runs this server: writes directories, reads no patient data. */
  | 'operator'

export interface Caller {
  readonly kind: CallerKind
  /** Who is behind the request, for traces: `Patient/1`, `Practitioner/2`, `Device/<client>`. */
  readonly user?: string
  /** Name shown in traces; never logged. */
  readonly display?: string
  /** The client_id. */
  readonly client?: string
  /** The citizen's own Patient id (a representative's too: whom they represent stands on records). */
  readonly person?: string
  /** The patient in context of `patient/` scopes (launch/patient). */
  readonly patient?: string
  /** RPPS identifier of a professional: `https://rpps.esante.gouv.fr|10001234567`. */
  readonly practitioner?: string
  /** TRE_G15 code of the profession. */
  readonly profession?: string
  /** The organisation acted for: `https://finess.esante.gouv.fr|750000001`. */
  readonly organization?: string
  /** Absent for `open`: everything. */
  readonly scopes?: readonly SmartScope[]
  /** Identifies the access token in traces; its SHA-256, never the token. */
  readonly tokenHash?: string
}

export const openCaller: Caller = { kind: 'open' }
export const anonymousCaller: Caller = { kind: 'anonymous', scopes: [] }
