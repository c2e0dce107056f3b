/** The store under measurement is filled with these: one transaction for each patient. */
import { createRandom } from '../../src/demo/random.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { aCondition, aDocumentReference, anObservation, aPatient } from './resources.ts'

/** Patients with a long record: searches of one patient's documents are made on these. */
export const longRecords = 64
const longRecordDocuments = 99
const entriesPerPatient = 50

export function patientsFor(resources: number): number {
  const others = resources - longRecords * (longRecordDocuments + 1)
  return longRecords + Math.max(0, Math.ceil(others / entriesPerPatient))
}

export function recordOf(index: number): Resource[] {
  const random = createRandom(`record/${index}`)
  const many = (count: number, make: () => Resource) => Array.from({ length: count }, make)
  const isLong = index < longRecords
  const documents = many(isLong ? longRecordDocuments : 18, () => aDocumentReference(index, random))
  const others = isLong
    ? []
    : [
        ...many(26, () => anObservation(index, random)),
        ...many(5, () => aCondition(index, random)),
      ]
  return [aPatient(index, random), ...documents, ...others]
}

/** The transaction as text: the patient by PUT under an id of ours, the rest by POST. */
export function recordBundle(index: number): string {
  return JSON.stringify(transactionOf(recordOf(index)))
}

export function transactionOf(resources: readonly Resource[]): Resource {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({
      resource,
      request:
        resource.id === undefined
          ? { method: 'POST', url: resource.resourceType }
          : { method: 'PUT', url: `${resource.resourceType}/${String(resource.id)}` },
    })),
  }
}
