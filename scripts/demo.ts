/** Plays the way of a document against a running server, in plain HTTP. See --help. */
import { randomUUID } from 'node:crypto'
import { demoOptions, demoPeople } from '../src/demo/demo-data.ts'
import type { DemoRun } from './demo/demo-run.ts'
import { createFhirClient } from './demo/fhir-client.ts'
import { findBase } from './demo/find-base.ts'
import * as lot from './demo/lot-steps.ts'
import * as metadata from './demo/metadata-steps.ts'
import { findCast, findPatient, waitUntilReady } from './demo/record-steps.ts'
import { createReport, DemoFailure } from './demo/report.ts'
import type { Report } from './demo/report.ts'

const HELP = `npm run demo [-- URL]   joue le parcours d'un document et les dix transactions du DMP contre
                        un serveur en marche (URL, ou BASE_URL, ou http://localhost:PORT/fhir, PORT étant 8080)`

const dayBefore = (now: Date) => new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10)

/** All steps in turn. Throws DemoFailure at the first check that does not hold. */
export async function play(base: string, report: Report): Promise<void> {
  const begin = performance.now()
  report.heading(`Passerelle : le parcours d’un document, contre ${base}`)
  const anybody = createFhirClient(base, report)
  await waitUntilReady(anybody)
  const { tokens, patientId } = await findCast(anybody)
  const client = createFhirClient(base, report, tokens)
  const patient = await findPatient(client, report, patientId)
  const [author] = demoPeople(demoOptions).professionals
  const seed = randomUUID()
  const now = new Date()
  const run: DemoRun = {
    client,
    report,
    patient,
    isGuarded: tokens.depositor !== undefined,
    job: (name) => ({
      patient,
      author: author!,
      now: now.toISOString(),
      day: dayBefore(now),
      seed: `${seed}/${name}`,
    }),
  }
  const deposit = await lot.deposit(run)
  const found = await lot.findAtOnce(run, deposit)
  await lot.readContent(run, deposit, found)
  await lot.replace(run, deposit.documents[0]!)
  await lot.refuseBadLot(run)
  await lot.sendAgain(run, deposit)
  const published = await metadata.publish(run)
  await metadata.findTechnicalId(run, published)
  await metadata.changeVisibility(run, published, {
    title: 'TD3.3a : masquer aux professionnels, puis démasquer',
    code: 'MASQUE_PS',
  })
  await metadata.changeVisibility(run, published, {
    title: 'TD3.3b : rendre invisible au patient, puis visible',
    code: 'INVISIBLE_PATIENT',
  })
  await metadata.refuseWrongChanges(run, published)
  await metadata.archive(run, published)
  await metadata.remove(run, published)
  const seconds = ((performance.now() - begin) / 1000).toFixed(1).replace('.', ',')
  report.conclude(
    `${report.checkCount} vérifications, toutes justes, en ${seconds} s. Les dix transactions du DMP ont été jouées.`,
  )
}

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) {
    console.log(HELP)
    return
  }
  const { BASE_URL, PORT = '8080' } = process.env
  const base = (argv[0] ?? BASE_URL ?? `http://localhost:${PORT}/fhir`).replace(/\/+$/, '')
  const report = createReport({
    write: (text) => process.stdout.write(text),
    isColoured: process.stdout.isTTY === true && !process.env.NO_COLOR,
  })
  try {
    if (!URL.canParse(base)) throw new DemoFailure(`« ${base} » n’est pas une adresse`)
    await play(await findBase(base), report)
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error
    process.stderr.write(`\nÉchec : ${error.message}\n`)
    process.exitCode = 1
  }
}

if (import.meta.main) await main(process.argv.slice(2))
