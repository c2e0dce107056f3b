/**
 * The FHIR endpoint as the one resource server. Its scopes are not a list but a grammar, so they
 * are worked out for each request: asked, understood, allowed for the client. SMART 2.2, §Scopes.
 */
import { errors, type Client, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider'
import { isOwnBase } from '../fhir/own-url.ts'
import { scopeText, type GrantedScopes } from './granted-scopes.ts'
import type { ProviderParts } from './provider-parts.ts'

const accessTokenSeconds = 300

/** SMART's `aud` says where the token will be sent: RFC 8707's `resource` under another name. */
export function requireAudience(ctx: KoaContextWithOIDC, baseUrl: string): void {
  const aud = ctx.oidc.params?.aud
  if (aud === undefined) throw new errors.InvalidRequest(`aud is needed: ${baseUrl}`)
  if (typeof aud !== 'string' || !isOwnBase(aud.replace(/\/+$/, ''), baseUrl)) {
    throw new errors.InvalidTarget('aud is not the FHIR base of this server')
  }
}

export function createResourceServer({
  baseUrl,
  scopes,
  contexts,
  isInForce,
}: Pick<ProviderParts, 'baseUrl' | 'scopes' | 'contexts' | 'isInForce'>) {
  return async (
    ctx: KoaContextWithOIDC,
    resource: string,
    client: Client,
  ): Promise<ResourceServer> => {
    if (resource !== baseUrl) throw new errors.InvalidTarget()
    const granted = grantFor(ctx, client)
    await requireConsent(ctx, client)
    return {
      scope: granted.smart.map(({ text }) => text).join(' '),
      audience: baseUrl,
      accessTokenFormat: 'opaque',
      accessTokenTTL: accessTokenSeconds,
    }
  }

  function grantFor(ctx: KoaContextWithOIDC, { clientId }: Client): GrantedScopes {
    const { route, params, entities } = ctx.oidc
    if (route === 'authorization') {
      if (params?.aud !== undefined) requireAudience(ctx, baseUrl)
      // From the query: oidc-provider drops offline_access unless `prompt=consent`, which SMART
      // apps do not send; here consent is asked for in any case.
      const granted = scopes.grant(clientId, textOf(ctx.query.scope), ['patient', 'user'])
      params!.scope = scopeText(granted)
      return granted
    }
    if (route === 'resume')
      return scopes.grant(clientId, textOf(params?.scope), ['patient', 'user'])
    if (params?.grant_type === 'client_credentials') {
      const granted = scopes.grant(clientId, textOf(params.scope), ['system'])
      params.scope = scopeText({ ...granted, plain: [] })
      return granted
    }
    const source = entities.AuthorizationCode ?? entities.RefreshToken
    return scopes.grant(clientId, source?.scope ?? '', ['patient', 'user'])
  }

  /** What the patient has withdrawn since gives no token any more, useless as it would be. */
  async function requireConsent({ oidc }: KoaContextWithOIDC, { clientId }: Client): Promise<void> {
    const { AuthorizationCode: code, RefreshToken: refreshToken } = oidc.entities
    const grantId = (code ?? refreshToken)?.grantId
    if (oidc.route !== 'token' || grantId === undefined) return
    const patient = (await contexts.read(grantId))?.patient
    if (patient === undefined || (await isInForce(clientId, patient))) return
    throw new errors.InvalidGrant('the consent of the patient has ended')
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
