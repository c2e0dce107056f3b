/**
 * What is wrong with the guides' own examples: by example, the rule and the element, under the
 * reason. Sources: ../shared/spec/documents.md §7, identity-agenda-messaging.md, and the packages.
 */
export interface Defects {
  readonly reason: string
  readonly issues: readonly string[]
}

const commune = 'fr-core-vs-insee-code holds TRE_R13-CommuneOM, the example uses TRE_R13-Commune'
const language = 'TRE_G00 is no BCP 47 language, which the maximum value set of R4 asks for'
const custodian = 'no custodian (documents.md §7.2); decision 1 relaxes it on input'
const masterIdentifier = 'masterIdentifier without use (documents.md §7.2)'
const practitioner = 'the contained Practitioner has an identifier without type'
const mode = 'validationMode has a code without system'
const display = 'wrong display (documents.md §7)'
const reference = 'a reference without resource type'
const bundle = 'follows from the defects of its entries (documents.md §7.2)'

export const knownExampleDefects: Readonly<Record<string, readonly Defects[]>> = {
  'ans.fhir.fr.annuaire-1.1.0/Organization-158480DP': [
    { reason: commune, issues: ['required-binding Organization.address[0].extension[0].value'] },
  ],
  'ans.fhir.fr.annuaire-1.1.0/Organization-example-organization-nancy': [
    { reason: commune, issues: ['required-binding Organization.address[0].extension[0].value'] },
  ],
  'ans.fhir.fr.annuaire-1.1.0/Practitioner-334081': [
    { reason: commune, issues: ['required-binding Practitioner.address[0].extension[0].value'] },
    { reason: language, issues: ['max-binding Practitioner.communication[0]'] },
  ],
  'ans.fhir.fr.annuaire-1.1.0/PractitionerRole-1738459DP': [
    {
      reason: 'the identifier has the system of the directory, not of RPPS',
      issues: ['slice-min PractitionerRole'],
    },
  ],
  'ans.fhir.fr.annuaire-1.2.0-snapshot-2/Organization-158480DP': [
    { reason: commune, issues: ['required-binding Organization.address[0].extension[0].value'] },
  ],
  'ans.fhir.fr.annuaire-1.2.0-snapshot-2/Organization-example-organization-nancy': [
    { reason: commune, issues: ['required-binding Organization.address[0].extension[0].value'] },
  ],
  'ans.fhir.fr.annuaire-1.2.0-snapshot-2/Practitioner-334081': [
    { reason: commune, issues: ['required-binding Practitioner.address[0].extension[0].value'] },
    { reason: language, issues: ['max-binding Practitioner.communication[0]'] },
  ],
  'ans.fhir.fr.cds-2.0.1/Patient-cds-patient-example': [
    { reason: commune, issues: ['required-binding Patient.extension[1].value.extension[0].value'] },
  ],
  'ans.fhir.fr.nde-3.0.0/CommunicationRequest-com1': [
    {
      reason: mode,
      issues: [
        'required-binding CommunicationRequest.contained[1].extension[0].extension[2].value',
      ],
    },
  ],
  'ans.fhir.fr.nde-3.0.0/CommunicationRequest-com2': [
    {
      reason: mode,
      issues: [
        'required-binding CommunicationRequest.contained[0].extension[0].extension[2].value',
      ],
    },
  ],
  'ans.fhir.fr.nde-3.0.0/Subscription-sub1': [
    {
      reason: mode,
      issues: ['required-binding Subscription.contained[0].extension[0].extension[2].value'],
    },
  ],
  'ans.fhir.fr.pdsm-3.1.1/List-ExampleFolder': [
    { reason: display, issues: ['wrong-display List.code.coding[0].display'] },
  ],
  'ans.fhir.fr.pdsm-3.1.1/List-ExampleSubmissionSet': [
    {
      reason: 'contained resources with meta.versionId (documents.md §7.1)',
      issues: ['dom-4 List.contained[0]', 'dom-4 List.contained[1]'],
    },
    {
      reason: 'uniqueId is a urn:uuid (documents.md §7.1)',
      issues: ['mhd-startswithoid List.identifier[0].value'],
    },
    { reason: display, issues: ['wrong-display List.code.coding[0].display'] },
  ],
  'ans.fhir.fr.pdsm4dmp-0.1.0/Bundle-example-td2-1-remplacement': [
    {
      reason: bundle,
      issues: [
        'slice-min Bundle',
        'slice-closed Bundle.entry[0]',
        'profile-mismatch Bundle.entry[0].resource.entry[0].item',
        'slice-closed Bundle.entry[1]',
      ],
    },
    {
      reason: 'the source is a Practitioner (documents.md §7.2)',
      issues: ['reference-type Bundle.entry[0].resource.source'],
    },
    { reason: custodian, issues: ['min-cardinality Bundle.entry[1].resource'] },
    {
      reason: masterIdentifier,
      issues: ['min-cardinality Bundle.entry[1].resource.masterIdentifier'],
    },
    {
      reason: practitioner,
      issues: [
        'profile-mismatch Bundle.entry[1].resource.author[0]',
        'profile-mismatch Bundle.entry[1].resource.authenticator',
      ],
    },
  ],
  'ans.fhir.fr.pdsm4dmp-0.1.0/DocumentReference-doc-x-id': [
    { reason: custodian, issues: ['min-cardinality DocumentReference'] },
    { reason: masterIdentifier, issues: ['min-cardinality DocumentReference.masterIdentifier'] },
    {
      reason: practitioner,
      issues: [
        'profile-mismatch DocumentReference.author[0]',
        'profile-mismatch DocumentReference.authenticator',
      ],
    },
  ],
  'ans.fhir.fr.pdsm4dmp-0.1.0/DocumentReference-example-annexe-docref-fhir': [
    { reason: custodian, issues: ['min-cardinality DocumentReference'] },
    { reason: masterIdentifier, issues: ['min-cardinality DocumentReference.masterIdentifier'] },
  ],
  'ans.fhir.fr.pdsm4dmp-0.1.0/DocumentReference-example-td2-iti105-publication-simplifiee': [
    { reason: custodian, issues: ['min-cardinality DocumentReference'] },
    { reason: practitioner, issues: ['profile-mismatch DocumentReference.author[0]'] },
  ],
  'ans.fhir.fr.pdsm4dmp-0.1.0/DocumentReference-example-td3-1a-cr-consultation': [
    { reason: custodian, issues: ['min-cardinality DocumentReference'] },
    { reason: masterIdentifier, issues: ['min-cardinality DocumentReference.masterIdentifier'] },
    { reason: display, issues: ['wrong-display DocumentReference.category[0].coding[0].display'] },
  ],
  'ans.fhir.fr.pdsm4dmp-0.1.0/DocumentReference-example-td3-1a-fhir-document': [
    { reason: custodian, issues: ['min-cardinality DocumentReference'] },
    { reason: masterIdentifier, issues: ['min-cardinality DocumentReference.masterIdentifier'] },
  ],
  'ans.fhir.fr.pdsm4dmp-0.1.0/DocumentReference-example-td3-1a-ordonnance': [
    { reason: custodian, issues: ['min-cardinality DocumentReference'] },
    { reason: masterIdentifier, issues: ['min-cardinality DocumentReference.masterIdentifier'] },
  ],
  'hl7.fhir.fr.core-2.0.1/Observation-FRCoreObservationBPExample': [
    {
      reason: reference,
      issues: [
        'reference-format Observation.subject.reference',
        'reference-format Observation.performer[0].reference',
      ],
    },
  ],
  'hl7.fhir.fr.core-2.0.1/Observation-FRCoreObservationBodyHeightExample': [
    { reason: reference, issues: ['reference-format Observation.subject.reference'] },
  ],
  'hl7.fhir.fr.core-2.0.1/Observation-FRCoreObservationBodyTemperatureExample': [
    { reason: reference, issues: ['reference-format Observation.subject.reference'] },
  ],
  'hl7.fhir.fr.core-2.2.0/HealthcareService-svc-cardiologie-1': [
    {
      reason: display,
      issues: [
        'wrong-display HealthcareService.extension[0].extension[0].value.coding[0].display',
        'wrong-display HealthcareService.specialty[0].coding[0].display',
      ],
    },
  ],
}
