/** What the content of a document belongs to (decision 52). R4 binary.html#security-context. */
import { UnprocessableResource } from '../errors.ts'
import { parseReference } from '../fhir/reference.ts'
import { walkReferences } from '../fhir/walk-references.ts'
import { baseUrlMark } from '../json/serialize.ts'
import type { Context } from './context.ts'
import type { Draft, DraftPlan } from './draft.ts'

export interface Owner {
  readonly reference: string
  readonly patients: readonly string[]
}

/** A Binary, or a Bundle that rules took for the content of a document. */
export function isContent({ type, governedBy }: Draft): boolean {
  return type === 'Binary' || (type === 'Bundle' && governedBy.size > 0)
}

/** By `Type/id` of each content of the plan: the drafts that refer to it, in their order. */
export type Referrers = ReadonlyMap<string, readonly Draft[]>

/** A List only says that things came together. */
export function findContentReferrers({ services }: Context, { drafts }: DraftPlan): Referrers {
  const referrers = new Map<string, Draft[]>()
  for (const draft of drafts) {
    if (isContent(draft)) referrers.set(`${draft.type}/${draft.id}`, [])
  }
  if (referrers.size === 0) return referrers
  for (const draft of drafts) {
    if (!draft.resource || draft.type === 'List') continue
    walkReferences(draft.resource, ({ text }) => {
      const reference = relativeTo(text, services.baseUrl)
      if (reference !== `${draft.type}/${draft.id}`) referrers.get(reference)?.push(draft)
    })
  }
  return referrers
}

function relativeTo(text: string, baseUrl: string): string {
  for (const base of [baseUrl, baseUrlMark]) {
    if (text.startsWith(`${base}/`)) return text.slice(base.length + 1)
  }
  return text
}

/**
 * The resource a content was created with: what refers to it in the plan, or its security context.
 * Throws 422 for a security context that is not there, or that the caller may not see.
 */
export async function ownerOf(
  context: Context,
  plan: DraftPlan,
  { draft, referrers }: { draft: Draft; referrers: Referrers },
): Promise<Owner | undefined> {
  const referrer = referrers.get(`${draft.type}/${draft.id}`)?.[0]
  if (referrer) {
    const { type, id, envelope } = referrer
    return { reference: `${type}/${id}`, patients: envelope?.patients ?? [] }
  }
  if (draft.securityContext === undefined) return undefined
  const target = parseReference(draft.securityContext, context.services.baseUrl)
  if (target.kind !== 'local' || !context.services.registry.isResourceType(target.type)) {
    throw unknownSecurityContext(draft.securityContext)
  }
  const inPlan = plan.drafts.find(({ type, id }) => type === target.type && id === target.id)
  const stored = inPlan ? undefined : await context.store.readVisible(target.type, target.id)
  const isGone = inPlan ? inPlan.resource === undefined : stored?.deleted
  const envelope = inPlan?.envelope ?? stored?.envelope
  if (!envelope || isGone) throw unknownSecurityContext(draft.securityContext)
  return { reference: `${target.type}/${target.id}`, patients: envelope.patients }
}

function unknownSecurityContext(text: string): UnprocessableResource {
  return new UnprocessableResource(`The security context ${text.slice(0, 200)} is not known here`, {
    code: 'not-found',
    expression: 'Binary.securityContext',
  })
}
