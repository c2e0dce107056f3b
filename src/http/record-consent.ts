/** A consent given on the login's page, recorded by the named operation like any other: $grant-app. */
import type { FastifyInstance } from 'fastify'
import type { AuthorizationServer } from '../auth/authorization-server.ts'
import type { Caller } from '../auth/caller.ts'
import type { AppConsent } from '../auth/registrations.ts'

export interface ConsentRecorder {
  readonly app: FastifyInstance
  readonly authorization: AuthorizationServer
  readonly baseUrl: string
}

/** False when this citizen may not agree for this patient. Throws when it cannot be recorded. */
export async function recordConsent(
  { app, authorization, baseUrl }: ConsentRecorder,
  consent: AppConsent,
): Promise<boolean> {
  const url = `${new URL(baseUrl).pathname.replace(/\/$/, '')}/Patient/${consent.patient}/$grant-app`
  const response = await authorization.actAs(callerOf(consent), (token) =>
    app.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
      payload: JSON.stringify(parametersOf(consent)),
    }),
  )
  if (response.statusCode === 200) return true
  if (response.statusCode === 403 || response.statusCode === 404) return false
  throw new Error(`$grant-app answered ${response.statusCode}`)
}

/** The citizen in person: the application has no part in this. */
function callerOf({ account }: AppConsent): Caller {
  return {
    kind: 'citizen',
    display: account.name,
    ...(account.fhirUser === undefined ? {} : { user: account.fhirUser }),
    ...(account.patient === undefined ? {} : { person: account.patient }),
    client: 'passerelle',
  }
}

function parametersOf({ client, purpose, types, period }: AppConsent): object {
  const at = (time: number) => new Date(time).toISOString()
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'client', valueString: client },
      { name: 'purpose', valueString: purpose },
      ...types.map((type) => ({ name: 'type', valueCode: type })),
      { name: 'period', valuePeriod: { start: at(period.start), end: at(period.end) } },
    ],
  }
}
