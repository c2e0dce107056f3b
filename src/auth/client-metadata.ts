/** A client of the catalogue as oidc-provider knows it, and what its assertions must be. */
import { errors, type ClientMetadata } from 'oidc-provider'
import type { ClientRegistration } from './registrations.ts'

/** SMART backend services: `exp` no more than five minutes in the future. */
const assertionSecondsMax = 300

export function toClientMetadata(client: ClientRegistration): ClientMetadata {
  const isService = client.service !== undefined
  const isOffline = client.scope.split(' ').includes('offline_access')
  return {
    client_id: client.id,
    client_name: client.name,
    token_endpoint_auth_method: client.jwks ? 'private_key_jwt' : 'none',
    ...(client.jwks ? { jwks: structuredClone(client.jwks) as never } : {}),
    application_type: 'web',
    redirect_uris: isService ? [] : client.redirectUris,
    response_types: isService ? [] : ['code'],
    response_modes: ['query'],
    grant_types: isService
      ? ['client_credentials']
      : ['authorization_code', ...(isOffline ? ['refresh_token'] : [])],
    id_token_signed_response_alg: 'RS256',
  }
}

/**
 * Beyond what RFC 7523 asks: this server alone as audience, five minutes at most, and no key from
 * elsewhere. An assertion that names others too could be replayed by them.
 */
export function checkAssertion(
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
  { now, audiences }: { readonly now: number; readonly audiences: readonly string[] },
): void {
  const seconds = now / 1000
  const { exp, jti, sub, iss, iat } = claims
  const [aud, ...others] = [claims.aud].flat()
  if (typeof aud !== 'string' || others.length > 0 || !audiences.includes(aud)) {
    throw new errors.InvalidClientAuth('aud must be the token endpoint, and nothing else')
  }
  if (typeof exp !== 'number' || exp - seconds > assertionSecondsMax) {
    throw new errors.InvalidClientAuth('exp is more than five minutes ahead')
  }
  if (typeof iat === 'number' && iat - seconds > assertionSecondsMax) {
    throw new errors.InvalidClientAuth('iat is in the future')
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) {
    throw new errors.InvalidClientAuth('jti must be a text of 1 to 255 characters')
  }
  if (iss !== sub) throw new errors.InvalidClientAuth('iss and sub must be the client_id')
  for (const name of ['jku', 'jwk', 'x5u', 'x5c', 'crit']) {
    if (header[name] !== undefined) throw new errors.InvalidClientAuth(`${name} is not accepted`)
  }
  if (typeof header.kid !== 'string') throw new errors.InvalidClientAuth('kid is needed')
}
