/** A long record for one of the demonstration patients: documents shown, and masked to professionals. */
import { demoOptions, demoPeople } from '../../src/demo/demo-data.ts'
import { addDays, at } from '../../src/demo/dates.ts'
import { documentFacts } from '../../src/demo/document-facts.ts'
import { lotBundle, type VisibilityLabel } from '../../src/demo/documents.ts'
import { createRandom } from '../../src/demo/random.ts'

/** As many as the long records of the loaded store. */
const shownCount = 99
const maskedCount = 64

export const shownDocumentType = 'http://loinc.org|11502-2'

export interface RecordLot {
  readonly body: string
  readonly masterIdentifier: { readonly system: string; readonly value: string }
  readonly isMasked: boolean
}

/** Lots of one small PDF each, to be posted by the laboratory's software. */
export function recordLots(patientId: string): readonly RecordLot[] {
  const { patients, professionals } = demoPeople(demoOptions)
  const patient = patients.find(({ id }) => id === patientId)!
  const author = professionals[7]!
  return Array.from({ length: shownCount + maskedCount }, (_, index) => {
    const isMasked = index >= shownCount
    const random = createRandom(`access/${index}`)
    const day = addDays(demoOptions.today, -2 - index)
    const kind = isMasked ? 'certificate' : 'laboratory'
    const facts = documentFacts({ kind, patient, author, day, random })
    const labels: readonly VisibilityLabel[] = isMasked ? ['MASQUE_PS'] : []
    const documents = [{ facts, form: 'pdf' as const, labels }]
    const lot = lotBundle({ patient, author, documents, submitted: at(day, 17), random })
    const masterIdentifier = { system: 'urn:ietf:rfc:3986', value: `urn:oid:${facts.oid}` }
    return { body: JSON.stringify(lot), masterIdentifier, isMasked }
  })
}
