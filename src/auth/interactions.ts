/**
 * The steps that a person goes through: who are you, whose record, do you agree. Each is worked out
 * anew from the stored request; a form only ever picks among what this server offers.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { errors, type Interaction } from 'oidc-provider'
import { OAuthError } from '../errors.ts'
import { grantConsent, type ConsentAnswer } from './grant-consent.ts'
import { scopeText, type GrantedScopes, type ScopePolicy } from './granted-scopes.ts'
import type { LaunchContexts } from './launch-context.ts'
import { endpoints, mountPath, pinOrigin } from './provider.ts'
import type {
  Account,
  AppConsent,
  ClientRegistration,
  Directory,
  PatientChoice,
} from './registrations.ts'
import type { AuthStore } from './store-port.ts'

export interface InteractionParts {
  readonly provider: Provider
  readonly store: AuthStore
  readonly directory: Directory
  readonly scopes: ScopePolicy
  readonly contexts: LaunchContexts
  readonly baseUrl: string
  readonly csrfKey: Buffer
  /** Records a citizen's consent; false when they may not give it: then nothing is granted. */
  readonly onConsent: (consent: AppConsent) => Promise<boolean>
  readonly now: () => number
}

interface StepCommon {
  readonly client: ClientRegistration
  readonly csrf: string
  /** Where the form's answer may end: the application's own origin. */
  readonly redirectOrigin: string
}

export type InteractionStep =
  | (StepCommon & { readonly kind: 'login'; readonly people: readonly Account[] })
  | (StepCommon & {
      readonly kind: 'patient'
      readonly account: Account
      readonly patients: readonly PatientChoice[]
    })
  | ConsentStep
  | { readonly kind: 'redirect'; readonly location: string }

export interface ConsentStep extends StepCommon {
  readonly kind: 'consent'
  readonly account: Account
  readonly patient?: PatientChoice
  readonly scopes: GrantedScopes
  /** For how long the citizen may agree, in days; none when the login itself is the limit. */
  readonly days: readonly number[]
}

