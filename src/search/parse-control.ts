/** The parameters that shape the answer. R4 search.html#return. */
import type { QueryContext, SentParameter } from './query-context.ts'
import { UnsupportedParameter, invalidValue, requireParameter } from './query-context.ts'
import type { SearchRequest, SortKey } from './search-request.ts'

export type SummaryMode = 'true' | 'text' | 'data' | 'count' | 'false'

const sortKeysMax = 5
const sortKinds = ['token', 'reference', 'string', 'date', 'number', 'quantity', 'uri'] as const

/** `_sort=status,-date`. Sorts by what is indexed, in the given order of keys. */
export function parseSort(
  context: QueryContext,
  sent: SentParameter,
  types: readonly string[],
): SortKey[] {
  const keys = sent.value.split(',')
  if (keys.length > sortKeysMax)
    throw invalidValue(sent, `_sort has ${keys.length} keys; at most ${sortKeysMax} are taken`)
  return keys.map((key) => {
    const descending = key.startsWith('-')
    const code = descending ? key.slice(1) : key
    if (code === '_id') return { code, kind: 'id', descending }
    if (code === '_lastUpdated') return { code, kind: 'lastUpdated', descending }
    return { code, kind: sortKindOf(context, sent, types, code), descending }
  })
}

function sortKindOf(
  context: QueryContext,
  sent: SentParameter,
  types: readonly string[],
  code: string,
): SortKey['kind'] {
  const found = new Set(types.map((type) => requireParameter(context, sent, type, code).type))
  const [type] = found
  const kind = sortKinds.find((known) => known === type)
  if (found.size === 1 && kind !== undefined) return kind
  throw new UnsupportedParameter(
    sent.name,
    found.size > 1
      ? `"${code}" in _sort is not of the same type in all resource types searched`
      : `"${code}" in _sort is of type ${type}, which has no order`,
  )
}

/** A count beyond the bound gives what the bound allows. R4 search.html#count. */
export function parseCount({ limits }: QueryContext, sent: SentParameter): number {
  if (!/^\d{1,9}$/.test(sent.value))
    throw invalidValue(sent, `_count must be a whole number; "${sent.value}" is not`)
  return Math.min(Number(sent.value), limits.pageSizeMax)
}

export function parseSummary(sent: SentParameter): SummaryMode {
  return requireOneOf(sent, ['true', 'text', 'data', 'count', 'false'])
}

/** An estimate would be a wrong total under the name of a total: it is counted (decision 41). */
export function parseTotal(sent: SentParameter): SearchRequest['total'] {
  return requireOneOf(sent, ['none', 'estimate', 'accurate']) === 'none' ? 'none' : 'accurate'
}

export function requireOneOf<T extends string>(sent: SentParameter, allowed: readonly T[]): T {
  const value = allowed.find((known) => known === sent.value)
  if (value === undefined) {
    const list = allowed.join(', ')
    throw invalidValue(sent, `${sent.name} must be one of ${list}; "${sent.value}" is not`)
  }
  return value
}

/** Names of elements at the root of the types searched. */
export function parseElements(
  { registry }: QueryContext,
  sent: SentParameter,
  types: readonly string[],
): string[] {
  const names = sent.value.split(',')
  for (const name of names) {
    if (types.some((type) => registry.typeModel(type)?.paths.has(name))) continue
    throw invalidValue(sent, `"${name}" in _elements is no element of ${types.join(', ')}`)
  }
  return names
}

/** `_type` of a search on the whole system. */
export function parseTypes({ registry }: QueryContext, sent: SentParameter): string[] {
  const types = [...new Set(sent.value.split(','))]
  const wrong = types.find((type) => !registry.isResourceType(type))
  if (wrong !== undefined) throw invalidValue(sent, `"${wrong}" in _type is no resource type`)
  return types
}
