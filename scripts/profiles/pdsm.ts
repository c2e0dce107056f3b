/** PDSm 3.1.1, the seven profiles of French document sharing, less what decision 1 relaxes. */
import type { Facet, Package } from './notation.ts'
import {
  MS,
  bind,
  containedReference,
  extension,
  extensionDefinition,
  ofType,
  pattern,
  profile,
  reference,
  rule,
  rules,
  searchParameter,
  slices,
} from './notation.ts'

const pkg = {
  name: 'ans.fhir.fr.pdsm',
  version: '3.1.1',
  title: 'PDSm 3.1.1 (notre énoncé)',
  canonical: 'https://interop.esante.gouv.fr/ig/fhir/pdsm',
  dependencies: {
    'hl7.fhir.r4.core': '4.0.1',
    'hl7.fhir.fr.core': '2.2.0',
    'ihe.iti.mhd': '4.2.3',
  },
  readme: `Guide: ANS, Partage de documents de santé en mobilité (PDSm) 3.1.1, build of 30 June 2026,
https://interop.esante.gouv.fr/ig/fhir/pdsm

Stated: the seven profiles, two extensions and six search parameters.

Deliberate differences:

- \`custodian\` and \`date\` are optional on both fiches, as in the tag of the same number; a warning
  (\`pdsm-custodian\`, \`pdsm-date\`) asks for them (decision 1).
- The package depends on FR Core 2.2.0, not 2.1.0 (decision 2), and not on the Annuaire: its profiles
  are targets of references, checked by type while they are not loaded.
- The rules that the guide states in words only (\`constr-*\`) carry our wording and no expression; code
  checks them (decisions 3 and 67).
- \`context.related:referenceIdList\` is told apart by the system of its identifier's type. The guide
  names \`type\`, which nothing in the slice constrains, so that no entry could ever be told apart.
- \`isArchived\` is the guide's own; that it finds \`false\` where the extension is absent (decision 10)
  is done by the extraction of index entries, whichever package is loaded.
- \`authorOrg\` also looks at \`List.source\`, where the extension stands (decision 15).
`,
} as const

const pdsm = (id: string) => `${pkg.canonical}/StructureDefinition/${id}`
const mhd = (id: string) => `https://profiles.ihe.net/ITI/MHD/StructureDefinition/${id}`
const frCore = (id: string) => `https://hl7.fr/ig/fhir/core/StructureDefinition/${id}`
const annuaire = (id: string) =>
  `https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/${id}`
const nos = (set: string) =>
  `https://mos.esante.gouv.fr/NOS/${set}/FHIR/${set.replace(/^JDV_/, 'JDV-')}`

const PATIENT = frCore('fr-core-patient')
const PRACTITIONER = annuaire('as-practitioner')
const ROLE = annuaire('as-practitionerrole')
const ORGANIZATION = annuaire('as-organization')
const IS_ARCHIVED = pdsm('pdsm-ext-is-archived')

/** Codes of a fiche: the set that the guide prefers, and its rule in words on the code system. */
const coded = {
  type: [
    bind('preferred', nos('JDV_J07-XdsTypeCode-CISIS')),
    rule('constr-bind-type', 'error', 'Le type vient de la TRE_A05, de LOINC ou de la TRE_A12.'),
  ],
  category: [
    bind('preferred', nos('JDV_J06-XdsClassCode-CISIS')),
    rule('constr-bind-category', 'error', 'La classe vient de la TRE_A03 ou de la TRE_A10.'),
  ],
  securityLabel: [bind('extensible', nos('JDV_J08-XdsConfidentialityCode-CISIS'))],
  format: [
    bind('preferred', nos('JDV_J10-XdsFormatCode-CISIS')),
    rule(
      'constr-bind-format',
      'error',
      'Le format vient de la TRE_A06, de la TRE_A11, de la TRE_A09 ou de la TRE_A10.',
    ),
  ],
  event: [
    rule(
      'constr-bind-context-event',
      'error',
      "L'acte vient de la CCAM, de la CIM-10, de la TRE_A00 si le patient s'exprime, ou d'un autre référentiel.",
    ),
  ],
} as const satisfies Record<string, readonly Facet[]>

