/**
 * The lots that `npm run demo` plays: a CDA and a PDF published together, a replacement, and lots
 * with one fault each. ITI-65, decisions 6 and 7.
 */
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { mhd } from './codings.ts'
import { documentFacts } from './document-facts.ts'
import type { DocumentKind } from './document-facts.ts'
import { lotBundle } from './documents.ts'
import type { LotDocument, Transaction, VisibilityLabel } from './documents.ts'
import type { Professional } from './establishments.ts'
import type { DemoPatient } from './people.ts'
import { createRandom } from './random.ts'

export interface JobOptions {
  readonly patient: DemoPatient
  readonly author: Professional
  /** The instant of the submission. */
  readonly now: string
  /** YYYY-MM-DD of the act; the day of the submission unless told. */
  readonly day?: string
  /** Another seed gives other identifiers: a second lot, not a retry of the first. */
  readonly seed: string
  /** `conditional`: the patient is named as `Patient?identifier=OID|INS`, as the DMP's examples do. */
  readonly subject?: 'literal' | 'conditional'
  /** On every document of the lot. */
  readonly labels?: readonly VisibilityLabel[]
}

/** A lot of a CDA (consultation) and a PDF (prescription). */
export function aLot(options: JobOptions): Transaction {
  const kinds = [
    ['consultation', 'cda'],
    ['prescription', 'pdf'],
  ] as const
  return buildLot(
    options,
    kinds.map(([kind, form]) => ({ kind, form })),
  )
}

export interface ReplacementOptions extends JobOptions {
  /** The document to supersede: `DocumentReference/x`, as the server's Location names it. */
  readonly replaced: string
  /** Without the PATCH entry the server supersedes the document by `relatesTo` alone. */
  readonly withPatch?: boolean
}

/** A lot whose only document replaces another, with the PATCH that supersedes it. */
export function aReplacement(options: ReplacementOptions): Transaction {
  const { replaced, withPatch = true } = options
  const bundle = buildLot(options, [{ kind: 'consultation', form: 'cda', replaces: replaced }])
  if (!withPatch) return bundle
  const patch = {
    fullUrl: `urn:uuid:${createRandom(`${options.seed}/patch`).uuid()}`,
    resource: supersedeParameters(),
    request: { method: 'PATCH', url: replaced },
  }
  return { ...bundle, entry: [...bundle.entry, patch] }
}

/** The FHIRPath Patch of IHE MHD. */
export function supersedeParameters(): Resource {
  return {
    resourceType: 'Parameters',
    meta: { profile: [mhd('IHE.MHD.Patch.Parameters')] },
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'DocumentReference.status' },
          { name: 'value', valueCode: 'superseded' },
        ],
      },
    ],
  }
}

export type LotFault = 'hash' | 'size' | 'title' | 'url' | 'status'

/** What each fault does to the second fiche; the rest of the lot is right. */
const faults: Record<LotFault, (fiche: JsonObject, attachment: JsonObject) => void> = {
  hash: (_, attachment) => {
    attachment.hash = '2jmj7l5rSw0yVb/vlWAYkK/YBwk='
  },
  size: (_, attachment) => {
    attachment.size = Number(attachment.size) + 1
  },
  title: (_, attachment) => {
    delete attachment.title
  },
  url: (_, attachment) => {
    attachment.url = 'urn:uuid:00000000-0000-4000-8000-000000000000'
  },
  status: (fiche) => {
    fiche.status = 'entered-in-error'
  },
}

/** A lot with one bad entry: the server stores nothing of it and answers 422. */
export function aBadLot({
  fault,
  ...options
}: JobOptions & { readonly fault: LotFault }): Transaction {
  const bundle = aLot(options)
  const fiche = bundle.entry.filter(
    ({ resource }) => resource.resourceType === 'DocumentReference',
  )[1]!.resource
  const [content] = fiche.content as [{ attachment: JsonObject }]
  faults[fault](fiche, content.attachment)
  return bundle
}

type Piece = { kind: DocumentKind } & Pick<LotDocument, 'form' | 'replaces'>

function buildLot(options: JobOptions, pieces: readonly Piece[]): Transaction {
  const { patient, author, now, day = now.slice(0, 10), seed, labels } = options
  const random = createRandom(`job/${seed}`)
  const documents = pieces.map(({ kind, form, replaces }): LotDocument => {
    const facts = documentFacts({ kind, patient, author, day, random })
    return { facts, form, ...(replaces ? { replaces } : {}), ...(labels ? { labels } : {}) }
  })
  return lotBundle({ patient, author, documents, submitted: now, random, ...subjectOf(options) })
}

/** How a lot names its patient, where it is not by `Patient/<id>`. */
export function subjectOf({ subject, patient: { ins } }: JobOptions): { subject?: JsonObject } {
  if (subject !== 'conditional') return {}
  return { subject: { reference: `Patient?identifier=${ins.system}|${ins.value}` } }
}
