/** Ids for what a transaction creates, each in its patient's bucket. design §5. */
import { isObject, type Resource } from '../fhir/resource.ts'
import { walkReferences } from '../fhir/walk-references.ts'
import type { Candidate } from './bundle-candidates.ts'
import type { Context } from './context.ts'
import { patientElements, patientIdOf } from './patient-of.ts'

/**
 * An id for each candidate, by the index of its entry; `fullUrls` learns what each became. Patients
 * first, then what names them, then Binaries after what refers to them: buckets follow.
 */
export function chooseIds(
  context: Context,
  candidates: readonly Candidate[],
  fullUrls: Map<string, string>,
): Map<number, string> {
  const { makeId, baseUrl } = context.services
  const newIds = new Map<number, string>()
  const choose = ({ entry, type }: Candidate, patientId: string | undefined) => {
    const id = makeId(patientId)
    newIds.set(entry.index, id)
    if (entry.fullUrl !== undefined) fullUrls.set(entry.fullUrl, `${type}/${id}`)
  }
  const patientOf = ({ resource }: Candidate) =>
    patientIdOf(withKnownReferences(resource, fullUrls), baseUrl)
  const patients = candidates.filter(({ type }) => type === 'Patient')
  const binaries = candidates.filter(({ type }) => type === 'Binary')
  for (const patient of patients) choose(patient, undefined)
  for (const other of candidates) {
    if (other.type !== 'Patient' && other.type !== 'Binary') choose(other, patientOf(other))
  }
  const owners = binaries.length > 0 ? ownersByFullUrl(candidates) : new Map<string, Candidate>()
  for (const binary of binaries) {
    const owner = owners.get(binary.entry.fullUrl ?? '')
    choose(binary, owner && patientOf(owner))
  }
  return newIds
}

/** What refers first to each URL; a List only says that things came together. */
function ownersByFullUrl(candidates: readonly Candidate[]): ReadonlyMap<string, Candidate> {
  const owners = new Map<string, Candidate>()
  for (const candidate of candidates) {
    if (candidate.type === 'List' || candidate.type === 'Binary') continue
    walkReferences(candidate.resource, ({ text }) => {
      if (!owners.has(text)) owners.set(text, candidate)
    })
  }
  return owners
}

/** Only the elements that may name the patient, with a fullUrl replaced. */
function withKnownReferences(resource: Resource, fullUrls: ReadonlyMap<string, string>): Resource {
  const copy: Resource = { resourceType: resource.resourceType }
  for (const name of patientElements) {
    const value = Array.isArray(resource[name]) ? resource[name][0] : resource[name]
    if (!isObject(value) || typeof value.reference !== 'string') continue
    copy[name] = { reference: fullUrls.get(value.reference) ?? value.reference }
  }
  return copy
}
