/** Lots as hospital software posts them to a DMP: List, DocumentReference and Binary. */
import { createHash } from 'node:crypto'
import { demoPeople, demoResources } from '../../src/demo/demo-data.ts'
import { documentFacts } from '../../src/demo/document-facts.ts'
import { lotBundle } from '../../src/demo/documents.ts'
import { createRandom } from '../../src/demo/random.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'

const options = { seed: 'bench', today: '2026-11-01', patientCount: 10 } as const
const people = demoPeople(options)

/** The directory and the patients whom the lots name; to be posted first. */
export function lotSurroundings(): string[] {
  const [directory, ...records] = [...demoResources(options)]
  return [directory!, ...records.slice(0, options.patientCount)].map((bundle) => JSON.stringify(bundle))
}

/** A lot of one PDF, filled up to the size; every label gives another lot. */
export function aLotOf(bytes: number, label: string): string {
  const random = createRandom(`lot/${label}`)
  const patient = random.pick(people.patients)
  const author = people.professionals[0]!
  const facts = documentFacts({ kind: 'consultation', patient, author, day: '2026-10-20', random })
  const lot = lotBundle({
    patient,
    author,
    documents: [{ facts, form: 'pdf' }],
    submitted: '2026-10-20T17:00:00+02:00',
    random,
  })
  const binary = lot.entry.find(({ resource }) => resource.resourceType === 'Binary')!.resource
  const content = Buffer.from(String(binary.data), 'base64')
  const whole = Buffer.concat([content, Buffer.alloc(Math.max(0, bytes - content.length), 0x20)])
  binary.data = whole.toString('base64')
  const fiche = lot.entry.find(({ resource }) => resource.resourceType === 'DocumentReference')!.resource
  const [{ attachment }] = fiche.content as unknown as [{ attachment: JsonObject }]
  attachment.size = whole.length
  attachment.hash = createHash('sha1').update(whole).digest('base64')
  return JSON.stringify(lot)
}