function producer(set: string, key: string): readonly Facet[] {
  return [
    bind('preferred', nos(set)),
    rule(
      key,
      'error',
      'Le cadre vient de la TRE_A00 pour un patient, de la TRE_R02 ou de la TRE_A01 pour un professionnel.',
    ),
  ]
}

/** Decision 1: asked for, not demanded. */
const expected = rules(
  rule(
    'pdsm-custodian',
    'warning',
    'Le dépositaire (custodian) est attendu.',
    'custodian.exists()',
  ),
  rule('pdsm-date', 'warning', 'La date est attendue.', 'date.exists()'),
)

const comprehensiveDocument = profile(pkg, {
  id: 'pdsm-comprehensive-document-reference',
  name: 'PDSm_ComprehensiveDocumentReference',
  title: 'Fiche',
  description: "Les métadonnées d'un document déposé dans un lot.",
  type: 'DocumentReference',
  parent: mhd('IHE.MHD.Comprehensive.DocumentReference'),
  elements: {
    '': [expected],
    'meta.versionId': [MS],
    contained: ['1..', MS],
    extension: [slices('open', 'value:url')],
    'extension:isArchived': ['0..1', MS, extension(IS_ARCHIVED)],
    masterIdentifier: [MS],
    status: [MS],
    type: coded.type,
    category: coded.category,
    subject: [reference(PATIENT)],
    author: ['1..', containedReference(PRACTITIONER, ROLE, 'Device', PATIENT)],
    authenticator: [MS, containedReference(PRACTITIONER, ROLE, ORGANIZATION)],
    relatesTo: [
      rules(
        rule('constr-cdr-rempl', 'error', 'Un remplacement nomme le document remplacé, un seul.'),
        rule('constr-bind-relatesTo', 'error', 'Le lien vers le document remplacé est replaces.'),
      ),
    ],
    'relatesTo.target': [
      rule('constr-bind-relatesToTarget', 'error', 'La cible est une fiche de ce profil.'),
    ],
    description: [MS],
    securityLabel: coded.securityLabel,
    content: [MS],
    'content.attachment.url': [
      rule('constr-bind-attachmenturl', 'error', 'Au dépôt, le lien mène au Binary du lot.'),
    ],
    'content.attachment.size': ['1..'],
    'content.attachment.hash': ['1..'],
    'content.attachment.title': ['1..'],
    'content.format': coded.format,
    context: [MS],
    'context.event': coded.event,
    'context.period': ['1..'],
    'context.period.start': ['1..'],
    'context.facilityType': producer(
      'JDV_J02-XdsHealthcareFacilityTypeCode-CISIS',
      'constr-bind-ProducteurDoc',
    ),
    'context.practiceSetting': producer(
      'JDV_J04-XdsPracticeSettingCode-CISIS',
      'constr-bind-ProducteurDoc',
    ),
    'context.sourcePatientInfo': [containedReference(PATIENT)],
    'context.related': [MS, slices('open', 'value:identifier.type.coding.system')],
    'context.related:referenceIdList': ['0..*'],
    'context.related:referenceIdList.identifier': [MS],
    'context.related:referenceIdList.identifier.type.coding.system': [
      pattern('Uri', 'urn:ietf:rfc:3986'),
    ],
    'context.related:referenceIdList.identifier.type.coding.code': [MS],
    'context.related:referenceIdList.identifier.system': [MS],
    'context.related:referenceIdList.identifier.value': ['1..', MS],
  },
})

const simplifiedDocument = profile(pkg, {
  id: 'pdsm-simplified-publish',
  name: 'PDSm_SimplifiedPublish',
  title: 'Fiche simplifiée',
  description: "Un document et ses métadonnées, déposés d'un seul POST.",
  type: 'DocumentReference',
  parent: mhd('IHE.MHD.SimplifiedPublish.DocumentReference'),
  elements: {
    '': [expected],
    'meta.versionId': [MS],
    masterIdentifier: [MS],
    identifier: [MS],
    status: [MS],
    type: coded.type,
    category: coded.category,
    subject: [reference(PATIENT)],
    author: [
      '1..',
      reference(
        ROLE,
        PRACTITIONER,
        ORGANIZATION,
        'Device',
        PATIENT,
        frCore('fr-core-related-person'),
      ),
    ],
    authenticator: [MS, reference(PRACTITIONER, ROLE, ORGANIZATION)],
    description: [MS],
    securityLabel: coded.securityLabel,
    content: [MS],
    'content.attachment.title': ['1..'],
    'content.format': coded.format,
    context: [MS],
    'context.event': ['..1', ...coded.event],
    'context.facilityType': producer(
      'JDV_J02-XdsHealthcareFacilityTypeCode-CISIS',
      'constr-bind-ProducteurDoc-simplified',
    ),
    'context.practiceSetting': producer(
      'JDV_J04-XdsPracticeSettingCode-CISIS',
      'constr-bind-ProducteurDoc-simplified',
    ),
    'context.sourcePatientInfo': [reference(PATIENT)],
  },
})

