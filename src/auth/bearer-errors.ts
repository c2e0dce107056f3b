/** The refusals of a bearer token, with the header that says how to do better. RFC 6750 §3. */
import { Forbidden, NotAuthenticated } from '../errors.ts'

/** One answer for a malformed, unknown, expired, revoked and foreign token: nobody learns which. */
export function invalidToken(): NotAuthenticated {
  return new NotAuthenticated('The access token is not valid here, or no longer', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })
}

/** What the token is granted does not reach this; with more it might. */
export function insufficientScope(diagnostics: string): Forbidden {
  return new Forbidden(diagnostics, {
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  })
}