export interface Interactions {
  /** Throws OAuthError when the request is over or belongs to another browser. */
  show(request: IncomingMessage, response: ServerResponse): Promise<InteractionStep>
  /** Throws OAuthError also for a form that this server did not make. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    form: URLSearchParams,
  ): Promise<InteractionStep>
}

/** The choice on the consent page of a third-party application; the first is preselected. */
const consentDays = [30, 1, 90, 365]

export function createInteractions(parts: InteractionParts): Interactions {
  const open = async (request: IncomingMessage, response: ServerResponse) => {
    pinOrigin(request, parts.baseUrl)
    const interaction = await findInteraction(parts.provider, request, response)
    return new InteractionRun(parts, interaction, (result) =>
      parts.provider.interactionResult(request, response, result),
    )
  }
  return {
    show: async (request, response) => (await open(request, response)).show(),
    answer: async (request, response, form) => (await open(request, response)).answer(form),
  }
}

async function findInteraction(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Interaction> {
  try {
    return await provider.interactionDetails(request, response)
  } catch (cause) {
    if (!(cause instanceof errors.SessionNotFound)) throw cause
    throw new OAuthError(400, 'session_not_found', 'This login is over, or of another browser', {
      cause,
    })
  }
}

type Finish = (result: Record<string, unknown>) => Promise<string>

/** One person's request in one browser. */
class InteractionRun {
  readonly #parts: InteractionParts
  readonly #interaction: Interaction
  readonly #finish: Finish
  readonly #client: ClientRegistration

  constructor(parts: InteractionParts, interaction: Interaction, finish: Finish) {
    const client = parts.directory.client(String(interaction.params.client_id))
    if (!client) throw new OAuthError(400, 'invalid_client', 'The client is no longer registered')
    this.#parts = parts
    this.#interaction = interaction
    this.#finish = finish
    this.#client = client
  }

  async show(chosenPatient?: string): Promise<InteractionStep> {
    if (this.#interaction.prompt.name === 'login') {
      const people = this.#people()
      if (people.length === 0) return this.#refuse('nobody can log in for this application here')
      return { ...this.#common(), kind: 'login', people }
    }
    const account = this.#account()
    if (!account) return this.#refuse('this account may not use this application')
    const scopes = this.#scopes()
    const offered = await this.#offeredPatients(account, scopes)
    if (offered?.length === 0) return this.#refuse('no patient can be put in context')
    const patient = offered?.find(({ id }) => id === chosenPatient) ?? onlyOne(offered)
    if (offered && !patient) {
      return { ...this.#common(), kind: 'patient', account, patients: offered }
    }
    const days = this.#client.party === 'third' ? consentDays : []
    const common = { ...this.#common(), kind: 'consent', account, scopes, days } as const
    return patient ? { ...common, patient } : common
  }

  async answer(form: URLSearchParams): Promise<InteractionStep> {
    this.#requireOwnForm(form.get('csrf') ?? '')
    const action = form.get('action')
    if (action === 'refuse') return this.#refuse('the person refused')
    if (this.#interaction.prompt.name === 'login') return this.#login(form.get('account') ?? '')
    if (action === 'switch') return this.#switchPerson()
    const step = await this.show(form.get('patient') ?? undefined)
    if (step.kind !== 'consent' || action !== 'allow') return step
    const answer = this.#readConsent(step, form)
    if (!answer) return step
    const grantId = await grantConsent(this.#parts, step, answer)
    if (grantId === undefined)
      return this.#refuse('this consent cannot be given, or the launch was used before')
    return { kind: 'redirect', location: await this.#finish({ consent: { grantId } }) }
  }

  #common(): StepCommon {
    const { origin, protocol } = new URL(String(this.#interaction.params.redirect_uri))
    return {
      client: this.#client,
      csrf: this.#csrf(),
      // A native application's own scheme has no origin.
      redirectOrigin: origin === 'null' ? protocol : origin,
    }
  }

  #csrf(): string {
    const { uid, prompt } = this.#interaction
    return createHmac('sha256', this.#parts.csrfKey)
      .update(`${uid} ${prompt.name}`)
      .digest('base64url')
  }

  #requireOwnForm(given: string): void {
    const expected = Buffer.from(this.#csrf())
    const actual = Buffer.from(given)
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
      throw new OAuthError(403, 'forbidden', 'The form does not belong to this login')
    }
  }

  #people(): readonly Account[] {
    return this.#parts.directory.accounts.filter(({ kind }) => this.#client.users.includes(kind))
  }

  async #login(id: string): Promise<InteractionStep> {
    const account = this.#people().find((person) => person.id === id)
    if (!account) return this.show()
    const acr = account.kind === 'citizen' ? 'eidas2' : 'eidas1'
    const login = { accountId: account.id, acr, amr: ['sandbox'], remember: false }
    return { kind: 'redirect', location: await this.#finish({ login }) }
  }

  /** Whoever is logged in, when this application is for such people. */
  #account(): Account | undefined {
    const account = this.#parts.directory.account(this.#interaction.session?.accountId ?? '')
    return account && this.#client.users.includes(account.kind) ? account : undefined
  }

  #scopes(): GrantedScopes {
    const { scope } = this.#interaction.params
    return this.#parts.scopes.grant(this.#client.id, String(scope ?? ''), ['patient', 'user'])
  }

  /** Undefined when no patient is needed. Nobody is offered another's record by naming it. */
  async #offeredPatients(
    account: Account,
    { plain, smart }: GrantedScopes,
  ): Promise<readonly PatientChoice[] | undefined> {
    const { directory, contexts } = this.#parts
    const { launch } = this.#interaction.params
    const own = await directory.patientsOf(account)
    if (typeof launch === 'string') {
      const known = await contexts.readLaunch(launch)
      if (!known || (known.user !== undefined && known.user !== account.id)) return []
      const choice = own.find(({ id }) => id === known.patient)
      if (choice) return [choice]
      // A professional's software may open any record; what they see of it, the gate decides.
      return account.kind === 'professional' ? [{ id: known.patient, name: known.patient }] : []
    }
    const isNeeded =
      plain.includes('launch/patient') || smart.some(({ context }) => context === 'patient')
    return isNeeded ? own : undefined
  }

  /** Undefined when the form does not say what is agreed to. */
  #readConsent({ scopes, days }: ConsentStep, form: URLSearchParams): ConsentAnswer | undefined {
    const { launch } = this.#interaction.params
    const ticked = new Set(form.getAll('scope'))
    const smart =
      days.length > 0 ? scopes.smart.filter(({ text }) => ticked.has(text)) : scopes.smart
    const chosen = Number(form.get('days'))
    if (smart.length === 0 && scopes.smart.length > 0) return undefined
    if (days.length > 0 && !days.includes(chosen)) return undefined
    return {
      granted: { plain: scopes.plain, smart },
      ...(days.length > 0 ? { days: chosen } : {}),
      ...(typeof launch === 'string' ? { launch } : {}),
    }
  }

  async #refuse(description: string): Promise<InteractionStep> {
    const result = { error: 'access_denied', error_description: description }
    return { kind: 'redirect', location: await this.#finish(result) }
  }

  /** Ends the session and asks the same again. */
  async #switchPerson(): Promise<InteractionStep> {
    const { store } = this.#parts
    const uid = this.#interaction.session?.uid
    if (uid !== undefined) {
      for (const { kind, key } of await store.findByHandle('Session', uid)) {
        await store.remove(kind, key)
      }
    }
    await this.#interaction.destroy()
    const asked = Object.entries(this.#interaction.params).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    const query = new URLSearchParams({
      ...Object.fromEntries(asked),
      scope: scopeText(this.#scopes()),
    })
    return { kind: 'redirect', location: `${mountPath}${endpoints.authorization}?${query}` }
  }
}

function onlyOne(patients: readonly PatientChoice[] | undefined): PatientChoice | undefined {
  return patients?.length === 1 ? patients[0] : undefined
}
