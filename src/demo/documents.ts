/**
 * Documents as PDSm publishes them: an ITI-65 transaction with the lot (List), the fiches
 * (DocumentReference) and the bytes (Binary). PDSm comprehensive profiles, documents.md section 1.
 */
import { createHash } from 'node:crypto'
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { identifier, concept, extension, mhd, nos, pdsm, reference } from './codings.ts'
import { writeCda } from './cda.ts'
import { frenchDate } from './dates.ts'
import type { DocumentFacts } from './document-facts.ts'
import { classSystem } from './document-facts.ts'
import type { Professional } from './establishments.ts'
import { fullName, professionalIdentifiers, professionalName, roleCodes } from './establishments.ts'
import { finessSystem, idnstSystem, sirenSystem } from '../national/ins/registry-keys.ts'
import { birthPlaceUrl, extensionsOf } from '../national/ins/patient-elements.ts'
import { writePdf } from './pdf.ts'
import type { DemoPatient } from './people.ts'
import type { Random } from './random.ts'
import { oidOfUuid } from './random.ts'

export type DocumentForm = 'cda' | 'pdf'
export type VisibilityLabel = 'MASQUE_PS' | 'INVISIBLE_PATIENT' | 'INVISIBLE_REPRESENTANTS_LEGAUX'

export interface LotDocument {
  readonly facts: DocumentFacts
  readonly form: DocumentForm
  readonly labels?: readonly VisibilityLabel[]
  /** `DocumentReference/x`: the document that this one replaces. */
  readonly replaces?: string
}

export interface LotOptions {
  readonly patient: Pick<DemoPatient, 'resource'>
  /** How the lot names its patient; by default `Patient/<id>`. */
  readonly subject?: JsonObject
  readonly author: Professional
  readonly documents: readonly LotDocument[]
  /** The instant of the submission. */
  readonly submitted: string
  readonly random: Random
}

export interface Transaction extends Resource {
  resourceType: 'Bundle'
  entry: BundleEntry[]
}

export interface BundleEntry extends JsonObject {
  resource: Resource
  request: { method: string; url: string }
}

const RFC_3986 = 'urn:ietf:rfc:3986'
const VISIBILITY = nos('TRE_A07-StatutVisibiliteDocument')
const labelNames: Record<VisibilityLabel, string> = {
  MASQUE_PS: 'Masqué aux professionnels de santé',
  INVISIBLE_PATIENT: 'Non visible par le patient',
  INVISIBLE_REPRESENTANTS_LEGAUX: 'Non visible par les représentants légaux du patient',
}

/** The transaction that publishes the documents: the lot first, then each fiche and its bytes. */
export function lotBundle(options: LotOptions): Transaction {
  const { documents, random } = options
  const subject = options.subject ?? reference('Patient', String(options.patient.resource.id))
  const drafts = documents.map((document) => ({
    document,
    ficheUrl: `urn:uuid:${random.uuid()}`,
    binaryUrl: `urn:uuid:${random.uuid()}`,
    bytes: bytesOf(document),
  }))
  const listUrl = `urn:uuid:${random.uuid()}`
  const list = submissionSet(
    options,
    subject,
    drafts.map(({ ficheUrl }) => ficheUrl),
  )
  return {
    resourceType: 'Bundle',
    meta: { profile: [pdsm('pdsm-comprehensive-provide-document-bundle')] },
    type: 'transaction',
    entry: [
      post(listUrl, list),
      ...drafts.map((draft) => post(draft.ficheUrl, fiche(options, subject, draft))),
      ...drafts.map(({ binaryUrl, bytes, document }) =>
        post(binaryUrl, {
          resourceType: 'Binary',
          contentType: contentTypes[document.form],
          data: bytes.toString('base64'),
        }),
      ),
    ],
  }
}

const contentTypes: Record<DocumentForm, string> = {
  cda: 'application/xml',
  pdf: 'application/pdf',
}

export function post(fullUrl: string, resource: Resource): BundleEntry {
  return { fullUrl, resource, request: { method: 'POST', url: resource.resourceType } }
}

function bytesOf({ facts, form }: LotDocument): Buffer {
  if (form === 'cda') return writeCda(facts)
  return writePdf({
    title: facts.title,
    author: fullName(facts.author),
    created: facts.created,
    lines: [
      `Patient : ${facts.patient.displayName}, né(e) le ${frenchDate(facts.patient.birthDate)}`,
      `Auteur : ${fullName(facts.author)}, ${facts.author.establishment.name}`,
      '',
      ...facts.sections.flatMap(({ title, lines }) => [`${title} :`, ...lines, '']),
      'Document de démonstration : personnes et faits inventés.',
    ],
  })
}

