/** The software of the sandbox: a portal, a practice's and two establishments' software, two apps. */
import * as registry from '../national/ins/registry-keys.ts'
import type { Establishment } from './establishments.ts'

export interface DemoSandboxClient {
  readonly id: string
  readonly name: string
  readonly publisher: string
  readonly party: 'first' | 'third'
  readonly users: readonly ('citizen' | 'professional' | 'operator')[]
  readonly service?: 'establishment' | 'operator'
  readonly organization?: string
  /** Of a confidential client, whose key the sandbox makes. */
  readonly keyAlgorithm?: 'RS384' | 'ES384'
  readonly redirectUris: readonly string[]
  readonly launchUri?: string
  readonly scope: string
  readonly purpose?: string
}

export const clientIds = {
  portal: 'sandbox-portail',
  practiceSoftware: 'sandbox-logiciel-cabinet',
  publicApp: 'sandbox-app-publique',
  confidentialApp: 'sandbox-app-confidentielle',
  hospital: 'sandbox-logiciel-hopital',
  laboratory: 'sandbox-logiciel-laboratoire',
  console: 'sandbox-exploitation',
} as const

export type SoftwareKey = keyof typeof clientIds

const appTypes = ['Patient', 'Observation', 'DocumentReference', 'Binary']
const appScope = `openid fhirUser launch launch/patient offline_access ${appTypes
  .map((type) => `patient/${type}.rs`)
  .join(' ')}`

/** The most that each may be granted. */
const scopes: Readonly<Record<SoftwareKey, string>> = {
  portal: 'openid fhirUser launch/patient offline_access patient/*.cruds user/*.cruds',
  practiceSoftware:
    'openid fhirUser launch launch/patient offline_access patient/*.cruds user/*.cruds',
  publicApp: appScope,
  confidentialApp: appScope,
  hospital: 'system/*.cruds',
  laboratory: 'system/*.cruds',
  console: 'openid fhirUser user/*.cruds',
}

/** What the ready-made tokens are granted: all but what makes sense in a login only. */
export function scopeOf(key: SoftwareKey): string {
  const left = ['launch', 'offline_access']
  return scopes[key]
    .split(' ')
    .filter((scope) => !left.includes(scope))
    .join(' ')
}

function redirectUris(port: number): readonly string[] {
  return [`http://localhost:${port}/callback`, `http://127.0.0.1:${port}/callback`]
}

export function sandboxClients(owners: {
  readonly hospital: Establishment
  readonly laboratory: Establishment
}): readonly DemoSandboxClient[] {
  return [...firstPartyClients(), ...thirdPartyClients(), ...services(owners)]
}

function firstPartyClients(): readonly DemoSandboxClient[] {
  return [
    {
      id: clientIds.portal,
      name: 'Mon espace (bac à sable)',
      publisher: 'Passerelle',
      party: 'first',
      users: ['citizen'],
      redirectUris: redirectUris(3000),
      scope: scopes.portal,
    },
    {
      id: clientIds.practiceSoftware,
      name: 'Logiciel de cabinet (bac à sable)',
      publisher: 'Passerelle',
      party: 'first',
      users: ['professional'],
      redirectUris: redirectUris(3001),
      launchUri: 'http://localhost:3001/launch',
      scope: scopes.practiceSoftware,
    },
    {
      id: clientIds.console,
      name: 'Console d’exploitation (bac à sable)',
      publisher: 'Passerelle',
      party: 'first',
      users: ['operator'],
      redirectUris: redirectUris(3002),
      scope: scopes.console,
    },
  ]
}

function thirdPartyClients(): readonly DemoSandboxClient[] {
  return [
    {
      id: clientIds.publicApp,
      name: 'Carnet de tension',
      publisher: 'Tension Claire SAS (éditeur inventé)',
      party: 'third',
      users: ['citizen'],
      redirectUris: redirectUris(3003),
      launchUri: 'http://localhost:3003/launch',
      scope: scopes.publicApp,
      purpose: 'Suivre votre tension et retrouver les comptes rendus qui en parlent.',
    },
    {
      id: clientIds.confidentialApp,
      name: 'Deuxième avis',
      publisher: 'Avis Partagé SCOP (éditeur inventé)',
      party: 'third',
      users: ['citizen'],
      keyAlgorithm: 'ES384',
      redirectUris: redirectUris(3004),
      launchUri: 'http://localhost:3004/launch',
      scope: scopes.confidentialApp,
      purpose: 'Montrer vos documents au médecin à qui vous demandez un deuxième avis.',
    },
  ]
}

function services({
  hospital,
  laboratory,
}: Parameters<typeof sandboxClients>[0]): readonly DemoSandboxClient[] {
  const service = (
    id: string,
    owner: Establishment,
    keyAlgorithm: 'RS384' | 'ES384',
    scope: string,
  ): DemoSandboxClient => ({
    id,
    name: `Logiciel : ${owner.name}`,
    publisher: owner.name,
    party: 'first',
    users: [],
    service: 'establishment',
    organization: `${registry.finessSystem}|${owner.finess}`,
    keyAlgorithm,
    redirectUris: [],
    scope,
  })
  return [
    service(clientIds.hospital, hospital, 'RS384', scopes.hospital),
    service(clientIds.laboratory, laboratory, 'ES384', scopes.laboratory),
  ]
}