const DOCUMENT = pdsm('pdsm-comprehensive-document-reference')
const SUBMISSION_SET = pdsm('pdsm-submissionset-comprehensive')
const FOLDER = pdsm('pdsm-folder-comprehensive')

const submissionSet = profile(pkg, {
  id: 'pdsm-submissionset-comprehensive',
  name: 'PDSm_SubmissionSetComprehensive',
  title: 'Lot de soumission',
  description: 'Un dépôt: qui a envoyé quels documents, et quand.',
  type: 'List',
  parent: mhd('IHE.MHD.Comprehensive.SubmissionSet'),
  elements: {
    contained: ['1..', MS],
    'extension:designationType': [
      rule(
        'constr-bind-designationtype',
        'error',
        "Le type d'activité vient de la TRE_A00, de la TRE_R209 ou de la TRE_R02.",
      ),
    ],
    'extension:designationType.value[x]': [
      bind('preferred', nos('JDV_J03-XdsContentTypeCode-CISIS')),
    ],
    'extension:isArchived': ['0..1', extension(IS_ARCHIVED)],
    'extension:PDSmintendedRecipient': ['0..*', MS, extension(pdsm('pdsm-ext-intended-recipient'))],
    'extension:PDSmintendedRecipient.value[x]': [
      containedReference(PRACTITIONER, ROLE, ORGANIZATION),
    ],
    status: [MS],
    mode: [MS],
    title: [MS],
    code: [MS],
    subject: [reference(PATIENT)],
    date: [MS],
    source: ['1..', containedReference(ROLE, 'Device', PATIENT)],
    'source.extension:authorOrg': [],
    'source.extension:authorOrg.value[x]': [containedReference(ORGANIZATION)],
    'entry.item': [reference(DOCUMENT, FOLDER)],
  },
})

const folder = profile(pkg, {
  id: 'pdsm-folder-comprehensive',
  name: 'PDSm_FolderComprehensive',
  title: 'Classeur',
  description: 'Des documents réunis.',
  type: 'List',
  parent: mhd('IHE.MHD.Comprehensive.Folder'),
  elements: {
    'extension:designationType': ['..1'],
    status: [MS],
    subject: [reference(PATIENT)],
    date: ['1..', MS],
    entry: ['1..'],
    'entry.item': [reference(DOCUMENT)],
  },
})

const bundles = [
  profile(pkg, {
    id: 'pdsm-comprehensive-provide-document-bundle',
    name: 'PDSm_ComprehensiveProvideDocumentBundle',
    title: 'Transaction de dépôt',
    description: 'Un lot, ses fiches et leurs documents.',
    type: 'Bundle',
    parent: mhd('IHE.MHD.Comprehensive.ProvideBundle'),
    elements: {
      'entry:SubmissionSet': [],
      'entry:SubmissionSet.resource': [ofType('List', SUBMISSION_SET)],
      'entry:DocumentRefs': [],
      'entry:DocumentRefs.resource': [ofType('DocumentReference', DOCUMENT)],
      'entry:Folders': [],
      'entry:Folders.resource': [ofType('List', FOLDER)],
    },
  }),
  profile(pkg, {
    id: 'pdsm-find-documentreferences-comprehensive-response',
    name: 'PDSm_FindDocumentReferencesComprehensiveResponse',
    title: 'Fiches trouvées',
    description: 'La réponse à une recherche de fiches.',
    type: 'Bundle',
    parent: mhd('IHE.MHD.FindDocumentReferencesComprehensiveResponseMessage'),
    elements: {
      'entry:DocumentReference': [],
      'entry:DocumentReference.resource': [ofType('DocumentReference', DOCUMENT)],
    },
  }),
  profile(pkg, {
    id: 'pdsm-find-lists-response',
    name: 'PDSm_FindListsResponse',
    title: 'Lots et classeurs trouvés',
    description: 'La réponse à une recherche de lots ou de classeurs.',
    type: 'Bundle',
    parent: mhd('IHE.MHD.FindDocumentListsResponseMessage'),
    elements: {
      'entry:SubmissionSet': [],
      'entry:SubmissionSet.resource': [ofType('List', SUBMISSION_SET)],
      'entry:Folder': [],
      'entry:Folder.resource': [ofType('List', FOLDER)],
    },
  }),
]

