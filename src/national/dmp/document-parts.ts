/** Reads the parts of fiches and lots that the rules look at. */
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
  return profilesOf(resource).some(
    (profile) => profile === simplifiedProfile || profile === mhdSimplifiedProfile,
  )
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

export function entryUuidOf(resource: Resource): string | undefined {
  const identifier = objectsOf(resource.identifier).find(isEntryUuid)
  return identifier && (identifier.value as string)
}

/** The same fiche under another entryUUID. */
export function withEntryUuid(resource: Resource, value: string): Resource {
  const others = objectsOf(resource.identifier).filter((identifier) => !isEntryUuid(identifier))
  return { ...resource, identifier: [...others, { use: 'official', system: uriSystem, value }] }
}

/** Whether a draft is about a resource that the DMP's rules govern, before or from now on. */
export function isGoverned(draft: Draft): boolean {
  return draft.governedBy.has('dmp') || (draft.stored?.envelope.rules?.includes('dmp') ?? false)
}

export function isDocumentReference(draft: Draft): draft is Draft & { resource: Resource } {
  return draft.type === 'DocumentReference' && draft.resource !== undefined
}

/** Whether a stored version is a SubmissionSet; its body is looked at only for a List. */
export function isStoredSubmissionSet({ type, body }: StoredVersion): boolean {
  return type === 'List' && body.includes('"submissionset"')
}
