/** The code systems and profiles that demonstration data uses, and small builders for elements. */
import type { JsonObject } from '../fhir/resource.ts'

const NOS = 'https://mos.esante.gouv.fr/NOS/'

/** The URL of a NOS table: `TRE_R02-SecteurActivite`. */
export function nos(table: string): string {
  return `${NOS}${table}/FHIR/${table.replace('_', '-')}`
}

export const frCore = (id: string) => `https://hl7.fr/ig/fhir/core/StructureDefinition/${id}`
export const pdsm = (id: string) =>
  `https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/${id}`
export const mhd = (id: string) => `https://profiles.ihe.net/ITI/MHD/StructureDefinition/${id}`

export const frIdentifierTypes = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203'
export const loinc = 'http://loinc.org'
export const atc = 'http://www.whocc.no/atc'
export const icd10 = 'http://hl7.org/fhir/sid/icd-10'
export const ucum = 'http://unitsofmeasure.org'

export function coding(system: string, code: string, display?: string): JsonObject {
  return { system, code, ...(display === undefined ? {} : { display }) }
}

export function concept(system: string, code: string, display?: string): JsonObject {
  return {
    coding: [coding(system, code, display)],
    ...(display === undefined ? {} : { text: display }),
  }
}

export function reference(type: string, id: string, display?: string): JsonObject {
  return { reference: `${type}/${id}`, ...(display === undefined ? {} : { display }) }
}

export function identifier(type: string, system: string, value: string, use?: string): JsonObject {
  return {
    ...(use === undefined ? {} : { use }),
    type: { coding: [coding(frIdentifierTypes, type)] },
    system,
    value,
  }
}

export function extension(url: string, value: JsonObject): JsonObject {
  return { url, ...value }
}

/** `01`, `02`: the number in an id. */
export function two(number: number): string {
  return String(number).padStart(2, '0')
}
