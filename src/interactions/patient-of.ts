/** Whose resource this is, from the elements that name a patient: enough to choose an id's bucket. */
import { parseReference } from '../fhir/reference.ts'
import { isObject, type JsonValue, type Resource } from '../fhir/resource.ts'

export const patientElements = [
  'subject',
  'patient',
  'beneficiary',
  'individual',
  'candidate',
  'for',
]

/** The id of the Patient that a resource names; undefined when it names none of this server. */
export function patientIdOf(resource: Resource, baseUrl: string): string | undefined {
  for (const name of patientElements) {
    const id = patientIdIn(resource[name], baseUrl)
    if (id !== undefined) return id
  }
  return undefined
}

function patientIdIn(value: JsonValue | undefined, baseUrl: string): string | undefined {
  const reference = Array.isArray(value) ? value[0] : value
  if (!isObject(reference) || typeof reference.reference !== 'string') return undefined
  const target = parseReference(reference.reference, baseUrl)
  return target.kind === 'local' && target.type === 'Patient' ? target.id : undefined
}
