/** The entries of an incoming batch or transaction. R4 bundle.html. */
import { InvalidRequest, TooCostly } from '../errors.ts'
import { isObject, type JsonValue, type Resource } from '../fhir/resource.ts'
import { requireKnownElements } from './bundle-elements.ts'
import type { Context } from './context.ts'
import type { EntryRequest } from './entry-request.ts'

/**
 * Throws for elements that a Bundle does not have, when `entry` is no list or too long, or when two
 * entries have one fullUrl.
 */
export function requireEntries(context: Context, bundle: Resource): readonly JsonValue[] {
  requireKnownElements(bundle, 'bundle', 'Bundle')
  const entries = bundle.entry ?? []
  if (!Array.isArray(entries)) {
    throw new InvalidRequest('Bundle.entry must be a list', {
      code: 'structure',
      expression: 'Bundle.entry',
    })
  }
  const { bundleEntriesMax } = context.services.limits
  if (entries.length > bundleEntriesMax) {
    throw new TooCostly(
      `The Bundle has ${entries.length} entries; at most ${bundleEntriesMax} are accepted`,
      { expression: 'Bundle.entry' },
    )
  }
  requireDistinctFullUrls(entries)
  return entries
}

/** R4 bundle.html, bdl-7. */
function requireDistinctFullUrls(entries: readonly JsonValue[]): void {
  const seen = new Map<string, number>()
  for (const [index, entry] of entries.entries()) {
    if (!isObject(entry) || entry.fullUrl === undefined) continue
    const { fullUrl } = entry
    const expression = `Bundle.entry[${index}].fullUrl`
    if (typeof fullUrl !== 'string' || fullUrl === '') {
      throw new InvalidRequest(`${expression} must be a text`, { code: 'value', expression })
    }
    const first = seen.get(fullUrl)
    if (first !== undefined) {
      throw new InvalidRequest(
        `Bundle.entry[${index}] has the same fullUrl as Bundle.entry[${first}]; each must be the only one`,
        { expression, code: 'duplicate' },
      )
    }
    seen.set(fullUrl, index)
  }
}

/** What a write may be asked of. */
export type WriteTarget =
  | { readonly kind: 'instance'; readonly type: string; readonly id: string }
  | { readonly kind: 'condition'; readonly type: string; readonly query: string }
  /** A create. */
  | { readonly kind: 'type'; readonly type: string }

/** Throws 400 when an entry's method cannot be asked of its URL. */
export function requireWriteTarget({ method, target, index }: EntryRequest): WriteTarget {
  const expression = `Bundle.entry[${index}].request.url`
  const refusal = (why: string, code: 'invalid' | 'not-supported' = 'invalid') =>
    new InvalidRequest(`${expression} ${why}`, { code, expression })
  if (target.kind !== 'type' && target.kind !== 'instance') {
    throw refusal(`is no URL for ${method}: Type, Type/id or Type?condition are`, 'not-supported')
  }
  const { kind, type, query } = target
  if (method === 'POST') {
    if (kind === 'instance') throw refusal('has an id, which POST does not take', 'not-supported')
    if (query !== '') throw refusal('has a condition; that of a POST stands in ifNoneExist')
    return { kind, type }
  }
  if (kind === 'type') {
    if (query === '') throw refusal(`needs an id or a condition for ${method}`)
    return { kind: 'condition', type, query }
  }
  if (query !== '') throw refusal('has an id and a condition; only one of them may stand')
  return { kind, type, id: target.id }
}
