/** The places of a French Patient that the identity rules read. FR Core 2.2.0. */
import type { JsonObject, JsonValue, Resource } from '../../fhir/resource.ts'
import { isObject } from '../../fhir/resource.ts'

const FR_CORE = 'https://hl7.fr/ig/fhir/core/'
export const patientInsProfile = `${FR_CORE}StructureDefinition/fr-core-patient-ins`
export const reliabilityUrl = `${FR_CORE}StructureDefinition/fr-core-identity-reliability`
export const birthListUrl = `${FR_CORE}StructureDefinition/fr-core-patient-birth-list-given-name`
export const inseeCodeUrl = `${FR_CORE}StructureDefinition/fr-core-address-insee-code`
export const birthPlaceUrl = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace'
/** The code system of identityStatus in FR Core 2.2.0 and before. */
export const v2StatusSystem = `${FR_CORE}CodeSystem/fr-core-cs-v2-0445`
/** The coming code system, in which VALI means what the RNIV calls validée. */
export const newStatusSystem = `${FR_CORE}CodeSystem/fr-core-cs-identity-status`

/** The objects in a list element; none when it is absent or no list. */
export function objectsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** The extensions of an element with this url. */
export function extensionsOf(element: JsonValue | undefined, url: string): readonly JsonObject[] {
  if (!isObject(element)) return []
  return objectsIn(element.extension).filter((extension) => extension.url === url)
}

/** The official name, that of the birth certificate; undefined when there is none. */
export function birthName(patient: Resource): JsonObject | undefined {
  return objectsIn(patient.name).find((name) => name.use === 'official')
}

export function isFilled(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
