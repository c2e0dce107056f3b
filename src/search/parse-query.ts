/**
 * A query as a search request. Whatever is not known is refused, or with lenient handling ignored
 * and said so (decision 37). R4 search.html.
 */
import type { Registry } from '../conformance/registry.ts'
import { InvalidRequest } from '../errors.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import type { SummaryMode } from './parse-control.ts'
import {
  parseCount,
  parseElements,
  parseSort,
  parseSummary,
  parseTotal,
  parseTypes,
  requireOneOf,
} from './parse-control.ts'
import { parseInclude, unfollowedIncludes } from './parse-include.ts'
import { parseParameter } from './parse-parameter.ts'
import type { QueryContext, QueryLimits, SentParameter } from './query-context.ts'
import { UnsupportedParameter, invalidValue } from './query-context.ts'
import type { Clause, IncludeRule, SearchRequest, SortKey } from './search-request.ts'
import { allOf } from './search-request.ts'

const parametersMaxDefault = 100
const includeRulesMax = 20

export interface QuerySource {
  /** The type searched; undefined for a search on the whole system. */
  readonly types: readonly string[] | undefined
  /** In the order in which they were sent, decoded. */
  readonly parameters: Iterable<readonly [string, string]>
  readonly registry: Registry
  readonly timeZone: string
  readonly baseUrl: string
  readonly handling: 'strict' | 'lenient'
  readonly limits: QueryLimits
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface ParsedQuery {
  readonly request: SearchRequest
  /** The parameters really used, for the self link (decision 61). */
  readonly used: readonly (readonly [string, string])[]
  /** What was ignored, or has no effect. */
  readonly issues: readonly Issue[]
  readonly result: ResultShape
}

/** How resources are shown. */
export interface ResultShape {
  readonly summary?: SummaryMode
  readonly elements?: readonly string[]
  readonly format?: string
  readonly pretty?: boolean
}

/** What has been read of a query so far. */
interface Draft {
  readonly context: QueryContext
  /** A search on the whole system. */
  readonly isSystem: boolean
  types: readonly string[]
  readonly clauses: Clause[]
  readonly includes: IncludeRule[]
  readonly issues: Issue[]
  readonly seen: Set<string>
  sort: SortKey[]
  count: number
  total: SearchRequest['total']
  result: { -readonly [K in keyof ResultShape]: ResultShape[K] }
}

/** Throws InvalidRequest naming the parameter at fault as it was sent. */
export function parseQuery(source: QuerySource): ParsedQuery {
  const draft = openDraft(source)
  const sent = [...source.parameters].map(([name, value]) => ({ name, value }))
  const parametersMax = source.limits.parametersMax ?? parametersMaxDefault
  if (sent.length > parametersMax)
    throw new InvalidRequest(
      `The query has ${sent.length} parameters; at most ${parametersMax} are taken`,
    )
  // The types decide what other names mean.
  const inOrder = [...sent].sort((a, b) => Number(b.name === '_type') - Number(a.name === '_type'))
  const used = new Map<SentParameter, readonly [string, string]>()
  for (const parameter of inOrder) {
    try {
      used.set(parameter, [parameter.name, readParameter(draft, parameter)])
    } catch (error) {
      if (source.handling !== 'lenient' || !(error instanceof UnsupportedParameter)) throw error
      draft.issues.push(toWarning(parameter, error))
    }
  }
  return {
    request: toRequest(draft),
    used: sent.flatMap((parameter) => [used.get(parameter)].filter((pair) => pair !== undefined)),
    issues: [
      ...draft.issues,
      ...uselessIncludes(draft),
      ...unfollowedIncludes(draft.context, draft.includes, draft.types),
    ],
    result: draft.result,
  }
}

function openDraft({ types, registry, timeZone, baseUrl, limits, now }: QuerySource): Draft {
  return {
    context: { registry, timeZone, baseUrl, limits, now },
    isSystem: types === undefined,
    types: types ?? registry.resourceTypes,
    clauses: [],
    includes: [],
    issues: [],
    seen: new Set(),
    sort: [],
    count: Math.min(limits.pageSize, limits.pageSizeMax),
    total: 'whenCheap',
    result: {},
  }
}

function toRequest(draft: Draft): SearchRequest {
  const { context, types, clauses, includes, sort } = draft
  if (draft.result.summary !== undefined && draft.result.elements !== undefined)
    throw new InvalidRequest('_summary and _elements cannot be used together')
  if (draft.result.summary === 'text' && includes.length > 0)
    throw new InvalidRequest('_summary=text cannot be used with _include or _revinclude')
  const count = draft.result.summary === 'count' ? 0 : draft.count
  return {
    types,
    where: allOf(clauses),
    sort,
    count,
    includes,
    includesMax: context.limits.includesMax,
    total: count === 0 ? 'accurate' : draft.total,
    timeoutMs: context.limits.timeoutMs,
  }
}

function toWarning({ name }: SentParameter, error: UnsupportedParameter): Issue {
  return {
    severity: 'warning',
    code: 'not-supported',
    diagnostics: `"${name}" was ignored. ${error.message}`,
    expression: [`http.${name}`],
  }
}

/** An `_include` that starts from another type than those searched finds nothing by itself. */
function uselessIncludes({ includes, types }: Draft): Issue[] {
  return includes
    .filter(
      ({ kind, iterate, sourceType }) =>
        kind === 'include' && !iterate && !types.includes(sourceType),
    )
    .map(({ sourceType, code }) => ({
      severity: 'warning',
      code: 'informational',
      diagnostics: `_include=${sourceType}:${code} has no effect on a search of ${types.join(', ')}; to follow what was included, use _include:iterate`,
      expression: ['http._include'],
    }))
}

type ControlReader = (draft: Draft, sent: SentParameter) => string | void

/** Parameters that may stand once; what a reader returns is the value really used. */
const controls: Readonly<Record<string, ControlReader>> = {
  _type(draft, sent) {
    if (!draft.isSystem)
      throw new UnsupportedParameter('_type', '_type is only for a search of the whole system')
    draft.types = parseTypes(draft.context, sent)
  },
  _sort(draft, sent) {
    draft.sort = parseSort(draft.context, sent, draft.types)
  },
  _count(draft, sent) {
    draft.count = parseCount(draft.context, sent)
    return String(draft.count)
  },
  _total(draft, sent) {
    draft.total = parseTotal(sent)
  },
  _summary(draft, sent) {
    const summary = parseSummary(sent)
    if (summary !== 'false') draft.result.summary = summary
  },
  _elements(draft, sent) {
    draft.result.elements = parseElements(draft.context, sent, draft.types)
  },
  _format(draft, sent) {
    draft.result.format = sent.value
  },
  _pretty(draft, sent) {
    draft.result.pretty = requireOneOf(sent, ['true', 'false']) === 'true'
  },
}

/** Takes one parameter into the draft and returns the value really used. */
function readParameter(draft: Draft, sent: SentParameter): string {
  const { name, value } = sent
  if (value === '') throw new UnsupportedParameter(name, `"${name}" has no value`)
  if (Object.hasOwn(controls, name)) {
    if (draft.seen.has(name)) throw invalidValue(sent, `"${name}" may stand only once`)
    draft.seen.add(name)
    return controls[name]!(draft, sent) ?? value
  }
  if (/^_(rev)?include(:|$)/.test(name)) {
    draft.includes.push(...parseInclude(draft.context, sent, draft.types))
    if (draft.includes.length > Math.max(includeRulesMax, draft.types.length))
      throw invalidValue(sent, `More than ${includeRulesMax} _include and _revinclude`)
    return value
  }
  draft.clauses.push(parseForAll(draft, sent))
  return value
}

/** Over several types a parameter must mean the same on each. R4 search.html#all. */
function parseForAll({ context, types }: Draft, sent: SentParameter): Clause {
  const clauses = types.map((type) => parseParameter(context, sent, type))
  const [first] = clauses
  const text = JSON.stringify(first)
  if (!first || clauses.some((clause) => JSON.stringify(clause) !== text)) {
    throw new UnsupportedParameter(
      sent.name,
      `"${sent.name}" does not mean the same on all types searched; name one type`,
    )
  }
  return first
}
