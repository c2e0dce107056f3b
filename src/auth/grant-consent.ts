/** Turns an agreement into a grant: scopes, patient in context and how long it holds. Decision 25. */
import type Provider from 'oidc-provider'
import type { GrantedScopes } from './granted-scopes.ts'
import type { LaunchContexts } from './launch-context.ts'
import type { Account, AppConsent, ClientRegistration, PatientChoice } from './registrations.ts'

export interface ConsentAnswer {
  readonly granted: GrantedScopes
  /** For how long a citizen agreed. */
  readonly days?: number
  readonly launch?: string
}

interface Agreement {
  readonly account: Account
  readonly client: ClientRegistration
  readonly patient?: PatientChoice
}

export interface GrantParts {
  readonly provider: Provider
  readonly contexts: LaunchContexts
  readonly baseUrl: string
  readonly onConsent: (consent: AppConsent) => Promise<boolean>
  readonly now: () => number
}

const daySeconds = 86_400
const loginSeconds = 4 * 3600
const offlineDays = 30

/** The grant's id; undefined when the launch was used before or the consent may not be given. */
export async function grantConsent(
  parts: GrantParts,
  { account, client, patient }: Agreement,
  { granted, days, launch }: ConsentAnswer,
): Promise<string | undefined> {
  const { provider, contexts, baseUrl } = parts
  if (launch !== undefined && !(await contexts.consumeLaunch(launch))) return undefined
  const start = parts.now()
  const seconds = secondsOf(granted, days)
  const expiresAt = Math.floor(start / 1000) + seconds
  const types = [...new Set(granted.smart.map(({ type }) => type))]
  if (client.party === 'third' && patient && types.length > 0) {
    const isRecorded = await parts.onConsent({
      account,
      patient: patient.id,
      client: client.id,
      purpose: client.purpose ?? client.name,
      types,
      period: { start, end: start + seconds * 1000 },
    })
    if (!isRecorded) return undefined
  }
  const grant = new provider.Grant({ accountId: account.id, clientId: client.id })
  grant.exp = expiresAt
  grant.addOIDCScope(granted.plain.join(' '))
  grant.addResourceScope(baseUrl, granted.smart.map(({ text }) => text).join(' '))
  const grantId = await grant.save()
  const context = { client: client.id, account: account.id }
  await contexts.save(grantId, patient ? { ...context, patient: patient.id } : context, expiresAt)
  return grantId
}

function secondsOf({ plain }: GrantedScopes, days: number | undefined): number {
  if (days !== undefined) return days * daySeconds
  return plain.includes('offline_access') ? offlineDays * daySeconds : loginSeconds
}
