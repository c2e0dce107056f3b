/** What the embedded authorization server is made of. */
import type { JWK } from 'jose'
import type { ScopePolicy } from './granted-scopes.ts'
import type { LaunchContexts } from './launch-context.ts'
import type { Directory } from './registrations.ts'
import type { AuthStore } from './store-port.ts'

export interface ProviderParts {
  /** The FHIR base: issuer, and the one audience of every access token. */
  readonly baseUrl: string
  readonly store: AuthStore
  readonly directory: Directory
  readonly scopes: ScopePolicy
  readonly contexts: LaunchContexts
  /** Whether the application may still see this patient. */
  readonly isInForce: (client: string, patient: string) => Promise<boolean>
  /** Private keys for id_tokens. */
  readonly keys: readonly JWK[]
  readonly cookieKey: Buffer
  readonly renderErrorPage: (error: string) => string
  readonly onFailure: (error: unknown) => void
  readonly now: () => number
}