function submissionSet(
  { author, submitted, random, documents }: LotOptions,
  subject: JsonObject,
  ficheUrls: readonly string[],
): Resource {
  const source = {
    extension: [
      extension(mhd('ihe-authorOrg'), { valueReference: { reference: '#organization' } }),
    ],
    reference: '#role',
  }
  return {
    resourceType: 'List',
    meta: { profile: [pdsm('pdsm-submissionset-comprehensive')] },
    contained: containedAuthor(author),
    extension: [
      extension(mhd('ihe-designationType'), {
        valueCodeableConcept: concept(nos('TRE_R209-TypeActivite'), '60', 'Consultations et actes'),
      }),
      extension(mhd('ihe-sourceId'), {
        valueIdentifier: { system: RFC_3986, value: 'urn:oid:2.25.99990001' },
      }),
    ],
    identifier: [
      { use: 'usual', system: RFC_3986, value: `urn:oid:${oidOfUuid(random.uuid())}` },
      { use: 'official', system: RFC_3986, value: `urn:uuid:${random.uuid()}` },
    ],
    status: 'current',
    mode: 'working',
    title: documents.map(({ facts }) => facts.title).join(' ; '),
    code: {
      coding: [
        {
          system: 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes',
          code: 'submissionset',
        },
      ],
    },
    subject,
    date: submitted,
    source,
    entry: ficheUrls.map((item) => ({ item: { reference: item } })),
  }
}

interface Draft {
  readonly document: LotDocument
  readonly binaryUrl: string
  readonly bytes: Buffer
}

function fiche(
  { author, patient, submitted, random }: LotOptions,
  subject: JsonObject,
  { document, binaryUrl, bytes }: Draft,
): Resource {
  const { facts, labels = [], replaces } = document
  const { establishment } = author
  return {
    resourceType: 'DocumentReference',
    meta: { profile: [pdsm('pdsm-comprehensive-document-reference')] },
    contained: [...containedAuthor(author), containedPatient(patient.resource)],
    masterIdentifier: { use: 'usual', system: RFC_3986, value: `urn:oid:${facts.oid}` },
    identifier: [{ use: 'official', system: RFC_3986, value: `urn:uuid:${random.uuid()}` }],
    status: 'current',
    type: concept(facts.type.system, facts.type.code, facts.type.display),
    category: [concept(classSystem, ...facts.category)],
    subject,
    date: submitted,
    author: [{ reference: '#role' }],
    authenticator: { reference: '#role' },
    custodian: reference('Organization', establishment.id, establishment.name),
    ...(replaces ? { relatesTo: [{ code: 'replaces', target: { reference: replaces } }] } : {}),
    description: `${facts.title}, ${fullName(author)}`,
    securityLabel: securityLabels(labels),
    content: [content(document, binaryUrl, bytes)],
    context: {
      period: { start: facts.actStart },
      facilityType: establishment.facilityType,
      practiceSetting: establishment.practiceSetting,
      sourcePatientInfo: { reference: '#patient' },
    },
  }
}

function securityLabels(labels: readonly VisibilityLabel[]): JsonObject[] {
  return [
    ...labels.map((label) => concept(VISIBILITY, label, labelNames[label])),
    concept(nos('TRE_A08-HL7Confidentiality'), 'N', 'Normal'),
  ]
}

function content({ facts, form }: LotDocument, url: string, bytes: Buffer): JsonObject {
  return {
    attachment: {
      contentType: contentTypes[form],
      language: 'fr-FR',
      url,
      size: bytes.length,
      hash: createHash('sha1').update(bytes).digest('base64'),
      title: facts.title,
      creation: facts.created,
    },
    format: form === 'pdf' ? pdfFormat : cdaFormat,
  }
}

const pdfFormat = {
  system: nos('TRE_A11-IheFormatCode'),
  code: 'urn:ihe:iti:xds-sd:pdf:2008',
  display: 'Document à corps non structuré en Pdf/A-1',
}
const cdaFormat = {
  system: nos('TRE_A06-FormatCodeComplementaire'),
  code: 'urn:asipSante:modelesHorsProfils:2011',
  display: 'Document non référencé IHE ou CI-SIS',
}

/** The author as the document saw it: role, person and organisation, in the directory's form. */
function containedAuthor(author: Professional): Resource[] {
  const { establishment } = author
  return [
    {
      resourceType: 'PractitionerRole',
      id: 'role',
      practitioner: { reference: '#practitioner' },
      organization: { reference: '#organization' },
      ...roleCodes(author, establishment.id.endsWith('01')),
    },
    {
      resourceType: 'Practitioner',
      id: 'practitioner',
      identifier: professionalIdentifiers(author),
      name: [professionalName(author)],
    },
    {
      resourceType: 'Organization',
      id: 'organization',
      identifier: [
        identifier('IDNST', idnstSystem, `1${establishment.finess}`, 'official'),
        identifier('FINEG', finessSystem, establishment.finess),
        identifier('SIREN', sirenSystem, establishment.siren),
      ],
      name: establishment.name,
    },
  ]
}

/** The patient's traits at the time of submission; never updated afterwards. */
function containedPatient(patient: Resource): Resource {
  const { identifier: identifiers, name, gender, birthDate } = patient
  const kept = [...extensionsOf(patient, birthPlaceUrl)]
  return {
    resourceType: 'Patient',
    id: 'patient',
    ...(kept.length > 0 ? { extension: kept } : {}),
    ...(Array.isArray(identifiers) ? { identifier: identifiers.slice(0, 1) } : {}),
    ...(name === undefined ? {} : { name }),
    ...(gender === undefined ? {} : { gender }),
    ...(birthDate === undefined ? {} : { birthDate }),
  }
}
