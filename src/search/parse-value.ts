/** The values of one parameter as a clause, by the parameter's type. R4 search.html#ptypes. */
import type { SearchParameter } from '../conformance/registry.ts'
import { parsePeriod } from '../fhir/date-time.ts'
import { parseReference } from '../fhir/reference.ts'
import { isId } from '../fhir/resource.ts'
import { foldText } from './fold-text.ts'
import { parseNumberTest, parseQuantityTest } from './parse-number.ts'
import type { QueryContext, SentParameter } from './query-context.ts'
import { invalidValue } from './query-context.ts'
import type { Clause, DateClause, Prefix, ReferenceClause, TokenClause } from './search-request.ts'
import { allOf, anyOf } from './search-request.ts'
import { splitEscaped, unescapeValue } from './split-values.ts'

/** One parameter being parsed. */
export interface ValueSource {
  readonly context: QueryContext
  readonly sent: SentParameter
  /** The resource type that the parameter is of. */
  readonly type: string
  readonly parameter: Pick<
    SearchParameter,
    'type' | 'targets' | 'components' | 'isCanonical' | 'hasNoSystem' | 'ignoresCase'
  >
  /** What the clause is about: the parameter's code, or that of a contained resource. */
  readonly code: string
  /** Each still escaped; joined by OR. */
  readonly values: readonly string[]
}

type ValueParser = (source: ValueSource) => Clause

export const valueParsers: Record<SearchParameter['type'], ValueParser> = {
  token: ({ code, sent, values, parameter }) => ({
    kind: 'token',
    code,
    tokens: values.flatMap((value) => {
      const token = parameter.hasNoSystem ? parseCode(sent, value) : parseToken(sent, value)
      return parameter.ignoresCase ? inAnyCase(token) : [token]
    }),
  }),
  reference: (source) => ({
    kind: 'reference',
    code: source.code,
    references: source.values.map((value) => parseReferenceValue(source, value)),
  }),
  string: (source) => parseStrings(source, 'start'),
  uri: parseUris,
  date: ({ context, code, sent, values }) => ({
    kind: 'date',
    code,
    values: values.map((value) => parseDateTest(context, sent, value)),
  }),
  number: ({ code, sent, values }) => ({
    kind: 'number',
    code,
    values: values.map((value) => parseNumberTest(value) ?? refuseNumber(sent, value)),
  }),
  quantity: ({ code, sent, values }) => ({
    kind: 'quantity',
    code,
    values: values.map((value) => parseQuantityTest(value) ?? refuseQuantity(sent, value)),
  }),
  composite: (source) => ({
    kind: 'composite',
    code: source.code,
    alternatives: source.values.map((value) => parseComponents(source, value)),
  }),
  special: ({ sent }) => {
    throw invalidValue(sent, `"${sent.name}" is not supported`, 'not-supported')
  },
}

function refuseNumber(sent: SentParameter, value: string): never {
  throw invalidValue(sent, `${sent.name} must be a number such as 5.4 or gt100; "${value}" is not`)
}

function refuseQuantity(sent: SentParameter, value: string): never {
  throw invalidValue(
    sent,
    `${sent.name} must be a quantity such as 5.4, 5.4||mg or gt5.4|http://unitsofmeasure.org|mg; "${value}" is not`,
  )
}

/** `code`, `system|code`, `|code` (no system), `system|` (any code). R4 search.html#token. */
export function parseToken(sent: SentParameter, text: string): TokenClause['tokens'][number] {
  const parts = splitEscaped(text, '|').map(unescapeValue)
  const [first = '', second] = parts
  if (parts.length > 2)
    throw invalidValue(sent, `${sent.name} takes system|code; "|" inside a code is written "\\|"`)
  if (second === undefined) return { value: first }
  if (first === '' && second === '')
    throw invalidValue(sent, `${sent.name} has neither a system nor a code`)
  return second === '' ? { system: first } : { system: first, value: second }
}

/** As it was sent, for what was indexed before case was ignored, and as it is indexed now. */
function inAnyCase(token: TokenClause['tokens'][number]): TokenClause['tokens'] {
  const lower = token.value?.toLowerCase()
  return lower === undefined || lower === token.value
    ? [token]
    : [token, { ...token, value: lower }]
}

/** `code` alone: R4 forbids the `|` on ContactPoints, URIs and booleans, which have no system. */
function parseCode(sent: SentParameter, text: string): TokenClause['tokens'][number] {
  if (splitEscaped(text, '|').length > 1)
    throw invalidValue(sent, `${sent.name} takes a code alone; what it searches has no system`)
  return { value: unescapeValue(text) }
}

export function parseStrings(
  { code, sent, values }: ValueSource,
  match: 'start' | 'contains' | 'exact',
): Clause {
  const texts = values.map(unescapeValue)
  if (match !== 'exact' && texts.some((text) => foldText(text) === ''))
    throw invalidValue(sent, `${sent.name} has no letter or digit to search for`)
  return { kind: 'string', code, match, values: texts }
}

