/**
 * Introspection for whoever shows an access token in place of a client's credentials, as SMART 2.2
 * asks (§Token introspection): the client that the token belongs to, or a resource server.
 */
import type Provider from 'oidc-provider'
import type { Caller } from './caller.ts'
import type { ProviderParts } from './provider-parts.ts'
import { introspected } from './token-answers.ts'

export async function introspectFor(
  {
    provider,
    directory,
    isInForce,
  }: Pick<ProviderParts, 'directory' | 'isInForce'> & { readonly provider: Provider },
  caller: Caller,
  token: string,
): Promise<Record<string, unknown>> {
  const found =
    (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
  if (!found?.isValid) return { active: false }
  const mayAsk =
    caller.client !== undefined &&
    (caller.client === found.clientId || directory.client(caller.client)?.introspects === true)
  if (!mayAsk || !(await isGrantAlive(provider, found))) return { active: false }
  const body = {
    ...found.extra,
    active: true,
    client_id: found.clientId,
    ...('accountId' in found ? { sub: found.accountId } : {}),
    exp: found.exp,
    iat: found.iat,
    iss: provider.issuer,
    aud: found.aud,
    scope: found.scope,
    token_type: 'Bearer',
  }
  return introspected(body, isInForce)
}

async function isGrantAlive(provider: Provider, token: object): Promise<boolean> {
  if (!('grantId' in token) || typeof token.grantId !== 'string') return true
  const grant = await provider.Grant.find(token.grantId)
  return grant?.isValid === true
}
