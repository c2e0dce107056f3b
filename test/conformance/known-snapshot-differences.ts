/** Snapshots that differ from ours, by the reason. The lists may only shrink. */

const vitalSigns = [
  'bmi',
  'body-height',
  'body-temperature',
  'body-weight',
  'bp',
  'head-circum',
  'heartrate',
  'resp-rate',
  'saturation-oxygen',
]

export const knownDifferences: Readonly<Record<string, readonly string[]>> = {
  'HL7 published these snapshots of 4.0.1 without elements of their base, or before slices of choices':
    ['bp', 'catalog', 'familymemberhistory-genetic'].map((id) => `hl7.fhir.r4.core-4.0.1: ${id}`),
  'built on a corrected R4 core, where the units of vital signs are extensible': [
    '2.1.0',
    '2.2.0',
  ].flatMap((version) =>
    vitalSigns.map((id) => `hl7.fhir.fr.core-${version}: fr-core-observation-${id}`),
  ),
  'built on another R4 core, whose Bundle slices its extensions': [
    'ans.fhir.fr.gap-3.0.0: gap-bundle-reponse-demande-consult-dispo',
    'ans.fhir.fr.gap-3.0.0: gap-bundle-reponse-demande-consult-rdv',
    'ans.fhir.fr.sas-1.1.0: BundleAgregateur',
    'ans.fhir.fr.sas-1.1.0: sas-cpts-bundle-aggregator',
    'ans.fhir.fr.sas-1.1.0: sas-sos-bundle-aggregator',
  ],
  'what the profile says of all items is missing in its slices there; the slices here have it': [
    'hl7.fhir.r4.core-4.0.1: provenance-relevant-history',
    'ans.fhir.fr.cds-2.0.1: cds-organization',
    'hl7.fhir.fr.core-2.0.1: fr-core-organization',
    'hl7.fhir.fr.core-2.0.1: fr-core-patient-ins',
    'hl7.fhir.fr.core-2.0.1: fr-core-patient',
    'hl7.fhir.fr.core-2.0.1: fr-core-practitioner',
    'hl7.fhir.fr.core-2.1.0: fr-core-organization',
    'hl7.fhir.fr.core-2.1.0: fr-core-patient-ins',
    'hl7.fhir.fr.core-2.1.0: fr-core-patient',
    'hl7.fhir.fr.core-2.1.0: fr-core-practitioner',
    'hl7.fhir.fr.core-2.2.0: fr-core-patient-ins',
    'hl7.fhir.fr.core-2.2.0: fr-core-patient',
  ],
  'an open slicing by type was closed, or given its discriminator, by an older publisher': [
    'hl7.fhir.fr.core-2.0.1: fr-core-appointment-operator',
    'hl7.fhir.fr.core-2.0.1: fr-core-observation-bp',
  ],
}
