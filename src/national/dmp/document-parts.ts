/** Reads the parts of fiches and lots that the rules look at. */
import { pathBelow } from '../../fhir/own-url.ts'
import { isObject, type JsonObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import type { Draft } from '../../interactions/draft.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import {
  listTypesSystem,
  mhdSimplifiedProfile,
  pdsmProfiles,
  simplifiedProfile,
  uriSystem,
} from './dmp-codes.ts'

export function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : isObject(value) ? [value] : []
}

export function profilesOf(resource: Resource): readonly string[] {
  const profiles = isObject(resource.meta) ? resource.meta.profile : undefined
  return Array.isArray(profiles)
    ? profiles.flatMap((profile) =>
        typeof profile === 'string' ? [profile.split('|', 1)[0]!] : [],
      )
    : []
}

export function namesPdsmProfile(resource: Resource): boolean {
  return profilesOf(resource).some((profile) => profile.startsWith(pdsmProfiles))
}

export function namesSimplifiedProfile(resource: Resource): boolean {
  return profilesOf(resource).some(isSimplifiedProfile)
}

/** PDSm's or MHD's, whatever version a canonical pins. */
export function isSimplifiedProfile(canonical: JsonValue): boolean {
  const url = typeof canonical === 'string' ? canonical.split('|', 1)[0] : undefined
  return url === simplifiedProfile || url === mhdSimplifiedProfile
}

/** `submissionset` or `folder`, of a List that is one. */
export function listKind(resource: Resource): string | undefined {
  if (resource.resourceType !== 'List' || !isObject(resource.code)) return undefined
  const coding = objectsOf(resource.code.coding).find(({ system }) => system === listTypesSystem)
  return typeof coding?.code === 'string' ? coding.code : undefined
}

/** The one attachment of a fiche. */
export function attachmentOf(resource: Resource): JsonObject | undefined {
  const [content] = objectsOf(resource.content)
  return content && isObject(content.attachment) ? content.attachment : undefined
}

/** The same fiche with another attachment. */
export function withAttachment(resource: Resource, attachment: JsonObject): Resource {
  const [first, ...rest] = objectsOf(resource.content)
  return { ...resource, content: [{ ...first, attachment }, ...rest] }
}

export function subjectOf(resource: Resource): string | undefined {
  return isObject(resource.subject) && typeof resource.subject.reference === 'string'
    ? resource.subject.reference
    : undefined
}

/** The id of the Patient that a fiche or lot is about. */
export function patientIdOfSubject(resource: Resource): string | undefined {
  return /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(subjectOf(resource) ?? '')?.[1]
}

/** `system|value` of masterIdentifier. */
export function masterIdentifierOf(resource: Resource): string | undefined {
  const identifier = resource.masterIdentifier
  if (!isObject(identifier) || typeof identifier.value !== 'string') return undefined
  return `${typeof identifier.system === 'string' ? identifier.system : ''}|${identifier.value}`
}

export function isEntryUuid(identifier: JsonValue): boolean {
  return (
    isObject(identifier) &&
    identifier.use === 'official' &&
    typeof identifier.value === 'string' &&
    identifier.value.startsWith('urn:uuid:')
  )
}

export function entryUuidsOf(resource: Resource): readonly string[] {
  return objectsOf(resource.identifier)
    .filter(isEntryUuid)
    .map(({ value }) => value as string)
}

export function makeEntryUuid(): string {
  return `urn:uuid:${crypto.randomUUID()}`
}

/** What only one document ever bears: it cannot be claimed twice (decisions 4 and 88). */
export function entryUuidClaim(value: string): string {
  return `entryUUID|${value.toLowerCase()}`
}

/** The same fiche under another entryUUID. */
export function withEntryUuid(resource: Resource, value: string): Resource {
  const others = objectsOf(resource.identifier).filter((identifier) => !isEntryUuid(identifier))
  return { ...resource, identifier: [...others, { use: 'official', system: uriSystem, value }] }
}

/** `Type/id`, of an absolute URL of this server or a relative one. */
export function relativeUrl(url: JsonValue | undefined, baseUrl: string): string | undefined {
  if (typeof url !== 'string') return undefined
  return pathBelow(url, baseUrl) ?? url
}

/** Whether a draft is about a resource that the DMP's rules govern, before or from now on. */
export function isGoverned(draft: Draft): boolean {
  return draft.governedBy.has('dmp') || (draft.stored?.envelope.rules?.includes('dmp') ?? false)
}

/** A fiche that enters by ITI-65 or ITI-105. */
export function isDeposit(draft: Draft): draft is Draft & { resource: Resource } {
  return isDocumentReference(draft) && draft.method === 'POST' && isGoverned(draft)
}

export function isDocumentReference(draft: Draft): draft is Draft & { resource: Resource } {
  return draft.type === 'DocumentReference' && draft.resource !== undefined
}

/** Whether a stored version is a SubmissionSet; its body is looked at only for a List. */
export function isStoredSubmissionSet({ type, body }: StoredVersion): boolean {
  return type === 'List' && body.includes('"submissionset"')
}
