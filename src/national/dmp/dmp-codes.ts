/** Canonicals and code systems that the DMP's rules name. Facts of PDSm 3.1.1, MHD 4.2.3 and NOS. */

const PDSM = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/'
const MHD = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/'
const NOS = 'https://mos.esante.gouv.fr/NOS/'

export const comprehensiveProfile = `${PDSM}pdsm-comprehensive-document-reference`
export const simplifiedProfile = `${PDSM}pdsm-simplified-publish`
export const submissionSetProfile = `${PDSM}pdsm-submissionset-comprehensive`
export const folderProfile = `${PDSM}pdsm-folder-comprehensive`
export const mhdSimplifiedProfile = `${MHD}IHE.MHD.SimplifiedPublish.DocumentReference`
export const pdsmProfiles = PDSM

export const isArchivedUrl = `${PDSM}pdsm-ext-is-archived`
export const designationTypeUrl = `${MHD}ihe-designationType`

export const listTypesSystem = 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes'
export const uriSystem = 'urn:ietf:rfc:3986'
export const loincSystem = 'http://loinc.org'
export const iheFormatSystem = 'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode'

export const visibilitySystem = `${NOS}TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument`
/** The spelling fault that PDSm's own examples carry (decision 11). */
export const misspeltVisibilitySystem = `${NOS}TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument`
export const nosConfidentialitySystem = `${NOS}TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality`
export const confidentialitySystem = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
export const actCodeSystem = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

/** The beginning of a NOS code system's URL, by the name of its nomenclature. */
export function nosSystem(name: string): string {
  return `${NOS}${name}-`
}
