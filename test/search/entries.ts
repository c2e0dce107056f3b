/** Short builders of index entries and clauses for tests; dates are read in UTC. */
import { parsePeriod } from '../../src/fhir/date-time.ts'
import { foldText } from '../../src/search/fold-text.ts'
import type {
  CompositeEntry,
  DateEntry,
  IndexEntry,
  NumberEntry,
  QuantityEntry,
  ReferenceEntry,
  StringEntry,
  TokenEntry,
  UriEntry,
} from '../../src/search/index-entry.ts'
import type { Clause, Prefix } from '../../src/search/search-request.ts'

export function period(text: string) {
  const parsed = parsePeriod(text, 'UTC')
  if (!parsed) throw new Error(`not a date: ${text}`)
  return parsed
}

export function token(code: string, value?: string, system?: string): TokenEntry {
  return {
    kind: 'token',
    code,
    ...(value === undefined ? {} : { value }),
    ...(system === undefined ? {} : { system }),
  }
}

/** `Patient/1`, `Patient/1/_history/2`, or any other text as a URL with its `|version`. */
export function reference(code: string, text: string): ReferenceEntry {
  const [type, id, , versionId] = text.split('/')
  if (/^[A-Z]\w+\/[^/]+(\/_history\/\d+)?$/.test(text))
    return {
      kind: 'reference',
      code,
      type: type!,
      id: id!,
      ...(versionId === undefined ? {} : { versionId }),
    }
  const [url, urlVersion] = text.split('|')
  return {
    kind: 'reference',
    code,
    url: url!,
    ...(urlVersion === undefined ? {} : { urlVersion }),
  }
}

export function string(code: string, exact: string): StringEntry {
  return { kind: 'string', code, folded: foldText(exact), exact }
}

export function date(code: string, from: string, to = from): DateEntry {
  return { kind: 'date', code, low: period(from).low, high: period(to).high }
}

export function number(code: string, low: number, high = low): NumberEntry {
  return { kind: 'number', code, low, high }
}

export function quantity(
  code: string,
  low: number,
  more: { high?: number; system?: string; unitCode?: string; unit?: string } = {},
): QuantityEntry {
  return { kind: 'quantity', code, low, high: low, ...more }
}

export function uri(code: string, value: string): UriEntry {
  return { kind: 'uri', code, value }
}

export function composite(
  code: string,
  ...components: readonly (readonly IndexEntry[])[]
): CompositeEntry {
  return { kind: 'composite', code, components }
}

export function tokenClause(code: string, value?: string, system?: string): Clause {
  const test = {
    ...(value === undefined ? {} : { value }),
    ...(system === undefined ? {} : { system }),
  }
  return { kind: 'token', code, tokens: [test] }
}

export function referenceClause(code: string, type: string, id: string): Clause {
  return { kind: 'reference', code, references: [{ type, id }] }
}

export function stringClause(
  code: string,
  match: 'start' | 'contains' | 'exact',
  ...values: string[]
): Clause {
  return { kind: 'string', code, match, values }
}

export function dateClause(code: string, prefix: Prefix, text: string): Clause {
  return { kind: 'date', code, values: [{ prefix, period: period(text) }] }
}

/** `half` is half of the last digit's weight: 0.5 for a whole number. */
export function numberClause(code: string, prefix: Prefix, value: number, half = 0.5): Clause {
  return {
    kind: 'number',
    code,
    values: [{ prefix, value, low: value - half, high: value + half }],
  }
}

export function quantityClause(
  code: string,
  prefix: Prefix,
  value: number,
  unit: { system?: string; unit?: string } = {},
): Clause {
  return {
    kind: 'quantity',
    code,
    values: [{ prefix, value, low: value - 0.5, high: value + 0.5, ...unit }],
  }
}
