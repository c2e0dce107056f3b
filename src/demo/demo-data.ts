/**
 * The demonstration data, as ordinary transactions: the directory, then each patient's record (PUT
 * with ids of our choice, so that loading twice changes nothing), then documents by ITI-65 (POST).
 */
import type { Resource } from '../fhir/resource.ts'
import { clinicalRecord } from './clinical.ts'
import { addDays, at } from './dates.ts'
import { documentFacts } from './document-facts.ts'
import type { DocumentKind } from './document-facts.ts'
import { lotBundle } from './documents.ts'
import type { BundleEntry, LotDocument, Transaction, VisibilityLabel } from './documents.ts'
import { demoEstablishments, demoProfessionals } from './establishments.ts'
import type { Establishment, Professional } from './establishments.ts'
import { demoPatients } from './people.ts'
import type { DemoPatient } from './people.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

export interface DemoOptions {
  readonly seed: string
  /** YYYY-MM-DD: what the ages and dates are counted from. */
  readonly today: string
  /** 50 unless told. */
  readonly patientCount?: number
}

/** What every installation shows: counted from one day, so that all have the same people. */
export const demoOptions: DemoOptions = { seed: 'passerelle', today: '2026-11-01' }

export interface DemoPeople {
  readonly establishments: readonly Establishment[]
  readonly professionals: readonly Professional[]
  readonly patients: readonly DemoPatient[]
}

/** Who there is: the same people as in `demoResources` of the same options. */
export function demoPeople({ seed, today, patientCount = 50 }: DemoOptions): DemoPeople {
  const establishments = demoEstablishments()
  const professionals = demoProfessionals(establishments)
  const random = createRandom(seed)
  const patients = demoPatients({
    random,
    today,
    count: patientCount,
    establishments,
    professionals,
  })
  return { establishments, professionals, patients }
}

/**
 * All transactions in the order of loading: what a later one refers to, an earlier one brings.
 * Lots are POSTs: whoever loads skips them where they are loaded already.
 */
export function* demoResources(options: DemoOptions): Generator<Transaction> {
  const people = demoPeople(options)
  const { establishments, professionals, patients } = people
  yield transaction([
    ...establishments.map(({ resource }) => resource),
    ...professionals.flatMap(({ practitioner, role }) => [practitioner, role]),
  ])
  const random = createRandom(options.seed)
  const { today } = options
  for (const patient of patients) {
    const own = random.fork(`record-${patient.id}`)
    const record = clinicalRecord({ patient, establishments, professionals, today, random: own })
    yield transaction([patient.resource, ...record])
  }
  for (const [index, patient] of patients.entries())
    yield* patientLots(patient, index, { people, today, random: random.fork(`lots-${patient.id}`) })
}

function transaction(resources: readonly Resource[]): Transaction {
  return { resourceType: 'Bundle', type: 'transaction', entry: resources.map(put) }
}

function put(resource: Resource): BundleEntry {
  const url = `${resource.resourceType}/${String(resource.id)}`
  return { resource, request: { method: 'PUT', url } }
}

interface LotsContext {
  readonly people: DemoPeople
  readonly today: string
  readonly random: Random
}

/** Who writes what: the place of the author in the list of professionals. */
const authorOf: Record<DocumentKind, (random: Random) => number> = {
  consultation: (random) => random.integer(0, 1),
  hospitalStay: (random) => random.pick([2, 3, 6]),
  laboratory: () => 7,
  imaging: () => 5,
  prescription: (random) => random.integer(0, 1),
  summary: (random) => random.integer(0, 1),
  certificate: (random) => random.integer(0, 1),
}

const kindsInTurn: readonly DocumentKind[] = [
  'consultation',
  'laboratory',
  'prescription',
  'imaging',
  'summary',
  'hospitalStay',
  'certificate',
]

/** One to four documents of a patient, each in a lot of its own, oldest first. */
function* patientLots(
  patient: DemoPatient,
  index: number,
  { people, today, random }: LotsContext,
): Generator<Transaction> {
  const count = 1 + (index % 4)
  const days = Array.from({ length: count }, () =>
    addDays(today, -random.integer(2, 600)),
  ).toSorted()
  for (const [number, day] of days.entries()) {
    const kind = kindsInTurn[(index + number) % kindsInTurn.length]!
    const own = random.fork(`lot-${number + 1}`)
    const author = people.professionals[authorOf[kind](own)]!
    const labels = labelsOf(index, number)
    const document: LotDocument = {
      facts: documentFacts({ kind, patient, author, day, random: own }),
      form: (index + number) % 2 === 0 ? 'cda' : 'pdf',
      ...(labels.length > 0 ? { labels } : {}),
    }
    yield lotBundle({ patient, author, documents: [document], submitted: at(day, 17), random: own })
  }
}

/** A few documents are hidden, so that visibility can be seen at work. */
function labelsOf(index: number, number: number): readonly VisibilityLabel[] {
  if (number !== 0) return []
  if (index % 16 === 3) return ['MASQUE_PS']
  return index % 16 === 7 ? ['INVISIBLE_PATIENT'] : []
}
