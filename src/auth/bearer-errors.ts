/** Refusals of a bearer token, with the header that says how to do better. RFC 6750 §3. */
import { Forbidden, NotAuthenticated } from '../errors.ts'

/** For a request that brought no token where one is needed. */
export function missingToken(): NotAuthenticated {
  return new NotAuthenticated('This needs an access token: Authorization: Bearer <token>', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}

/** One answer for a malformed, unknown, expired, revoked and foreign token: nobody learns which. */
export function invalidToken(): NotAuthenticated {
  return new NotAuthenticated('The access token is not valid here, or no longer', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })
}

/** For a token whose scopes do not reach that far. */
export function insufficientScope(diagnostics: string): Forbidden {
  return new Forbidden(diagnostics, {
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  })
}