/**
 * The URL of a definition may be followed by `|` and its business version. R4 search.html#uri.
 */
function parseUris({ context, type, code, values }: ValueSource): Clause {
  const hasVersion = context.registry.searchParameters(type).get('version')?.type === 'token'
  const split = values.map((value) =>
    code === 'url' && hasVersion ? splitVersion(value) : { url: unescapeValue(value) },
  )
  const plain = split.flatMap(({ url, version }) => (version === undefined ? [url] : []))
  const versioned = split.flatMap(({ url, version }): Clause[] =>
    version === undefined
      ? []
      : [
          allOf([
            { kind: 'uri', code, values: [url] },
            { kind: 'token', code: 'version', tokens: inAnyCase({ value: version }) },
          ]),
        ],
  )
  return anyOf([
    ...(plain.length > 0 ? [{ kind: 'uri' as const, code, values: plain }] : []),
    ...versioned,
  ])
}

function splitVersion(value: string): { url: string; version?: string } {
  const [url = '', version = '', ...more] = splitEscaped(value, '|').map(unescapeValue)
  return version === '' || more.length > 0 ? { url: unescapeValue(value) } : { url, version }
}

const PREFIXED_DATE = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=\d)/

/** R4 search.html#date. For `ap` the period grows by 10 % of its distance from now. */
export function parseDateTest(
  { timeZone, now }: QueryContext,
  sent: SentParameter,
  text: string,
): DateClause['values'][number] {
  const prefix = (PREFIXED_DATE.exec(text)?.[1] ?? 'eq') as Prefix
  const date = text.slice(PREFIXED_DATE.test(text) ? 2 : 0)
  // The "+" of a zone arrives as a space when the client did not escape it.
  const period = parsePeriod(date.replace(' ', '+'), timeZone)
  if (!period) {
    throw invalidValue(
      sent,
      `${sent.name} must be a date such as 2024-05, ge2024-05-01 or lt2024-05-01T10:00:00Z; "${text}" is not`,
    )
  }
  if (prefix !== 'ap') return { prefix, period }
  const margin = Math.round(Math.max(period.low - now, now - period.high, 0) / 10)
  return { prefix, period: { low: period.low - margin, high: period.high + margin } }
}

/** `id`, `Type/id`, `Type/id/_history/n`, or a URL, of a canonical with its `|version`. */
export function parseReferenceValue(
  { context, sent, parameter }: ValueSource,
  value: string,
  onlyType?: string,
): ReferenceClause['references'][number] {
  const text = unescapeValue(value)
  if (isId(text)) {
    const type = onlyType ?? (parameter.targets.length === 1 ? parameter.targets[0] : undefined)
    return type === undefined ? { id: text } : { type, id: text }
  }
  const reference = parseReference(text, context.baseUrl)
  switch (reference.kind) {
    case 'local': {
      const { type, id, versionId } = reference
      if (!context.registry.isResourceType(type))
        throw invalidValue(sent, `"${type}" in ${sent.name} is no resource type`)
      if (onlyType !== undefined && onlyType !== type)
        throw invalidValue(sent, `${sent.name} asks for ${onlyType}, its value for ${type}`)
      return versionId === undefined ? { type, id } : { type, id, versionId }
    }
    case 'absolute':
      return parseCanonical(reference.url)
    case 'urn':
      return parseCanonical(reference.urn)
    default:
      throw invalidValue(
        sent,
        `${sent.name} must be a reference such as 123, Patient/123 or a URL; "${text}" is not`,
      )
  }
}

function parseCanonical(text: string): ReferenceClause['references'][number] {
  const bar = text.lastIndexOf('|')
  if (bar === -1 || bar === text.length - 1) return { url: text }
  return { url: text.slice(0, bar), urlVersion: text.slice(bar + 1) }
}

/** One value for each component, joined by `$`. R4 search.html#combining. */
function parseComponents(source: ValueSource, value: string): Clause[] {
  const { sent, parameter } = source
  const parts = splitEscaped(value, '$')
  const { components } = parameter
  if (parts.length !== components.length || parts.includes('')) {
    const kinds = components.map(({ type }) => type).join('$')
    throw invalidValue(
      sent,
      `${sent.name} takes ${components.length} values joined by "$" (${kinds}); "${value}" does not have them`,
    )
  }
  return components.map(({ type }, index) =>
    valueParsers[type]({
      ...source,
      parameter: { type, targets: [], components: [] },
      values: [parts[index]!],
    }),
  )
}

/** `_id`, which is no index entry but the resource itself. */
export function parseIds({ sent, values }: ValueSource): Clause {
  const wrong = values.find((value) => !isId(value))
  if (wrong !== undefined)
    throw invalidValue(sent, `${sent.name} must be the id of a resource; "${wrong}" cannot be one`)
  return { kind: 'id', ids: values }
}

/** `_lastUpdated`, likewise. */
export function parseLastUpdated({ context, sent, values }: ValueSource): Clause {
  return anyOf(
    values.map((value) => ({ kind: 'lastUpdated', ...parseDateTest(context, sent, value) })),
  )
}
