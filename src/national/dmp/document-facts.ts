/**
 * Hash and size of FHIR documents (Bundle): those of the bytes that a read gives, with id and meta
 * as the server sets them. Where an INS is withheld the bytes differ, and so does what the fiche
 * announces to the same callers. Decisions 6, 70 and 80; docs/decisions/0005.
 */
import { createHash } from 'node:crypto'
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import type { OutwardForm } from '../../interactions/rules.ts'
import { parseJson } from '../../json/parse.ts'
import { serializeStored } from '../../json/serialize.ts'
import { renderSlots } from '../../json/slots.ts'
import { withheldForm } from '../ins/withhold-ins.ts'
import { attachmentOf, isDocumentReference, isGoverned, withAttachment } from './document-parts.ts'

/** Settles the fiches of a lot's document Bundles. Nothing of the Bundles may change afterwards. */
export function settleDocumentFacts(plan: DraftPlan, { services }: Context): void {
  for (const content of plan.drafts) {
    if (content.type !== 'Bundle' || !content.resource || !isGoverned(content)) continue
    content.writtenAt = services.now()
    const facts = factsOf(content, content.resource)
    for (const draft of fichesOf(plan, content, services.baseUrl))
      draft.resource = withFacts(draft.resource, facts)
  }
}

function fichesOf(plan: DraftPlan, { id }: Draft, baseUrl: string) {
  return plan.drafts
    .filter(isDocumentReference)
    .filter(({ resource }) => attachmentOf(resource)?.url === `${baseUrl}/Bundle/${id}`)
}

function factsOf(place: Draft, form: Resource): JsonObject {
  const { body } = serializeStored(form, place)
  return { hash: createHash('sha1').update(body).digest('base64'), size: body.length }
}

function withFacts(fiche: Resource, facts: JsonObject): Resource {
  return withAttachment(fiche, { ...attachmentOf(fiche), ...facts })
}

const nothingTravels = { insMayTravel: () => false }

/** The form of a fiche for callers who see its document without the INS; undefined: as it is. */
export async function outwardFiche(
  draft: Draft,
  plan: DraftPlan,
  context: Context,
): Promise<OutwardForm | undefined> {
  if (!isDocumentReference(draft) || !isGoverned(draft)) return undefined
  const url = attachmentOf(draft.resource)?.url
  const prefix = `${context.services.baseUrl}/Bundle/`
  if (typeof url !== 'string' || !url.startsWith(prefix)) return undefined
  const content = plan.drafts.find(
    ({ type, id }) => type === 'Bundle' && id === url.slice(prefix.length),
  )
  const facts = content ? outwardFacts(content) : await keptFacts(draft, context)
  if (!facts) return undefined
  const form = withheldForm(draft.resource, nothingTravels) ?? draft.resource
  return { form: withFacts(form, facts), isIndexed: true }
}

function outwardFacts(content: Draft): JsonObject | undefined {
  const form = content.resource && withheldForm(content.resource, nothingTravels)
  return form && factsOf(content, form)
}

/** A change of metadata keeps what the version before announced. */
async function keptFacts(
  { type, id, stored }: Draft,
  context: Context,
): Promise<JsonObject | undefined> {
  const { withheld } = (stored && (await context.store.readWhole(type, id))) ?? {}
  if (!stored || !withheld) return undefined
  const bytes = renderSlots(withheld.body, withheld.slots, context.services.baseUrl)
  const { hash, size } = attachmentOf(parseJson(bytes).resource) ?? {}
  return hash === undefined || size === undefined ? undefined : { hash, size }
}
