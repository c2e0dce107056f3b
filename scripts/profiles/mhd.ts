/** IHE MHD 4.2.3, what documents need of it: https://profiles.ihe.net/ITI/MHD */
import type { Elements, Package } from './notation.ts'
import {
  MS,
  bind,
  codeSystem,
  concept,
  containedReference,
  extension,
  extensionDefinition,
  fixed,
  ofType,
  pattern,
  profile,
  reference,
  rule,
  searchParameter,
  slices,
  valueSet,
} from './notation.ts'

const pkg = {
  name: 'ihe.iti.mhd',
  version: '4.2.3',
  title: 'IHE MHD 4.2.3 (our statement)',
  canonical: 'https://profiles.ihe.net/ITI/MHD',
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  readme: `Guide: IHE ITI Mobile access to Health Documents (MHD) 4.2.3, https://profiles.ihe.net/ITI/MHD

Stated: documents, lots, folders, the bundles of ITI-65, ITI-66 and ITI-67, identifiers, extensions,
search parameters. Not stated: audit profiles, \`$generate-metadata\`, CapabilityStatements.

Deliberate differences:

- \`IHE.MHD.FindDocumentListsResponseMessage\`: a third slice lets an OperationOutcome with warnings
  into the otherwise closed list of entries (decision 16).
`,
} as const

const mhd = (id: string) => `${pkg.canonical}/StructureDefinition/${id}`
const vs = (id: string) => `${pkg.canonical}/ValueSet/${id}`
const LIST_TYPES = `${pkg.canonical}/CodeSystem/MHDlistTypes`

const FORMAT_CODES = 'http://ihe.net/fhir/ihe.formatcode.fhir/ValueSet/formatcode'

const uniqueId = ofType('Identifier', mhd('IHE.MHD.UniqueIdIdentifier'))
const entryUuid = ofType('Identifier', mhd('IHE.MHD.EntryUUID.Identifier'))

