/**
 * A trace as its patient may see it. All traces are shown (decision 50), but none names a document
 * that is hidden from whoever reads it: its month is not over, or it is hidden from representatives.
 */
import { parseReference } from '../fhir/reference.ts'
import { isObject, type JsonObject, type JsonValue } from '../fhir/resource.ts'
import type { Context } from './context.ts'

/** What was asked already for this request: a page of traces names the same documents often. */
const known = new WeakMap<Context, Map<string, Promise<boolean>>>()

/** The same bytes where nothing is hidden. */
export async function withoutHiddenEntities(context: Context, bytes: Buffer): Promise<Buffer> {
  if (context.store.caller.kind !== 'citizen') return bytes
  const trace = JSON.parse(bytes.toString('utf8')) as JsonObject
  const entities = Array.isArray(trace.entity) ? trace.entity : []
  const kept: JsonValue[] = []
  for (const entity of entities) if (!(await isHidden(context, entity))) kept.push(entity)
  if (kept.length === entities.length) return bytes
  const { entity: _, ...rest } = trace
  return Buffer.from(JSON.stringify(kept.length > 0 ? { ...rest, entity: kept } : rest))
}

function isHidden(context: Context, entity: JsonValue): Promise<boolean> | boolean {
  const what = isObject(entity) ? entity.what : undefined
  const text = isObject(what) ? what.reference : undefined
  const reference =
    typeof text === 'string' ? parseReference(text, context.services.baseUrl) : undefined
  if (reference?.kind !== 'local' || reference.type === 'Patient') return false
  const asked = known.get(context) ?? new Map<string, Promise<boolean>>()
  known.set(context, asked)
  const key = `${reference.type}/${reference.id}`
  const answer = asked.get(key) ?? askHidden(context, reference)
  asked.set(key, answer)
  return answer
}

async function askHidden(
  { store }: Context,
  { type, id }: { readonly type: string; readonly id: string },
): Promise<boolean> {
  return (
    (await store.readForRules(type, id)) !== undefined &&
    (await store.readWhole(type, id)) === undefined
  )
}
