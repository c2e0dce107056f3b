/**
 * Launch context beside the token: in the token answer and in introspection, the same. The patient
 * comes from the grant alone. SMART 2.2, §Launch context, §Token introspection.
 */
import type Provider from 'oidc-provider'
import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider'
import type { ProviderParts } from './provider-parts.ts'
import type { LaunchContext } from './launch-context.ts'

/** Kept with each access token, for introspection: the scopes that name no resource type. */
const plainScopeClaim = 'plain_scope'

/** What is stored with an access token beyond what oidc-provider keeps. */
export async function contextClaims(
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
  { contexts, directory, baseUrl }: Pick<ProviderParts, 'contexts' | 'directory' | 'baseUrl'>,
): Promise<Record<string, string | boolean> | undefined> {
  if (token.kind !== 'AccessToken') return undefined
  const context = await contexts.read(token.grantId)
  const plain = plainScopeOf(ctx)
  const fhirUser = directory.account(token.accountId)?.fhirUser
  return {
    [plainScopeClaim]: plain,
    ...patientContext(context),
    ...(fhirUser !== undefined && plain.split(' ').includes('fhirUser')
      ? { fhirUser: `${baseUrl}/${fhirUser}` }
      : {}),
  }
}

/** No page of this server shows who the patient is while an application is open: it must. */
function patientContext(
  context: LaunchContext | undefined,
): { patient: string; need_patient_banner: true } | undefined {
  return context?.patient === undefined
    ? undefined
    : { patient: context.patient, need_patient_banner: true }
}

/** Granted, and of this request: a refresh may ask for less. */
function plainScopeOf({ oidc }: KoaContextWithOIDC): string {
  const source = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken
  const asked = oidc.params?.scope
  const scopes =
    typeof asked === 'string' ? new Set(asked.split(' ')) : (source?.scopes ?? new Set())
  return oidc.entities.Grant?.getOIDCScopeFiltered(scopes) ?? ''
}

export function addContextToAnswers(
  provider: Provider,
  { contexts, isInForce }: Pick<ProviderParts, 'contexts' | 'isInForce'>,
): void {
  provider.use(async (ctx, next) => {
    await next()
    const { oidc } = ctx as Partial<KoaContextWithOIDC>
    if (oidc && isUnreadableAssertion(oidc, ctx.status)) {
      ctx.status = 401
      ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' }
    }
    if (!oidc || ctx.status !== 200) return
    const { AccessToken: token } = oidc.entities
    const body = ctx.body as Record<string, unknown>
    if (oidc.route === 'token' && token) {
      const context = await contexts.read(token.grantId)
      const { [plainScopeClaim]: plain } = token.extra ?? {}
      ctx.body = {
        ...body,
        scope: joined(plain, token.scope),
        ...patientContext(context),
      }
    }
    if (oidc.route === 'introspection' && body.active === true)
      ctx.body = await introspected(body, isInForce)
  })
}

/** To oidc-provider what is no JWT is a bad request; to SMART it is a client that failed to prove itself. */
function isUnreadableAssertion(oidc: KoaContextWithOIDC['oidc'], status: number): boolean {
  return status === 400 && oidc.params?.client_assertion !== undefined && !oidc.entities.Client
}

/**
 * `scope` whole, and nothing of how it is kept. A token that a patient's `$revoke-app` has made
 * useless is not active, nor is one whose consent has run out.
 */
export async function introspected(
  body: Readonly<Record<string, unknown>>,
  isInForce: ProviderParts['isInForce'],
): Promise<Record<string, unknown>> {
  const { client_id: client, patient } = body
  const isOfPatient = typeof client === 'string' && typeof patient === 'string'
  if (isOfPatient && !(await isInForce(client, patient))) return { active: false }
  const { [plainScopeClaim]: plain, ...rest } = body
  return { ...rest, scope: joined(plain, rest.scope) }
}

function joined(...scopes: readonly unknown[]): string {
  return scopes.filter((scope) => typeof scope === 'string' && scope !== '').join(' ')
}
