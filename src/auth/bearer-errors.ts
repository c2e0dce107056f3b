/** The refusal of a bearer token, with the header that says how to do better. RFC 6750 §3. */
import { NotAuthenticated } from '../errors.ts'

/** One answer for a malformed, unknown, expired, revoked and foreign token: nobody learns which. */
export function invalidToken(): NotAuthenticated {
  return new NotAuthenticated('The access token is not valid here, or no longer', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })
}
