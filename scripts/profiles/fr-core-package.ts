/** FR Core 2.2.0: what its profiles, extensions and value sets share. https://hl7.fr/ig/fhir/core */
import type { Facet } from './notation.ts'
import { bind, concept, extension, ofType, pattern } from './notation.ts'

export const pkg = {
  name: 'hl7.fhir.fr.core',
  version: '2.2.0',
  title: 'FR Core 2.2.0 (notre énoncé)',
  canonical: 'https://hl7.fr/ig/fhir/core',
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  readme: `Guide: Interop'Santé, FR Core 2.2.0, https://hl7.fr/ig/fhir/core

Stated: Patient, Patient INS, Practitioner, PractitionerRole, RelatedPerson, Organization with
établissement, UF and UAC, Location, HealthcareService, the data types HumanName, Address and
ContactPoint, and the extensions, value sets and small code systems that these use. Not stated: the
other profiles (agenda, encounter, vital signs) and the larger code systems; where they are named,
what names them is checked by type, and the binding is left unchecked.

Deliberate differences:

- Canonicals carry no version: they are resolved in the context of this package, whose version is
  fixed. So are the NOS value sets, whose versions change often.
- \`fr-core-patient\`: one slice \`NSS\` (0..2) with the rules \`fr-nss-system\` and \`fr-nss-once\` stands
  for NSS-NIR and NSS-NIA. The guide gives both the same discriminator value, so that no social
  security number could be valid (decision 34).
- \`fr-core-patient-ins\`: \`use\` of INS-NIA also takes \`temp\` (rule \`fr-ins-nia-use\`, decision 34).
`,
} as const

export const frCore = (id: string) => `${pkg.canonical}/StructureDefinition/${id}`
export const vs = (id: string) => `${pkg.canonical}/ValueSet/${id}`
export const cs = (id: string) => `${pkg.canonical}/CodeSystem/${id}`
export const nos = (set: string) =>
  `https://mos.esante.gouv.fr/NOS/${set}/FHIR/${set.replace('_', '-')}`

export const TYPES = cs('fr-core-cs-v2-0203')
export const HL7_TYPES = 'http://terminology.hl7.org/CodeSystem/v2-0203'

export const humanName = ofType('HumanName', frCore('fr-core-human-name'))
export const address = ofType('Address', frCore('fr-core-address'))
export const contactPoint = ofType('ContactPoint', frCore('fr-core-contact-point'))

export function frExtension(id: string): Facet {
  return extension(frCore(id))
}

/** `meta.profile` may name this profile with its version; any other entry is free. */
export function canonicalSlice(id: string, name = 'fr-canonical'): Record<string, Facet[]> {
  return {
    [`meta.profile:${name}`]: ['0..1', pattern('Canonical', `${frCore(id)}|${pkg.version}`)],
  }
}

/** Where the guide's pattern has a display, an identifier without it is outside the slice. */
export function typePattern(system: string, code: string, display?: string): Facet {
  return pattern('CodeableConcept', concept(system, code, display))
}

/** An identifier slice: use, type, system and value, each demanded where it is given. */
export interface IdentifierSlice {
  readonly name: string
  readonly cardinality: string
  readonly use?: Facet
  readonly type?: Facet
  /** `1..` alone where any system will do. */
  readonly system?: string
  readonly value?: boolean
  readonly more?: readonly Facet[]
}

export function identifierSlice(slice: IdentifierSlice): Record<string, Facet[]> {
  const { name, cardinality, use, type, system, value = true, more = [] } = slice
  const id = `identifier:${name}`
  return {
    [id]: [cardinality, ...more],
    ...(use ? { [`${id}.use`]: ['1..', use] } : {}),
    ...(type ? { [`${id}.type`]: ['1..', type] } : {}),
    [`${id}.system`]: ['1..', ...(system ? [pattern('Uri', system)] : [])],
    ...(value ? { [`${id}.value`]: ['1..'] } : {}),
  }
}

export const official = pattern('Code', 'official')
export const secondary = pattern('Code', 'secondary')
export const required = (set: string) => bind('required', set)
export const extensible = (set: string) => bind('extensible', set)
