/**
 * What a deposit says, as a hash: resources with their references resolved, less id, meta and text,
 * before the server adds anything, and the bytes. The same deposit sent again has the same one.
 * Decision 4.
 */
import { createHash } from 'node:crypto'
import { isObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { placeholderIndex } from '../../json/parsed-body.ts'
import { relativeUrl } from './document-parts.ts'

export function depositFingerprint(plan: DraftPlan, context: Context): string {
  const hash = createHash('sha256')
  const names = new Map<string, string>()
  for (const [index, draft] of plan.drafts.entries()) {
    // Each try gives new ids: what refers to them is told by their place in the plan.
    if (draft.method === 'POST') names.set(`${draft.type}/${draft.id}`, `#${index}`)
  }
  for (const draft of plan.drafts) {
    hash.update(JSON.stringify([draft.method, draft.type, draft.blob?.sha256 ?? '']))
    hash.update(textOf(draft, plan, { names, baseUrl: context.services.baseUrl }))
  }
  return hash.digest('hex')
}

interface Naming {
  readonly names: ReadonlyMap<string, string>
  readonly baseUrl: string
}

function textOf(draft: Draft, plan: DraftPlan, { names, baseUrl }: Naming): string {
  const said =
    draft.method === 'PATCH' || !draft.resource
      ? entryOf(plan, draft)
      : withoutServerParts(draft.resource)
  return canonicalText(said, (text) => {
    const place = placeholderIndex(text)
    if (place !== undefined) return draft.blobs[place]?.sha256 ?? text
    return names.get(relativeUrl(text, baseUrl)!) ?? text
  })
}

/** A PATCH is told by what was sent: its result depends on what was stored at the time. */
function entryOf({ bundle }: DraftPlan, { entryIndex, type, id }: Draft): JsonValue {
  const entry = Array.isArray(bundle?.entry) ? bundle.entry[entryIndex ?? -1] : undefined
  if (!isObject(entry)) return `${type}/${id}`
  return [
    isObject(entry.request) ? (entry.request.url ?? null) : null,
    isObject(entry.resource) ? withoutServerParts(entry.resource as Resource) : null,
  ]
}

function withoutServerParts(resource: Resource): JsonValue {
  const { id: _, meta: __, text: ___, ...rest } = resource
  return rest
}

/** JSON with its keys in order, each text put as `say` says it. */
function canonicalText(value: JsonValue, say: (text: string) => string): string {
  if (typeof value === 'string') return JSON.stringify(say(value))
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, say)).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  let text = '{'
  for (const key of Object.keys(value).sort()) {
    if (text !== '{') text += ','
    text += `${JSON.stringify(key)}:${canonicalText(value[key]!, say)}`
  }
  return `${text}}`
}
