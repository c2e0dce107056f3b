/** Before the main job: the server is ready, and the patient is known by INS. TD0.2. */
import { demoOptions, demoPeople } from '../../src/demo/demo-data.ts'
import type { DemoPatient } from '../../src/demo/people.ts'
import { DemoFailure } from './report.ts'
import type { Report } from './report.ts'
import { entriesOf } from './fhir-client.ts'
import type { FhirClient, Tokens } from './fhir-client.ts'

const READY_MS = 60_000

/** Waits while the server loads its demonstration data. */
export async function waitUntilReady(client: FhirClient): Promise<void> {
  const path = new URL('/health/ready', client.base).href
  const deadline = performance.now() + READY_MS
  for (;;) {
    const { status } = await client.call({ method: 'GET', path })
    // A server behind a gateway may keep its health to itself.
    if (status === 200 || status === 404) return
    if (performance.now() > deadline) {
      throw new DemoFailure(`Le serveur n’est pas prêt (${path} répond ${status})`)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

interface Caller {
  readonly kind: string
  readonly patient?: string
  readonly organization?: string
  readonly practitioner?: string
  readonly token: string
}

/** Whom the demonstration plays: the hospital's software, and a physician of the patient. */
export interface Cast {
  readonly tokens: Tokens
  /** The patient whose physician reads; without access control any will do. */
  readonly patientId?: string
}

/** The demonstration callers of AUTH=sandbox; nobody in particular where access is open. */
export async function findCast(client: FhirClient): Promise<Cast> {
  const path = new URL('/sandbox/callers.json', client.base).href
  const { status, bytes } = await client.call({ method: 'GET', path })
  if (status !== 200) return { tokens: {} }
  const callers = JSON.parse(bytes.toString('utf8')) as readonly Caller[]
  const depositor = callers.find(({ kind }) => kind === 'establishment')?.token
  const reader = callers.find(({ kind }) => kind === 'professional')?.token
  const patientId = callers.find(({ kind }) => kind === 'citizen')?.patient
  return {
    tokens: { ...(depositor ? { depositor } : {}), ...(reader ? { reader } : {}) },
    ...(patientId ? { patientId } : {}),
  }
}

/** TD0.2: a demonstration patient, by INS; another one at each run. */
export async function findPatient(
  client: FhirClient,
  report: Report,
  patientId?: string,
): Promise<DemoPatient> {
  report.step('TD0.2 : le dossier du patient est-il ouvert ?')
  const { patients } = demoPeople(demoOptions)
  const chosen = patients.find(({ id }) => id === patientId)
  const patient = chosen ?? patients[Math.floor(Math.random() * patients.length)]!
  const ins = (value: string) =>
    client.expect(200, {
      method: 'GET',
      path: `/Patient?identifier=${encodeURIComponent(`${patient.ins.system}|${value}`)}`,
    })
  const { json } = await ins(patient.ins.value)
  const [entry] = entriesOf(json)
  if (!entry?.resource) {
    throw new DemoFailure(
      'Ce serveur n’a pas les patients de démonstration. Démarrez-le avec DEMO_DATA=on (la valeur par défaut) sur un dossier de données vide.',
    )
  }
  report.check(
    `un seul dossier : ${patient.displayName}, ${patient.age} ans`,
    json.total === 1 && entry.resource.id === patient.id,
    `total ${String(json.total)}`,
  )
  report.check('il est ouvert (active)', entry.resource.active === true)
  const none = await ins('299999999999999')
  report.check('un INS inconnu ne trouve personne (200, total 0)', none.json.total === 0)
  return patient
}
