/** Errors of one entry of a Bundle name their place in it. */
import { FhirError } from '../errors.ts'
import { expressionOf } from './entry-request.ts'

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

function rethrowAt(error: unknown, index: number): never {
  if (!(error instanceof FhirError)) throw error
  const expression = expressionOf(error, index)
  const code = error.issues[0]?.code ?? 'processing'
  throw new FhirError(error.status, code, error.message, {
    cause: error,
    headers: error.headers,
    issues: error.issues.map((issue, place) => (place === 0 ? { ...issue, expression } : issue)),
  })
}
