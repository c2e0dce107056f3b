/** `.well-known/smart-configuration`. SMART App Launch 2.2.0, §Conformance: only what is true here. */
import type { JsonObject } from '../fhir/resource.ts'
import { plainScopes } from './granted-scopes.ts'
import { endpoints, mountPath } from './provider.ts'

export interface DiscoveryFacts {
  readonly baseUrl: string
  /** People can log in: without, only software that acts for itself is served. */
  readonly hasLogin: boolean
  /** Records can be opened in an application from here. */
  readonly hasEhrLaunch: boolean
}

const baseCapabilities = ['client-confidential-asymmetric', 'permission-v1', 'permission-v2']

const loginCapabilities = [
  'launch-standalone',
  'authorize-post',
  'client-public',
  'sso-openid-connect',
  'context-standalone-patient',
  'context-banner',
  'permission-offline',
  'permission-patient',
  'permission-user',
]

const ehrCapabilities = ['launch-ehr', 'context-ehr-patient']

export function createSmartConfiguration({
  baseUrl,
  hasLogin,
  hasEhrLaunch,
}: DiscoveryFacts): JsonObject {
  const url = (path: string) => new URL(`${mountPath}${path}`, baseUrl).href
  return {
    ...(hasLogin
      ? {
          issuer: baseUrl,
          jwks_uri: url(endpoints.jwks),
          authorization_endpoint: url(endpoints.authorization),
          response_types_supported: ['code'],
        }
      : {}),
    token_endpoint: url(endpoints.token),
    introspection_endpoint: url(endpoints.introspection),
    revocation_endpoint: url(endpoints.revocation),
    grant_types_supported: [
      ...(hasLogin ? ['authorization_code', 'refresh_token'] : []),
      'client_credentials',
    ],
    token_endpoint_auth_methods_supported: [...(hasLogin ? ['none'] : []), 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: [
      ...(hasLogin ? [...plainScopes, 'patient/*.cruds', 'user/*.cruds'] : []),
      'system/*.cruds',
    ],
    capabilities: [
      ...baseCapabilities,
      ...(hasLogin ? loginCapabilities : []),
      ...(hasLogin && hasEhrLaunch ? ehrCapabilities : []),
    ],
  }
}
