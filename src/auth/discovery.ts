/** What is told to clients that look for the authorization server. SMART 2.2: only what is true here. */
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

/** CapabilityStatement.rest.security: SMART 2.2, §Conformance, as clients before 2.0 discover it. */
export function createRestSecurity({
  baseUrl,
  hasLogin,
}: Pick<DiscoveryFacts, 'baseUrl' | 'hasLogin'>): JsonObject {
  const uris = {
    ...(hasLogin ? { authorize: endpoints.authorization } : {}),
    token: endpoints.token,
    introspect: endpoints.introspection,
    revoke: endpoints.revocation,
  }
  return {
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: Object.entries(uris).map(([name, path]) => ({
          url: name,
          valueUri: urlOf(path, baseUrl),
        })),
      },
    ],
    cors: true,
    service: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
            code: 'SMART-on-FHIR',
            display: 'SMART-on-FHIR',
          },
        ],
        text: 'OAuth2 selon SMART App Launch 2.2 (voir .well-known/smart-configuration)',
      },
    ],
  }
}

function urlOf(path: string, baseUrl: string): string {
  return new URL(`${mountPath}${path}`, baseUrl).href
}

export function createSmartConfiguration({
  baseUrl,
  hasLogin,
  hasEhrLaunch,
}: DiscoveryFacts): JsonObject {
  const url = (path: string) => urlOf(path, baseUrl)
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
