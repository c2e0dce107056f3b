/** Before the main job: the server is ready, and the patient is known by INS. TD0.2. */
import { demoOptions, demoPeople } from '../../src/demo/demo-data.ts'
import type { DemoPatient } from '../../src/demo/people.ts'
import { DemoFailure } from './report.ts'
import type { Report } from './report.ts'
import { entriesOf } from './fhir-client.ts'
import type { FhirClient } from './fhir-client.ts'

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

/** TD0.2: a demonstration patient, by INS; another one at each run. */
export async function findPatient(client: FhirClient, report: Report): Promise<DemoPatient> {
  report.step('TD0.2 : le dossier du patient est-il ouvert ?')
  const { patients } = demoPeople(demoOptions)
  const patient = patients[Math.floor(Math.random() * patients.length)]!
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