const identifiers = [
  profile(pkg, {
    id: 'IHE.MHD.UniqueIdIdentifier',
    name: 'UniqueIdIdentifier',
    title: 'Unique id',
    description: 'The identifier that the producer gives a document or folder.',
    type: 'Identifier',
    parent: 'Identifier',
    elements: { use: ['1..', pattern('Code', 'usual')], system: ['1..'], value: ['1..'] },
  }),
  profile(pkg, {
    id: 'IHE.MHD.SubmissionSetUniqueIdIdentifier',
    name: 'SubmissionSetUniqueIdIdentifier',
    title: 'Unique id of a lot',
    description: 'The unique id of a submission set, which is an OID.',
    type: 'Identifier',
    parent: mhd('IHE.MHD.UniqueIdIdentifier'),
    elements: {
      system: [fixed('Uri', 'urn:ietf:rfc:3986')],
      value: [
        rule(
          'mhd-startswithoid',
          'error',
          'The value is an OID and begins with urn:oid:',
          `startsWith('urn:oid:')`,
        ),
      ],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.EntryUUID.Identifier',
    name: 'EntryUUIDIdentifier',
    title: 'Entry UUID',
    description: 'The identifier of one version of the metadata, as the registry gave it.',
    type: 'Identifier',
    parent: 'Identifier',
    elements: {
      use: ['1..', pattern('Code', 'official')],
      system: ['1..', fixed('Uri', 'urn:ietf:rfc:3986')],
      value: [
        '1..',
        rule(
          'mhd-startswithuuid',
          'error',
          'The value is a UUID and begins with urn:uuid:',
          `startsWith('urn:uuid:')`,
        ),
      ],
    },
  }),
]

const documents = [
  profile(pkg, {
    id: 'IHE.MHD.Minimal.DocumentReference',
    name: 'MinimalDocumentReference',
    title: 'Document, minimal metadata',
    description: 'What every document of MHD says of itself.',
    type: 'DocumentReference',
    parent: 'DocumentReference',
    elements: {
      modifierExtension: ['..0'],
      masterIdentifier: ['1..', uniqueId],
      identifier: [MS, slices('open', 'value:use')],
      'identifier:entryUUID': ['0..*', MS, entryUuid],
      status: [bind('required', vs('DocumentReferenceStats'))],
      docStatus: ['..0'],
      type: [MS],
      category: ['..1', MS],
      subject: [MS, reference('Patient')],
      date: [MS],
      author: [MS],
      relatesTo: [MS],
      securityLabel: [MS],
      content: ['..1'],
      'content.attachment.contentType': ['1..'],
      'content.attachment.language': [MS],
      'content.attachment.data': ['..0'],
      'content.attachment.url': ['1..'],
      'content.attachment.creation': [MS],
      'content.format': [MS, bind('preferred', FORMAT_CODES)],
      'context.period': [MS],
      'context.facilityType': [MS],
      'context.practiceSetting': [MS],
      'context.sourcePatientInfo': [MS],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.UnContained.Comprehensive.DocumentReference',
    name: 'UnContainedComprehensiveDocumentReference',
    title: 'Document, comprehensive metadata',
    description: 'Everything that an XDS registry asks of a document; people may be references.',
    type: 'DocumentReference',
    parent: mhd('IHE.MHD.Minimal.DocumentReference'),
    elements: {
      type: ['1..'],
      category: ['1..'],
      subject: ['1..'],
      securityLabel: ['1..'],
      'content.attachment.language': ['1..'],
      'content.attachment.creation': ['1..'],
      'content.format': ['1..'],
      context: ['1..'],
      'context.facilityType': ['1..'],
      'context.practiceSetting': ['1..'],
      'context.sourcePatientInfo': ['1..'],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.Comprehensive.DocumentReference',
    name: 'ComprehensiveDocumentReference',
    title: 'Document, comprehensive metadata, people contained',
    description: 'As comprehensive, with the people as they were at the time of the document.',
    type: 'DocumentReference',
    parent: mhd('IHE.MHD.UnContained.Comprehensive.DocumentReference'),
    elements: {
      author: [
        containedReference(
          'Practitioner',
          'PractitionerRole',
          'Organization',
          'Device',
          'Patient',
          'RelatedPerson',
        ),
      ],
      authenticator: [containedReference('Practitioner', 'PractitionerRole', 'Organization')],
      'context.sourcePatientInfo': [containedReference('Patient')],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.SimplifiedPublish.DocumentReference',
    name: 'SimplifiedPublishDocumentReference',
    title: 'Document published with its bytes',
    description: 'The resource of ITI-105: metadata, and the document as inline data.',
    type: 'DocumentReference',
    parent: 'DocumentReference',
    elements: {
      modifierExtension: ['..0'],
      masterIdentifier: ['1..'],
      identifier: ['..0'],
      status: [pattern('Code', 'current')],
      docStatus: ['..0'],
      type: [MS],
      category: ['..1', MS],
      subject: ['1..', reference('Patient')],
      date: [MS],
      author: [MS],
      relatesTo: [MS],
      securityLabel: [MS],
      content: ['..1'],
      'content.attachment.contentType': ['1..'],
      'content.attachment.language': [MS],
      'content.attachment.data': ['1..'],
      'content.attachment.url': ['..0'],
      'content.attachment.creation': [MS],
      'content.format': [MS],
      'context.period': [MS],
      'context.facilityType': [MS],
      'context.practiceSetting': [MS],
      'context.sourcePatientInfo': [MS],
    },
  }),
]

/** What lots and folders have in common before their code. */
const noFlags: Elements = { 'entry.flag': ['..0'], 'entry.deleted': ['..0'], 'entry.date': ['..0'] }

const lists = [
  profile(pkg, {
    id: 'IHE.MHD.List',
    name: 'MhdList',
    title: 'List of documents',
    description: 'What lots and folders have in common.',
    type: 'List',
    parent: 'List',
    elements: {
      extension: [slices('open', 'value:url')],
      'extension:designationType': ['0..*', extension(mhd('ihe-designationType'))],
      modifierExtension: ['..0'],
      code: ['1..', bind('required', vs('MHDlistTypesVS'))],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.Minimal.SubmissionSet',
    name: 'SubmissionSet',
    title: 'Lot, minimal metadata',
    description: 'One submission: who sent which documents, when.',
    type: 'List',
    parent: mhd('IHE.MHD.List'),
    elements: {
      extension: ['1..'],
      'extension:designationType': ['..1', MS],
      'extension:sourceId': ['1..1', extension(mhd('ihe-sourceId'))],
      'extension:intendedRecipient': ['0..*', extension(mhd('ihe-intendedRecipient'))],
      identifier: [slices('open', 'value:use')],
      'identifier:uniqueId': [
        '0..1',
        MS,
        ofType('Identifier', mhd('IHE.MHD.SubmissionSetUniqueIdIdentifier')),
      ],
      'identifier:entryUUID': ['0..*', MS, entryUuid],
      status: [pattern('Code', 'current')],
      mode: [pattern('Code', 'working')],
      code: [pattern('CodeableConcept', concept(LIST_TYPES, 'submissionset'))],
      subject: [MS, reference('Patient')],
      encounter: ['..0'],
      date: ['1..'],
      source: [MS],
      'source.extension:authorOrg': ['0..1', extension(mhd('ihe-authorOrg'))],
      orderedBy: ['..0'],
      note: ['..1'],
      ...noFlags,
      'entry.item': [reference('DocumentReference', 'List')],
      emptyReason: ['..0'],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.UnContained.Comprehensive.SubmissionSet',
    name: 'SubmissionSetComprehensiveUnContained',
    title: 'Lot, comprehensive metadata',
    description: 'A lot that also names its patient and the kind of activity.',
    type: 'List',
    parent: mhd('IHE.MHD.Minimal.SubmissionSet'),
    elements: {
      extension: ['2..'],
      'extension:designationType': ['1..'],
      subject: ['1..'],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.Comprehensive.SubmissionSet',
    name: 'SubmissionSetComprehensive',
    title: 'Lot, comprehensive metadata, sender contained',
    description: 'As comprehensive, with the sender as it was at the time.',
    type: 'List',
    parent: mhd('IHE.MHD.UnContained.Comprehensive.SubmissionSet'),
    elements: {
      source: [containedReference('Practitioner', 'PractitionerRole', 'Patient', 'Device')],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.Minimal.Folder',
    name: 'Folder',
    title: 'Folder, minimal metadata',
    description: 'Documents that somebody put together.',
    type: 'List',
    parent: mhd('IHE.MHD.List'),
    elements: {
      'extension:designationType': [MS],
      identifier: [slices('open', 'value:use')],
      'identifier:uniqueId': ['0..1', MS, uniqueId],
      'identifier:entryUUID': ['0..*', MS, entryUuid],
      mode: [pattern('Code', 'working')],
      code: [pattern('CodeableConcept', concept(LIST_TYPES, 'folder'))],
      subject: [MS, reference('Patient')],
      encounter: ['..0'],
      source: ['..0'],
      orderedBy: ['..0'],
      note: ['..1'],
      ...noFlags,
      'entry.item': [reference('DocumentReference')],
      emptyReason: ['..0'],
    },
  }),
  profile(pkg, {
    id: 'IHE.MHD.Comprehensive.Folder',
    name: 'FolderComprehensive',
    title: 'Folder, comprehensive metadata',
    description: 'A folder with a title, a patient and a kind.',
    type: 'List',
    parent: mhd('IHE.MHD.Minimal.Folder'),
    elements: {
      extension: ['1..'],
      'extension:designationType': ['1..'],
      title: ['1..'],
      subject: ['1..'],
    },
  }),
]

/** One slice of ITI-65's entries. */
function entry(
  name: string,
  cardinality: string,
  resource: ReturnType<typeof ofType>,
  method?: Parameters<typeof pattern>[1] | ReturnType<typeof bind>,
): Elements {
  const facet = typeof method === 'string' ? pattern('Code', method) : method
  return {
    [`entry:${name}`]: [cardinality],
    [`entry:${name}.resource`]: ['1..', resource],
    // The guide leaves `request` of a Patient entry optional, as in R4.
    ...(name === 'Patient' ? {} : { [`entry:${name}.request`]: ['1..'] }),
    ...(facet ? { [`entry:${name}.request.method`]: [facet as ReturnType<typeof bind>] } : {}),
  }
}

function provideBundle(
  id: string,
  name: string,
  title: string,
  parent: string,
  kind: string,
): ReturnType<typeof profile> {
  return profile(pkg, {
    id,
    name,
    title,
    description: 'The transaction of ITI-65 with documents and lot at this level of metadata.',
    type: 'Bundle',
    parent: mhd(parent),
    elements: {
      'entry:SubmissionSet': [],
      'entry:SubmissionSet.resource': [ofType('List', mhd(`${kind}.SubmissionSet`))],
      'entry:DocumentRefs': [],
      'entry:DocumentRefs.resource': [
        ofType('DocumentReference', mhd(`${kind}.DocumentReference`)),
      ],
    },
  })
}

const requests = [
  profile(pkg, {
    id: 'IHE.MHD.Minimal.ProvideBundle',
    name: 'MinimalProvideDocumentBundle',
    title: 'Transaction that deposits documents',
    description: 'ITI-65: a lot, its documents and their bytes, folders, and what they replace.',
    type: 'Bundle',
    parent: 'Bundle',
    elements: {
      'meta.profile': ['1..'],
      type: [pattern('Code', 'transaction')],
      entry: ['1..', slices('closed', 'profile:resource', 'value:request.method')],
      ...entry(
        'SubmissionSet',
        '1..1',
        ofType('List', mhd('IHE.MHD.Minimal.SubmissionSet')),
        'POST',
      ),
      ...entry(
        'DocumentRefs',
        '0..*',
        ofType('DocumentReference', mhd('IHE.MHD.Minimal.DocumentReference')),
        'POST',
      ),
      ...entry(
        'UpdateDocumentRefs',
        '0..*',
        ofType('Parameters', mhd('IHE.MHD.Patch.Parameters')),
        'PATCH',
      ),
      ...entry('Documents', '0..*', ofType('Binary', 'Binary')),
      ...entry('FhirDocuments', '0..*', ofType('Bundle', 'Bundle'), 'POST'),
      ...entry(
        'Folders',
        '0..*',
        ofType('List', mhd('IHE.MHD.Minimal.Folder')),
        bind('required', vs('MHDprovideFolderActions')),
      ),
      ...entry(
        'Patient',
        '0..1',
        ofType('Patient', 'Patient'),
        bind('required', vs('MHDprovidePatientActions')),
      ),
    },
  }),
  provideBundle(
    'IHE.MHD.UnContained.Comprehensive.ProvideBundle',
    'UnContainedComprehensiveProvideDocumentBundle',
    'Transaction that deposits documents, comprehensive',
    'IHE.MHD.Minimal.ProvideBundle',
    'IHE.MHD.UnContained.Comprehensive',
  ),
  provideBundle(
    'IHE.MHD.Comprehensive.ProvideBundle',
    'ComprehensiveProvideDocumentBundle',
    'Transaction that deposits documents, comprehensive, people contained',
    'IHE.MHD.UnContained.Comprehensive.ProvideBundle',
    'IHE.MHD.Comprehensive',
  ),
  profile(pkg, {
    id: 'IHE.MHD.Patch.Parameters',
    name: 'PatchParameters',
    title: 'Patch that deprecates a document',
    description: 'The FHIRPath Patch by which a transaction sets a document to superseded.',
    type: 'Parameters',
    parent: 'Parameters',
    elements: {
      parameter: ['1..', slices('open', 'value:name')],
      'parameter:operation': ['1..1'],
      'parameter:operation.name': [pattern('String', 'operation')],
      'parameter:operation.part': ['3..', slices('open', 'value:name')],
      ...patchPart('path', 'string', pattern('String', 'DocumentReference.status')),
      ...patchPart('type', 'code', pattern('Code', 'replace')),
      ...patchPart('value', 'code', pattern('Code', 'superseded')),
    },
  }),
]

function patchPart(name: string, type: string, value: ReturnType<typeof pattern>): Elements {
  const part = `parameter:operation.part:${name}`
  const slice = `value${type[0]?.toUpperCase()}${type.slice(1)}`
  return {
    [part]: ['1..1', ofType('BackboneElement')],
    [`${part}.name`]: [pattern('String', name)],
    [`${part}.value[x]`]: [slices('open', 'type:$this')],
    [`${part}.value[x]:${slice}`]: ['0..1', ofType(type), value],
  }
}

function foundDocuments(id: string, name: string, of: string): ReturnType<typeof profile> {
  return profile(pkg, {
    id,
    name,
    title: 'Documents found',
    description: 'What ITI-67 answers.',
    type: 'Bundle',
    parent: 'Bundle',
    elements: {
      type: [fixed('Code', 'searchset')],
      total: ['1..'],
      entry: [slices('open', 'profile:resource')],
      'entry.fullUrl': ['1..'],
      'entry:DocumentReference': ['0..*'],
      'entry:DocumentReference.resource': ['1..', ofType('DocumentReference', mhd(of))],
    },
  })
}

const responses = [
  profile(pkg, {
    id: 'IHE.MHD.ProvideDocumentBundleResponse',
    name: 'ProvideDocumentBundleResponse',
    title: 'Answer to a deposit',
    description: 'What ITI-65 answers: one location for each entry.',
    type: 'Bundle',
    parent: 'Bundle',
    elements: {
      type: [pattern('Code', 'transaction-response')],
      entry: ['1..'],
      'entry.response': ['1..'],
      'entry.response.location': ['1..'],
    },
  }),
  foundDocuments(
    'IHE.MHD.FindDocumentReferencesResponseMessage',
    'FindDocumentReferencesResponse',
    'IHE.MHD.Minimal.DocumentReference',
  ),
  foundDocuments(
    'IHE.MHD.FindDocumentReferencesComprehensiveResponseMessage',
    'FindDocumentReferencesComprehensiveResponse',
    'IHE.MHD.Comprehensive.DocumentReference',
  ),
  profile(pkg, {
    id: 'IHE.MHD.FindDocumentListsResponseMessage',
    name: 'FindListsResponse',
    title: 'Lots and folders found',
    description: 'What ITI-66 answers.',
    type: 'Bundle',
    parent: 'Bundle',
    elements: {
      type: [fixed('Code', 'searchset')],
      total: ['1..'],
      entry: [slices('closed', 'profile:resource')],
      'entry:SubmissionSet': ['0..*'],
      'entry:SubmissionSet.fullUrl': ['1..'],
      'entry:SubmissionSet.resource': ['1..', ofType('List', mhd('IHE.MHD.Minimal.SubmissionSet'))],
      'entry:Folder': ['0..*'],
      'entry:Folder.fullUrl': ['1..'],
      'entry:Folder.resource': ['1..', ofType('List', mhd('IHE.MHD.Minimal.Folder'))],
      'entry:OperationOutcome': ['0..*'],
      'entry:OperationOutcome.resource': ['1..', ofType('OperationOutcome', 'OperationOutcome')],
    },
  }),
]

const extensions = [
  extensionDefinition(pkg, {
    id: 'ihe-designationType',
    name: 'DesignationType',
    title: 'Kind of activity behind a lot or folder',
    context: ['List'],
    elements: { 'value[x]': ['1..', ofType('CodeableConcept')] },
  }),
  extensionDefinition(pkg, {
    id: 'ihe-sourceId',
    name: 'SourceId',
    title: 'System that sent a lot',
    context: ['List'],
    elements: { 'value[x]': ['1..', ofType('Identifier')] },
  }),
  extensionDefinition(pkg, {
    id: 'ihe-intendedRecipient',
    name: 'IntendedRecipient',
    title: 'For whom a lot is meant',
    context: ['List'],
    elements: {
      'value[x]': [
        '1..',
        reference(
          'Practitioner',
          'Organization',
          'Patient',
          'RelatedPerson',
          'Group',
          'Device',
          'Location',
        ),
      ],
    },
  }),
  extensionDefinition(pkg, {
    id: 'ihe-authorOrg',
    name: 'AuthorOrg',
    title: 'Organisation that sent a lot',
    context: ['List.source'],
    elements: { 'value[x]': ['1..', reference('Organization')] },
  }),
]

const terminology = [
  codeSystem(pkg, {
    id: 'MHDlistTypes',
    name: 'MHDlistTypes',
    title: 'Kinds of list',
    concepts: { folder: 'Folder as a FHIR List', submissionset: 'SubmissionSet as a FHIR List' },
  }),
  valueSet(pkg, {
    id: 'MHDlistTypesVS',
    name: 'MHDlistTypesVS',
    title: 'Kinds of list',
    include: [{ system: LIST_TYPES, codes: ['folder', 'submissionset'] }],
  }),
  valueSet(pkg, {
    id: 'DocumentReferenceStats',
    name: 'DocumentReferenceStats',
    title: 'Status of a document',
    include: [
      { system: 'http://hl7.org/fhir/document-reference-status', codes: ['current', 'superseded'] },
    ],
  }),
  valueSet(pkg, {
    id: 'MHDprovideFolderActions',
    name: 'MHDprovideFolderActions',
    title: 'What a deposit may do with a folder',
    include: [{ system: 'http://hl7.org/fhir/http-verb', codes: ['POST', 'PUT'] }],
  }),
  valueSet(pkg, {
    id: 'MHDprovidePatientActions',
    name: 'MHDprovidePatientActions',
    title: 'What a deposit may do with a patient',
    include: [{ system: 'http://hl7.org/fhir/http-verb', codes: ['GET', 'POST', 'PUT'] }],
  }),
]

const searchParameters = [
  searchParameter(pkg, {
    id: 'DocumentReference-Creation',
    name: 'Creation',
    description: 'When the document was made.',
    code: 'creation',
    base: ['DocumentReference'],
    type: 'date',
    expression: 'DocumentReference.content.attachment.creation',
  }),
  searchParameter(pkg, {
    id: 'List-DesignationType',
    name: 'DesignationType',
    description: 'Kind of activity behind a lot or folder.',
    code: 'designationType',
    base: ['List'],
    type: 'token',
    expression: `(extension('${mhd('ihe-designationType')}').value.ofType(CodeableConcept))`,
  }),
  searchParameter(pkg, {
    id: 'List-SourceId',
    name: 'SourceId',
    description: 'System that sent a lot.',
    code: 'sourceId',
    base: ['List'],
    type: 'token',
    expression: `(extension('${mhd('ihe-sourceId')}').value.ofType(Identifier))`,
  }),
]

export const mhdPackage: Package = {
  ...pkg,
  resources: [
    ...identifiers,
    ...documents,
    ...lists,
    ...requests,
    ...responses,
    ...extensions,
    ...terminology,
    ...searchParameters,
  ],
}
