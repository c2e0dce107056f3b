/**
 * Which of the asked scopes a client is granted: what is understood and what its registration
 * allows, narrowed to both. Decision 87: what is not understood is `invalid_scope`.
 */
import { errors } from 'oidc-provider'
import type { ClientRegistration } from './registrations.ts'
import { intersect, parseSmartScope, type ScopeVocabulary, type SmartScope } from './smart-scope.ts'

/** Scopes that name no resource type. */
export const plainScopes = ['openid', 'fhirUser', 'launch', 'launch/patient', 'offline_access']

/** Understood, and never granted: this server has no such context, and `openid` brings no profile. */
const passedOver = new Set(['launch/encounter', 'online_access', 'profile'])

const askedMax = 100

export interface GrantedScopes {
  readonly plain: readonly string[]
  readonly smart: readonly SmartScope[]
}

export interface ScopePolicy {
  /** Throws InvalidScope when a scope is not understood, or nothing is left to grant. */
  grant(clientId: string, text: string, contexts: readonly SmartScope['context'][]): GrantedScopes
  /** Of a granted scope text: what is still understood. */
  read(text: string): readonly SmartScope[]
}

/** Throws when a registration allows a scope that cannot be understood, or a third party all types. */
export function createScopePolicy(
  clients: readonly ClientRegistration[],
  vocabulary: ScopeVocabulary,
): ScopePolicy {
  const allowed = new Map(clients.map(({ id, scope }) => [id, readScopes(scope, vocabulary)]))
  for (const { id, party } of clients) {
    if (party === 'third' && allowed.get(id)!.smart.some(({ type }) => type === '*')) {
      throw new Error(`The application ${id} must name the types that it may be granted, not *`)
    }
  }
  return {
    grant: (clientId, text, contexts) => {
      const limit = allowed.get(clientId)
      if (!limit) throw new errors.InvalidClient('client not found')
      const asked = readScopes(text, vocabulary)
      const plain = asked.plain.filter((scope) => limit.plain.includes(scope))
      const smart = intersect(
        asked.smart.filter(({ context }) => contexts.includes(context)),
        limit.smart,
      )
      if (plain.length + smart.length === 0) {
        throw new errors.InvalidScope('no requested scope is allowed for this client', text)
      }
      return { plain, smart }
    },
    read: (text) => split(text).flatMap((scope) => parseSmartScope(scope, vocabulary) ?? []),
  }
}

function readScopes(text: string, vocabulary: ScopeVocabulary): GrantedScopes {
  const asked = split(text)
  if (asked.length > askedMax) throw new errors.InvalidScope('too many scopes', '')
  const smart: SmartScope[] = []
  for (const scope of asked) {
    if (plainScopes.includes(scope) || passedOver.has(scope)) continue
    const parsed = parseSmartScope(scope, vocabulary)
    if (!parsed) throw new errors.InvalidScope('requested scope is not understood', scope)
    smart.push(parsed)
  }
  return { plain: plainScopes.filter((scope) => asked.includes(scope)), smart }
}

function split(text: string): string[] {
  return [...new Set(text.split(' ').filter((scope) => scope !== ''))]
}

export function scopeText({ plain, smart }: GrantedScopes): string {
  return [...plain, ...smart.map(({ text }) => text)].join(' ')
}
