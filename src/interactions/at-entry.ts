/** Errors of one entry of a Bundle name their place in it. */
import { FhirError } from '../errors.ts'
import type { Draft } from './draft.ts'

/** Runs a part of one entry; its errors name the entry. */
export function atEntry<T>(index: number, run: () => T): T {
  try {
    const result = run()
    return result instanceof Promise
      ? (result.catch((error) => rethrowAt(error, index)) as T)
      : result
  } catch (error) {
    return rethrowAt(error, index)
  }
}

/** The same for what is planned: a draft of a single request has no entry, and is left alone. */
export function atDraft<T>({ entryIndex }: Pick<Draft, 'entryIndex'>, run: () => T): T {
  return entryIndex === undefined ? run() : atEntry(entryIndex, run)
}

function rethrowAt(error: unknown, index: number): never {
  throw error instanceof FhirError ? errorAt(error, index) : error
}

/** The same error, told of an entry. */
export function errorAt(error: FhirError, index: number): FhirError {
  const code = error.issues[0]?.code ?? 'processing'
  return new FhirError(error.status, code, error.message, {
    cause: error,
    headers: error.headers,
    issues: error.issues.map((issue) => ({
      ...issue,
      expression: (issue.expression ?? ['']).map((path) => placeIn(`Bundle.entry[${index}]`, path)),
    })),
  })
}

const requestElements: Readonly<Record<string, string>> = {
  'http.if-match': 'ifMatch',
  'http.if-none-match': 'ifNoneMatch',
  'http.if-modified-since': 'ifModifiedSince',
  'http.if-none-exist': 'ifNoneExist',
}

function placeIn(entry: string, path: string): string {
  if (path.startsWith('Bundle.entry[')) return path
  const element = requestElements[path]
  if (element !== undefined) return `${entry}.request.${element}`
  if (path.startsWith('http.')) return `${entry}.request.url`
  if (path === 'resourceType') return `${entry}.resource`
  const below = /^[A-Z][A-Za-z]+((?:\.|\[).*)?$/.exec(path)
  return below ? `${entry}.resource${below[1] ?? ''}` : entry
}