const extensions = [
  extensionDefinition(pkg, {
    id: 'pdsm-ext-is-archived',
    name: 'PDSm_IsArchived',
    title: 'Archivé ou non',
    context: ['DocumentReference', 'List'],
    elements: { 'value[x]': ['1..', ofType('boolean')] },
  }),
  extensionDefinition(pkg, {
    id: 'pdsm-ext-intended-recipient',
    name: 'PDSm_intendedRecipient',
    title: "Destinataire d'un lot",
    context: ['List'],
    elements: { 'value[x]': [reference(PRACTITIONER, ROLE, ORGANIZATION)] },
  }),
]

const authorOrg = `extension.where(url='${mhd('ihe-authorOrg')}').value`
const repeats = { multipleOr: true, multipleAnd: true }
const listSource = {
  code: 'source',
  base: ['List'],
  type: 'reference',
  expression: 'List.source',
} as const

function asSource(target: string, chain: readonly string[]) {
  return {
    derivedFrom: 'http://hl7.org/fhir/SearchParameter/List-source',
    target: [target],
    ...repeats,
    modifier: ['exact', 'contains'],
    chain: [...chain],
  }
}

const searchParameters = [
  searchParameter(pkg, {
    id: 'PDSm-isArchived',
    name: 'PDSmIsArchived',
    description: 'Archivé ou non.',
    code: 'isArchived',
    base: ['DocumentReference', 'List'],
    type: 'token',
    expression: `extension.where(url='${IS_ARCHIVED}').value`,
  }),
  searchParameter(pkg, {
    id: 'PDSm-DocumentReference-period-start',
    name: 'PDSmDocumentReferencePeriodStart',
    description: "Début de l'acte.",
    code: 'period-start',
    base: ['DocumentReference'],
    type: 'date',
    expression: 'DocumentReference.context.period.start',
    more: repeats,
  }),
  searchParameter(pkg, {
    id: 'PDSm-DocumentReference-period-end',
    name: 'PDSmDocumentReferencePeriodEnd',
    description: "Fin de l'acte.",
    code: 'period-end',
    base: ['DocumentReference'],
    type: 'date',
    expression: 'DocumentReference.context.period.end',
    more: repeats,
  }),
  searchParameter(pkg, {
    id: 'PDSm-List-PatientAsSource',
    name: 'PDSmListPatientAsSource',
    description: 'Le patient qui a envoyé le lot.',
    ...listSource,
    more: asSource('Patient', ['given', 'family']),
  }),
  searchParameter(pkg, {
    id: 'PDSm-List-PractitionerRoleAsSource',
    name: 'PDSmListPractitionerRoleAsSource',
    description: 'Le professionnel, dans sa situation, qui a envoyé le lot.',
    ...listSource,
    more: asSource('PractitionerRole', [
      'partOf.practitioner.given',
      'partOf.practitioner.family',
      'partOf.givenEx',
      'partOf.familyEx',
    ]),
  }),
  searchParameter(pkg, {
    id: 'PDSm-List-authorOrg',
    name: 'PDSmAuthorOrg',
    description: "L'organisation qui a envoyé le lot.",
    code: 'authorOrg',
    base: ['List'],
    type: 'reference',
    expression: `List.${authorOrg} | List.source.${authorOrg}`,
    more: { target: ['Organization'] },
  }),
]

export const pdsmPackage: Package = {
  ...pkg,
  resources: [
    comprehensiveDocument,
    simplifiedDocument,
    submissionSet,
    folder,
    ...bundles,
    ...extensions,
    ...searchParameters,
  ],
}
