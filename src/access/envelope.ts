/**
 * The facts of a version that access decisions rest on, computed when it is written, from the
 * resource, its index entries and the caller; never from what the body claims of its depositor.
 */
import type { Caller } from '../auth/caller.ts'
import { isObject, type JsonValue, type Resource } from '../fhir/resource.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import type { Envelope } from '../store/stored-version.ts'

export interface EnvelopeInput {
  readonly resource: Resource
  readonly id: string
  readonly entries: readonly IndexEntry[]
  /** Reference parameters that put the type in the Patient compartment. */
  readonly compartmentCodes: readonly string[]
  readonly caller: Caller
  readonly now: number
  readonly rules: readonly string[]
  readonly extraLabels: readonly string[]
  /** The envelope of the version before; its depositor and deposit time are kept. */
  readonly previous?: Envelope | undefined
  /** Of a Binary: the resource it was created with, and that one's patients. */
  readonly owner?: { readonly reference: string; readonly patients: readonly string[] } | undefined
}

/** The clinical date of a resource: the first of these parameters that it has. */
const dateCodes = [
  'date',
  'recorded-date',
  'authored-on',
  'authored',
  'issued',
  'period',
  'created',
  'onset-date',
  'effective',
  'event-date',
  'start',
  'sent',
  'whenprepared',
  'birthdate',
]

const confidentialitySystems = [
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  'https://mos.esante.gouv.fr/NOS/TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality',
]

export function computeEnvelope(input: EnvelopeInput): Envelope {
  const { resource, caller, now, previous, owner } = input
  const labels = [...labelsOf(resource), ...input.extraLabels]
  const rules = [...new Set(input.rules)]
  const confidentiality = strictestLevel(labels)
  const docClass = firstCoding(resource.category) ?? firstCoding(resource.class)
  const docType = firstCoding(resource.type)
  const date = clinicalDate(input.entries)
  return {
    patients: owner?.patients ?? previousPatients(input) ?? patientsOf(input),
    authors: authorsOf(resource),
    depositor: previous?.depositor ?? {
      ...(caller.organization === undefined ? {} : { organization: caller.organization }),
      ...(caller.user === undefined ? {} : { user: caller.user }),
      ...(caller.client === undefined ? {} : { client: caller.client }),
    },
    labels,
    depositedAt: previous?.depositedAt ?? now,
    ...(docClass === undefined ? {} : { class: docClass }),
    ...(docType === undefined ? {} : { docType }),
    ...(typeof resource.status === 'string' ? { status: resource.status } : {}),
    ...(confidentiality === undefined ? {} : { confidentiality }),
    ...(ownerOf(input) === undefined ? {} : { owner: ownerOf(input)! }),
    ...(rules.length === 0 ? {} : { rules }),
    ...(date === undefined ? {} : { date }),
  }
}

function ownerOf({ owner, previous }: EnvelopeInput): string | undefined {
  return owner?.reference ?? previous?.owner
}

/** A Binary has no elements of its own to find its patients by: it keeps those it was stored with. */
function previousPatients({ resource, previous }: EnvelopeInput): readonly string[] | undefined {
  return resource.resourceType === 'Binary' ? previous?.patients : undefined
}

function patientsOf({ resource, id, entries, compartmentCodes }: EnvelopeInput): readonly string[] {
  const patients = new Set<string>(resource.resourceType === 'Patient' ? [id] : [])
  for (const entry of entries) {
    if (entry.kind !== 'reference' || entry.type !== 'Patient' || entry.id === undefined) continue
    if (compartmentCodes.includes(entry.code)) patients.add(entry.id)
  }
  return [...patients]
}

function clinicalDate(entries: readonly IndexEntry[]): number | undefined {
  for (const code of dateCodes) {
    for (const entry of entries) if (entry.kind === 'date' && entry.code === code) return entry.low
  }
  return undefined
}

function authorsOf(resource: Resource): readonly string[] {
  const authors: string[] = []
  for (const author of asList(resource.author)) {
    if (!isObject(author)) continue
    if (typeof author.reference === 'string') authors.push(author.reference)
    if (isObject(author.identifier))
      authors.push(joined(author.identifier.system, author.identifier.value))
  }
  return authors
}

function labelsOf(resource: Resource): readonly string[] {
  const labels = new Set<string>()
  const concepts = asList(resource.securityLabel).filter(isObject)
  const codings = [
    ...concepts.flatMap((concept) => asList(concept.coding)),
    ...asList(isObject(resource.meta) ? resource.meta.security : undefined),
  ]
  for (const coding of codings) {
    if (isObject(coding) && !isInternal(coding.system))
      labels.add(joined(coding.system, coding.code))
  }
  return [...labels]
}

/** The server's own labels never come from a body (acceptance 33). */
function isInternal(system: JsonValue | undefined): boolean {
  return typeof system === 'string' && /^\s*urn:passerelle:/i.test(system)
}

function strictestLevel(labels: readonly string[]): 'N' | 'R' | 'V' | undefined {
  const has = (level: string) =>
    confidentialitySystems.some((system) => labels.includes(`${system}|${level}`))
  return has('V') ? 'V' : has('R') ? 'R' : has('N') ? 'N' : undefined
}

function firstCoding(value: JsonValue | undefined): string | undefined {
  const concept = asList(value)[0]
  if (!isObject(concept)) return undefined
  const coding = asList(concept.coding)[0]
  return isObject(coding) ? joined(coding.system, coding.code) : undefined
}

function joined(system: JsonValue | undefined, code: JsonValue | undefined): string {
  return `${typeof system === 'string' ? system : ''}|${typeof code === 'string' ? code : ''}`
}

function asList(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
